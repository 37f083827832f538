#ifndef GATEHOUSE_CODEBOOK_VERBS_H
#define GATEHOUSE_CODEBOOK_VERBS_H

/*
 * codebook VERB: what an operator does with the codebook. Results on stdout;
 * each takes the command's own name as argv[0]. `codebook status` is of
 * admin_verbs.h.
 *
 * Returns the exit status: 0; 1 failed; 2 usage, or nobody and nothing of that
 * name; 7 the codebook is not whole; 75 try again.
 */

/* backup [--config FILE] FOLDER: of the running gateway's, into two files of a
 * new folder. */
int codebook_backup_main(int argc, char **argv);

/* restore [--config FILE] FOLDER [--keys FOLDER]: while no gateway runs, and
 * where there is no codebook: that of a backup; or codes of one, and keys of
 * one that was made later. */
int codebook_restore_main(int argc, char **argv);

/* check [--config FILE] [--json] [FOLDER]: look at each entry of a backup; or
 * of the gateway's own codebook, while it does not run. */
int codebook_check_main(int argc, char **argv);

/*
 * shred [--config FILE] [--json] DATASET [--column NAME] [FILE]: nothing is
 * left of these subjects, one a line of the file or of standard input; empty
 * lines and those that begin with # are nobody. shred --hash [FILE]: of those
 * whom the ledger names.
 */
int codebook_shred_main(int argc, char **argv);

#endif
