#ifndef GATEHOUSE_STORE_SQLITE_H
#define GATEHOUSE_STORE_SQLITE_H

#include "gateway/store/store_db.h"
#include "gateway/store/store_ops.h"

/*
 * store_sqlite: a store in two databases, that of the codes and that of the
 * subjects' keys. Each commit counts in both, in the keys first, and then in a
 * mark beside them (store_mark.h): so a file or a log that lost its end, or an
 * old one beside a new one, is found at the start.
 */
enum {
	STORE_VERSION = 2,  /* of the tables, and of the files beside them */
	STORE_UNMARKED = 1, /* of tables from before commits.mark */
	STORE_KEY = 32
};

/* Every statement, prepared once. */
enum store_sql {
	SQL_CODE_BEGIN,
	SQL_CODE_COMMIT,
	SQL_CODE_META,
	SQL_CODE_SET_META,
	SQL_CODE_FIND,
	SQL_CODE_INSERT,
	SQL_CODE_RESOLVE,
	SQL_CODE_OF_SUBJECT,
	SQL_CODE_REMOVE,
	SQL_CODE_ALL,
	SQL_KEY_BEGIN, /* from here on of the keys */
	SQL_KEY_COMMIT,
	SQL_KEY_META,
	SQL_KEY_SET_META,
	SQL_KEY_FIND,
	SQL_KEY_ADD,
	SQL_KEY_LINK,
	SQL_KEY_ERASE,
	SQL_KEY_UNLINK,
	SQL_KEY_OWE,
	SQL_KEY_OWED,
	SQL_KEY_PAID,
	NUM_STORE_SQL
};

struct store_copy;
struct store_sqlite {
	struct store base;
	int lock; /* the folder; -1: there is none to be locked */
	struct store_vfs *vfs;
	struct store_db dbs[NUM_STORE_DB];
	struct sqlite3_stmt *sql[NUM_STORE_SQL];
	bool is_backup; /* codes that are older than the keys are let pass */
	bool codes_are_older;	   /* and they are */
	bool pending;		   /* transactions are open in both */
	struct store_report holds; /* what is pending counts */
	struct store_copy *copy;   /* NULL: no backup is being made */
};

/*
 * store_sqlite_new: a store over copies of these descriptors, with no lock yet.
 * Errors: as store_vfs_new.
 */
MUST_USE struct err store_sqlite_new(
    struct store_sqlite **out, const int fds[NUM_STORE_FILES]);

/* store_sqlite_of: what a store of store_open_sqlite is. */
struct store_sqlite *store_sqlite_of(struct store *base);

/* store_sqlite_start: store_start (store_start.c). */
MUST_USE struct err store_sqlite_start(struct store *base);

/* store_sqlite_db: of which database a statement is. store_sqlite_prepare: all
 * statements, of databases that are open. */
struct store_db *store_sqlite_db(struct store_sqlite *s, enum store_sql which);
MUST_USE struct err store_sqlite_prepare(struct store_sqlite *s);

/* store_sqlite_next, _run, _reset: as those of store_db, by name. */
MUST_USE struct err store_sqlite_next(struct store_sqlite *s,
    enum store_sql which, const struct store_bind *binds, size_t num,
    bool *out_row);
MUST_USE struct err store_sqlite_run(struct store_sqlite *s,
    enum store_sql which, const struct store_bind *binds, size_t num);
void store_sqlite_reset(struct store_sqlite *s, enum store_sql which);

/* store_sqlite_bytes: a column of it, as store_db_bytes. */
MUST_USE struct err store_sqlite_bytes(struct store_sqlite *s,
    enum store_sql which, int column, uint8_t *out, size_t len);

/* store_sqlite_begin: both are in a transaction from now on. */
MUST_USE struct err store_sqlite_begin(struct store_sqlite *s);

/*
 * store_sqlite_commit_keys, _codes: end the transactions, in this order, as the
 * commit of this number.
 */
MUST_USE struct err store_sqlite_commit_keys(
    struct store_sqlite *s, uint64_t number);
MUST_USE struct err store_sqlite_commit_codes(
    struct store_sqlite *s, uint64_t number);

/*
 * store_sqlite_key: the key of a subject, to be wiped by the caller.
 *
 * out_number  the key's own, by which it is erased
 * out_found   the others are written where there is one
 */
MUST_USE struct err store_sqlite_key(struct store_sqlite *s,
    const uint8_t subject[STORE_SUBJECT], uint8_t out[STORE_KEY],
    int64_t *out_number, bool *out_found);

/* store_sqlite_check: store_check (store_check.c). */
MUST_USE struct err store_sqlite_check(
    struct store *base, struct store_report *out);

/*
 * store_sqlite_look: whether the row of SQL_CODE_ALL at hand is what it should
 * be; its value.
 *
 * out_gone  its subject was shredded since, as far as a backup can tell
 * Errors    MALFORMED: it is not
 */
MUST_USE struct err store_sqlite_look(struct store_sqlite *s, struct buf *value,
    uint8_t out_subject[STORE_SUBJECT], bool *out_gone);

/* store_sqlite_shred: store_shred (store_shred.c). */
MUST_USE struct err store_sqlite_shred(struct store *base,
    const uint8_t subject[STORE_SUBJECT], uint64_t *out_entries);

/*
 * store_sqlite_pay: of subjects whose keys are erased, erase the entries, as
 * the commit of this number of the codes. Nothing else is open.
 */
MUST_USE struct err store_sqlite_pay(
    struct store_sqlite *s, uint64_t number, uint64_t *out_removed);

/* store_sqlite_copy_begin, _step, _end: store_backup_ (store_copy.c). */
MUST_USE struct err store_sqlite_copy_begin(
    struct store *base, int codes_fd, int keys_fd);
MUST_USE struct err store_sqlite_copy_step(struct store *base, bool *out_done);
void store_sqlite_copy_end(struct store *base);

#endif
