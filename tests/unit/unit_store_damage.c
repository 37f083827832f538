/*
 * store: files that are not as it left them: cut off, rotted, of two stores, of
 * another version, half made. Each is refused, with a line that names the file;
 * and no wrong code is ever an answer.
 */
#include "tests/harness/expect.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/store/store_vfs.h"
#include "tests/harness/storebox.h"

enum {
	NUM = 200, /* entries, of 50 subjects */
	PER = 4,
	VERSION_AT = 60 + 3 /* user_version, big-endian */
};

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
static uint8_t codes[NUM][STORE_CODE];

static int
make_box(void **state)
{
	(void)state;
	storebox_init(&box);
	expect_ok(storebox_open(&box));
	expect_ok(storebox_insert(&box, 0, NUM, PER, codes, NULL));
	expect_ok(store_commit(box.store));
	storebox_close(&box);
	return 0;
}

static int
remove_box(void **state)
{
	(void)state;
	storebox_done(&box);
	return 0;
}

/* It does not start, for this reason, and says which file it is. */
#define expect_refused(name, file)                                             \
	do {                                                                   \
		struct err refused = storebox_open(&box);                      \
		if (refused.code != ERR_##name)                                \
			fail_msg(                                              \
			    "%s: %s", err_name(refused.code), refused.why);    \
		assert_non_null(strstr(refused.why, file));                    \
	} while (0)

/* --- Files --- */

static void
read_file(const char *name, struct buf *out)
{
	struct stat st;
	int fd = openat(box.dir, name, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	*out = (struct buf){.max = 64 << 20};
	expect_ok(buf_reserve(out, (size_t)st.st_size + 1));
	assert_int_equal(
	    pread(fd, out->data, (size_t)st.st_size, 0), st.st_size);
	out->len = (size_t)st.st_size;
	close(fd);
}

static void
write_file(const char *name, struct span bytes)
{
	int fd = openat(
	    box.dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes.data, bytes.len, 0), bytes.len);
	close(fd);
}

static void
cut_file(const char *name, size_t len)
{
	int fd = openat(box.dir, name, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0 && ftruncate(fd, (off_t)len) == 0);
	close(fd);
}

/* A page as SQLite's cksumvfs would have it: its sum is made anew. */
static void
sum_page(uint8_t *page)
{
	uint32_t a = 0, b = 0, word;

	for (size_t i = 0; i < STORE_PAGE - STORE_SUM; i += 8) {
		memcpy(&word, page + i, 4);
		a = (uint32_t)((uint64_t)a + word + b);
		memcpy(&word, page + i + 4, 4);
		b = (uint32_t)((uint64_t)b + word + a);
	}
	memcpy(page + STORE_PAGE - 8, &a, 4);
	memcpy(page + STORE_PAGE - 4, &b, 4);
}

/* The files as a process leaves them that is killed before it closes. */
enum {
	CODES,
	CODES_LOG,
	KEYS,
	KEYS_LOG,
	MARK,
	NUM_LEFT
};
static const char *const left_names[] = {"codes.sqlite", "codes.sqlite-wal",
    "keys.sqlite", "keys.sqlite-wal", "commits.mark"};
struct left {
	struct buf files[NUM_LEFT];
};

static void
read_left(struct left *out)
{
	for (unsigned i = 0; i < NUM_LEFT; i++)
		read_file(left_names[i], &out->files[i]);
}

static void
write_left(const struct left *left)
{
	for (unsigned i = 0; i < NUM_LEFT; i++)
		write_file(left_names[i], buf_span(&left->files[i]));
}

static void
left_done(struct left *left)
{
	for (unsigned i = 0; i < NUM_LEFT; i++)
		buf_done(&left->files[i]);
}

/* Two commits more than make_box's, which lie in the logs. */
static void
be_killed(struct left *out)
{
	expect_ok(storebox_open(&box));
	expect_ok(storebox_insert(&box, 1000, 100, PER, NULL, NULL));
	expect_ok(store_commit(box.store));
	expect_ok(storebox_insert(&box, 2000, 100, PER, NULL, NULL));
	expect_ok(store_commit(box.store));
	read_left(out);
	storebox_close(&box);
}

/* --- Tests --- */

static void
store_start__finds_files_that_were_cut_off(void **state)
{
	static const char *const names[] = {"codes.sqlite", "keys.sqlite"};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct buf whole;
		read_file(names[i], &whole);
		assert_true(whole.len > 3 * STORE_PAGE);
		for (size_t len = 0; len < whole.len; len += STORE_PAGE / 2) {
			cut_file(names[i], len);
			expect_refused(TRUNCATED, names[i]);
			write_file(names[i], buf_span(&whole));
		}
		cut_file(names[i], 10);
		expect_refused(TRUNCATED, names[i]);
		write_file(names[i], buf_span(&whole));
		buf_done(&whole);
		expect_ok(storebox_open(&box));
		storebox_close(&box);
	}
}

/* A log ends where its last whole commit does: SQLite takes what is lost for
 * what never was. The other file knows. */
static void
store_start__finds_a_log_that_was_cut_off(void **state)
{
	struct left left;

	(void)state;
	be_killed(&left);
	for (unsigned log = CODES_LOG; log <= KEYS_LOG; log += 2) {
		write_left(&left);
		cut_file(left_names[log], 32);
		expect_refused(TRUNCATED,
		    log == CODES_LOG ? "codes.sqlite lacks"
				     : "keys.sqlite lacks");
	}
	/* Both whole: nothing is missed. */
	write_left(&left);
	expect_ok(storebox_open(&box));
	assert_int_equal(storebox_lookup(&box, 2000, 100, codes), 100);
	left_done(&left);
}

/* The end of the log of the codes, be it one page, is a commit that was
 * answered; with as much of the other log gone, or not. */
static void
store_start__finds_commits_that_both_logs_lost(void **state)
{
	enum {
		FRAME = 24 + STORE_PAGE
	}; /* of a log */
	struct left left;
	unsigned cuts = 0;

	(void)state;
	be_killed(&left);
	for (size_t len = left.files[CODES_LOG].len; len > FRAME;
	     len -= FRAME) {
		write_left(&left);
		cut_file("codes.sqlite-wal", len - FRAME);
		/* It may be the tables of the keys that are ahead. */
		expect_refused(TRUNCATED, "codes.sqlite lacks");
		cut_file("keys.sqlite-wal", 0);
		expect_refused(TRUNCATED, "codes.sqlite lacks");
		cuts++;
	}
	assert_true(cuts > 2);
	/* The logs are gone, as in a copy of the two tables alone. */
	write_left(&left);
	assert_int_equal(unlinkat(box.dir, "codes.sqlite-wal", 0), 0);
	assert_int_equal(unlinkat(box.dir, "keys.sqlite-wal", 0), 0);
	expect_refused(TRUNCATED, "codes.sqlite lacks commits");
	left_done(&left);
}

/* A store of which the log has few pages, and some behind the others. */
static void
be_grown(void)
{
	expect_ok(storebox_open(&box));
	for (uint64_t from = 10000; from < 14096; from += STORE_BATCH)
		expect_ok(
		    storebox_insert(&box, from, STORE_BATCH, PER, NULL, NULL));
	expect_ok(store_commit(box.store));
	storebox_close(&box);
}

/* What a table lost may be in its log, whole: then nothing is lost. */
static void
store_start__finds_a_table_that_was_cut_off_beside_its_log(void **state)
{
	struct store_report report;
	struct left left;

	(void)state;
	be_grown();
	be_killed(&left);
	for (unsigned table = CODES; table <= KEYS; table += 2) {
		size_t whole = left.files[table].len;
		unsigned refused = 0;

		for (size_t len = whole; len > STORE_PAGE; len -= len / 16) {
			write_left(&left);
			cut_file(left_names[table], len - 1);
			struct err err = storebox_open(&box);
			if (err.code == ERR_OK)
				expect_ok(store_check(box.store, &report));
			else
				assert_non_null(
				    strstr(err.why, left_names[table]));
			refused += err.code != ERR_OK;
			storebox_close(&box);
		}
		assert_true(refused > 16);
	}
	left_done(&left);
}

static void
store_start__refuses_a_mark_that_is_none(void **state)
{
	struct left left;

	(void)state;
	be_killed(&left);
	assert_int_equal(unlinkat(box.dir, "commits.mark", 0), 0);
	expect_refused(NOT_FOUND, "commits.mark is missing");
	expect_refused(NOT_FOUND, "commits.mark is missing");
	write_file("commits.mark", span_str("gatehouse-mark-1"));
	expect_refused(MALFORMED, "commits.mark is damaged");
	/* Half of it is torn: the other half is enough, whichever. */
	for (unsigned half = 0; half < 2; half++) {
		write_left(&left);
		left.files[MARK].data[half * STORE_PAGE + 40] ^= 1;
		write_file("commits.mark", buf_span(&left.files[MARK]));
		expect_ok(storebox_open(&box));
		storebox_close(&box);
		left.files[MARK].data[half * STORE_PAGE + 40] ^= 1;
	}
	left_done(&left);
}

/* A commit is a mark's beside one that is whole: what was torn is mended when
 * it starts, before another one may be. */
static void
store_start__mends_a_mark(void **state)
{
	struct left left;

	(void)state;
	be_killed(&left);
	write_left(&left);
	write_file("commits.mark",
	    span_sub(buf_span(&left.files[MARK]), 0, STORE_PAGE));
	expect_ok(storebox_open(&box));
	storebox_close(&box);
	struct buf mark;
	read_file("commits.mark", &mark);
	assert_true(span_equal(buf_span(&mark), buf_span(&left.files[MARK])));
	buf_done(&mark);
	left_done(&left);
}

/* Opens, answers, or is looked at: one of them says it. An answer is right. */
static void
expect_found(const char *name, size_t at)
{
	uint8_t indexes[NUM][STORE_INDEX], got[NUM][STORE_CODE];
	struct store_report report;
	bool known[NUM];
	uint64_t seq;

	for (uint64_t i = 0; i < NUM; i++)
		storebox_hash(indexes[i], 'i', i);
	struct err err = storebox_open(&box);
	if (err.code == ERR_OK)
		err =
		    store_lookup(box.store, indexes[0], NUM, got, known, &seq);
	if (err.code == ERR_OK) {
		assert_memory_equal(got, codes, sizeof(codes));
		err = store_check(box.store, &report);
	}
	if (err.code == ERR_OK)
		fail_msg("%s, byte %zu: not found", name, at);
	assert_non_null(strstr(err.why, name));
	storebox_close(&box);
}

static void
store__finds_a_byte_that_rotted(void **state)
{
	static const char *const names[] = {"codes.sqlite", "keys.sqlite"};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct buf whole;
		read_file(names[i], &whole);
		for (size_t at = 1234; at < whole.len; at += STORE_PAGE) {
			whole.data[at] ^= 0x40;
			write_file(names[i], buf_span(&whole));
			expect_found(names[i], at);
			whole.data[at] ^= 0x40;
		}
		write_file(names[i], buf_span(&whole));
		buf_done(&whole);
	}
}

/* Whoever can write pages with their sums cannot move a code to another index:
 * the entry is sealed with both. */
static void
store_check__finds_a_code_that_was_exchanged(void **state)
{
	struct store_report report;
	struct buf whole;
	unsigned hits = 0;

	(void)state;
	read_file("codes.sqlite", &whole);
	for (size_t at = 0; at + STORE_CODE < whole.len; at++) {
		if (memcmp(whole.data + at, codes[0], STORE_CODE) != 0)
			continue;
		whole.data[at + STORE_CODE - 1] ^= 1;
		sum_page(whole.data + at / STORE_PAGE * STORE_PAGE);
		hits++;
	}
	assert_int_equal(hits, 2); /* the row, and the index of codes */
	write_file("codes.sqlite", buf_span(&whole));
	expect_ok(storebox_open(&box));
	expect_err(MALFORMED, store_check(box.store, &report));
	buf_done(&whole);
}

static void
store_start__refuses_what_is_no_codebook(void **state)
{
	static uint8_t garbage[3 * STORE_PAGE];
	struct buf whole;

	(void)state;
	read_file("codes.sqlite", &whole);
	memset(garbage, 'g', sizeof(garbage));
	write_file("codes.sqlite", span_of(garbage, sizeof(garbage)));
	expect_refused(TRUNCATED, "codes.sqlite"); /* says 0x67676767 pages */
	memset(garbage, 0, sizeof(garbage));
	write_file("codes.sqlite", span_of(garbage, sizeof(garbage)));
	expect_refused(MALFORMED, "codes.sqlite");
	write_file("codes.sqlite", buf_span(&whole));
	expect_ok(storebox_open(&box));
	buf_done(&whole);
}

static void
store_start__refuses_an_unknown_version(void **state)
{
	static const char *const names[] = {"codes.sqlite", "keys.sqlite"};
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct buf whole;
		read_file(names[i], &whole);
		assert_int_equal(whole.data[VERSION_AT], 2);
		whole.data[VERSION_AT] = 3;
		sum_page(whole.data);
		write_file(names[i], buf_span(&whole));
		expect_refused(UNSUPPORTED, names[i]);
		whole.data[VERSION_AT] = 2;
		sum_page(whole.data);
		write_file(names[i], buf_span(&whole));
		buf_done(&whole);
	}
	expect_ok(storebox_open(&box));
}

/* Programs before these kept no mark. What they left gets one, once. */
static void
store_start__gives_an_old_store_its_mark(void **state)
{
	static const char *const names[] = {"codes.sqlite", "keys.sqlite"};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct buf whole;
		read_file(names[i], &whole);
		whole.data[VERSION_AT] = 1;
		sum_page(whole.data);
		write_file(names[i], buf_span(&whole));
		buf_done(&whole);
	}
	assert_int_equal(unlinkat(box.dir, "commits.mark", 0), 0);
	expect_ok(storebox_open(&box));
	assert_int_equal(storebox_lookup(&box, 0, NUM, codes), NUM);
	storebox_close(&box);
	assert_int_equal(unlinkat(box.dir, "commits.mark", 0), 0);
	expect_refused(NOT_FOUND, "commits.mark is missing");
}

static void
store_start__refuses_files_of_two_stores(void **state)
{
	struct storebox first = box;
	struct buf keys, mark;

	(void)state;
	make_box(state); /* another one */
	read_file("keys.sqlite", &keys);
	read_file("commits.mark", &mark);
	remove_box(state);
	box = first;
	write_file("commits.mark", buf_span(&mark));
	expect_refused(CHANGED, "commits.mark is of another");
	write_file("keys.sqlite", buf_span(&keys));
	expect_refused(CHANGED, "keys.sqlite are not of one");
	buf_done(&keys);
	buf_done(&mark);
}

static void
store_open__wants_both_files(void **state)
{
	(void)state;
	assert_int_equal(renameat(box.dir, "codes.sqlite", box.dir, "x"), 0);
	expect_refused(NOT_FOUND, "no codes.sqlite");
	assert_int_equal(renameat(box.dir, "x", box.dir, "codes.sqlite"), 0);
	assert_int_equal(unlinkat(box.dir, "keys.sqlite", 0), 0);
	expect_refused(NOT_FOUND, "no keys.sqlite");
}

/* Both were whole when the first of them got its name. */
static void
store_open__ends_what_was_cut_off(void **state)
{
	uint8_t got[NUM][STORE_CODE];

	(void)state;
	assert_int_equal(
	    renameat(box.dir, "codes.sqlite", box.dir, "codes.new"), 0);
	expect_ok(storebox_open(&box));
	assert_int_equal(storebox_lookup(&box, 0, NUM, got), NUM);
	storebox_close(&box);
	/* Neither has: it is begun anew, and old logs are not for it. */
	assert_int_equal(
	    renameat(box.dir, "codes.sqlite", box.dir, "codes.new"), 0);
	assert_int_equal(
	    renameat(box.dir, "keys.sqlite", box.dir, "keys.new"), 0);
	write_file("codes.sqlite-wal", span_str("of the one before"));
	expect_ok(storebox_open(&box));
	assert_int_equal(storebox_lookup(&box, 0, NUM, got), 0);
}

#define in_a_box(name)                                                         \
	cmocka_unit_test_setup_teardown(name, make_box, remove_box)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    in_a_box(store_start__finds_files_that_were_cut_off),
	    in_a_box(store_start__finds_a_log_that_was_cut_off),
	    in_a_box(store_start__finds_commits_that_both_logs_lost),
	    in_a_box(
		store_start__finds_a_table_that_was_cut_off_beside_its_log),
	    in_a_box(store_start__refuses_a_mark_that_is_none),
	    in_a_box(store_start__mends_a_mark),
	    in_a_box(store__finds_a_byte_that_rotted),
	    in_a_box(store_check__finds_a_code_that_was_exchanged),
	    in_a_box(store_start__refuses_what_is_no_codebook),
	    in_a_box(store_start__refuses_an_unknown_version),
	    in_a_box(store_start__gives_an_old_store_its_mark),
	    in_a_box(store_start__refuses_files_of_two_stores),
	    in_a_box(store_open__wants_both_files),
	    in_a_box(store_open__ends_what_was_cut_off),
	};

	if (crypto_init().code != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
