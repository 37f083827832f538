#ifndef GATEHOUSE_LEDGER_BODY_H
#define GATEHOUSE_LEDGER_BODY_H

#include "gateway/base/limits.h"
#include "gateway/ledger/ledger.h"
#include "gateway/ledger/publish.h"
#include "gateway/ledger/replay.h"

/*
 * ledger_body: what a ledger is made of, for its own files alone: ledger.c
 * appends, ledger_start.c begins, ledger_save.c makes the next beginning short.
 */

/* An appended entry: what it did to the intents, to undo it, and its leaf. */
struct staged {
	enum record_kind kind;
	uint64_t intent;
	uint8_t leaf[MERKLE_HASH];
};

struct ledger {
	struct ledger_options options;
	bool ended; /* a write or sync failed */
	struct intents intents;
	struct publish publish; /* the tree, and what is in no tile yet */
	struct replay replay;	/* until all of it is taken back */

	/* the journal */
	int journal_fd;
	uint64_t journal_len;
	uint64_t at; /* where the next block goes */
	uint8_t before[JOURNAL_DIGEST];

	/* the next commit */
	struct buf block;
	uint32_t num_staged;
	struct staged staged[LEDGER_MAX_BATCH_NUM];

	/* the summary */
	struct buf summary;  /* the last one; room for the largest */
	uint64_t num_summed; /* entries that it is of; 0: there is none */
};

/* ledger_note_intents: entry `index`, of this kind, opens or closes one.
 * Errors: of intents_open, intents_close. */
MUST_USE struct err ledger_note_intents(
    struct ledger *ledger, const struct record_brief *brief, uint64_t index);

/* ledger_end_on: whatever is not just a lack of space is final. Returns `err`.
 */
struct err ledger_end_on(struct ledger *ledger, struct err err);

/* ledger_room_for_summary: nothing allocates later. Errors: NO_MEMORY. */
MUST_USE struct err ledger_room_for_summary(struct ledger *ledger);

/*
 * ledger_read_summary: the file, before anything else is read: what is found
 * later is not older. ledger_resume: after replay_open, go on behind what it is
 * of. Nothing, where there is none that this key has signed.
 *
 * Errors   CHANGED: it contradicts the tiles and the checkpoint; MALFORMED: it
 *          is signed and cannot be read: it was removed, so that the next start
 *          reads all; IO; of `take`
 */
MUST_USE struct err ledger_read_summary(struct ledger *ledger);
MUST_USE struct err ledger_resume(struct ledger *ledger);

#endif
