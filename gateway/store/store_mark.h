#ifndef GATEHOUSE_STORE_MARK_H
#define GATEHOUSE_STORE_MARK_H

#include "gateway/store/store.h"
#include "gateway/store/store_vfs.h"

/*
 * store_mark: which commit of the codes was the last to be durable, in a file
 * of its own (commits.mark; crypto/FORMATS.md, 4e). SQLite takes a log that was
 * cut off for one that ends there; this knows that there was more.
 *
 * The two last numbers lie in the file, each where the one before the other
 * was, so one that is half written leaves the other. It is written when its
 * commit is durable and not synced: it may be late, and is never early.
 */

/*
 * store_mark_read: the number, of the store with this id.
 *
 * out_there  false: the file is empty
 * Errors     MALFORMED: it is damaged; CHANGED: it is of another codebook; IO
 */
MUST_USE struct err store_mark_read(const struct store_vfs *vfs,
    const uint8_t id[STORE_ID], uint64_t *out, bool *out_there);

/* store_mark_write: this commit is durable. Errors: IO, NO_SPACE,
 * NO_MEMORY, CRYPTO. */
MUST_USE struct err store_mark_write(
    struct store_vfs *vfs, const uint8_t id[STORE_ID], uint64_t commit);

#endif
