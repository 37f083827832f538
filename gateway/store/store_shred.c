#include "crypto/memory/secret.h"
#include "gateway/store/store_sqlite.h"

/*
 * A key is erased where it lies: its row is overwritten by one that is as long,
 * rows of keys are only ever added at the end, and SQLite moves none of those
 * (a row of another table it may move, and leave a copy in what is then free of
 * a page). Then the log, which has the page as it was, is overwritten too.
 */
static struct err
erase_key(struct store_sqlite *s, const uint8_t subject[STORE_SUBJECT],
    int64_t number)
{
	struct store_bind key = {.number = number};
	struct store_bind who = {.bytes = span_of(subject, STORE_SUBJECT)};

	TRY(store_sqlite_run(s, SQL_KEY_BEGIN, NULL, 0));
	TRY(store_sqlite_run(s, SQL_KEY_ERASE, &key, 1));
	TRY(store_sqlite_run(s, SQL_KEY_UNLINK, &who, 1));
	/* Whoever ends before the entries are gone finds here whose they are.
	 */
	TRY(store_sqlite_run(s, SQL_KEY_OWE, &who, 1));
	s->holds.num_subjects--;
	TRY(store_sqlite_commit_keys(s, s->base.durable + 1));
	return store_db_checkpoint(&s->dbs[STORE_DB_KEYS]);
}

/* One at a time: a statement that removes many may want a file to go back. */
static struct err
remove_entries(struct store_sqlite *s, const uint8_t subject[STORE_SUBJECT],
    uint64_t *removed)
{
	struct store_bind who = {.bytes = span_of(subject, STORE_SUBJECT)};
	uint8_t index[STORE_INDEX];
	struct store_bind which = {.bytes = span_of(index, STORE_INDEX)};
	bool found;

	for (;;) {
		TRY(store_sqlite_next(s, SQL_CODE_OF_SUBJECT, &who, 1, &found));
		if (!found)
			return OK;
		struct err err = store_sqlite_bytes(
		    s, SQL_CODE_OF_SUBJECT, 0, index, STORE_INDEX);
		store_sqlite_reset(s, SQL_CODE_OF_SUBJECT);
		TRY(err);
		TRY(store_sqlite_run(s, SQL_CODE_REMOVE, &which, 1));
		s->holds.num_entries--;
		(*removed)++;
	}
}

struct err
store_sqlite_pay(struct store_sqlite *s, uint64_t number, uint64_t *out_removed)
{
	uint8_t subject[STORE_SUBJECT];
	uint64_t removed = 0;
	bool owed;

	TRY(store_sqlite_run(s, SQL_CODE_BEGIN, NULL, 0));
	for (;;) {
		TRY(store_sqlite_next(s, SQL_KEY_OWED, NULL, 0, &owed));
		if (!owed)
			break;
		TRY(store_sqlite_bytes(
		    s, SQL_KEY_OWED, 0, subject, STORE_SUBJECT));
		TRY(remove_entries(s, subject, &removed));
	}
	TRY(store_sqlite_commit_codes(s, number));
	TRY(store_db_checkpoint(&s->dbs[STORE_DB_CODES]));
	TRY(store_sqlite_run(s, SQL_KEY_PAID, NULL, 0));
	TRY(store_db_checkpoint(&s->dbs[STORE_DB_KEYS]));
	*out_removed = removed;
	return OK;
}

struct err
store_sqlite_shred(struct store *base, const uint8_t subject[STORE_SUBJECT],
    uint64_t *out_entries)
{
	struct store_sqlite *s = store_sqlite_of(base);
	uint8_t key[STORE_KEY] CLEANUP(secret_wipe32);
	int64_t number;
	bool found;

	TRY(store_sqlite_key(s, subject, key, &number, &found));
	if (!found) {
		*out_entries = 0;
		return OK;
	}
	TRY(erase_key(s, subject, number));
	return store_sqlite_pay(s, base->durable + 1, out_entries);
}
