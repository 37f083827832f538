#include "gateway/store/store_sqlite.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "crypto/memory/secret.h"
#include "crypto/random.h"
#include "gateway/base/sysio.h"
#include "gateway/store/store_entry.h"
#include "gateway/store/store_mark.h"

static const char *const texts[] = {
    [SQL_CODE_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_CODE_COMMIT] = "COMMIT",
    [SQL_CODE_META] = "SELECT value FROM meta WHERE name = ?",
    [SQL_CODE_SET_META] = "UPDATE meta SET value = ?2 WHERE name = ?1",
    [SQL_CODE_FIND] = "SELECT code FROM codes WHERE idx = ?",
    [SQL_CODE_INSERT] = "INSERT INTO codes VALUES (?, ?, ?, ?)",
    [SQL_CODE_RESOLVE] =
	"SELECT idx, subject, sealed FROM codes WHERE code = ?",
    [SQL_CODE_OF_SUBJECT] = "SELECT idx FROM codes WHERE subject = ? LIMIT 1",
    [SQL_CODE_REMOVE] = "DELETE FROM codes WHERE idx = ?",
    [SQL_CODE_ALL] = "SELECT idx, subject, code, sealed FROM codes",
    [SQL_KEY_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_KEY_COMMIT] = "COMMIT",
    [SQL_KEY_META] = "SELECT value FROM meta WHERE name = ?",
    [SQL_KEY_SET_META] = "UPDATE meta SET value = ?2 WHERE name = ?1",
    [SQL_KEY_FIND] =
	"SELECT key, number FROM subjects NATURAL JOIN keys WHERE subject = ?",
    [SQL_KEY_ADD] = "INSERT INTO keys (key) VALUES (?)",
    [SQL_KEY_LINK] = "INSERT INTO subjects VALUES (?, last_insert_rowid())",
    [SQL_KEY_ERASE] = "UPDATE keys SET key = zeroblob(32) WHERE number = ?",
    [SQL_KEY_UNLINK] = "DELETE FROM subjects WHERE subject = ?",
    [SQL_KEY_OWE] = "INSERT INTO shredding (subject) VALUES (?)",
    [SQL_KEY_OWED] = "SELECT subject FROM shredding",
    [SQL_KEY_PAID] = "DELETE FROM shredding",
};

/* --- Statements --- */

struct store_db *
store_sqlite_db(struct store_sqlite *s, enum store_sql which)
{
	return &s->dbs[which < SQL_KEY_BEGIN ? STORE_DB_CODES : STORE_DB_KEYS];
}

struct store_sqlite *
store_sqlite_of(struct store *base)
{
	return (struct store_sqlite *)(void *)base;
}

struct err
store_sqlite_next(struct store_sqlite *s, enum store_sql which,
    const struct store_bind *binds, size_t num, bool *out_row)
{
	return store_db_next(
	    store_sqlite_db(s, which), s->sql[which], binds, num, out_row);
}

struct err
store_sqlite_run(struct store_sqlite *s, enum store_sql which,
    const struct store_bind *binds, size_t num)
{
	return store_db_run(
	    store_sqlite_db(s, which), s->sql[which], binds, num);
}

void
store_sqlite_reset(struct store_sqlite *s, enum store_sql which)
{
	store_db_reset(s->sql[which]);
}

struct err
store_sqlite_bytes(struct store_sqlite *s, enum store_sql which, int column,
    uint8_t *out, size_t len)
{
	return store_db_bytes(
	    store_sqlite_db(s, which), s->sql[which], column, out, len);
}

struct err
store_sqlite_prepare(struct store_sqlite *s)
{
	for (unsigned i = 0; i < NUM_STORE_SQL; i++)
		TRY(store_db_prepare(store_sqlite_db(s, (enum store_sql)i),
		    &s->sql[i], texts[i]));
	return OK;
}

static struct store_bind
bytes(const void *data, size_t len)
{
	return (struct store_bind){.bytes = span_of(data, len)};
}

static struct store_bind
text(const char *name)
{
	return (struct store_bind){.bytes = span_str(name), .is_text = true};
}

static struct err
set_meta(struct store_sqlite *s, enum store_sql which, const char *name,
    uint64_t value)
{
	struct store_bind binds[] = {text(name), {.number = (int64_t)value}};

	return store_sqlite_run(s, which, binds, 2);
}

/* --- Transactions --- */

struct err
store_sqlite_begin(struct store_sqlite *s)
{
	if (s->pending)
		return OK;
	TRY(store_sqlite_run(s, SQL_KEY_BEGIN, NULL, 0));
	TRY(store_sqlite_run(s, SQL_CODE_BEGIN, NULL, 0));
	s->pending = true;
	return OK;
}

struct err
store_sqlite_commit_keys(struct store_sqlite *s, uint64_t number)
{
	TRY(set_meta(s, SQL_KEY_SET_META, "commits", number));
	TRY(set_meta(s, SQL_KEY_SET_META, "subjects", s->holds.num_subjects));
	return store_sqlite_run(s, SQL_KEY_COMMIT, NULL, 0);
}

struct err
store_sqlite_commit_codes(struct store_sqlite *s, uint64_t number)
{
	TRY(set_meta(s, SQL_CODE_SET_META, "commits", number));
	TRY(set_meta(s, SQL_CODE_SET_META, "entries", s->holds.num_entries));
	TRY(store_sqlite_run(s, SQL_CODE_COMMIT, NULL, 0));
	TRY(store_mark_write(s->vfs, s->base.id, number));
	s->base.durable = number;
	return OK;
}

/* The keys first: an entry without its key would be one that nobody opens. */
static struct err
commit(struct store *base)
{
	struct store_sqlite *s = store_sqlite_of(base);

	if (!s->pending)
		return OK;
	TRY(store_sqlite_commit_keys(s, base->durable + 1));
	TRY(store_sqlite_commit_codes(s, base->durable + 1));
	s->pending = false;
	return OK;
}

/* When it may be said that what was just read is durable. */
static uint64_t
number_of_answer(const struct store_sqlite *s)
{
	return s->base.durable + s->pending;
}

/* --- Codes --- */

static struct err
find_code(struct store_sqlite *s, const uint8_t index[STORE_INDEX],
    uint8_t out[STORE_CODE], bool *out_found)
{
	struct store_bind bind = bytes(index, STORE_INDEX);

	TRY(store_sqlite_next(s, SQL_CODE_FIND, &bind, 1, out_found));
	if (!*out_found)
		return OK;
	struct err err =
	    store_sqlite_bytes(s, SQL_CODE_FIND, 0, out, STORE_CODE);
	store_sqlite_reset(s, SQL_CODE_FIND);
	return err;
}

static struct err
lookup(struct store *base, const uint8_t *indexes, size_t num,
    uint8_t (*out_codes)[STORE_CODE], bool *out_known, uint64_t *out_seq)
{
	struct store_sqlite *s = store_sqlite_of(base);

	for (size_t i = 0; i < num; i++)
		TRY(find_code(
		    s, indexes + i * STORE_INDEX, out_codes[i], &out_known[i]));
	*out_seq = number_of_answer(s);
	return OK;
}

struct err
store_sqlite_key(struct store_sqlite *s, const uint8_t subject[STORE_SUBJECT],
    uint8_t out[STORE_KEY], int64_t *out_number, bool *out_found)
{
	struct store_bind bind = bytes(subject, STORE_SUBJECT);
	uint64_t number;

	TRY(store_sqlite_next(s, SQL_KEY_FIND, &bind, 1, out_found));
	if (!*out_found)
		return OK;
	struct err err = store_sqlite_bytes(s, SQL_KEY_FIND, 0, out, STORE_KEY);
	if (err.code == ERR_OK)
		err = store_db_number(
		    &s->dbs[STORE_DB_KEYS], s->sql[SQL_KEY_FIND], 1, &number);
	store_sqlite_reset(s, SQL_KEY_FIND);
	TRY(err);
	*out_number = (int64_t)number;
	return OK;
}

/* The key of a subject, drawn where there is none. */
static struct err
need_key(struct store_sqlite *s, const uint8_t subject[STORE_SUBJECT],
    uint8_t out[STORE_KEY])
{
	struct store_bind key = bytes(out, STORE_KEY);
	struct store_bind link = bytes(subject, STORE_SUBJECT);
	int64_t number;
	bool found;

	TRY(store_sqlite_key(s, subject, out, &number, &found));
	if (found)
		return OK;
	random_bytes(out, STORE_KEY);
	TRY(store_sqlite_run(s, SQL_KEY_ADD, &key, 1));
	TRY(store_sqlite_run(s, SQL_KEY_LINK, &link, 1));
	s->holds.num_subjects++;
	return OK;
}

/* `sealed` is room for one value, which is used again and again. */
static struct err
add_entry(struct store_sqlite *s, const struct store_new *new,
    struct buf *sealed, uint8_t out_code[STORE_CODE])
{
	uint8_t key[STORE_KEY] CLEANUP(secret_wipe32);
	struct store_entry entry;

	memcpy(entry.index, new->index, STORE_INDEX);
	memcpy(entry.subject, new->subject, STORE_SUBJECT);
	random_bytes(entry.code, STORE_CODE);
	TRY(store_sqlite_begin(s));
	TRY(need_key(s, new->subject, key));
	buf_reset(sealed);
	TRY(store_entry_seal(sealed, key, &entry, new->sealed));
	struct store_bind binds[] = {bytes(entry.index, STORE_INDEX),
	    bytes(entry.code, STORE_CODE), bytes(entry.subject, STORE_SUBJECT),
	    bytes(sealed->data, sealed->len)};
	TRY(store_sqlite_run(s, SQL_CODE_INSERT, binds, 4));
	s->holds.num_entries++;
	memcpy(out_code, entry.code, STORE_CODE);
	return OK;
}

static struct err
insert(struct store *base, const struct store_new *entries, size_t num,
    uint8_t (*out_codes)[STORE_CODE], uint64_t *out_seq)
{
	struct store_sqlite *s = store_sqlite_of(base);
	struct buf sealed CLEANUP(buf_done) = {.max = STORE_ENTRY_MAX};
	bool found;

	for (size_t i = 0; i < num; i++) {
		TRY(find_code(s, entries[i].index, out_codes[i], &found));
		if (!found)
			TRY(add_entry(s, &entries[i], &sealed, out_codes[i]));
	}
	*out_seq = number_of_answer(s);
	return OK;
}

/* --- The way back --- */

static struct err
take_entry(struct store_sqlite *s, struct store_entry *out, struct buf *sealed)
{
	TRY(store_sqlite_bytes(
	    s, SQL_CODE_RESOLVE, 0, out->index, STORE_INDEX));
	TRY(store_sqlite_bytes(
	    s, SQL_CODE_RESOLVE, 1, out->subject, STORE_SUBJECT));
	return buf_append(sealed, store_db_blob(s->sql[SQL_CODE_RESOLVE], 2));
}

static struct err
resolve(struct store *base, const uint8_t code[STORE_CODE], struct buf *out)
{
	struct store_sqlite *s = store_sqlite_of(base);
	struct buf sealed CLEANUP(buf_done) = {.max = STORE_ENTRY_MAX};
	uint8_t key[STORE_KEY] CLEANUP(secret_wipe32);
	struct store_bind bind = bytes(code, STORE_CODE);
	struct store_entry entry;
	int64_t number;
	bool found;

	TRY(store_sqlite_next(s, SQL_CODE_RESOLVE, &bind, 1, &found));
	if (!found)
		return ERR(NOT_FOUND, "codebook: no such code");
	memcpy(entry.code, code, STORE_CODE);
	struct err err = take_entry(s, &entry, &sealed);
	store_sqlite_reset(s, SQL_CODE_RESOLVE);
	TRY(err);
	TRY(store_sqlite_key(s, entry.subject, key, &number, &found));
	if (!found)
		return ERR(NOT_FOUND, "codebook: the subject was shredded");
	return store_entry_open(out, key, &entry, buf_span(&sealed));
}

static struct err
count(struct store *base, struct store_report *out)
{
	*out = store_sqlite_of(base)->holds;
	return OK;
}

/* --- Life --- */

static void
close_store(struct store *base)
{
	struct store_sqlite *s = store_sqlite_of(base);

	store_sqlite_copy_end(base);
	for (unsigned i = 0; i < NUM_STORE_DB; i++)
		store_db_close(&s->dbs[i]);
	store_vfs_free(s->vfs);
	sysio_close(&s->lock);
	free(s);
}

static const struct store_ops ops = {
    .close = close_store,
    .start = store_sqlite_start,
    .lookup = lookup,
    .insert = insert,
    .commit = commit,
    .resolve = resolve,
    .shred = store_sqlite_shred,
    .estimate = count,
    .count = count,
    .check = store_sqlite_check,
    .backup_begin = store_sqlite_copy_begin,
    .backup_step = store_sqlite_copy_step,
    .backup_end = store_sqlite_copy_end,
};

struct err
store_sqlite_new(struct store_sqlite **out, const int fds[NUM_STORE_FILES])
{
	struct store_sqlite *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return ERR(NO_MEMORY, "codebook: out of memory");
	s->base.ops = &ops;
	s->lock = -1;
	struct err err = store_vfs_new(&s->vfs, fds);
	if (err.code != ERR_OK) {
		free(s);
		return err;
	}
	*out = s;
	return OK;
}
