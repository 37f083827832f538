#include "crypto/random.h"
#include "gateway/store/store_copy.h"
#include "gateway/store/store_files.h"
#include "gateway/store/store_mark.h"
#include "gateway/store/store_sqlite.h"

/* idx, for `index` is a word of SQL's. */
static const char *const schemas[] = {
    [STORE_DB_CODES] =
	"BEGIN;CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL)"
	" WITHOUT ROWID;"
	"INSERT INTO meta VALUES ('commits', 0), ('entries', 0),"
	" ('id', zeroblob(16));"
	"CREATE TABLE codes (idx BLOB PRIMARY KEY,"
	" code BLOB NOT NULL UNIQUE, subject BLOB NOT NULL,"
	" sealed BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX codes_of_subject ON codes (subject);"
	"PRAGMA user_version = 2;COMMIT;",
    [STORE_DB_KEYS] =
	"BEGIN;CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL)"
	" WITHOUT ROWID;"
	"INSERT INTO meta VALUES ('commits', 0), ('subjects', 0),"
	" ('id', zeroblob(16));"
	"CREATE TABLE keys (number INTEGER PRIMARY KEY, key BLOB NOT NULL);"
	"CREATE TABLE subjects (subject BLOB PRIMARY KEY,"
	" number INTEGER NOT NULL UNIQUE) WITHOUT ROWID;"
	"CREATE TABLE shredding (subject BLOB PRIMARY KEY) WITHOUT ROWID;"
	"PRAGMA user_version = 2;COMMIT;"};
_Static_assert(STORE_VERSION == 2, "the schemas say it");

/* What is said anew of a copy. */
static struct err
set_meta(struct store_db *db, const char *text, struct store_bind value)
{
	struct sqlite3_stmt *statement = NULL;

	TRY(store_db_prepare(db, &statement, text));
	struct err err = store_db_run(db, statement, &value, 1);
	store_db_finish(&statement);
	return err;
}

/*
 * Entries of the backup whose subjects were shredded after it was made: the
 * store ends that when it starts.
 */
static struct err
owe_shredded(struct store_db *keys, struct store_sqlite *backup)
{
	struct buf value CLEANUP(buf_done) = {.max = STORE_MAX_SEALED};
	uint8_t subject[STORE_SUBJECT];
	bool row, gone;

	for (;;) {
		TRY(store_sqlite_next(backup, SQL_CODE_ALL, NULL, 0, &row));
		if (!row)
			return OK;
		TRY(store_sqlite_look(backup, &value, subject, &gone));
		if (gone)
			TRY(set_meta(keys,
			    "INSERT OR IGNORE INTO shredding VALUES (?)",
			    (struct store_bind){
				.bytes = span_of(subject, STORE_SUBJECT)}));
	}
}

static struct err
copy_table(struct store_db *db, struct store_sqlite *backup)
{
	struct store_bind commits = {.number = (int64_t)backup->base.durable};

	TRY(store_copy_whole(db, &backup->dbs[db->table]));
	TRY(store_db_wal(db));
	TRY(set_meta(
	    db, "UPDATE meta SET value = ? WHERE name = 'commits'", commits));
	return db->table == STORE_DB_KEYS ? owe_shredded(db, backup) : OK;
}

/* A new database of this table: of a schema, or of what a backup holds. */
static struct err
make_table(const struct store_vfs *vfs, enum store_db_table table,
    struct store_sqlite *backup, const uint8_t id[STORE_ID])
{
	struct store_db CLEANUP(store_db_close) db = {.sql = NULL};

	TRY(store_db_open_new(&db, vfs, table));
	if (backup != NULL)
		TRY(copy_table(&db, backup));
	else
		TRY(store_db_script(&db, schemas[table]));
	TRY(set_meta(&db, "UPDATE meta SET value = ? WHERE name = 'id'",
	    (struct store_bind){.bytes = span_of(id, STORE_ID)}));
	TRY(store_db_wal(&db));
	return store_db_checkpoint(&db);
}

static struct err
make_tables(const struct store_files *to, struct store_sqlite *backup)
{
	uint8_t id[STORE_ID];
	struct store_vfs *vfs;

	random_bytes(id, sizeof(id));
	TRY(store_vfs_new(&vfs, to->fds));
	struct err err = make_table(vfs, STORE_DB_CODES, backup, id);
	if (err.code == ERR_OK)
		err = make_table(vfs, STORE_DB_KEYS, backup, id);
	if (err.code == ERR_OK)
		err = store_mark_write(
		    vfs, id, backup == NULL ? 0 : backup->base.durable);
	if (err.code == ERR_OK)
		err = store_vfs_sync(vfs, STORE_MARK);
	store_vfs_free(vfs);
	return err;
}

static struct err
make_store(int dir, struct store_sqlite *backup)
{
	struct store_files CLEANUP(store_files_close) files = STORE_FILES_NONE;

	TRY(store_files_new(&files, dir));
	TRY(make_tables(&files, backup));
	return store_files_name(&files, dir);
}

struct err
store_open_sqlite(struct store **out, int dir)
{
	struct store_files CLEANUP(store_files_close) files = STORE_FILES_NONE;
	struct store_sqlite *s;
	bool there;

	TRY(store_files_look(dir, &there));
	if (!there)
		TRY(make_store(dir, NULL));
	TRY(store_files_open(&files, dir));
	TRY(store_sqlite_new(&s, files.fds));
	s->lock = files.lock;
	files.lock = -1;
	*out = &s->base;
	return OK;
}

/* --- Restore --- */

static struct err
look_at(struct store_sqlite *backup, struct store_report *out)
{
	TRY(store_start(&backup->base));
	return store_check(&backup->base, out);
}

static struct err
restore(int dir, struct store_sqlite *backup)
{
	struct store_report report;
	bool there;

	TRY(look_at(backup, &report));
	TRY(store_files_look(dir, &there));
	if (there)
		return ERR(EXISTS,
		    "codebook: the folder has one; move codes.sqlite and "
		    "keys.sqlite away first");
	return make_store(dir, backup);
}

static struct err
open_backup(struct store_sqlite **out, int codes_fd, int keys_fd)
{
	const int fds[] = {codes_fd, -1, keys_fd, -1, -1};

	TRY(store_sqlite_new(out, fds));
	(*out)->is_backup = true;
	return OK;
}

struct err
store_check_backup(int codes_fd, int keys_fd, uint8_t out_id[STORE_ID],
    struct store_report *out)
{
	struct store_sqlite *backup;

	TRY(open_backup(&backup, codes_fd, keys_fd));
	struct err err = look_at(backup, out);
	if (err.code == ERR_OK)
		memcpy(out_id, store_id(&backup->base), STORE_ID);
	store_close(&backup->base);
	return err;
}

struct err
store_restore(int dir, int codes_fd, int keys_fd)
{
	struct store_sqlite *backup;

	TRY(open_backup(&backup, codes_fd, keys_fd));
	struct err err = restore(dir, backup);
	store_close(&backup->base);
	return err;
}
