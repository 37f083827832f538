#ifndef GATEHOUSE_KEY_VERBS_H
#define GATEHOUSE_KEY_VERBS_H

/*
 * key VERB: what an operator does with the keys of codes. Results on stdout;
 * `--json` for programs; each takes the command's own name as argv[0].
 *
 * Returns the exit status: 0; 1 failed; 2 usage, or no such scope; 75 try
 * again; of a reload that was refused, as a start has it.
 */

/* rotate [--config FILE] [--json] [SCOPE]: the next epoch of a scope; without
 * one, of all that are not destroyed. */
int key_rotate_main(int argc, char **argv);

/* destroy [--config FILE] [--json] SCOPE [--epoch N]: its seeds are no more, or
 * that of one epoch. */
int key_destroy_main(int argc, char **argv);

#endif
