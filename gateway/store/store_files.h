#ifndef GATEHOUSE_STORE_FILES_H
#define GATEHOUSE_STORE_FILES_H

#include "gateway/store/store_vfs.h"

/*
 * store_files: the files of a store in its folder, and how they come to be
 * there: both are made whole beside their names, and get them one after the
 * other, so that half of a store is never taken for one.
 */
struct store_files {
	int lock; /* the folder, to be locked; of this open alone */
	int fds[NUM_STORE_FILES];
};

/* The zero value with each descriptor -1. */
#define STORE_FILES_NONE                                                       \
	{                                                                      \
		.lock = -1, .fds = { -1, -1, -1, -1, -1 }                      \
	}

/*
 * store_files_look: whether there is a store in the folder. If what made one
 * was cut off between the two names, that is ended first.
 *
 * Errors   NOT_FOUND: one of the two files is missing; IO
 */
MUST_USE struct err store_files_look(int dir, bool *out_there);

/* store_files_open: of a folder that has them. Errors: IO. */
MUST_USE struct err store_files_open(struct store_files *out, int dir);

/*
 * store_files_new: empty files with other names, for the folder's owner, in a
 * folder without a store, whose lock is held until they are closed.
 *
 * Errors   UNAVAILABLE: another process has the lock; IO; NO_SPACE
 */
MUST_USE struct err store_files_new(struct store_files *out, int dir);

/* store_files_name: they are whole: sync them, and give them their names. */
MUST_USE struct err store_files_name(const struct store_files *files, int dir);

/* store_files_close: accepts what was closed. */
void store_files_close(struct store_files *files);

#endif
