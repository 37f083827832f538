#include "gateway/store/store_postgres.h"

#include <sodium.h>
#include <stdlib.h>

#include "crypto/memory/secret.h"
#include "crypto/random.h"

static const struct {
	const char *name, *text;
} statements[] = {
    {"lookup",
	"SELECT q.n, c.code FROM unnest($1::bytea[]) WITH ORDINALITY AS q (i, "
	"n)"
	" JOIN gatehouse_codes.codes c ON c.idx = q.i"},
    {"keys",
	"SELECT q.n, k.key FROM unnest($1::bytea[]) WITH ORDINALITY AS q (s, n)"
	" JOIN gatehouse_keys.keys k ON k.subject = q.s"},
    {"add-keys",
	"INSERT INTO gatehouse_keys.keys (subject, key)"
	" SELECT * FROM unnest($1::bytea[], $2::bytea[])"
	" ON CONFLICT (subject) DO NOTHING"},
    {"add-codes",
	"INSERT INTO gatehouse_codes.codes (idx, code, subject, sealed)"
	" SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[],"
	" $4::bytea[]) ON CONFLICT (idx) DO NOTHING"},
    {"resolve",
	"SELECT c.idx, c.subject, c.code, c.sealed, k.key"
	" FROM gatehouse_codes.codes c LEFT JOIN gatehouse_keys.keys k"
	" USING (subject) WHERE c.code = $1"},
    {"shred-key", "DELETE FROM gatehouse_keys.keys WHERE subject = $1"},
    {"shred-codes", "DELETE FROM gatehouse_codes.codes WHERE subject = $1"},
};

static struct store_postgres *
postgres_of(struct store *base)
{
	return (struct store_postgres *)(void *)base;
}

static struct err
start(struct store *base)
{
	struct store_postgres *s = postgres_of(base);

	TRY(store_pg_tables(s));
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		TRY(store_pg_prepare(
		    s->conn, statements[i].name, statements[i].text));
	return OK;
}

/* --- Batches --- */

/* The parameter of that number, emptied, for so many values. */
static struct err
begin_array(struct store_postgres *s, unsigned which, size_t num)
{
	buf_reset(&s->arrays[which]);
	return store_pg_array(&s->arrays[which], num);
}

static struct err
put(struct store_postgres *s, unsigned which, const uint8_t *bytes, size_t len)
{
	return buf_put_field(&s->arrays[which], span_of(bytes, len));
}

/* A statement whose parameters are the first so many arrays. */
static struct err
run_arrays(struct store_postgres *s, const char *name, unsigned num,
    struct pg_result **out)
{
	struct span params[STORE_PG_ARRAYS];

	for (unsigned i = 0; i < num; i++)
		params[i] = buf_span(&s->arrays[i]);
	return store_pg_run(s->conn, out, name, params, num);
}

/*
 * Rows of (place, bytes), the places counted from 1 up to `num`: out[place]
 * gets the bytes, out_known[place] says so. Others are false.
 */
static struct err
take_rows(struct store_postgres *s, const char *name, size_t num, size_t len,
    uint8_t *out, bool *out_known)
{
	struct pg_result *result CLEANUP(store_pg_done) = NULL;
	uint64_t place;

	TRY(run_arrays(s, name, 1, &result));
	for (size_t i = 0; i < num; i++)
		out_known[i] = false;
	for (size_t row = 0; row < store_pg_rows(result); row++) {
		TRY(store_pg_number(result, row, 0, &place));
		if (place == 0 || place > num)
			return ERR(MALFORMED,
			    "codebook: PostgreSQL answers what was not asked");
		TRY(store_pg_bytes(
		    result, row, 1, out + (place - 1) * len, len));
		out_known[place - 1] = true;
	}
	return OK;
}

static struct err
lookup(struct store *base, const uint8_t *indexes, size_t num,
    uint8_t (*out_codes)[STORE_CODE], bool *out_known, uint64_t *out_seq)
{
	struct store_postgres *s = postgres_of(base);

	*out_seq = base->durable;
	if (num == 0)
		return OK;
	TRY(begin_array(s, 0, num));
	for (size_t i = 0; i < num; i++)
		TRY(put(s, 0, indexes + i * STORE_INDEX, STORE_INDEX));
	return take_rows(s, "lookup", num, STORE_CODE, out_codes[0], out_known);
}

static int
by_subject(const void *a, const void *b)
{
	const struct store_pg_item *x = a, *y = b;

	return span_compare(span_of(x->new->subject, STORE_SUBJECT),
	    span_of(y->new->subject, STORE_SUBJECT));
}

static int
by_index(const void *a, const void *b)
{
	const struct store_pg_item *x = a, *y = b;

	return span_compare(span_of(x->new->index, STORE_INDEX),
	    span_of(y->new->index, STORE_INDEX));
}

/* The keys of all items that have one; how many have none. */
static struct err
find_keys(struct store_postgres *s, size_t num, size_t *out_missing)
{
	static const uint8_t none[STORE_PG_KEY];

	TRY(begin_array(s, 0, num));
	for (size_t i = 0; i < num; i++)
		TRY(put(s, 0, s->items[i].new->subject, STORE_SUBJECT));
	TRY(take_rows(s, "keys", num, STORE_PG_KEY, s->found[0], s->known));
	*out_missing = 0;
	for (size_t i = 0; i < num; i++) {
		memcpy(s->items[i].key, s->known[i] ? s->found[i] : none,
		    STORE_PG_KEY);
		*out_missing += !s->known[i];
	}
	return OK;
}

/* A key for each subject that has none; of two for one, the server takes the
 * first. */
static struct err
add_keys(struct store_postgres *s, size_t num, size_t num_missing)
{
	struct pg_result *result CLEANUP(store_pg_done) = NULL;
	uint8_t key[STORE_PG_KEY] CLEANUP(secret_wipe32);

	TRY(begin_array(s, 0, num_missing));
	TRY(begin_array(s, 1, num_missing));
	for (size_t i = 0; i < num; i++) {
		if (s->known[i])
			continue;
		random_bytes(key, sizeof(key));
		TRY(put(s, 0, s->items[i].new->subject, STORE_SUBJECT));
		TRY(put(s, 1, key, STORE_PG_KEY));
	}
	return run_arrays(s, "add-keys", 2, &result);
}

static struct err
need_keys(struct store_postgres *s, size_t num)
{
	size_t missing;

	qsort(s->items, num, sizeof(s->items[0]), by_subject);
	TRY(find_keys(s, num, &missing));
	if (missing == 0)
		return OK;
	TRY(add_keys(s, num, missing));
	TRY(find_keys(s, num, &missing));
	return missing == 0
	    ? OK
	    : ERR(MALFORMED, "codebook: PostgreSQL keeps no key");
}

static struct err
put_entry(struct store_postgres *s, const struct store_pg_item *item,
    struct buf *sealed)
{
	struct store_entry entry;

	memcpy(entry.index, item->new->index, STORE_INDEX);
	memcpy(entry.subject, item->new->subject, STORE_SUBJECT);
	random_bytes(entry.code, STORE_CODE);
	buf_reset(sealed);
	TRY(store_entry_seal(sealed, item->key, &entry, item->new->sealed));
	TRY(put(s, 0, entry.index, STORE_INDEX));
	TRY(put(s, 1, entry.code, STORE_CODE));
	TRY(put(s, 2, entry.subject, STORE_SUBJECT));
	return put(s, 3, sealed->data, sealed->len);
}

/* For all of them: which are there already, the server knows. */
static struct err
add_codes(struct store_postgres *s, size_t num)
{
	struct pg_result *result CLEANUP(store_pg_done) = NULL;
	struct buf sealed CLEANUP(buf_done) = {.max = STORE_ENTRY_MAX};

	qsort(s->items, num, sizeof(s->items[0]), by_index);
	for (unsigned i = 0; i < STORE_PG_ARRAYS; i++)
		TRY(begin_array(s, i, num));
	for (size_t i = 0; i < num; i++)
		TRY(put_entry(s, &s->items[i], &sealed));
	return run_arrays(s, "add-codes", STORE_PG_ARRAYS, &result);
}

/* In the caller's order, of whomever they are. */
static struct err
read_codes(struct store_postgres *s, const struct store_new *entries,
    size_t num, uint8_t (*out_codes)[STORE_CODE])
{
	TRY(begin_array(s, 0, num));
	for (size_t i = 0; i < num; i++)
		TRY(put(s, 0, entries[i].index, STORE_INDEX));
	TRY(take_rows(s, "lookup", num, STORE_CODE, out_codes[0], s->known));
	for (size_t i = 0; i < num; i++)
		if (!s->known[i])
			return ERR(
			    MALFORMED, "codebook: PostgreSQL keeps no code");
	return OK;
}

static struct err
insert_batch(struct store_postgres *s, const struct store_new *entries,
    size_t num, uint8_t (*out_codes)[STORE_CODE])
{
	for (size_t i = 0; i < num; i++)
		s->items[i].new = &entries[i];
	/* Nobody is shredded between the key and the entry under it. */
	TRY(store_pg_lock_shared(s));
	TRY(need_keys(s, num));
	TRY(add_codes(s, num));
	TRY(read_codes(s, entries, num, out_codes));
	return store_pg_script(s->conn, "COMMIT");
}

static struct err
insert(struct store *base, const struct store_new *entries, size_t num,
    uint8_t (*out_codes)[STORE_CODE], uint64_t *out_seq)
{
	struct store_postgres *s = postgres_of(base);

	*out_seq = base->durable;
	if (num == 0)
		return OK;
	struct err err = insert_batch(s, entries, num, out_codes);
	sodium_memzero(s->items, sizeof(s->items));
	sodium_memzero(s->found, sizeof(s->found));
	return err;
}

/* Each batch was. */
static struct err
commit(struct store *base)
{
	(void)base;
	return OK;
}

/* --- The way back --- */

/* A row of (idx, subject, code, sealed, key). */
static struct err
open_row(const struct pg_result *result, size_t row, struct buf *out)
{
	uint8_t key[STORE_PG_KEY] CLEANUP(secret_wipe32);
	struct store_entry entry;

	TRY(store_pg_bytes(result, row, 0, entry.index, STORE_INDEX));
	TRY(store_pg_bytes(result, row, 1, entry.subject, STORE_SUBJECT));
	TRY(store_pg_bytes(result, row, 2, entry.code, STORE_CODE));
	if (store_pg_value(result, row, 4).data == NULL)
		return ERR(NOT_FOUND, "codebook: the subject was shredded");
	TRY(store_pg_bytes(result, row, 4, key, STORE_PG_KEY));
	return store_entry_open(
	    out, key, &entry, store_pg_value(result, row, 3));
}

static struct err
resolve(struct store *base, const uint8_t code[STORE_CODE], struct buf *out)
{
	struct pg_result *result CLEANUP(store_pg_done) = NULL;
	struct span param = span_of(code, STORE_CODE);

	TRY(store_pg_run(
	    postgres_of(base)->conn, &result, "resolve", &param, 1));
	if (store_pg_rows(result) == 0)
		return ERR(NOT_FOUND, "codebook: no such code");
	return open_row(result, 0, out);
}

/* The rows of a subject; how many there were. */
static struct err
remove_of(struct store_postgres *s, const char *name,
    const uint8_t subject[STORE_SUBJECT], uint64_t *out_num)
{
	struct pg_result *result CLEANUP(store_pg_done) = NULL;
	struct span param = span_of(subject, STORE_SUBJECT);

	TRY(store_pg_run(s->conn, &result, name, &param, 1));
	*out_num = store_pg_changed(result);
	return OK;
}

static struct err
shred(struct store *base, const uint8_t subject[STORE_SUBJECT],
    uint64_t *out_entries)
{
	struct store_postgres *s = postgres_of(base);
	uint64_t keys;

	/* Whoever inserts has ended, and begins when this has. */
	TRY(store_pg_lock_alone(s));
	TRY(remove_of(s, "shred-key", subject, &keys));
	TRY(remove_of(s, "shred-codes", subject, out_entries));
	return store_pg_script(s->conn, "COMMIT");
}

/* --- What it holds --- */

/* By what the planner thinks, -1 of a table that nobody has analysed yet. */
static struct err
estimate(struct store *base, struct store_report *out)
{
	struct pg_result *result CLEANUP(store_pg_done) = NULL;

	TRY(store_pg_query(postgres_of(base)->conn, &result,
	    "SELECT greatest(c.reltuples, 0)::bigint,"
	    " greatest(k.reltuples, 0)::bigint"
	    " FROM pg_class c, pg_class k"
	    " WHERE c.oid = 'gatehouse_codes.codes'::regclass"
	    " AND k.oid = 'gatehouse_keys.keys'::regclass"));
	TRY(store_pg_number(result, 0, 0, &out->num_entries));
	return store_pg_number(result, 0, 1, &out->num_subjects);
}

static struct err
count(struct store *base, struct store_report *out)
{
	struct pg_result *result CLEANUP(store_pg_done) = NULL;

	TRY(store_pg_query(postgres_of(base)->conn, &result,
	    "SELECT (SELECT count(*) FROM gatehouse_codes.codes),"
	    " (SELECT count(*) FROM gatehouse_keys.keys)"));
	TRY(store_pg_number(result, 0, 0, &out->num_entries));
	return store_pg_number(result, 0, 1, &out->num_subjects);
}

static struct err
check_rows(const struct pg_result *result, struct buf *value)
{
	for (size_t row = 0; row < store_pg_rows(result); row++) {
		buf_reset(value);
		struct err err = open_row(result, row, value);
		if (err.code == ERR_NOT_FOUND)
			return ERR(MALFORMED,
			    "codebook: gatehouse_keys lacks the key of an "
			    "entry of gatehouse_codes");
		if (err.code == ERR_CRYPTO)
			return ERR(MALFORMED,
			    "codebook: an entry of gatehouse_codes is not what "
			    "was sealed with its subject's key");
		TRY(err);
	}
	return OK;
}

static struct err
check_all(struct store_postgres *s)
{
	struct buf value CLEANUP(buf_done) = {.max = STORE_MAX_SEALED};

	for (size_t rows = 1; rows > 0;) {
		struct pg_result *result CLEANUP(store_pg_done) = NULL;
		TRY(store_pg_query(
		    s->conn, &result, "FETCH 1000 FROM entries"));
		TRY(check_rows(result, &value));
		rows = store_pg_rows(result);
	}
	return OK;
}

/* As of one moment; others insert meanwhile. What PostgreSQL itself looks
 * after, that a code is there once, it does. */
static struct err
check(struct store *base, struct store_report *out)
{
	struct store_postgres *s = postgres_of(base);

	TRY(store_pg_script(s->conn,
	    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
	    "DECLARE entries NO SCROLL CURSOR FOR"
	    " SELECT idx, subject, code, sealed, key"
	    " FROM gatehouse_codes.codes LEFT JOIN gatehouse_keys.keys"
	    " USING (subject)"));
	TRY(check_all(s));
	TRY(count(base, out));
	return store_pg_script(s->conn, "COMMIT");
}

/* --- Life --- */

static void
close_store(struct store *base)
{
	struct store_postgres *s = postgres_of(base);

	store_pg_close(s->conn);
	for (unsigned i = 0; i < STORE_PG_ARRAYS; i++)
		buf_wipe(&s->arrays[i]);
	free(s);
}

static const struct store_ops ops = {
    .is_shared = true,
    .close = close_store,
    .start = start,
    .lookup = lookup,
    .insert = insert,
    .commit = commit,
    .resolve = resolve,
    .shred = shred,
    .estimate = estimate,
    .count = count,
    .check = check,
};

struct err
store_open_postgres(struct store **out, const char *conninfo,
    const char *password, struct buf *said)
{
	struct store_postgres *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return ERR(NO_MEMORY, "codebook: out of memory");
	s->base.ops = &ops;
	for (unsigned i = 0; i < STORE_PG_ARRAYS; i++)
		buf_init(&s->arrays[i], STORE_PG_MAX_ARRAY);
	struct err err = store_pg_connect(&s->conn, conninfo, password, said);
	if (err.code != ERR_OK) {
		close_store(&s->base);
		return err;
	}
	*out = &s->base;
	return OK;
}
