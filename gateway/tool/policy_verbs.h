#ifndef GATEHOUSE_POLICY_VERBS_H
#define GATEHOUSE_POLICY_VERBS_H

/*
 * policy_verbs: `gatehouse policy …`. argv[0] is the verb. They return the exit
 * code: 0 loadable or allowed, 1 a failure of ours, 2 usage or an unreadable
 * file, 3 not loadable, 4 tests failed, 5 wider, 6 denied.
 *
 *   check [--format text|json|sarif|github] [FILE...]
 *                                     what is wrong, all at once
 *     --sample DATA [--dataset ID]    and what is in a file of the dataset
 *   help [CODE...]                    what a code means, and what to do
 *   explain --who GROUP --read BUCKET [--place PLACE] [--at MOMENT] [FILE...]
 *                                     what a caller would get, and why
 *   explain --request ID [--ledger DIR] [--json]
 *                                     what the ledger says of one request
 *   diff OLD NEW                      what gets wider, and whose it is: 5
 *   who-sees DATASET[.COLUMN] [FILE...]
 *                                     who gets it, where, in which form
 *   fmt [--check|--diff] FILE...      the canonical form; 1: it was not
 *   test [--json] [FILE...]           the tests that travel with it; 4: failed
 *   new [--out FILE]                  asks, and writes a policy that loads
 *   stage FILE or FOLDER | --end      a candidate beside the policy in force:
 *                                     it is asked, and decides nothing
 *
 * And of a policy with signers, whose versions the gateway keeps:
 *
 *   approve -k KEYFILE [FILE]         sign a change; 6: nobody's key
 *   apply [FILE]                      make it the next version, and have it
 *                                     served; 5, 6: not signed by enough
 *   rollback VERSION                  the same with an earlier one's content
 *   log                               all versions; 7: one is not signed
 */
int policy_check_main(int argc, char **argv);
int policy_help_main(int argc, char **argv);
int policy_explain_main(int argc, char **argv);
int policy_diff_main(int argc, char **argv);
int policy_who_sees_main(int argc, char **argv);
int policy_fmt_main(int argc, char **argv);
int policy_test_main(int argc, char **argv);
int policy_stage_main(int argc, char **argv);
int policy_new_main(int argc, char **argv);
int policy_approve_main(int argc, char **argv);
int policy_apply_main(int argc, char **argv);
int policy_rollback_main(int argc, char **argv);
int policy_log_main(int argc, char **argv);

/* schema [--reference]: JSON Schema for the editors of YAML; or the list of
 * keys that policy/README.md holds. */
int policy_schema_main(int argc, char **argv);

#endif
