#ifndef GATEHOUSE_AUDIT_OWN_H
#define GATEHOUSE_AUDIT_OWN_H

#include "gateway/ledger/ledger.h"

/* audit_own: what the auditor itself has to say, which no keeper sends. */

/* audit_own_commit: as ledger_commit; how long it takes is counted, as long as
 * what is committed is on the disk. */
MUST_USE struct err audit_own_commit(struct ledger *ledger);

/*
 * audit_own_append: append, and commit when the batch is full; the caller
 * commits at the end. Errors: as record_encode, ledger_append, ledger_commit.
 */
MUST_USE struct err audit_own_append(
    struct ledger *ledger, const struct record *record);

/*
 * audit_own_interrupt: nobody will complete the open intents any more: close
 * each with a record of its ceiling, and commit.
 *
 * reason   a text for the records
 * Errors   as ledger_append, ledger_commit
 */
MUST_USE struct err audit_own_interrupt(
    struct ledger *ledger, const char *reason);

/* audit_own_tell: append and commit a record of the ledger's own life. */
MUST_USE struct err audit_own_tell(
    struct ledger *ledger, enum record_kind kind, const char *reason);

#endif
