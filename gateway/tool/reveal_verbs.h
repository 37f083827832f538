#ifndef GATEHOUSE_REVEAL_VERBS_H
#define GATEHOUSE_REVEAL_VERBS_H

/*
 * reveal_verbs: from codes back to values, in an emergency (policy/reveal.h).
 * Each is called with its own name in argv[0] and returns the exit status: 0, 1
 * failed or not all of it, 2 usage.
 *
 *   request --policy NAME --emergency ID --agreement ID --column NAME --place
 * ID
 *       --as SIGNER --reason TEXT [--epoch N] CODE...
 *       the text that who asks and two who approve sign, with
 *       `ssh-keygen -Y sign -n gatehouse-reveal -f KEY FILE`
 *   show [--config FILE] REQUEST SIGNATURE...
 *       a line "CODE TAB VALUE" on stdout for each code, and what became of it
 *       on stderr. 6: it is denied; 75: try again
 *   list [--ledger FOLDER]
 *       what was shown, to whom, and until when it has to be looked at
 *   review [--config FILE] SHA256
 *       it was looked at; of the request's text, as list shows it
 */
int reveal_request_main(int argc, char **argv);
int reveal_show_main(int argc, char **argv);
int reveal_list_main(int argc, char **argv);
int reveal_review_main(int argc, char **argv);

#endif
