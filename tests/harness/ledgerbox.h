#ifndef GATEHOUSE_LEDGERBOX_H
#define GATEHOUSE_LEDGERBOX_H

#include "gateway/ledger/ledger.h"
#include "gateway/ledger/replay.h"

/* ledgerbox: a ledger in a folder of its own, for tests. */
struct ledgerbox {
	char path[200];
	int dir;
	uint64_t journal_len;
	uint64_t summary_every; /* records; 0: it has no summary */
	uint64_t num_seen;	/* records that were seen, or summed up */
	struct note_signer signer;
	struct ledger *ledger; /* NULL: closed */
	struct ledger_found found;
};

/* ledgerbox_init: below $GATEHOUSE_TEST_TMP or /tmp. Exits on failure. */
void ledgerbox_init(struct ledgerbox *box, uint64_t journal_len);
void ledgerbox_done(struct ledgerbox *box); /* removes the folder */

/* ledgerbox_start: init, and an open ledger; else the test fails. */
void ledgerbox_start(struct ledgerbox *box, uint64_t journal_len);

/* ledgerbox_start_filled: the same with records, so many of them under its
 * checkpoint, and so many behind that. */
void ledgerbox_start_filled(struct ledgerbox *box, uint64_t journal_len,
    unsigned num_published, unsigned num_tail);

/* ledgerbox_open, _close: the ledger of the box. With a summary, each record is
 * in that or is seen, once and in its order; else the test fails.
 * ledgerbox_open_whole: the summary is forgotten. */
struct err ledgerbox_open(struct ledgerbox *box) MUST_USE;
struct err ledgerbox_open_whole(struct ledgerbox *box) MUST_USE;
struct ledger_options ledgerbox_options(struct ledgerbox *box);
void ledgerbox_close(struct ledgerbox *box);

/*
 * ledgerbox_append: a record of that kind. `intent` is its number where the
 * kind is complete or interrupted; an intent promises 1000 bytes at most.
 */
struct err ledgerbox_append(struct ledgerbox *box, enum record_kind kind,
    uint64_t intent, uint64_t *out_index) MUST_USE;

/* ledgerbox_append_record: the same for a record of the caller's own. */
struct err ledgerbox_append_record(struct ledgerbox *box,
    const struct record *record, uint64_t *out_index) MUST_USE;

/* ledgerbox_add: append, which must succeed. The number of the record. */
uint64_t ledgerbox_add(
    struct ledgerbox *box, enum record_kind kind, uint64_t intent);

/* ledgerbox_complete: append a completion that is `len` bytes long. */
struct err ledgerbox_complete(
    struct ledgerbox *box, uint64_t intent, size_t len) MUST_USE;

/*
 * ledgerbox_fill: `num` records, committed in batches, some of them intents
 * and completed. All of it must succeed.
 */
void ledgerbox_fill(struct ledgerbox *box, unsigned num, unsigned batch);

/* ledgerbox_verify: a whole replay under the box's public key. */
struct err ledgerbox_verify(
    const struct ledgerbox *box, uint64_t *out_index, bool *out_torn) MUST_USE;

/* ledgerbox_expect_size: it verifies, nothing is torn, `size` records. */
void ledgerbox_expect_size(const struct ledgerbox *box, uint64_t size);

/* ledgerbox_copy: the files of one box into the other, which had none. */
void ledgerbox_copy(struct ledgerbox *to, const struct ledgerbox *from);

/* ledgerbox_remove: the folder below `path` and all in it. */
void ledgerbox_remove(const char *path);

#endif
