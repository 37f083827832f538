#ifndef GATEHOUSE_KEEPERBOX_GRANT_H
#define GATEHOUSE_KEEPERBOX_GRANT_H

#include "tests/harness/keeperbox.h"

/* keeperbox_say_done: of a grant of that worker's. */
void keeperbox_say_done(struct keeperbox *box, enum keeperbox_peer worker,
    uint64_t id, enum ask_outcome outcome);

/* keeperbox_grant: a question, up to the grant, which is read. */
void keeperbox_grant(struct keeperbox *box,
    const struct keeperbox_question *question, struct ask_answer *answer);

/* keeperbox_recheck: this policy serves by now, and no access key is known. */
void keeperbox_recheck(struct keeperbox *box, const struct policy *policy);

/* keeperbox_over: the auditor's answer to the charge in box->got. */
void keeperbox_over(struct keeperbox *box, const struct audit_over *over);

#endif
