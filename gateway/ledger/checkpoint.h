#ifndef GATEHOUSE_CHECKPOINT_H
#define GATEHOUSE_CHECKPOINT_H

#include "crypto/merkle.h"
#include "crypto/note.h"

/*
 * checkpoint: a signed statement of a tree's size and root.
 *
 * There are two, which differ in their first line so that neither passes for
 * the other. The public one has the origin there, which is the key's name.
 * The journal's has "<origin> journal": it may lie on the disk in a write that
 * was never finished, and other entries may then come at its size; as a public
 * checkpoint that would be a fork of the log. No origin has a space.
 *
 * Source   c2sp.org/tlog-checkpoint
 */
enum checkpoint_use {
	CHECKPOINT_PUBLIC,
	CHECKPOINT_JOURNAL,
};
enum {
	/* bytes of a whole note of ours: twice a name, digits, base64 */
	CHECKPOINT_MAX = 2 * NOTE_NAME_MAX + 256,
	/* bytes of one that witnesses may have signed too */
	CHECKPOINT_READ_MAX = 16384
};

/* checkpoint_sign: append the note. Errors as note_sign. */
MUST_USE struct err checkpoint_sign(struct buf *out,
    const struct note_signer *signer, enum checkpoint_use use,
    const struct merkle_tree *tree);

/*
 * checkpoint_verify: signed by the key, in its own name, for that use.
 *
 * Errors   CRYPTO: a false signature, or none of this key
 *          MALFORMED: not a checkpoint, or one of another use or log
 *          TRUNCATED, TOO_BIG
 */
MUST_USE struct err checkpoint_verify(struct span note,
    const struct note_key *key, enum checkpoint_use use,
    struct merkle_tree *out);

/*
 * checkpoint_peek: what a public one says, unverified: to find entries, not to
 * trust them. Errors: MALFORMED, TRUNCATED.
 */
MUST_USE struct err checkpoint_peek(struct span note, struct merkle_tree *out);

#endif
