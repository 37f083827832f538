#ifndef GATEHOUSE_RECIPIENT_VERBS_H
#define GATEHOUSE_RECIPIENT_VERBS_H

/*
 * recipient VERB: who has proven to hold the keys that data is encrypted to.
 * Each takes the command's own name as argv[0].
 *
 * Returns the exit status: 0; 1 failed; 2 usage, or no such party or key; 7 not
 * proven; 75 try again; of a reload that was refused, as a start has it.
 */

/* add [--config FILE] PARTY KEY --challenge FILE|-: an age file for the holder;
 * or --proof FILE|-: what was inside, after which the key is proven. */
int recipient_add_main(int argc, char **argv);

/* list [--config FILE] [--json]: what is proven, and what the policy names. */
int recipient_list_main(int argc, char **argv);

/* remove [--config FILE] PARTY|KEY: it is proven no more, and all of a party.
 */
int recipient_remove_main(int argc, char **argv);

#endif
