#ifndef GATEHOUSE_AUDIT_VERBS_H
#define GATEHOUSE_AUDIT_VERBS_H

/*
 * audit_verbs: `gatehouse audit tail | show | verify`. Each is called with its
 * own name in argv[0], reads the ledger's files with the rights of whoever
 * typed it, and returns the exit status: 0, 1 failed, 2 usage, 7 not verified.
 * Results go to stdout, everything else to stderr.
 *
 *   tail [DIR] [-n N] [-f] [--json]      the last records, one line each
 *   show [DIR] INDEX|REQUEST [--json]    one record, or all of one request
 *   verify [DIR] --key VKEY|@FILE [--checkpoint FILE] [--json]
 *                                        everything, with the public key alone
 */
int audit_tail_main(int argc, char **argv);
int audit_show_main(int argc, char **argv);
int audit_verify_main(int argc, char **argv);

#endif
