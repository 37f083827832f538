#include "tests/harness/expect.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "gateway/base/limits.h"
#include "gateway/origin/spool_dir.h"

enum {
	MAX = 1000
};
static const uint8_t slot_a[SPOOL_DIR_SLOT] = {0xaa, 1};
static const uint8_t first[SPOOL_DIR_GENERATION] = {1};
static const uint8_t second[SPOOL_DIR_GENERATION] = {2};

static char place[64];
static int dir = -1;
static struct spool_dir spool;
static bool leases; /* network file systems have none */

static void
need_leases(void)
{
	if (leases)
		return;
	print_message("skipped: no leases on this file system\n");
	skip();
}

static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(place, sizeof(place), "/tmp/gatehouse-spool-XXXXXX");
	if (mkdtemp(place) == NULL)
		return 1;
	dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	expect_ok(spool_dir_init(&spool, dir, MAX));
	int fd = openat(dir, "probe", O_RDONLY | O_CREAT, 0600);
	leases = fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
	close(fd);
	return unlinkat(dir, "probe", 0);
}

static int
tear_down(void **state)
{
	struct spool_dir swept;

	(void)state;
	struct err ignored = spool_dir_remove(&spool, slot_a);
	(void)ignored;
	spool_dir_done(&spool);
	spool_dir_done(NULL);
	expect_ok(spool_dir_init(&swept, dir, MAX));
	spool_dir_done(&swept);
	(void)unlinkat(dir, "other", 0);
	(void)unlinkat(dir, "tmp", AT_REMOVEDIR);
	close(dir);
	return rmdir(place);
}

static struct spool_fill
make_fill(const uint8_t *generation, const char *text)
{
	struct spool_fill fill;
	int writer;

	expect_ok(spool_dir_create(&spool, generation, 100, &writer, &fill));
	assert_int_equal(write(writer, text, strlen(text)), strlen(text));
	close(writer);
	return fill;
}

static void
publish(const uint8_t *slot, const uint8_t *generation, const char *text)
{
	struct spool_fill fill = make_fill(generation, text);

	expect_ok(spool_dir_seal(&fill));
	expect_ok(spool_dir_publish(&spool, &fill, slot, span_str("meta")));
	assert_int_equal(fill.fd, -1);
	spool_dir_abandon(&spool, &fill);
}

static unsigned
count_tmp(void)
{
	struct stat st;
	char name[100];
	unsigned num = 0;

	for (uint8_t i = 0; i < 4; i++) {
		(void)snprintf(name, sizeof(name),
		    "tmp/%02x000000000000000000000000000000", i);
		num += fstatat(dir, name, &st, 0) == 0;
	}
	return num;
}

static void
spool_dir_publish__makes_a_slot(void **state)
{
	uint64_t size = 0;
	struct buf meta;
	uint8_t hash[32];
	char text[16] = {0};
	int fd = -1;

	(void)state;
	need_leases();
	buf_init(&meta, 100);
	expect_err(
	    NOT_FOUND, spool_dir_open(&spool, slot_a, &fd, &size, &meta));
	struct spool_fill fill = make_fill(first, "payload");
	assert_int_equal(count_tmp(), 1);
	expect_err(CHANGED,
	    spool_dir_publish(&spool, &fill, slot_a, span_str("meta")));
	expect_err(
	    NOT_FOUND, spool_dir_open(&spool, slot_a, &fd, &size, &meta));
	expect_ok(spool_dir_seal(&fill));
	expect_ok(hash_sha256(hash, span_str("payload")));
	assert_memory_equal(hash, fill.hash, 32);
	assert_int_equal(fill.size, 7);
	expect_ok(spool_dir_publish(&spool, &fill, slot_a, span_str("meta")));
	assert_int_equal(count_tmp(), 0);
	expect_ok(spool_dir_open(&spool, slot_a, &fd, &size, &meta));
	expect_span(buf_span(&meta), "meta");
	assert_int_equal(size, 7);
	assert_int_equal(read(fd, text, sizeof(text)), 7);
	assert_string_equal(text, "payload");
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(write(fd, "x", 1), -1);
	close(fd);
	assert_int_equal(spool.stock.len, 11);
	buf_done(&meta);
}

static void
spool_dir_seal__refuses_while_a_writer_is_open(void **state)
{
	struct spool_fill fill;
	int writer;

	(void)state;
	need_leases();
	expect_ok(spool_dir_create(&spool, first, 100, &writer, &fill));
	assert_int_equal(write(writer, "x", 1), 1);
	int copy = dup(writer);
	expect_err(DENIED, spool_dir_seal(&fill));
	close(writer);
	expect_err(DENIED, spool_dir_seal(&fill));
	expect_err(
	    CHANGED, spool_dir_publish(&spool, &fill, slot_a, span_str("")));
	close(copy);
	expect_ok(spool_dir_seal(&fill));
	spool_dir_abandon(&spool, &fill);
	assert_int_equal(count_tmp(), 0);
}

/* A mill that closes its descriptor and keeps a mapping can write too. */
static void
spool_dir_seal__refuses_while_a_mapping_can_write(void **state)
{
	struct spool_fill fill;
	int writer;

	(void)state;
	need_leases();
	expect_ok(spool_dir_create(&spool, first, 100, &writer, &fill));
	assert_int_equal(ftruncate(writer, 4096), 0);
	close(writer);
	/* Only a descriptor that reads and writes can be mapped so. */
	writer = openat(spool.tmp, "01000000000000000000000000000000", O_RDWR);
	assert_true(writer >= 0);
	void *page =
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, writer, 0);
	assert_ptr_not_equal(page, MAP_FAILED);
	close(writer);
	expect_err(DENIED, spool_dir_seal(&fill));
	assert_int_equal(munmap(page, 4096), 0);
	expect_ok(spool_dir_seal(&fill));
	spool_dir_abandon(&spool, &fill);
}

/* A writer in another process, as the mill is one. */
static void
spool_dir_seal__refuses_while_another_process_can_write(void **state)
{
	struct spool_fill fill;
	int writer, go[2];
	char byte;

	(void)state;
	need_leases();
	assert_int_equal(pipe(go), 0);
	expect_ok(spool_dir_create(&spool, first, 100, &writer, &fill));
	pid_t child = fork();
	if (child == 0) {
		close(go[1]);
		_exit(read(go[0], &byte, 1) == 0 ? 0 : 1);
	}
	close(writer);
	expect_err(DENIED, spool_dir_seal(&fill));
	close(go[1]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	expect_ok(spool_dir_seal(&fill));
	spool_dir_abandon(&spool, &fill);
	close(go[0]);
}

/* Opening for writing breaks the lease: then nothing is published. */
static void
spool_dir_publish__refuses_when_a_writer_came_back(void **state)
{
	struct spool_fill fill = make_fill(first, "good");

	(void)state;
	need_leases();
	expect_ok(spool_dir_seal(&fill));
	/* Without waiting, the open fails and leaves the lease breaking. */
	assert_int_equal(openat(spool.tmp, "01000000000000000000000000000000",
			     O_WRONLY | O_NONBLOCK),
	    -1);
	expect_err(CHANGED,
	    spool_dir_publish(&spool, &fill, slot_a, span_str("meta")));
	spool_dir_abandon(&spool, &fill);
}

static void
spool_dir_publish__never_replaces_a_slot(void **state)
{
	uint64_t size = 0;
	struct buf meta;
	char text[16] = {0};
	int fd;

	(void)state;
	need_leases();
	buf_init(&meta, 100);
	publish(slot_a, first, "one");
	expect_ok(spool_dir_open(&spool, slot_a, &fd, &size, &meta));
	struct spool_fill fill = make_fill(second, "two");
	expect_ok(spool_dir_seal(&fill));
	expect_err(EXISTS,
	    spool_dir_publish(&spool, &fill, slot_a, span_str("other")));
	assert_int_equal(spool.stock.len, 7);
	/* Removed, it is read to its end by who has it, and may be made anew.
	 */
	expect_ok(spool_dir_remove(&spool, slot_a));
	assert_int_equal(spool.stock.len, 0);
	expect_err(NOT_FOUND, spool_dir_remove(&spool, slot_a));
	expect_ok(spool_dir_publish(&spool, &fill, slot_a, span_str("other")));
	assert_int_equal(read(fd, text, sizeof(text)), 3);
	assert_string_equal(text, "one");
	close(fd);
	buf_reset(&meta);
	expect_ok(spool_dir_open(&spool, slot_a, &fd, &size, &meta));
	expect_span(buf_span(&meta), "other");
	assert_int_equal(read(fd, text, sizeof(text)), 3);
	assert_string_equal(text, "two");
	close(fd);
	buf_done(&meta);
}

static void
spool_dir_create__takes_a_generation_once_and_minds_the_size(void **state)
{
	static uint8_t big[SPOOL_MAX_META + 1];
	struct spool_fill fill, other;
	int writer = -1;

	(void)state;
	need_leases();
	fill = make_fill(first, "x");
	expect_err(
	    EXISTS, spool_dir_create(&spool, first, 100, &writer, &other));
	assert_int_equal(writer, -1);
	expect_ok(spool_dir_seal(&fill));
	expect_err(TOO_BIG,
	    spool_dir_publish(
		&spool, &fill, slot_a, span_of(big, sizeof(big))));
	spool.max = 0;
	expect_err(
	    NO_SPACE, spool_dir_publish(&spool, &fill, slot_a, span_str("")));
	expect_err(
	    NO_SPACE, spool_dir_create(&spool, second, 100, &writer, &other));
	spool.max = MAX;
	spool_dir_abandon(&spool, &fill);
	spool_dir_abandon(&spool, &fill);
}

/* Whole or not at all, and never without its payload. */
static void
spool_dir_replace_meta__keeps_the_payload(void **state)
{
	static uint8_t big[SPOOL_MAX_META + 1];
	struct buf meta = {.max = 100};
	uint64_t size;
	int fd;

	(void)state;
	need_leases();
	expect_err(NOT_FOUND,
	    spool_dir_replace_meta(&spool, slot_a, span_str("longer meta")));
	publish(slot_a, first, "whole");
	expect_err(TOO_BIG,
	    spool_dir_replace_meta(&spool, slot_a, span_of(big, sizeof(big))));
	expect_ok(
	    spool_dir_replace_meta(&spool, slot_a, span_str("longer meta")));
	assert_int_equal(spool.stock.len, 5 + 11);
	expect_ok(spool_dir_open(&spool, slot_a, &fd, &size, &meta));
	close(fd);
	expect_span(buf_span(&meta), "longer meta");
	assert_int_equal(size, 5);
	spool_dir_done(&spool);
	expect_ok(spool_dir_init(&spool, dir, MAX));
	assert_int_equal(spool.swept, 0);
	assert_int_equal(spool.stock.len, 5 + 11);
	buf_done(&meta);
}

/* --- Room --- */

static uint8_t gone[8][SPOOL_DIR_SLOT];
static size_t num_gone;

static void
note_gone(void *context, const uint8_t slot[SPOOL_DIR_SLOT])
{
	(void)context;
	assert_true(num_gone < 8);
	memcpy(gone[num_gone++], slot, SPOOL_DIR_SLOT);
}

/* A slot of 300 bytes, with "meta" beside it. */
static void
publish_large(uint8_t number)
{
	const uint8_t slot[SPOOL_DIR_SLOT] = {number};
	const uint8_t generation[SPOOL_DIR_GENERATION] = {number, 1};
	char text[301];

	memset(text, 'x', 300);
	text[300] = '\0';
	publish(slot, generation, text);
}

static bool
is_there(uint8_t number)
{
	char name[80] = "";

	for (size_t i = 0; i < SPOOL_DIR_SLOT; i++)
		(void)snprintf(
		    name + 2 * i, 3, "%02x", i == 0 ? (unsigned)number : 0U);
	return faccessat(dir, name, F_OK, 0) == 0;
}

static void
clear_slots(void)
{
	while (spool_stock_oldest(&spool.stock) != NULL) {
		uint8_t name[SPOOL_DIR_SLOT];
		memcpy(
		    name, spool_stock_oldest(&spool.stock)->name, sizeof(name));
		expect_ok(spool_dir_remove(&spool, name));
	}
	assert_int_equal(spool.stock.len, 0);
	assert_int_equal(spool.stock.num, 0);
	assert_int_equal(spool.expected, 0);
}

/* What was used last stays. */
static void
spool_dir_publish__evicts_what_was_not_used_for_longest(void **state)
{
	const uint8_t two[SPOOL_DIR_SLOT] = {2}, three[SPOOL_DIR_SLOT] = {3};
	struct buf meta = {.max = 100};
	uint64_t size;
	int fd;

	(void)state;
	need_leases();
	num_gone = 0;
	spool.evicted = note_gone;
	publish_large(1);
	publish_large(2);
	publish_large(3);
	assert_int_equal(spool.stock.num, 3);
	expect_ok(spool_dir_open(
	    &spool, (const uint8_t[SPOOL_DIR_SLOT]){1}, &fd, &size, &meta));
	close(fd);
	spool_stock_use(&spool.stock, two);
	publish_large(4); /* 3 is the oldest use now */
	assert_int_equal(num_gone, 1);
	assert_memory_equal(gone[0], three, SPOOL_DIR_SLOT);
	assert_true(is_there(1) && is_there(2) && is_there(4));
	assert_false(is_there(3));
	assert_true(spool.stock.len <= MAX);
	clear_slots();
	spool.evicted = NULL;
	buf_done(&meta);
}

/* Room is made before the first byte, for all fillings together. */
static void
spool_dir_create__makes_room_for_what_is_expected(void **state)
{
	struct spool_fill one, two;
	int writer = -1;

	(void)state;
	need_leases();
	num_gone = 0;
	spool.evicted = note_gone;
	publish_large(1);
	publish_large(2);
	expect_ok(spool_dir_create(&spool, first, 600, &writer, &one));
	close(writer);
	assert_int_equal(num_gone, 1);
	expect_err(
	    NO_SPACE, spool_dir_create(&spool, second, 500, &writer, &two));
	assert_int_equal(num_gone, 1); /* for nothing, nothing goes */
	expect_ok(spool_dir_create(&spool, second, 400, &writer, &two));
	close(writer);
	assert_int_equal(num_gone, 2);
	spool_dir_abandon(&spool, &one);
	spool_dir_abandon(&spool, &two);
	clear_slots();
	spool.evicted = NULL;
}

/* Somebody removed the file by hand: it takes no room, and does not block. */
static void
spool_dir_create__passes_over_a_slot_that_is_gone(void **state)
{
	struct spool_fill fill;
	char name[80];
	int writer = -1;

	(void)state;
	need_leases();
	publish_large(1);
	(void)snprintf(name, sizeof(name), "01%062d", 0);
	assert_int_equal(unlinkat(dir, name, 0), 0);
	expect_ok(spool_dir_create(&spool, first, MAX, &writer, &fill));
	close(writer);
	spool_dir_abandon(&spool, &fill);
	clear_slots();
}

/* After a start the time of filling stands for the last use. */
static void
spool_dir_init__orders_slots_by_their_filling(void **state)
{
	static const uint8_t order[] = {2, 3, 1};

	(void)state;
	need_leases();
	for (uint8_t i = 1; i <= 3; i++)
		publish_large(i);
	for (size_t i = 0; i < 3; i++) {
		char name[80];
		const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
		    {.tv_sec = (time_t)(1000000000 + i)}};
		(void)snprintf(
		    name, sizeof(name), "%02x%062d", (unsigned)order[i], 0);
		assert_int_equal(utimensat(dir, name, times, 0), 0);
	}
	spool_dir_done(&spool);
	expect_ok(spool_dir_init(&spool, dir, MAX));
	assert_int_equal(spool.stock.num, 3);
	assert_int_equal(spool.stock.len, 3 * 304);
	for (size_t i = 0; i < 3; i++) {
		uint8_t name[SPOOL_DIR_SLOT];
		memcpy(
		    name, spool_stock_oldest(&spool.stock)->name, sizeof(name));
		assert_int_equal(name[0], order[i]);
		expect_ok(spool_dir_remove(&spool, name));
	}
}

/* After a crash: halves go, whole slots stay, strangers are not touched. */
static void
spool_dir_init__sweeps_what_a_crash_left(void **state)
{
	static const char half[] = "cc00000000000000000000000000000000000000"
				   "000000000000000000000000";
	struct stat st;
	char name[80];

	(void)state;
	need_leases();
	publish(slot_a, first, "whole");
	struct spool_fill fill = make_fill(second, "unfinished");
	(void)snprintf(name, sizeof(name), "%s.meta", half);
	close(openat(dir, name, O_WRONLY | O_CREAT, 0600));
	(void)snprintf(name, sizeof(name), "dd%s", half + 2);
	close(openat(dir, name, O_WRONLY | O_CREAT, 0600));
	close(openat(dir, "other", O_WRONLY | O_CREAT, 0600));
	close(openat(spool.tmp, "left.meta", O_WRONLY | O_CREAT, 0600));
	close(fill.fd);
	spool_dir_done(&spool);
	expect_ok(spool_dir_init(&spool, dir, MAX));
	assert_int_equal(spool.swept, 4);
	assert_int_equal(spool.stock.len, 9);
	assert_int_equal(count_tmp(), 0);
	assert_int_not_equal(fstatat(dir, name, &st, 0), 0);
	assert_int_equal(fstatat(dir, "other", &st, 0), 0);
	expect_ok(spool_dir_remove(&spool, slot_a));
	assert_int_equal(spool.stock.len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(spool_dir_publish__makes_a_slot),
	    TEST(spool_dir_seal__refuses_while_a_writer_is_open),
	    TEST(spool_dir_seal__refuses_while_a_mapping_can_write),
	    TEST(spool_dir_seal__refuses_while_another_process_can_write),
	    TEST(spool_dir_publish__refuses_when_a_writer_came_back),
	    TEST(spool_dir_publish__never_replaces_a_slot),
	    TEST(spool_dir_create__takes_a_generation_once_and_minds_the_size),
	    TEST(spool_dir_replace_meta__keeps_the_payload),
	    TEST(spool_dir_publish__evicts_what_was_not_used_for_longest),
	    TEST(spool_dir_create__makes_room_for_what_is_expected),
	    TEST(spool_dir_create__passes_over_a_slot_that_is_gone),
	    TEST(spool_dir_init__orders_slots_by_their_filling),
	    TEST(spool_dir_init__sweeps_what_a_crash_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
