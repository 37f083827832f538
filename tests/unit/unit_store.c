/*
 * store: one index, one code, whatever happens in between: commits, ends,
 * backups; what was not committed is not there; what was shredded is nowhere.
 */
#include "tests/harness/expect.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/init.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/storebox.h"

/* What is synced, and when, unit_store_faults looks at. */
int
fdatasync(int fd)
{
	(void)fd;
	return 0;
}

int
fsync(int fd)
{
	(void)fd;
	return 0;
}

static struct storebox box;
static uint8_t codes[STORE_BATCH][STORE_CODE], again[STORE_BATCH][STORE_CODE];

static int
make_box(void **state)
{
	(void)state;
	storebox_init(&box);
	expect_ok(storebox_open(&box));
	return 0;
}

static int
remove_box(void **state)
{
	(void)state;
	storebox_done(&box);
	return 0;
}

/* A value is resolved by the code of its entry. */
static void
resolves_to(const uint8_t code[STORE_CODE], uint64_t number)
{
	struct buf out = {.max = STORE_MAX_SEALED};
	uint8_t value[STOREBOX_VALUE];

	storebox_value(value, number);
	expect_ok(store_resolve(box.store, code, &out));
	assert_int_equal(out.len, STOREBOX_VALUE);
	assert_memory_equal(out.data, value, STOREBOX_VALUE);
	buf_done(&out);
}

static void
resolves_to_nothing(const uint8_t code[STORE_CODE])
{
	struct buf out = {.max = STORE_MAX_SEALED};

	expect_err(NOT_FOUND, store_resolve(box.store, code, &out));
	buf_done(&out);
}

static void
reopen(void)
{
	storebox_close(&box);
	expect_ok(storebox_open(&box));
}

/* --- Codes --- */

static void
store_insert__gives_each_index_one_code(void **state)
{
	(void)state;
	assert_int_equal(storebox_lookup(&box, 0, STORE_BATCH, again), 0);
	expect_ok(storebox_insert(&box, 0, STORE_BATCH, 3, codes, NULL));
	assert_int_equal(
	    storebox_lookup(&box, 0, STORE_BATCH, again), STORE_BATCH);
	assert_memory_equal(codes, again, sizeof(codes));
	for (size_t i = 0; i < STORE_BATCH; i++)
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(codes[i], codes[j], STORE_CODE);
	/* Who comes later gets what is there, and the rest. */
	expect_ok(storebox_insert(&box, 256, STORE_BATCH, 3, again, NULL));
	assert_memory_equal(codes[256], again, 256 * STORE_CODE);
	assert_int_equal(
	    storebox_lookup(&box, 0, STORE_BATCH, again), STORE_BATCH);
	resolves_to(codes[0], 0);
	resolves_to(codes[511], 511);
	resolves_to_nothing((const uint8_t *)"a code of no one");
}

static void
store_insert__takes_an_index_twice_in_a_batch(void **state)
{
	uint8_t index[STORE_INDEX], subject[STORE_SUBJECT];
	uint64_t seq;

	(void)state;
	storebox_hash(index, 'i', 1);
	storebox_hash(subject, 's', 1);
	struct store_new new = {index, subject, span_str("sealed")};
	const struct store_new twice[] = {new, new};
	expect_ok(store_insert(box.store, twice, 2, codes, &seq));
	assert_memory_equal(codes[0], codes[1], STORE_CODE);
}

static void
store_insert__takes_values_of_every_length(void **state)
{
	static uint8_t value[STORE_MAX_SEALED + 1];
	uint8_t index[STORE_INDEX], subject[STORE_SUBJECT];
	struct buf out = {.max = STORE_MAX_SEALED};
	struct store_new new = {index, subject, span_of(value, 0)};
	uint64_t seq;

	(void)state;
	storebox_hash(subject, 's', 1);
	memset(value, 'x', sizeof(value));
	for (size_t len = 0; len <= STORE_MAX_SEALED; len += 65) {
		storebox_hash(index, 'i', len);
		new.sealed.len = len;
		expect_ok(store_insert(box.store, &new, 1, codes, &seq));
		buf_reset(&out);
		expect_ok(store_resolve(box.store, codes[0], &out));
		assert_true(span_equal(buf_span(&out), new.sealed));
	}
	new.sealed.len = STORE_MAX_SEALED + 1;
	expect_err(TOO_BIG, store_insert(box.store, &new, 1, codes, &seq));
	expect_ok(store_commit(box.store)); /* nothing is broken by that */
	out.max = 10;
	buf_done(&out);
}

/* --- Durability --- */

static void
store_commit__is_what_stays(void **state)
{
	uint64_t seq, durable = store_durable(box.store);

	(void)state;
	expect_ok(storebox_insert(&box, 0, 100, 1, codes, &seq));
	assert_int_equal(seq, durable + 1);
	assert_int_equal(store_durable(box.store), durable);
	expect_ok(store_commit(box.store));
	assert_int_equal(store_durable(box.store), seq);
	/* An answer that holds nothing new needs nothing more. */
	expect_ok(storebox_insert(&box, 0, 100, 1, again, &seq));
	assert_int_equal(seq, store_durable(box.store));
	expect_ok(storebox_insert(&box, 100, 100, 1, again, &seq));
	assert_int_equal(seq, durable + 2);
	reopen();
	assert_int_equal(storebox_lookup(&box, 0, 200, again), 100);
	assert_memory_equal(codes, again, 100 * STORE_CODE);
	assert_int_equal(store_durable(box.store), durable + 1);
}

/* What somebody else's insert made may not leave before its commit either. */
static void
store_lookup__tells_what_is_not_durable(void **state)
{
	uint8_t index[STORE_INDEX];
	uint64_t seq;
	bool known;

	(void)state;
	storebox_hash(index, 'i', 7);
	expect_ok(store_lookup(box.store, index, 1, codes, &known, &seq));
	assert_false(known);
	assert_int_equal(seq, store_durable(box.store));
	expect_ok(storebox_insert(&box, 7, 1, 1, codes, NULL));
	expect_ok(store_lookup(box.store, index, 1, codes, &known, &seq));
	assert_true(known);
	assert_int_equal(seq, store_durable(box.store) + 1);
	expect_ok(store_commit(box.store));
	assert_int_equal(seq, store_durable(box.store));
}

static void
store_open__makes_one_store_of_a_folder(void **state)
{
	uint8_t id[STORE_ID], none[STORE_ID] = {0};
	struct storebox other;

	(void)state;
	memcpy(id, store_id(box.store), STORE_ID);
	assert_memory_not_equal(id, none, STORE_ID);
	reopen();
	assert_memory_equal(id, store_id(box.store), STORE_ID);
	storebox_init(&other);
	expect_ok(storebox_open(&other));
	assert_memory_not_equal(id, store_id(other.store), STORE_ID);
	storebox_done(&other);
}

static void
store_start__waits_for_who_has_the_lock(void **state)
{
	struct storebox other;

	(void)state;
	storebox_at(&other, box.path);
	expect_ok(store_open_sqlite(&other.store, other.dir));
	expect_err(UNAVAILABLE, store_start(other.store));
	expect_ok(storebox_insert(&box, 0, 10, 1, codes, NULL));
	expect_ok(store_commit(box.store));
	expect_err(UNAVAILABLE, store_start(other.store));
	storebox_close(&box);
	/* It sees what was written after it had opened the files. */
	expect_ok(store_start(other.store));
	assert_int_equal(storebox_lookup(&other, 0, 10, again), 10);
	assert_memory_equal(codes, again, 10 * STORE_CODE);
	storebox_close(&other);
	close(other.dir);
	expect_ok(storebox_open(&box));
}

/* --- Shredding --- */

static bool
file_holds(const char *name, struct span bytes)
{
	struct buf all = {.max = 64 << 20};
	struct stat st;
	int fd = openat(box.dir, name, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	expect_ok(buf_reserve(&all, (size_t)st.st_size + 1));
	assert_int_equal(
	    pread(fd, all.data, (size_t)st.st_size, 0), st.st_size);
	bool found =
	    memmem(all.data, (size_t)st.st_size, bytes.data, bytes.len) != NULL;
	close(fd);
	buf_done(&all);
	return found;
}

static bool
any_file_holds(struct span bytes)
{
	return file_holds("codes.sqlite", bytes) ||
	    file_holds("codes.sqlite-wal", bytes) ||
	    file_holds("keys.sqlite", bytes) ||
	    file_holds("keys.sqlite-wal", bytes);
}

/* The keys as another program reads them: SQLite as everybody has it. */
static void
read_keys(uint8_t (*keys)[32], size_t num)
{
	char path[240];
	sqlite3 *sql;
	sqlite3_stmt *statement;

	storebox_close(&box);
	(void)snprintf(path, sizeof(path), "%s/keys.sqlite", box.path);
	assert_int_equal(
	    sqlite3_open_v2(path, &sql, SQLITE_OPEN_READWRITE, "unix"),
	    SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(sql,
			     "SELECT key FROM subjects JOIN keys USING (number)"
			     " WHERE subject = ?",
			     -1, &statement, NULL),
	    SQLITE_OK);
	for (size_t i = 0; i < num; i++) {
		uint8_t subject[STORE_SUBJECT];
		storebox_hash(subject, 's', i);
		sqlite3_bind_blob(statement, 1, subject, STORE_SUBJECT, NULL);
		assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
		memcpy(keys[i], sqlite3_column_blob(statement, 0), 32);
		sqlite3_reset(statement);
	}
	sqlite3_finalize(statement);
	sqlite3_close(sql);
	expect_ok(storebox_open(&box));
}

static void
store_shred__erases_key_and_entries(void **state)
{
	enum {
		PER = 4,
		NUM = 100
	};
	static uint8_t keys[NUM][32];
	uint8_t subject[STORE_SUBJECT];
	struct store_report report;
	uint64_t entries;

	(void)state;
	expect_ok(storebox_insert(&box, 0, PER * NUM, PER, codes, NULL));
	expect_ok(store_commit(box.store));
	read_keys(keys, NUM);
	assert_true(any_file_holds(span_of(keys[50], 32)));
	storebox_hash(subject, 's', 50);
	expect_ok(store_shred(box.store, subject, &entries));
	assert_int_equal(entries, PER);
	assert_false(any_file_holds(span_of(keys[50], 32)));
	assert_false(any_file_holds(span_of(subject, STORE_SUBJECT)));
	assert_false(any_file_holds(span_of(codes[50 * PER], STORE_CODE)));
	assert_true(any_file_holds(span_of(keys[51], 32)));
	for (uint64_t i = 0; i < PER * NUM; i++)
		if (i / PER == 50)
			resolves_to_nothing(codes[i]);
		else
			resolves_to(codes[i], i);
	expect_ok(store_shred(box.store, subject, &entries));
	assert_int_equal(entries, 0);
	expect_ok(store_check(box.store, &report));
	assert_int_equal(report.num_entries, PER * (NUM - 1));
	assert_int_equal(report.num_subjects, NUM - 1);
	/* Seen again: a new code, under a new key. */
	expect_ok(storebox_insert(&box, 50 * PER, PER, PER, again, NULL));
	for (unsigned i = 0; i < PER; i++) {
		assert_memory_not_equal(
		    again[i], codes[50 * PER + i], STORE_CODE);
		resolves_to(again[i], 50 * PER + i);
	}
	expect_ok(store_check(box.store, &report));
	assert_int_equal(report.num_subjects, NUM);
}

/* However the tables have grown and shrunk in between, no copy of a key stays
 * in what is free of a page. */
static void
store_shred__leaves_no_key_in_grown_tables(void **state)
{
	enum {
		NUM = 4000,
		STEP = 307
	};
	static uint8_t keys[NUM][32];
	uint8_t subject[STORE_SUBJECT];
	uint64_t entries;

	(void)state;
	for (uint64_t i = 0; i < NUM; i += 500) {
		expect_ok(storebox_insert(&box, i, 500, 1, NULL, NULL));
		expect_ok(store_commit(box.store));
	}
	read_keys(keys, NUM);
	for (uint64_t i = 0; i < NUM; i += STEP) {
		storebox_hash(subject, 's', i);
		expect_ok(store_shred(box.store, subject, &entries));
		assert_int_equal(entries, 1);
	}
	for (uint64_t i = 0; i < NUM; i++)
		assert_int_equal(
		    i % STEP != 0, any_file_holds(span_of(keys[i], 32)));
}

/* --- Backup and restore --- */

static int
make_file(const char *name)
{
	int fd =
	    openat(box.dir, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

/* Entries are made between the steps: the copy has all or none of a commit. */
static void
back_up(int codes_fd, int keys_fd, uint64_t *next)
{
	bool done = false;

	expect_ok(store_backup_begin(box.store, codes_fd, keys_fd));
	expect_err(EXISTS, store_backup_begin(box.store, codes_fd, keys_fd));
	for (unsigned i = 0; !done; i++) {
		if (i > 0) {
			expect_ok(
			    storebox_insert(&box, *next, 10, 1, NULL, NULL));
			*next += 10;
		}
		expect_ok(store_backup_step(box.store, &done));
	}
	expect_err(NOT_FOUND, store_backup_step(box.store, &done));
}

static void
store_backup__is_restored_under_another_id(void **state)
{
	int codes_fd = make_file("b.codes"), keys_fd = make_file("b.keys");
	struct store_report report;
	struct storebox other;
	uint64_t next = 0;

	(void)state;
	for (; next < 5000; next += 500)
		expect_ok(storebox_insert(&box, next, 500, 2, NULL, NULL));
	assert_int_equal(
	    storebox_lookup(&box, 0, STORE_BATCH, codes), STORE_BATCH);
	back_up(codes_fd, keys_fd, &next);
	assert_true(next > 5000); /* it took several steps */
	storebox_init(&other);
	expect_ok(store_restore(other.dir, codes_fd, keys_fd));
	expect_err(EXISTS, store_restore(other.dir, codes_fd, keys_fd));
	expect_ok(storebox_open(&other));
	assert_int_equal(
	    storebox_lookup(&other, 0, STORE_BATCH, again), STORE_BATCH);
	assert_memory_equal(codes, again, sizeof(codes));
	expect_ok(store_check(other.store, &report));
	assert_int_equal(report.num_entries, next);
	assert_memory_not_equal(
	    store_id(box.store), store_id(other.store), STORE_ID);
	storebox_done(&other);
	/* A store is in use, or there: nothing is restored over it. */
	expect_err(EXISTS, store_restore(box.dir, codes_fd, keys_fd));
	close(codes_fd);
	close(keys_fd);
}

static void
store_restore__brings_back_no_one_who_was_shredded(void **state)
{
	int old_codes = make_file("1.codes"), old_keys = make_file("1.keys");
	int new_codes = make_file("2.codes"), new_keys = make_file("2.keys");
	struct store_report report;
	uint8_t subject[STORE_SUBJECT], id[STORE_ID];
	struct storebox other;
	uint64_t next = 100, entries;

	(void)state;
	expect_ok(storebox_insert(&box, 0, 100, 10, codes, NULL));
	back_up(old_codes, old_keys, &next);
	storebox_hash(subject, 's', 3);
	expect_ok(store_shred(box.store, subject, &entries));
	storebox_hash(subject, 's', 4);
	expect_ok(store_shred(box.store, subject, &entries));
	/* One of the two is seen again, and has another key by now. */
	expect_ok(storebox_insert(&box, 40, 10, 10, NULL, NULL));
	expect_ok(storebox_insert(&box, 1000, 100, 10, NULL, NULL));
	back_up(new_codes, new_keys, &next);
	expect_ok(store_check_backup(old_codes, new_keys, id, &report));
	assert_memory_equal(id, store_id(box.store), STORE_ID);
	storebox_init(&other);
	/* Keys that are older than the codes: entries would be lost. */
	expect_err(TRUNCATED, store_restore(other.dir, new_codes, old_keys));
	expect_ok(store_restore(other.dir, old_codes, new_keys));
	expect_ok(storebox_open(&other));
	expect_ok(store_check(other.store, &report));
	assert_int_equal(report.num_entries, 80);
	assert_int_equal(storebox_lookup(&other, 0, 100, again), 80);
	storebox_done(&other);
	close(old_codes), close(old_keys), close(new_codes), close(new_keys);
}

#define in_a_box(name)                                                         \
	cmocka_unit_test_setup_teardown(name, make_box, remove_box)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    in_a_box(store_insert__gives_each_index_one_code),
	    in_a_box(store_insert__takes_an_index_twice_in_a_batch),
	    in_a_box(store_insert__takes_values_of_every_length),
	    in_a_box(store_commit__is_what_stays),
	    in_a_box(store_lookup__tells_what_is_not_durable),
	    in_a_box(store_open__makes_one_store_of_a_folder),
	    in_a_box(store_start__waits_for_who_has_the_lock),
	    in_a_box(store_shred__erases_key_and_entries),
	    in_a_box(store_shred__leaves_no_key_in_grown_tables),
	    in_a_box(store_backup__is_restored_under_another_id),
	    in_a_box(store_restore__brings_back_no_one_who_was_shredded),
	};

	if (crypto_init().code != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
