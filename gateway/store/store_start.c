#include <sys/file.h>

#include "gateway/store/store_mark.h"
#include "gateway/store/store_sqlite.h"

/* --- What each database says of itself --- */

/* A line of `meta`, of which there is one; else the file is damaged. */
static struct err
meta_row(struct store_sqlite *s, enum store_sql which, const char *name)
{
	struct store_bind bind = {.bytes = span_str(name), .is_text = true};
	bool row;

	TRY(store_sqlite_next(s, which, &bind, 1, &row));
	return row ? OK : store_db_damaged(store_sqlite_db(s, which));
}

static struct err
meta_number(struct store_sqlite *s, enum store_sql which, const char *name,
    uint64_t *out)
{
	TRY(meta_row(s, which, name));
	struct err err =
	    store_db_number(store_sqlite_db(s, which), s->sql[which], 0, out);
	store_sqlite_reset(s, which);
	return err;
}

static struct err
meta_id(struct store_sqlite *s, enum store_sql which, uint8_t out[STORE_ID])
{
	TRY(meta_row(s, which, "id"));
	struct err err = store_sqlite_bytes(s, which, 0, out, STORE_ID);
	store_sqlite_reset(s, which);
	return err;
}

/* --- The files --- */

static struct err
take_lock(const struct store_sqlite *s)
{
	if (s->lock < 0 || flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		return OK;
	return ERR(UNAVAILABLE, "codebook: another process has its lock");
}

/*
 * The header tells how many pages there are. With an empty log there cannot be
 * fewer. With a log there can, and those that are not there are in it:
 * bring_home looks whether they are.
 */
static struct err
look_at_length(const struct store_sqlite *s, enum store_file file)
{
	static const char *const cut[] = {
	    [STORE_CODES] = "codebook: codes.sqlite was cut off; restore the "
			    "codebook from a backup",
	    [STORE_KEYS] = "codebook: keys.sqlite was cut off; restore the "
			   "codebook from a backup"};
	enum store_file log =
	    file == STORE_CODES ? STORE_CODES_WAL : STORE_KEYS_WAL;
	uint64_t len, log_len, pages;

	TRY(store_vfs_len(s->vfs, file, &len));
	TRY(store_vfs_len(s->vfs, log, &log_len));
	TRY(store_vfs_pages(s->vfs, file, &pages));
	if (len < STORE_PAGE || (log_len == 0 && len < pages * STORE_PAGE))
		return (struct err){ERR_TRUNCATED, cut[file]};
	return OK;
}

/* It stands in the header, so that it is known before the tables are. */
static struct err
look_at_version(struct store_db *db, uint64_t *out)
{
	static const char *const unknown[] = {
	    [STORE_DB_CODES] = "codebook: other programs wrote codes.sqlite, "
			       "in a way that these do not know",
	    [STORE_DB_KEYS] = "codebook: other programs wrote keys.sqlite, "
			      "in a way that these do not know"};
	struct sqlite3_stmt *statement = NULL;
	uint64_t version = 0;
	bool row;

	TRY(store_db_prepare(db, &statement, "PRAGMA user_version"));
	struct err err = store_db_next(db, statement, NULL, 0, &row);
	if (err.code == ERR_OK && row)
		err = store_db_number(db, statement, 0, &version);
	store_db_finish(&statement);
	TRY(err);
	if (version != STORE_VERSION && version != STORE_UNMARKED)
		return (struct err){ERR_UNSUPPORTED, unknown[db->table]};
	*out = version;
	return OK;
}

static struct err
open_databases(struct store_sqlite *s, uint64_t versions[NUM_STORE_DB])
{
	for (unsigned i = 0; i < NUM_STORE_DB; i++) {
		TRY(store_db_open(&s->dbs[i], s->vfs, (enum store_db_table)i));
		TRY(look_at_version(&s->dbs[i], &versions[i]));
		TRY(store_db_wal(&s->dbs[i]));
	}
	return store_sqlite_prepare(s);
}

static struct err
look_at_ids(struct store_sqlite *s)
{
	uint8_t keys[STORE_ID];

	TRY(meta_id(s, SQL_CODE_META, s->base.id));
	TRY(meta_id(s, SQL_KEY_META, keys));
	return span_equal(
		   span_of(s->base.id, STORE_ID), span_of(keys, STORE_ID))
	    ? OK
	    : ERR(CHANGED,
		  "codebook: codes.sqlite and keys.sqlite are not of one "
		  "codebook; restore both from one backup");
}

/*
 * The keys may be one commit ahead, for a process can end between the two.
 * More, or fewer, is a file that is older than the other, or lost its end. (Of
 * backups, that of the codes may be the older one: what was shredded since then
 * has no key.)
 */
static struct err
look_at_commits(struct store_sqlite *s, uint64_t *out_commits)
{
	uint64_t codes, keys;

	TRY(meta_number(s, SQL_CODE_META, "commits", &codes));
	TRY(meta_number(s, SQL_KEY_META, "commits", &keys));
	TRY(meta_number(s, SQL_CODE_META, "entries", &s->holds.num_entries));
	TRY(meta_number(s, SQL_KEY_META, "subjects", &s->holds.num_subjects));
	if (codes > keys)
		return ERR(TRUNCATED,
		    "codebook: keys.sqlite lacks what codes.sqlite has; "
		    "restore both from one backup");
	if (keys - codes > 1 && !s->is_backup)
		return ERR(TRUNCATED,
		    "codebook: codes.sqlite lacks what keys.sqlite has; "
		    "restore both from one backup");
	s->codes_are_older = s->is_backup && codes < keys;
	s->base.durable = s->is_backup ? keys : codes;
	*out_commits = keys;
	return OK;
}

/* --- What a log may have lost --- */

/*
 * What the logs hold goes to the tables now, page after page, each where the
 * one before it ended: so pages that are in neither are found before they are
 * asked for.
 */
static struct err
bring_home(struct store_sqlite *s)
{
	store_vfs_no_gaps(s->vfs, true);
	for (unsigned i = 0; i < NUM_STORE_DB; i++)
		TRY(store_db_checkpoint(&s->dbs[i]));
	store_vfs_no_gaps(s->vfs, false);
	TRY(look_at_length(s, STORE_CODES));
	return look_at_length(s, STORE_KEYS);
}

/* Programs that knew no mark made this store: from now on it has one. */
static struct err
say_version(struct store_sqlite *s)
{
	for (unsigned i = 0; i < NUM_STORE_DB; i++)
		TRY(store_db_script(&s->dbs[i], "PRAGMA user_version = 2"));
	return OK;
}
_Static_assert(STORE_VERSION == 2, "as the pragma says");

/*
 * The mark may be late, for it is not synced; a late one is written again, and
 * synced, so that the next commit has another one beside it.
 */
static struct err
look_at_mark(struct store_sqlite *s, bool needed)
{
	uint64_t mark, codes = s->base.durable;
	bool there;

	TRY(store_mark_read(s->vfs, s->base.id, &mark, &there));
	if (!there && needed)
		return ERR(NOT_FOUND,
		    "codebook: commits.mark is missing, or empty; restore the "
		    "codebook from a backup");
	if (there && mark > codes)
		return ERR(TRUNCATED,
		    "codebook: codes.sqlite lacks commits that commits.mark "
		    "has: its log was cut off, or it is an older one; restore "
		    "the codebook from a backup");
	if (there && mark == codes)
		return OK;
	TRY(store_mark_write(s->vfs, s->base.id, codes));
	return store_vfs_sync(s->vfs, STORE_MARK);
}

static struct err
look_for_losses(struct store_sqlite *s, const uint64_t versions[NUM_STORE_DB])
{
	bool old = versions[STORE_DB_CODES] != STORE_VERSION ||
	    versions[STORE_DB_KEYS] != STORE_VERSION;

	TRY(bring_home(s));
	TRY(look_at_mark(s, versions[STORE_DB_CODES] == STORE_VERSION));
	return old ? say_version(s) : OK;
}

struct err
store_sqlite_start(struct store *base)
{
	struct store_sqlite *s = store_sqlite_of(base);
	uint64_t commits, removed, versions[NUM_STORE_DB];
	bool owed;

	TRY(take_lock(s));
	TRY(look_at_length(s, STORE_CODES));
	TRY(look_at_length(s, STORE_KEYS));
	TRY(open_databases(s, versions));
	TRY(look_at_ids(s));
	TRY(look_at_commits(s, &commits));
	if (s->is_backup)
		return OK;
	TRY(look_for_losses(s, versions));
	TRY(store_sqlite_next(s, SQL_KEY_OWED, NULL, 0, &owed));
	if (owed)
		store_sqlite_reset(s, SQL_KEY_OWED);
	return owed || commits != base->durable
	    ? store_sqlite_pay(s, commits, &removed)
	    : OK;
}
