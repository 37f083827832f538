#ifndef GATEHOUSE_STORE_VFS_H
#define GATEHOUSE_STORE_VFS_H

#include "crypto/memory/span.h"

/*
 * store_vfs: the files of a store as SQLite sees them: descriptors that were
 * opened before the jail, and no names. Each page of a table's file ends with
 * a checksum, as SQLite's extension cksumvfs defines it, so that a page that
 * rotted or was half written is an error and never an answer. Nothing is
 * written or synced after the first failure. What is cut off a file is
 * overwritten before, for a key may have been there.
 */
enum store_file {
	STORE_CODES,
	STORE_CODES_WAL,
	STORE_KEYS,
	STORE_KEYS_WAL,
	STORE_MARK, /* none of SQLite's */
	NUM_STORE_FILES
};

enum {
	STORE_PAGE = 4096, /* of every file that we make */
	STORE_SUM = 8	   /* the checksum at the end of each page */
};

struct store_vfs;

/*
 * store_vfs_new: for these descriptors, of which it makes copies. -1 stands for
 * a file that is empty and cannot be written. SQLite takes its randomness from
 * here as long as one exists, so it opens no device.
 *
 * out      owned by the caller; store_vfs_free, after all databases
 * Errors   NO_MEMORY; IO: no descriptor is left
 */
MUST_USE struct err store_vfs_new(
    struct store_vfs **out, const int fds[NUM_STORE_FILES]);
void store_vfs_free(struct store_vfs *vfs); /* accepts NULL */

/* store_vfs_name: by which sqlite3_open_v2 knows it; valid until it is freed.
 * The names of its databases are those of store_vfs_file. */
const char *store_vfs_name(const struct store_vfs *vfs);

/* store_vfs_file: what SQLite calls this file; static. */
const char *store_vfs_file(enum store_file file);

/* store_vfs_len: bytes of a file. Errors: IO. */
MUST_USE struct err store_vfs_len(
    const struct store_vfs *vfs, enum store_file file, uint64_t *out);

/* store_vfs_pages: how many the header of a table's file says there are; 0 of
 * one that is shorter than its header. Errors: IO. */
MUST_USE struct err store_vfs_pages(
    const struct store_vfs *vfs, enum store_file file, uint64_t *out);

/*
 * store_vfs_no_gaps: from now on, or no more, a page of a table that is written
 * beyond the file's end, and not where that is, is an error: what lies between
 * is missing. It holds where pages come in their order, as from a log.
 */
void store_vfs_no_gaps(struct store_vfs *vfs, bool refuse);

/*
 * store_vfs_read, _write, _sync: of a file that is none of SQLite's, under the
 * same rule: after a failure nothing is written or synced.
 *
 * out_len  fewer than `len` only at the file's end
 * Errors   IO; NO_SPACE
 */
MUST_USE struct err store_vfs_read(const struct store_vfs *vfs,
    enum store_file file, void *out, size_t len, uint64_t at, size_t *out_len);
MUST_USE struct err store_vfs_write(struct store_vfs *vfs, enum store_file file,
    struct span bytes, uint64_t at);
MUST_USE struct err store_vfs_sync(struct store_vfs *vfs, enum store_file file);

#endif
