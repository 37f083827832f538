#ifndef GATEHOUSE_WHOLE_H
#define GATEHOUSE_WHOLE_H

#include "crypto/note.h"

/*
 * whole: reads the ledger from its first record up to the checkpoint that it
 * has when that begins, and believes nothing on the way (ledger/replay.h). What
 * it holds of it does not grow with the ledger.
 */
struct whole_found {
	uint64_t records; /* all that the checkpoint covers; on success */
	uint64_t wrong;	  /* on CHANGED: the first record concerned */
};

/*
 * whole_verify: all of it, while somebody is at the other end of `control`.
 *
 * dir      borrowed: the ledger's folder, of which another process writes
 * control  borrowed; nothing is read from it
 * Errors   CHANGED: it is not what was signed
 *          CRYPTO: the checkpoint is not signed by this key
 *          NOT_FOUND: there is no checkpoint
 *          CLOSED: `control` has hung up
 *          IO, NO_MEMORY
 */
MUST_USE struct err whole_verify(
    struct whole_found *out, int dir, const struct note_key *key, int control);

#endif
