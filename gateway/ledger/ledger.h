#ifndef GATEHOUSE_LEDGER_H
#define GATEHOUSE_LEDGER_H

#include "crypto/memory/buf.h"
#include "crypto/note.h"
#include "gateway/ledger/intents.h"
#include "gateway/ledger/record.h"

/*
 * ledger: the append-only log that the auditor keeps.
 *
 * Acknowledged is what ledger_commit returned OK for: it is synced to the
 * journal, under a signed root. Tiles and the public checkpoint follow by
 * ledger_publish, so that an outsider sees it within LEDGER_PUBLISH_MS. What a
 * crash leaves of a commit that was not acknowledged is either whole, and
 * then kept (its receipt may have been lost on the way), or cut off; never
 * half of it, since one digest covers all its entries.
 *
 * A full disk stops publishing. From then on intents and notes are refused
 * until a later ledger_publish succeeds; completions of open intents always
 * have room, because each intent is admitted only with pages of the journal
 * for its completion. Any other failure of a write, and each of a sync, ends
 * the ledger: every later call returns IO, and the process should end.
 *
 * A start reads the whole of it, or, where whoever sums up what it says gives
 * and takes that sum, only what came after the last summary (summary.h): so it
 * takes as long with a year's records as with a day's. What lies before is held
 * against that summary's root by what it is the root of, and not read; another
 * process does that (gateway/verifier).
 *
 * After ledger_open, nothing allocates memory. The system calls are pwrite,
 * fdatasync, fsync, openat, close, mkdirat, renameat, unlinkat, and those of
 * signing (mprotect).
 */
struct ledger;

struct ledger_options {
	int dir; /* the ledger's directory; borrowed, stays open */
	const struct note_signer *signer; /* its name is the origin; borrowed */
	uint64_t journal_len; /* of a new journal; 0: LEDGER_JOURNAL */
	/*
	 * NULL, or told of each entry that is read here, in its order, when it
	 * was checked: whoever sums up what the ledger says starts from it.
	 */
	void (*saw)(void *ctx, uint64_t index, struct span entry);
	/*
	 * NULL, or both: append that sum, of all that was committed, sums_max
	 * bytes at most; and start from one that `put` has made, before any
	 * entry is seen. Errors of `take`: MALFORMED, TRUNCATED, TOO_BIG: it
	 * is no such sum; NO_MEMORY, CRYPTO.
	 */
	struct err (*put)(void *ctx, struct buf *out);
	struct err (*take)(void *ctx, struct span sum);
	size_t sums_max;
	void *ctx;
	uint64_t summary_every; /* entries; 0: LEDGER_SUMMARY_EVERY */
	bool whole;		/* forget the summary, and read everything */
};

/* What ledger_open found. */
struct ledger_found {
	bool is_new;
	bool is_torn;	     /* an unfinished write was cut off */
	bool has_no_journal; /* it was gone; a new one was made */
	uint64_t size;	     /* entries, the next ones included */
	uint64_t num_tail;   /* entries after the checkpoint, taken in again */
	uint64_t
	    num_summed; /* entries that were not read: a summary has them */
	uint64_t wrong; /* on CHANGED: the first entry concerned */
};

/*
 * ledger_open: make a ledger where there is none; else read the whole of it,
 * check it as replay.h says, and go on behind it. Takes a lock.
 *
 * out      owned by the caller; ledger_close
 * found    written also on failure
 * Errors   CHANGED: it is not what was signed: found->wrong
 *          CRYPTO, MALFORMED: the checkpoint; NOT_FOUND: there is none, but
 *          other files of a ledger
 *          EXISTS: another process has it open
 *          NO_SPACE, IO, NO_MEMORY, TOO_BIG
 */
MUST_USE struct err ledger_open(struct ledger **out, struct ledger_found *found,
    const struct ledger_options *options);

/*
 * ledger_follow: the first half of ledger_open, of a ledger that another
 * process still writes: read and check what its checkpoint covers, and write
 * nothing. ledger_take: the other half, when that process has given it up:
 * what has come since, which is little.
 *
 * Errors   as ledger_open, which makes a ledger where there is none
 */
MUST_USE struct err ledger_follow(struct ledger **out,
    struct ledger_found *found, const struct ledger_options *options);
MUST_USE struct err ledger_take(
    struct ledger *ledger, struct ledger_found *found);

/* ledger_close: without a commit or a publish. Accepts NULL. */
void ledger_close(struct ledger *ledger);

/* ledger_give_up: another process may open it: for this one it has ended.
 * Nothing may be appended and not committed. */
void ledger_give_up(struct ledger *ledger);

/*
 * ledger_append: put an entry into the next commit.
 *
 * record     canonical JSON as record_encode makes it; copied
 * out_index  the number that it will have
 * Errors     AGAIN: the commit is full: ledger_commit, then once more
 *            NO_SPACE: it would need room that is kept for completions, or
 *            the disk was full at the last publish, or LEDGER_MAX_OPEN
 *            intents are open
 *            MALFORMED, TRUNCATED: not a record
 *            NOT_FOUND: it completes an intent that is not open
 *            TOO_BIG: over a cap
 *            IO: the ledger has ended
 */
MUST_USE struct err ledger_append(
    struct ledger *ledger, struct span record, uint64_t *out_index);

/*
 * ledger_append_kind: of the entry that was appended last; one waits for the
 * next commit.
 */
enum record_kind ledger_append_kind(const struct ledger *ledger);

/*
 * ledger_commit: what was appended is on the disk. Nothing appended: OK.
 *
 * Errors   NO_SPACE: it is not, and was forgotten; IO, CRYPTO: the ledger has
 *          ended
 */
MUST_USE struct err ledger_commit(struct ledger *ledger);

/*
 * ledger_publish: tiles and checkpoint over all that was committed. Nothing
 * may be appended and not committed. ledger_commit does it by itself when
 * a good part of the journal is used.
 *
 * Errors   NO_SPACE: to be tried again later; IO, CRYPTO: the ledger has ended
 */
MUST_USE struct err ledger_publish(struct ledger *ledger);

/*
 * ledger_save: write the summary, where enough has come since the last one and
 * all of it is published. Nothing may be appended and not committed. A full
 * disk is no failure, nor a power cut: the older one stays.
 *
 * Errors   IO, CRYPTO: the ledger has ended
 */
MUST_USE struct err ledger_save(struct ledger *ledger);

/* ledger_size: entries committed. */
uint64_t ledger_size(const struct ledger *ledger);

/* ledger_unpublished: entries committed that no checkpoint covers. */
uint64_t ledger_unpublished(const struct ledger *ledger);

/* ledger_is_full: the last publish found the disk full. */
bool ledger_is_full(const struct ledger *ledger);

/* ledger_intents: those open, appended ones included. Borrowed. */
const struct intents *ledger_intents(const struct ledger *ledger);

#endif
