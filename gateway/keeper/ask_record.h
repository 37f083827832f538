#ifndef GATEHOUSE_ASK_RECORD_H
#define GATEHOUSE_ASK_RECORD_H

#include "gateway/keeper/ask_run.h"

/*
 * ask_record: what the ledger is told of a request: who, how proved, from
 * where, for what, under which rule, in which form, how much. Each goes to
 * the auditor as canonical JSON.
 *
 * Errors   UNAVAILABLE: the auditor is away; TOO_BIG: over a frame, so that
 *          it cannot name all columns; NO_MEMORY, MALFORMED
 */
MUST_USE struct err ask_record_intent(struct ask *ask);
MUST_USE struct err ask_record_denied(struct ask *ask);
MUST_USE struct err ask_record_complete(
    struct ask *ask, const struct ask_done *done);
/* The worker was lost: at most what the intent said. */
MUST_USE struct err ask_record_interrupted(struct ask *ask);

/* ask_record_is_of: the intent named what this slot holds, or is filled with
 * now; it may have failed and begun anew since. */
bool ask_record_is_of(const struct ask *ask, const struct slot *slot);

#endif
