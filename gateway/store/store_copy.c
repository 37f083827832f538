#include "gateway/store/store_copy.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "gateway/store/store_sqlite.h"

enum {
	STEP_PAGES = 256 /* a megabyte, between which others are served */
};

/* A backup that is being made. */
struct store_copy {
	struct store_vfs *vfs;
	struct store_db dbs[NUM_STORE_DB];
	sqlite3_backup *backups[NUM_STORE_DB];
};

static struct err
begin(struct store_db *to, struct store_db *from, sqlite3_backup **out)
{
	*out = sqlite3_backup_init(to->sql, "main", from->sql, "main");
	return *out != NULL ? OK : store_db_error(to);
}

/* What SQLite says of the end is an error of where it wrote to. */
static struct err
step(struct store_db *to, sqlite3_backup *backup, int pages, bool *out_done)
{
	int code = sqlite3_backup_step(backup, pages);

	*out_done = code == SQLITE_DONE;
	if (code == SQLITE_OK || code == SQLITE_DONE)
		return OK;
	return store_db_code(to, code);
}

static struct err
finish(struct store_db *to, sqlite3_backup **backup)
{
	int code = sqlite3_backup_finish(*backup);

	*backup = NULL;
	return code == SQLITE_OK ? OK : store_db_code(to, code);
}

struct err
store_copy_whole(struct store_db *to, struct store_db *from)
{
	sqlite3_backup *backup;
	bool done;

	TRY(begin(to, from, &backup));
	struct err err = step(to, backup, -1, &done);
	struct err last = finish(to, &backup);
	return err.code != ERR_OK ? err : last;
}

/* --- Of a store that goes on meanwhile --- */

static void
copy_free(struct store_copy *copy)
{
	if (copy == NULL)
		return;
	for (unsigned i = 0; i < NUM_STORE_DB; i++) {
		if (copy->backups[i] != NULL)
			(void)sqlite3_backup_finish(copy->backups[i]);
		store_db_close(&copy->dbs[i]);
	}
	store_vfs_free(copy->vfs);
	free(copy);
}

static struct err
open_copy(struct store_copy *copy, struct store_sqlite *s, int codes, int keys)
{
	const int fds[] = {codes, -1, keys, -1, -1};
	bool done;

	TRY(store_vfs_new(&copy->vfs, fds));
	for (unsigned i = 0; i < NUM_STORE_DB; i++) {
		TRY(store_db_open_new(
		    &copy->dbs[i], copy->vfs, (enum store_db_table)i));
		TRY(begin(&copy->dbs[i], &s->dbs[i], &copy->backups[i]));
		/* None yet; but it counts them. */
		TRY(step(&copy->dbs[i], copy->backups[i], 0, &done));
	}
	return OK;
}

void
store_sqlite_copy_end(struct store *base)
{
	struct store_sqlite *s = store_sqlite_of(base);

	copy_free(s->copy);
	s->copy = NULL;
}

struct err
store_sqlite_copy_begin(struct store *base, int codes_fd, int keys_fd)
{
	struct store_sqlite *s = store_sqlite_of(base);

	if (s->copy != NULL)
		return ERR(EXISTS, "codebook: a backup is being made");
	struct store_copy *copy = calloc(1, sizeof(*copy));
	if (copy == NULL)
		return ERR(NO_MEMORY, "codebook: out of memory");
	struct err err = open_copy(copy, s, codes_fd, keys_fd);
	if (err.code != ERR_OK) {
		copy_free(copy);
		return err;
	}
	s->copy = copy;
	return OK;
}

/*
 * Both end in one step, between two commits, so that they are of one commit.
 * Until then SQLite brings into a copy what changes of the pages that it has.
 */
static struct err
step_both(struct store_copy *copy, bool *out_done)
{
	bool last = true, done;

	for (unsigned i = 0; i < NUM_STORE_DB; i++) {
		if (sqlite3_backup_remaining(copy->backups[i]) <= STEP_PAGES)
			continue;
		TRY(step(&copy->dbs[i], copy->backups[i], STEP_PAGES, &done));
		last = false;
	}
	for (unsigned i = 0; i < NUM_STORE_DB && last; i++) {
		TRY(step(&copy->dbs[i], copy->backups[i], -1, &done));
		TRY(finish(&copy->dbs[i], &copy->backups[i]));
	}
	*out_done = last;
	return OK;
}

struct err
store_sqlite_copy_step(struct store *base, bool *out_done)
{
	struct store_sqlite *s = store_sqlite_of(base);

	if (s->copy == NULL)
		return ERR(NOT_FOUND, "codebook: no backup is being made");
	struct err err = step_both(s->copy, out_done);
	if (err.code != ERR_OK || *out_done)
		store_sqlite_copy_end(base);
	return err;
}
