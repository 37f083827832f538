#ifndef GATEHOUSE_DISK_H
#define GATEHOUSE_DISK_H

#include "crypto/memory/buf.h"

/*
 * disk: the few ways in which the ledger touches files. Paths are relative to
 * the ledger's directory `dir`.
 *
 * Errors   NO_SPACE  the disk or the quota is full: nothing was synced, so
 *                    trying again later is sound
 *          IO        anything else, and every failed sync. The kernel may
 *                    have dropped the pages and say OK the next time, so the
 *                    caller must stop for good.
 */

/* disk_error: what errno says after a call that writes failed. */
MUST_USE struct err disk_error(void);

/*
 * disk_write: all of the bytes at an offset. On a full disk the last write is
 * short and sets no errno; so whatever is missing is written again, and that
 * tells.
 */
MUST_USE struct err disk_write(int fd, struct span bytes, uint64_t at);

/* disk_sync: the file's data is on the disk. Errors: IO. */
MUST_USE struct err disk_sync(int fd);

/*
 * disk_replace: the file at `path` has these bytes, or it is as before: they
 * are written to a file beside it, synced, renamed; missing folders are made.
 * The new name itself is on the disk only after disk_sync_parent.
 */
MUST_USE struct err disk_replace(int dir, const char *path, struct span bytes);

/* disk_sync_parent: the names in the folder that holds `path`. Errors: IO. */
MUST_USE struct err disk_sync_parent(int dir, const char *path);

/* disk_same_parent: both paths lie in one folder. */
bool disk_same_parent(const char *a, const char *b);

/*
 * disk_read: append the whole file to `out`.
 *
 * Errors   NOT_FOUND: there is no such file; TOO_BIG: over the ceiling of
 *          `out`; IO; NO_MEMORY; on failure `out` is as before
 */
MUST_USE struct err disk_read(int dir, const char *path, struct buf *out);

/* disk_exists: something has this name. Errors: IO. */
MUST_USE struct err disk_exists(int dir, const char *path, bool *out);

/*
 * disk_read_at: up to `len` bytes from an offset, fewer only at the end of the
 * file; appended to `out`. Errors: as disk_read.
 */
MUST_USE struct err disk_read_at(
    int fd, struct buf *out, size_t len, uint64_t at);

#endif
