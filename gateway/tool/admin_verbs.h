#ifndef GATEHOUSE_ADMIN_VERBS_H
#define GATEHOUSE_ADMIN_VERBS_H

/*
 * What an operator asks of a running gateway. Results on stdout, `--json` for
 * programs; each takes the command's own name as argv[0] and returns its exit
 * status: 0, 2 usage or no such thing, 7 not verified, 75 try again.
 */

/* status [--config FILE] [--json] */
int admin_main_status(int argc, char **argv);

/* reload [--config FILE]: also 1, 2, 3 as a start has them: the new files were
 * refused, and what ran before goes on. */
int admin_main_reload(int argc, char **argv);

/* upgrade [--config FILE]: likewise, and the programs that are installed now
 * take the place of all that run. */
int admin_main_upgrade(int argc, char **argv);

/* spool list [AGREEMENT], warm | drop AGREEMENT [OBJECT],
 * verify AGREEMENT [OBJECT] [--sample N] */
int admin_main_list(int argc, char **argv);
int admin_main_warm(int argc, char **argv);
int admin_main_drop(int argc, char **argv);
int admin_main_verify(int argc, char **argv);

/* policy staged [--config FILE] [--json]: what the candidate that is staged
 * would have decided otherwise; 1: there is none. */
int admin_main_staged(int argc, char **argv);

/* key list, status, export-public [--config FILE] [--json] */
int admin_main_key_list(int argc, char **argv);
int admin_main_key_status(int argc, char **argv);
int admin_main_key_public(int argc, char **argv);

/* codebook status [--config FILE] [--json] */
int admin_main_codebook(int argc, char **argv);

#endif
