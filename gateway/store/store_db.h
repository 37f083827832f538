#ifndef GATEHOUSE_STORE_DB_H
#define GATEHOUSE_STORE_DB_H

#include "crypto/memory/span.h"
#include "gateway/store/store_vfs.h"

/*
 * store_db: one SQLite database of the store, and its statements. A statement
 * is prepared once and kept; its parameters are bound in their order, it is
 * run, and it is ready for the next.
 *
 * Errors   of all: NO_MEMORY, NO_SPACE, IO, MALFORMED; why names the file
 */
struct sqlite3;
struct sqlite3_stmt;

enum store_db_table {
	STORE_DB_CODES,
	STORE_DB_KEYS,
	NUM_STORE_DB
};

struct store_db {
	struct sqlite3 *sql;
	enum store_db_table table;
};

/* One parameter: bytes, a name, or a number where bytes.data is NULL. */
struct store_bind {
	struct span bytes;
	int64_t number;
	bool is_text;
};

/*
 * store_db_open: the database of this table among the vfs's files. Nothing is
 * read yet. The zero value may be closed.
 */
MUST_USE struct err store_db_open(struct store_db *out,
    const struct store_vfs *vfs, enum store_db_table table);

/* store_db_open_new: of a file that is empty, which will have our pages. */
MUST_USE struct err store_db_open_new(struct store_db *out,
    const struct store_vfs *vfs, enum store_db_table table);
void store_db_close(struct store_db *db);

/* store_db_wal: from now on with a write-ahead log, each commit synced. */
MUST_USE struct err store_db_wal(struct store_db *db);

/* store_db_error: what the last call of SQLite's said of this file. */
MUST_USE struct err store_db_error(const struct store_db *db);

/* store_db_code: what a code of SQLite's that is not 0 says of this file. */
MUST_USE struct err store_db_code(const struct store_db *db, int code);

/* store_db_damaged: MALFORMED, of this file. */
MUST_USE struct err store_db_damaged(const struct store_db *db);

/* store_db_script: statements without results. */
MUST_USE struct err store_db_script(struct store_db *db, const char *text);

/* store_db_prepare: out is store_db_finish'd, or freed with the database's. */
MUST_USE struct err store_db_prepare(
    struct store_db *db, struct sqlite3_stmt **out, const char *text);
void store_db_finish(struct sqlite3_stmt **statement);

/*
 * store_db_next: bind (where num > 0) and step. *out_row: there is a row, whose
 * columns can be read until store_db_reset; else the statement is reset.
 */
MUST_USE struct err store_db_next(struct store_db *db,
    struct sqlite3_stmt *statement, const struct store_bind *binds, size_t num,
    bool *out_row);
void store_db_reset(struct sqlite3_stmt *statement);

/* store_db_run: a statement without rows. */
MUST_USE struct err store_db_run(struct store_db *db,
    struct sqlite3_stmt *statement, const struct store_bind *binds, size_t num);

/* store_db_bytes: a column as exactly `len` bytes, copied; else MALFORMED. */
MUST_USE struct err store_db_bytes(struct store_db *db,
    struct sqlite3_stmt *statement, int column, uint8_t *out, size_t len);

/* store_db_blob: a column's bytes, valid until the next step or reset. */
struct span store_db_blob(struct sqlite3_stmt *statement, int column);

/* store_db_number: a column as a number that is not negative; else MALFORMED.
 */
MUST_USE struct err store_db_number(struct store_db *db,
    struct sqlite3_stmt *statement, int column, uint64_t *out);

/* store_db_checkpoint: all that was committed is in the database's own file,
 * and the log is empty, and overwritten. */
MUST_USE struct err store_db_checkpoint(struct store_db *db);

#endif
