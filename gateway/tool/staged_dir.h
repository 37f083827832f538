#ifndef GATEHOUSE_STAGED_DIR_H
#define GATEHOUSE_STAGED_DIR_H

#include "policy/check.h"

/*
 * staged_dir: state/policy/staged, where the candidate lies. It is whole or not
 * there for whoever loads it, and what was there before comes back when the
 * gateway does not take it. One writer at a time.
 */
struct staged_dir {
	int dir;      /* state/policy; -1: not open */
	bool has_put; /* the one that is there now is ours */
	bool has_old; /* and there was one before */
};

/*
 * staged_dir_open: `state` is the configuration's; what an earlier one left
 * behind goes. Ends with staged_dir_done; the zero value has to have dir -1.
 *
 * Errors   AGAIN: somebody else is at it; IO: errno tells more
 */
MUST_USE struct err staged_dir_open(struct staged_dir *out, const char *state);
void staged_dir_done(struct staged_dir *staged);

/*
 * staged_dir_put: these files are the candidate.
 *
 * files    names relative to the folder; of at most two segments
 * Errors   MALFORMED: a name that leads elsewhere; EXISTS: two of one name;
 *          IO: errno
 */
MUST_USE struct err staged_dir_put(struct staged_dir *staged,
    const struct source_file *files, size_t num_files);

/* staged_dir_take: there is none any more. Errors: NOT_FOUND: there was none;
 * IO. */
MUST_USE struct err staged_dir_take(struct staged_dir *staged);

/* staged_dir_keep: what was put or taken is so for good. staged_dir_back: all
 * is as it was before. Errors: IO. */
MUST_USE struct err staged_dir_keep(struct staged_dir *staged);
MUST_USE struct err staged_dir_back(struct staged_dir *staged);

#endif
