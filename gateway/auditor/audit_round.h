#ifndef GATEHOUSE_AUDIT_ROUND_H
#define GATEHOUSE_AUDIT_ROUND_H

#include "gateway/auditor/audit_serve.h"

/* audit_round: records that share a commit, and what is said when it is done.
 */

/* audit_round_await: a record was appended: its receipt waits for the commit,
 * and for how long it may. There is room for it in the round. */
void audit_round_await(struct audit_serve *serve, struct channel *keeper,
    uint64_t id, uint64_t index);

/*
 * audit_round_commit: one sync for all that waits, and then the receipts; for a
 * lack of space refusals.
 *
 * Errors   those of ledger_commit: then nothing is said, for what became of the
 *          records is not known
 */
MUST_USE struct err audit_round_commit(struct audit_serve *serve);

/* audit_round_publish: tiles and checkpoint, and the summary, when it is time.
 * A full disk: a little later again. Errors: of ledger_publish, ledger_save. */
MUST_USE struct err audit_round_publish(struct audit_serve *serve);

#endif
