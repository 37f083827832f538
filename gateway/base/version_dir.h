#ifndef GATEHOUSE_VERSION_DIR_H
#define GATEHOUSE_VERSION_DIR_H

#include "policy/step.h"

/*
 * version_dir: the folder state/policy, where the versions of a policy are:
 *
 *	<N>/files/…                  as they were applied, with the tables
 *	<N>/statement                what was signed, from version 2 on
 *	<N>/signatures/<signer>.sig  by whom
 *
 * A version is never changed. It is written under another name, synced and
 * renamed: whatever ends that, the version is whole or not there. Nobody has
 * to believe what lies here: who loads it verifies.
 */
enum {
	VERSION_DIR_PATH = 4096, /* bytes */
	VERSION_DIR_MAX = 1000000000,
};

/* What a version is made of. */
struct version_dir_content {
	const struct source_file *files;
	size_t num_files;
	struct span statement; /* empty: there is none */
	const struct step_signature *signatures;
	size_t num_signatures;
};

/*
 * version_dir_open: below the folder `state`.
 *
 * out      a descriptor, the caller's
 * Errors   NOT_FOUND: there is none, and it is not to be made; IO: errno
 */
MUST_USE struct err version_dir_open(int *out, const char *state, bool make);

/* version_dir_path: of a version, or of what is below it: "files". Errors:
 * TOO_BIG. */
MUST_USE struct err version_dir_path(char out[VERSION_DIR_PATH],
    const char *folder, uint64_t version, const char *below);

/* version_dir_highest: 0: there is none. Errors: IO. */
MUST_USE struct err version_dir_highest(uint64_t *out, int dir);

/*
 * version_dir_write: a new version. What is left of one that was never finished
 * goes first.
 *
 * Errors   EXISTS: that version is there; AGAIN: somebody else is at it
 *          MALFORMED: a name that leads out of the folder; NO_SPACE, IO
 */
MUST_USE struct err version_dir_write(
    int dir, uint64_t version, const struct version_dir_content *content);

/* version_dir_withdraw: one that never served is not there any more. Errors:
 * IO, AGAIN. */
MUST_USE struct err version_dir_withdraw(int dir, uint64_t version);

#endif
