#include "gateway/store/store_db.h"

#include <sqlite3.h>
#include <stdio.h>

enum {
	CACHE_KIB = 64 * 1024, /* pages that are kept, of each database */
	LOG_PAGES = 4096,      /* 16 MiB, then they go to the tables */
};

/* By table: what an officer of the machine reads. */
static const char *const damaged[] = {
    "codebook: codes.sqlite is damaged; restore the codebook from a backup",
    "codebook: keys.sqlite is damaged; restore the codebook from a backup"};
static const char *const full[] = {
    "codebook: no space on the disk for codes.sqlite",
    "codebook: no space on the disk for keys.sqlite"};
static const char *const broken[] = {"codebook: the disk fails on codes.sqlite",
    "codebook: the disk fails on keys.sqlite"};

struct err
store_db_damaged(const struct store_db *db)
{
	return (struct err){ERR_MALFORMED, damaged[db->table]};
}

struct err
store_db_code(const struct store_db *db, int code)
{
	if (code == SQLITE_IOERR_DATA || code == SQLITE_IOERR_SHORT_READ)
		return store_db_damaged(db);
	if (code == SQLITE_IOERR_NOMEM)
		return ERR(NO_MEMORY, "codebook: out of memory");
	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return ERR(NO_MEMORY, "codebook: out of memory");
	case SQLITE_FULL:
		return (struct err){ERR_NO_SPACE, full[db->table]};
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR:	/* a table of ours is not there */
	case SQLITE_CONSTRAINT: /* a code or key that is there twice */
		return store_db_damaged(db);
	default:
		return (struct err){ERR_IO, broken[db->table]};
	}
}

struct err
store_db_error(const struct store_db *db)
{
	return store_db_code(db, sqlite3_extended_errcode(db->sql));
}

/* --- The database --- */

/*
 * Closed by default: a schema that somebody changed cannot call functions, and
 * what is deleted is overwritten.
 */
static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE;"
			       "PRAGMA trusted_schema = OFF;"
			       "PRAGMA secure_delete = ON;"
			       "PRAGMA cell_size_check = ON;"
			       "PRAGMA temp_store = MEMORY;"
			       "PRAGMA mmap_size = 0;"
			       "PRAGMA synchronous = FULL;";

static struct err
open_db(struct store_db *out, const struct store_vfs *vfs,
    enum store_db_table table)
{
	char text[64];

	*out = (struct store_db){.table = table};
	enum store_file file =
	    table == STORE_DB_CODES ? STORE_CODES : STORE_KEYS;
	if (sqlite3_open_v2(store_vfs_file(file), &out->sql,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
		    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
		store_vfs_name(vfs)) != SQLITE_OK)
		return store_db_error(out);
	(void)snprintf(text, sizeof(text),
	    "PRAGMA cache_size = -%d; PRAGMA wal_autocheckpoint = %d",
	    CACHE_KIB, LOG_PAGES);
	TRY(store_db_script(out, settings));
	return store_db_script(out, text);
}

struct err
store_db_open(struct store_db *out, const struct store_vfs *vfs,
    enum store_db_table table)
{
	TRY(open_db(out, vfs, table));
	(void)sqlite3_db_config(
	    out->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
	return OK;
}

struct err
store_db_open_new(struct store_db *out, const struct store_vfs *vfs,
    enum store_db_table table)
{
	int reserve = STORE_SUM;

	TRY(open_db(out, vfs, table));
	/* Where it fails, the file is thrown away: a journal is for nothing. */
	TRY(store_db_script(
	    out, "PRAGMA page_size = 4096; PRAGMA journal_mode = MEMORY"));
	return sqlite3_file_control(out->sql, "main",
		   SQLITE_FCNTL_RESERVE_BYTES, &reserve) == SQLITE_OK
	    ? OK
	    : store_db_error(out);
}
_Static_assert(STORE_PAGE == 4096, "as the pragma says");

void
store_db_close(struct store_db *db)
{
	struct sqlite3_stmt *statement;

	if (db->sql == NULL)
		return;
	while ((statement = sqlite3_next_stmt(db->sql, NULL)) != NULL)
		(void)sqlite3_finalize(statement);
	(void)sqlite3_close(db->sql);
	db->sql = NULL;
}

struct err
store_db_wal(struct store_db *db)
{
	struct sqlite3_stmt *statement;
	bool row;

	TRY(store_db_prepare(db, &statement, "PRAGMA journal_mode = WAL"));
	struct err err = store_db_next(db, statement, NULL, 0, &row);
	if (err.code == ERR_OK &&
	    (!row || !span_equal_str(store_db_blob(statement, 0), "wal")))
		err = ERR(IO, "codebook: SQLite keeps no write-ahead log");
	store_db_finish(&statement);
	return err;
}

struct err
store_db_checkpoint(struct store_db *db)
{
	return sqlite3_wal_checkpoint_v2(db->sql, NULL,
		   SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) == SQLITE_OK
	    ? OK
	    : store_db_error(db);
}

/* --- Statements --- */

struct err
store_db_script(struct store_db *db, const char *text)
{
	return sqlite3_exec(db->sql, text, NULL, NULL, NULL) == SQLITE_OK
	    ? OK
	    : store_db_error(db);
}

struct err
store_db_prepare(
    struct store_db *db, struct sqlite3_stmt **out, const char *text)
{
	return sqlite3_prepare_v3(db->sql, text, -1, SQLITE_PREPARE_PERSISTENT,
		   out, NULL) == SQLITE_OK
	    ? OK
	    : store_db_error(db);
}

void
store_db_finish(struct sqlite3_stmt **statement)
{
	(void)sqlite3_finalize(*statement);
	*statement = NULL;
}

void
store_db_reset(struct sqlite3_stmt *statement)
{
	(void)sqlite3_reset(statement); /* says again what step has said */
}

/* The bytes stay the caller's until the statement is reset. */
static int
bind_one(struct sqlite3_stmt *statement, int at, const struct store_bind *bind)
{
	if (bind->bytes.data == NULL)
		return sqlite3_bind_int64(statement, at, bind->number);
	if (bind->is_text)
		return sqlite3_bind_text64(statement, at,
		    (const char *)bind->bytes.data, bind->bytes.len,
		    SQLITE_STATIC, SQLITE_UTF8);
	return sqlite3_bind_blob64(
	    statement, at, bind->bytes.data, bind->bytes.len, SQLITE_STATIC);
}

struct err
store_db_next(struct store_db *db, struct sqlite3_stmt *statement,
    const struct store_bind *binds, size_t num, bool *out_row)
{
	for (size_t i = 0; i < num; i++)
		if (bind_one(statement, (int)i + 1, &binds[i]) != SQLITE_OK)
			return store_db_error(db);
	int code = sqlite3_step(statement);
	*out_row = code == SQLITE_ROW;
	if (code == SQLITE_ROW)
		return OK;
	/* The reason is read before the reset, which may overwrite it. */
	struct err err = code == SQLITE_DONE ? OK : store_db_error(db);
	store_db_reset(statement);
	return err;
}

struct err
store_db_run(struct store_db *db, struct sqlite3_stmt *statement,
    const struct store_bind *binds, size_t num)
{
	bool row = false;

	TRY(store_db_next(db, statement, binds, num, &row));
	if (row)
		store_db_reset(statement);
	return OK;
}

struct span
store_db_blob(struct sqlite3_stmt *statement, int column)
{
	const void *bytes = sqlite3_column_blob(statement, column);

	return span_of(bytes,
	    bytes == NULL ? 0
			  : (size_t)sqlite3_column_bytes(statement, column));
}

struct err
store_db_bytes(struct store_db *db, struct sqlite3_stmt *statement, int column,
    uint8_t *out, size_t len)
{
	struct span bytes = store_db_blob(statement, column);

	if (bytes.data == NULL || bytes.len != len)
		return store_db_damaged(db);
	memcpy(out, bytes.data, len);
	return OK;
}

struct err
store_db_number(struct store_db *db, struct sqlite3_stmt *statement, int column,
    uint64_t *out)
{
	int64_t number = sqlite3_column_int64(statement, column);

	if (sqlite3_column_type(statement, column) != SQLITE_INTEGER ||
	    number < 0)
		return store_db_damaged(db);
	*out = (uint64_t)number;
	return OK;
}
