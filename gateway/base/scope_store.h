#ifndef GATEHOUSE_SCOPE_STORE_H
#define GATEHOUSE_SCOPE_STORE_H

#include "gateway/base/scope_file.h"

/*
 * scope_store: keys/scopes on the disk, for who owns the folder: the loader,
 * and commands. One of them at a time: the folder is locked meanwhile.
 *
 *	scopes       what holds: always a whole one
 *	scopes.new   the next one, until it is renamed
 *	scopes.old   the one before it, for a keeper that is started again while
 *	             its generation serves on; until the next write or erasure
 *
 * No file that held seeds loses its name before it was overwritten, so that a
 * crash leaves nothing which the next write or erasure would not find. What the
 * medium keeps of overwritten blocks is another matter: FORMATS.md, 1b.
 */
struct scope_store {
	int dir;	 /* locked */
	bool is_there;	 /* `scopes` was found */
	struct buf text; /* of it */
	size_t line;	 /* of the text, where it is wrong */
	struct scope_file file;
};

/*
 * scope_store_open: take the lock, and read what is there; nothing: no scope,
 * and first epoch 1.
 *
 * keys     a descriptor of the folder; borrowed, and locked by its own opening
 * Errors   those of scope_file_parse; IO: errno tells more; UNAVAILABLE:
 *          somebody else has the lock for ten seconds; DENIED: others can read
 *          it, or it is no file
 */
MUST_USE struct err scope_store_open(struct scope_store *out, int keys);

/* scope_store_close: wipes; accepts the zero state of `text` with dir -1. */
void scope_store_close(struct scope_store *store);

/*
 * scope_store_write: what `file` says by now takes the place of `scopes`. When
 * it returns, that is on the disk.
 *
 * Errors   as scope_file_write; IO, NO_SPACE: errno tells more. Then `scopes`
 *          is the old one or the new one, whole
 */
MUST_USE struct err scope_store_write(struct scope_store *store);

/* scope_store_sync: what was read is on the disk, if a write before was cut off
 * it might not be. Errors: IO. */
MUST_USE struct err scope_store_sync(const struct scope_store *store);

/* scope_store_erase: overwrite what held seeds before `scopes`. Errors: IO:
 * errno tells more; some may be left, for another try. */
MUST_USE struct err scope_store_erase(const struct scope_store *store);

/* scope_store_draw: a seed that nobody has, as digits. */
void scope_store_draw(char out[SCOPE_FILE_SEED + 1]);

#endif
