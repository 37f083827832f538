#include "crypto/memory/secret.h"
#include "gateway/store/store_entry.h"
#include "gateway/store/store_sqlite.h"

/* SQLite's own look at pages, rows and indexes; what is unique is unique. */
static struct err
look_at_tables(struct store_db *db)
{
	struct sqlite3_stmt *statement = NULL;
	bool row;

	TRY(store_db_prepare(db, &statement, "PRAGMA integrity_check(1)"));
	struct err err = store_db_next(db, statement, NULL, 0, &row);
	if (err.code == ERR_OK &&
	    (!row || !span_equal_str(store_db_blob(statement, 0), "ok")))
		err = store_db_damaged(db);
	store_db_finish(&statement);
	return err;
}

/* Whose key is not there was shredded since, if the codes are the older part
 * of a backup; and whose key is another one was seen again after that. */
struct err
store_sqlite_look(struct store_sqlite *s, struct buf *value,
    uint8_t out_subject[STORE_SUBJECT], bool *out_gone)
{
	uint8_t key[STORE_KEY] CLEANUP(secret_wipe32);
	struct store_entry entry;
	int64_t number;
	bool found;

	TRY(store_sqlite_bytes(s, SQL_CODE_ALL, 0, entry.index, STORE_INDEX));
	TRY(store_sqlite_bytes(
	    s, SQL_CODE_ALL, 1, entry.subject, STORE_SUBJECT));
	TRY(store_sqlite_bytes(s, SQL_CODE_ALL, 2, entry.code, STORE_CODE));
	memcpy(out_subject, entry.subject, STORE_SUBJECT);
	TRY(store_sqlite_key(s, entry.subject, key, &number, &found));
	*out_gone = !found;
	if (!found)
		return s->is_backup
		    ? OK
		    : ERR(MALFORMED,
			  "codebook: keys.sqlite lacks the key of an entry");
	buf_reset(value);
	struct err err = store_entry_open(
	    value, key, &entry, store_db_blob(s->sql[SQL_CODE_ALL], 3));
	*out_gone = err.code == ERR_CRYPTO && s->codes_are_older;
	if (*out_gone)
		return OK;
	return err.code != ERR_CRYPTO
	    ? err
	    : ERR(MALFORMED,
		  "codebook: an entry of codes.sqlite is not what was sealed "
		  "with its subject's key");
}

static struct err
look_at_entries(struct store_sqlite *s, uint64_t *out_num)
{
	struct buf value CLEANUP(buf_done) = {.max = STORE_MAX_SEALED};
	uint8_t subject[STORE_SUBJECT];
	bool row, gone;

	for (*out_num = 0;; (*out_num)++) {
		TRY(store_sqlite_next(s, SQL_CODE_ALL, NULL, 0, &row));
		if (!row)
			return OK;
		struct err err = store_sqlite_look(s, &value, subject, &gone);
		if (err.code != ERR_OK) {
			store_sqlite_reset(s, SQL_CODE_ALL);
			return err;
		}
	}
}

struct err
store_sqlite_check(struct store *base, struct store_report *out)
{
	struct store_sqlite *s = store_sqlite_of(base);
	uint64_t num;

	for (unsigned i = 0; i < NUM_STORE_DB; i++)
		TRY(look_at_tables(&s->dbs[i]));
	TRY(look_at_entries(s, &num));
	if (num != s->holds.num_entries)
		return store_db_damaged(&s->dbs[STORE_DB_CODES]);
	*out = s->holds;
	return OK;
}
