#ifndef GATEHOUSE_DATA_VERBS_H
#define GATEHOUSE_DATA_VERBS_H

/*
 * data_verbs: commands that touch data. Each is called with its own name in
 * argv[0] and returns the exit status: 0; 1 failed; 2 usage; 3 the policy does
 * not load. Results go to stdout, all else to stderr.
 *
 *   transform --agreement ID --place ID [--config FILE] [-o OUT] [RAW]
 *       a raw file, or stdin, to what the agreement delivers there, through the
 *       running gateway, which decides on it and records it. Further statuses:
 *       6 denied; 75 no gateway, or it has to be tried again
 *   transform --test-key --policy FILE --agreement ID [--place ID] [-o OUT]
 *       [RAW]
 *       the same without a gateway, under keys that are thrown away
 *   preview   likewise, but for -o, and [--rows N]: the first records as they
 *       are delivered; with --test-key before and after, and what happens
 *   open -i IDENTITY-FILE [--range FIRST-LAST] [-o OUT] [IN]
 *       decrypt what was delivered with `encrypt: age`; a range counts bytes
 *       of plaintext from 0, the last one included. IN is a file, standard
 *       input, or an object on a server (open_place.h). Further statuses: 6
 *       the server denies it; 7 not the whole of what was sealed, or a server
 *       that is not trusted; 75 try again: changed meanwhile, or not ready
 */
int transform_main(int argc, char **argv);
int preview_main(int argc, char **argv);
int open_main(int argc, char **argv);

#endif
