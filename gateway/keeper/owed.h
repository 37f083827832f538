#ifndef GATEHOUSE_OWED_H
#define GATEHOUSE_OWED_H

#include "gateway/keeper/keeper.h"

/*
 * owed: how grants ended, which the ledger must show. Room for that is kept
 * when it takes the intent; but on some file systems even what is written over
 * needs new blocks, and then the auditor refuses it all the same. It is told
 * again until it has it, and until then the keeper does not drain. There are as
 * many as intents that are open, which the auditor bounds (LEDGER_MAX_OPEN).
 */

/*
 * owed_submit: a completion, or an interruption.
 *
 * record  taken over on success
 * Errors  UNAVAILABLE: the auditor is away; NO_MEMORY
 */
MUST_USE struct err owed_submit(struct keeper *keeper, struct buf *record);

/* owed_refused: the auditor has no room for this one now. */
void owed_refused(struct pending *owed);

#endif
