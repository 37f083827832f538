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

#endif
