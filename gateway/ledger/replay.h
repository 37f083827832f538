#ifndef GATEHOUSE_REPLAY_H
#define GATEHOUSE_REPLAY_H

#include "gateway/ledger/journal.h"
#include "gateway/ledger/edge.h"

/*
 * replay: reads a ledger from its first entry to its last acknowledged one,
 * and believes nothing on the way. The auditor starts with it, and anybody
 * may run it with the public key alone, while the auditor works.
 *
 * Up to the checkpoint: each entry against its hash tile, each tile against
 * the tiles below it, the root against the signed checkpoint. After it: each
 * block of the journal against its digest, the block before it and the root
 * that it signs. What was cut off at the very end cannot be seen from within:
 * for that keep a checkpoint elsewhere, and give its tree as `known`.
 */
struct replay {
	/* Readable while it runs. */
	uint64_t index; /* of the next entry; of the wrong one on CHANGED */
	struct merkle_tree checkpoint;
	uint64_t num_tail;   /* entries that came from the journal so far */
	bool is_torn;	     /* the journal ends in an unfinished write */
	bool has_no_journal; /* there is no such file */
	struct edge edge;    /* over all entries so far; trimmed; with a key */

	/* Its own. */
	int dir;
	bool verifies;
	struct note_key key;
	struct merkle_tree known;
	struct buf bundle;
	struct buf hashes; /* the tile of level 0 that belongs to it */
	struct span rest;  /* of the bundle or block */
	int journal_fd;	   /* -1: none */
	struct journal_reader journal;
	struct merkle_tree block; /* the root that the block signs */
	bool in_journal;
};

/*
 * replay_open: start at entry 0.
 *
 * dir      borrowed; the ledger's directory
 * key      NULL: check nothing, only find entries
 * known    NULL, or a tree of this log that the caller has from elsewhere:
 *          not to be found is CHANGED
 * Errors   NOT_FOUND: no checkpoint; of checkpoint_verify; IO, NO_MEMORY;
 *          on failure there is nothing to end
 */
MUST_USE struct err replay_open(struct replay *replay, int dir,
    const struct note_key *key, const struct merkle_tree *known);
void replay_done(struct replay *replay); /* also closes; twice is fine */

/*
 * replay_resume: right after replay_open with a key: go on behind the entries
 * of that tree, of which the caller knows that they are as they were signed.
 * The tiles at its edge have to be those of its root. replay_next begins with
 * what its last bundle holds so far, `index` says so.
 *
 * Errors   CHANGED: the checkpoint covers less, or the tiles are of another
 *          tree; IO, CRYPTO
 */
MUST_USE struct err replay_resume(
    struct replay *replay, const struct merkle_tree *tree);

/*
 * replay_next: the next entry.
 *
 * out      borrowed until the next call
 * Errors   NOT_FOUND: all were read, and all is as it was signed
 *          CHANGED: something is not as it was; `index` is that of the first
 *          entry concerned
 *          IO, NO_MEMORY
 */
MUST_USE struct err replay_next(struct replay *replay, struct span *out);

/*
 * replay_check_checkpoint: all entries of the checkpoint were read: its partial
 * tiles, and the root that it signs. replay_next does it on its way to the
 * journal; this is for who reads no further. Only with a key, and while nothing
 * of the journal was read.
 *
 * Errors   as replay_next, but for NOT_FOUND
 */
MUST_USE struct err replay_check_checkpoint(struct replay *replay);

/*
 * replay_is_behind: entries of the checkpoint are left. replay_again: read the
 * checkpoint anew, which covers more by now, perhaps, and go on where we are;
 * only while nothing of the journal was read.
 *
 * Errors   as replay_open; CHANGED: it covers less than was read
 */
bool replay_is_behind(const struct replay *replay);
MUST_USE struct err replay_again(struct replay *replay);

/*
 * replay_skip_to: go on at entry `index`; only where nothing is checked and
 * nothing was read yet. Beyond the checkpoint, it goes to the journal.
 */
void replay_skip_to(struct replay *replay, uint64_t index);

#endif
