#include "gateway/opener/open_serve.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/encode.h"
#include "crypto/hash.h"
#include "crypto/init.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/open.h"
#include "tests/harness/expect.h"

/*
 * The opener serves in a process of its own, without its jail; this one is
 * the keeper.
 */
enum {
	LIMIT_MS = 20000,
	SPOOL_MAX = 100000,
	NUM_MANY = 1300
};

#define GENERATION "000102030405060708090a0b0c0d0e0f"
#define OTHER "ff0102030405060708090a0b0c0d0e0f"
#define SLOT GENERATION GENERATION
#define SLOT_2 OTHER OTHER
#define SLOT_3 OTHER GENERATION

static char place[64];
static int dir, keeper;
static pid_t pid;
static uint8_t bytes[FRAME_MAX];
static struct frame got;
static uint64_t last_id;

static void
serve(int socket, const char *pattern)
{
	static struct open_serve server;
	struct err err = OK;

	if (pattern != NULL)
		open_serve_init_origin(&server, socket, dir, span_str(pattern));
	else
		err = open_serve_init_spool(&server, socket, dir, SPOOL_MAX);
	if (err.code == ERR_OK)
		err = open_serve_run(&server);
	_exit((int)err.code);
}

/* pattern NULL: a spool. */
static void
start(const char *pattern)
{
	int pair[2];

	expect_ok(frame_pair(pair));
	keeper = pair[0];
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(pair[0]);
		serve(pair[1], pattern);
	}
	close(pair[1]);
}

static void
expect_end(enum err_code code)
{
	struct pollfd wait = {.fd = keeper, .events = POLLIN};
	int status;

	if (code == ERR_CLOSED)
		(void)shutdown(keeper, SHUT_WR);
	assert_int_equal(poll(&wait, 1, LIMIT_MS), 1);
	frame_close_fds(&got);
	/* It hangs up without another word. */
	expect_err(CLOSED, frame_recv(keeper, bytes, &got));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	pid = -1;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), (int)code);
	sysio_close(&keeper);
}

static void
write_file(const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int
set_up(void **state)
{
	(void)state;
	expect_ok(crypto_init());
	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(place, sizeof(place), "/tmp/gatehouse-serve-XXXXXX");
	if (mkdtemp(place) == NULL)
		return 1;
	dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	keeper = pid = -1;
	return dir < 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	frame_close_fds(&got);
	sysio_close(&keeper);
	close(dir);
	pid_t child = fork();
	if (child == 0) {
		execl("/bin/rm", "rm", "-rf", place, (char *)NULL);
		_exit(1);
	}
	return waitpid(child, NULL, 0) != child;
}

static void
tell(uint16_t type, struct span body)
{
	struct frame frame = {.type = type, .id = ++last_id, .body = body};

	expect_ok(frame_send(keeper, &frame));
}

static void
hear(uint16_t type)
{
	struct pollfd wait = {.fd = keeper, .events = POLLIN};

	frame_close_fds(&got);
	assert_int_equal(poll(&wait, 1, LIMIT_MS), 1);
	expect_ok(frame_recv(keeper, bytes, &got));
	assert_int_equal(got.type, type);
	assert_int_equal(got.id, last_id);
}

/* Fields, one behind the other; NULL ends them. */
static void
tell_fields(uint16_t type, const char *a, const char *b, const char *c)
{
	const char *fields[] = {a, b, c};
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	for (size_t i = 0; i < 3 && fields[i] != NULL; i++)
		expect_ok(buf_put_field(&body, span_str(fields[i])));
	tell(type, buf_span(&body));
}

static void
tell_create(const char *generation, uint64_t expected)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	expect_ok(buf_put_field(&body, span_str(generation)));
	expect_ok(buf_put_u64be(&body, expected));
	tell(OPEN_CREATE, buf_span(&body));
}

static void
hear_failure(enum err_code code)
{
	hear(OPEN_FAILED);
	assert_int_equal(got.num_fds, 0);
	struct err err = open_failed(got.body);
	assert_int_equal(err.code, code);
}

static void
expect_content(int fd, const char *text)
{
	char content[64];

	assert_int_equal(pread(fd, content, sizeof(content), 0), strlen(text));
	assert_memory_equal(content, text, strlen(text));
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(write(fd, "x", 1), -1);
}

/* --- An origin --- */

static void
take_file(struct open_file *out)
{
	struct span body = got.body;

	expect_ok(open_take_file(&body, out));
	expect_ok(span_end(body));
}

static void
open_serve__opens_files_for_reading(void **state)
{
	struct open_file file, again;

	(void)state;
	write_file("a.csv", "x,y\n");
	start("*.csv");
	tell_fields(OPEN_SOURCE, "a.csv", NULL, NULL);
	hear(OPEN_SOURCE_IS);
	assert_int_equal(got.num_fds, 1);
	take_file(&file);
	assert_int_equal(file.len, 4);
	assert_true(file.modified > 1700000000);
	expect_content(got.fds[0], "x,y\n");
	/* The version is of what is there now. */
	tell_fields(OPEN_SOURCE, "a.csv", NULL, NULL);
	hear(OPEN_SOURCE_IS);
	take_file(&again);
	assert_memory_equal(&file, &again, sizeof(file));
	write_file("a.csv", "x,y\n1,2\n");
	tell_fields(OPEN_SOURCE, "a.csv", NULL, NULL);
	hear(OPEN_SOURCE_IS);
	take_file(&again);
	assert_memory_not_equal(file.version, again.version, 32);
	expect_end(ERR_CLOSED);
}

static void
open_serve__stays_in_its_folder(void **state)
{
	static const struct {
		const char *key;
		enum err_code code;
	} rows[] = {
	    {"none.csv", ERR_NOT_FOUND},
	    {"../a.csv", ERR_MALFORMED},
	    {"..", ERR_MALFORMED},
	    {".", ERR_MALFORMED},
	    {"", ERR_MALFORMED},
	    {"/etc/passwd", ERR_MALFORMED},
	    {"/", ERR_MALFORMED},
	    {"in/../a.csv", ERR_MALFORMED},
	    {"in/./b.csv", ERR_MALFORMED},
	    {"in//b.csv", ERR_MALFORMED},
	    {"in/b.csv/", ERR_MALFORMED},
	    {"a\nb", ERR_MALFORMED},
	    {"\xff.csv", ERR_MALFORMED},
	    {"in/link", ERR_DENIED},
	    {"out/passwd", ERR_DENIED},
	    {"in/in", ERR_DENIED},
	    {"in/fifo", ERR_DENIED},
	    {"a.csv/b", ERR_NOT_FOUND},
	    {"a.csv", ERR_NOT_FOUND},
	};

	(void)state;
	write_file("a.csv", "1");
	assert_int_equal(mkdirat(dir, "in", 0700), 0);
	write_file("in/b.csv", "2");
	assert_int_equal(mkdirat(dir, "in/in", 0700), 0);
	assert_int_equal(symlinkat("b.csv", dir, "in/link"), 0);
	assert_int_equal(symlinkat("/etc", dir, "out"), 0);
	assert_int_equal(mkfifoat(dir, "in/fifo", 0600), 0);
	start("*/*");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tell_fields(OPEN_SOURCE, rows[i].key, NULL, NULL);
		hear(OPEN_FAILED);
		assert_int_equal(got.num_fds, 0);
		if (open_failed(got.body).code != rows[i].code)
			fail_msg("%s: %d", rows[i].key,
			    (int)open_failed(got.body).code);
	}
	/* NUL is a byte like others, and no key has it. */
	tell(OPEN_SOURCE, span_of("\0\0\0\5a\0csv", 9));
	hear_failure(ERR_MALFORMED);
	tell_fields(OPEN_SOURCE, "in/b.csv", NULL, NULL);
	hear(OPEN_SOURCE_IS);
	expect_content(got.fds[0], "2");
	expect_end(ERR_CLOSED);
}

/* The next frame of a listing: its files behind those before. */
static bool
take_listed(char *previous, size_t size, unsigned *num_files)
{
	struct span body = got.body, key;
	struct open_file file;
	char text[64];
	uint32_t num;
	bool last;

	expect_ok(span_take_bool(&body, &last));
	expect_ok(span_take_u32be(&body, &num));
	for (uint32_t i = 0; i < num; i++) {
		expect_ok(span_take_field(&body, &key, OPEN_MAX_KEY));
		expect_ok(open_take_file(&body, &file));
		assert_true(key.len < sizeof(text));
		memcpy(text, key.data, key.len);
		text[key.len] = '\0';
		assert_true(strcmp(previous, text) < 0);
		(void)snprintf(previous, size, "%s", text);
		assert_int_equal(file.len, 1);
	}
	expect_ok(span_end(body));
	*num_files += num;
	return last;
}

static void
open_serve__lists_in_as_many_frames_as_it_takes(void **state)
{
	char name[64], previous[64] = "";
	unsigned num_frames = 1, num_files = 0;

	(void)state;
	for (int i = 0; i < NUM_MANY; i++) {
		(void)snprintf(name, sizeof(name), "%d.csv", i * 7919);
		write_file(name, "1");
	}
	write_file("other.txt", "1");
	write_file("_hidden.csv", "1");
	start("*.csv");
	tell(OPEN_LIST, span_of(NULL, 0));
	for (hear(OPEN_LISTED);
	     !take_listed(previous, sizeof(previous), &num_files);
	     hear(OPEN_LISTED))
		num_frames++;
	assert_int_equal(num_files, NUM_MANY);
	assert_true(num_frames >= 3);
	/* Nothing comes behind the last one; what it left out, none opens. */
	tell_fields(OPEN_SOURCE, "other.txt", NULL, NULL);
	hear_failure(ERR_NOT_FOUND);
	expect_end(ERR_CLOSED);
}

/* Ten listings are asked for before one is read: none is lost. */
static void
open_serve__waits_for_a_slow_keeper(void **state)
{
	char name[64], previous[64];
	unsigned num_files = 0;

	(void)state;
	for (int i = 0; i < NUM_MANY; i++) {
		(void)snprintf(name, sizeof(name), "%d.csv", i);
		write_file(name, "1");
	}
	start("*.csv");
	uint64_t first = last_id + 1;
	for (int i = 0; i < 40; i++)
		tell(OPEN_LIST, span_of(NULL, 0));
	usleep(100000);
	last_id = first;
	for (int i = 0; i < 40; i++, last_id++) {
		previous[0] = '\0';
		do
			hear(OPEN_LISTED);
		while (!take_listed(previous, sizeof(previous), &num_files));
	}
	assert_int_equal(num_files, 40 * NUM_MANY);
	expect_end(ERR_CLOSED);
}

static void
open_serve__an_empty_listing_is_a_frame_too(void **state)
{
	unsigned num_files = 0;
	char previous[64] = "";

	(void)state;
	start("*.csv");
	tell(OPEN_LIST, span_of(NULL, 0));
	hear(OPEN_LISTED);
	assert_true(take_listed(previous, sizeof(previous), &num_files));
	assert_int_equal(num_files, 0);
	expect_end(ERR_CLOSED);
}

/* --- The spool --- */

/* A new filling, with these bytes; the writer stays open in *out_writer. */
static void
create(const char *generation, const char *text, int *out_writer)
{
	tell_create(generation, 0);
	hear(OPEN_CREATED);
	assert_int_equal(got.num_fds, 2);
	*out_writer = frame_take_fd(&got, 0);
	assert_int_equal(fcntl(*out_writer, F_GETFL) & O_ACCMODE, O_WRONLY);
	assert_int_equal(write(*out_writer, text, strlen(text)), strlen(text));
	/* The other one may follow. */
	expect_content(got.fds[1], text);
}

static void
expect_slot(const char *text, const char *meta, bool hashed)
{
	uint8_t digest[32] = {0};
	struct open_slot slot;

	hear(OPEN_SLOT_IS);
	assert_int_equal(got.num_fds, 1);
	expect_ok(open_take_slot(&slot, got.body));
	if (hashed)
		expect_ok(hash_sha256(digest, span_str(text)));
	assert_memory_equal(slot.sha256, digest, 32);
	assert_int_equal(slot.len, strlen(text));
	assert_true(span_equal_str(slot.meta, meta));
	expect_content(got.fds[0], text);
}

static void
open_serve__publishes_what_nobody_can_write_any_more(void **state)
{
	int writer;

	(void)state;
	start(NULL);
	tell_fields(OPEN_SLOT, SLOT, NULL, NULL);
	hear_failure(ERR_NOT_FOUND);
	create(GENERATION, "payload", &writer);
	/* The lease is not to be had while there is a writer. */
	tell_fields(OPEN_PUBLISH, GENERATION, SLOT, "meta");
	hear_failure(ERR_DENIED);
	tell_fields(OPEN_SLOT, SLOT, NULL, NULL);
	hear_failure(ERR_NOT_FOUND);
	close(writer);
	tell_fields(OPEN_PUBLISH, GENERATION, SLOT, "meta");
	expect_slot("payload", "meta", true);
	tell_fields(OPEN_SLOT, SLOT, NULL, NULL);
	expect_slot("payload", "meta", false);
	/* It is published: there is no filling of that name any more. */
	tell_fields(OPEN_PUBLISH, GENERATION, SLOT, "meta");
	hear_failure(ERR_NOT_FOUND);
	create(OTHER, "another", &writer);
	close(writer);
	tell_fields(OPEN_PUBLISH, OTHER, SLOT, "meta");
	hear_failure(ERR_EXISTS);
	tell_fields(OPEN_SLOT, SLOT, NULL, NULL);
	expect_slot("payload", "meta", false);
	expect_end(ERR_CLOSED);
}

static void
open_serve__discards_a_filling_with_its_writer(void **state)
{
	int writer;

	(void)state;
	start(NULL);
	create(GENERATION, "half", &writer);
	tell_create(GENERATION, 0);
	hear_failure(ERR_EXISTS);
	tell_fields(OPEN_DISCARD, GENERATION, NULL, NULL);
	hear(OPEN_DISCARDED);
	assert_int_equal(got.body.len, 0);
	assert_int_equal(faccessat(dir, "tmp/" GENERATION, F_OK, 0), -1);
	close(writer);
	tell_fields(OPEN_PUBLISH, GENERATION, SLOT, "meta");
	hear_failure(ERR_NOT_FOUND);
	tell_fields(OPEN_DISCARD, GENERATION, NULL, NULL);
	hear(OPEN_DISCARDED);
	expect_end(ERR_CLOSED);
}

static void
open_serve__has_so_many_fillings_at_once(void **state)
{
	char name[40];

	(void)state;
	start(NULL);
	for (int i = 0; i <= OPEN_SERVE_MAX_FILLS; i++) {
		(void)snprintf(name, sizeof(name), "%032x", i + 1);
		tell_create(name, 0);
		if (i < OPEN_SERVE_MAX_FILLS)
			hear(OPEN_CREATED);
		else
			hear_failure(ERR_NO_SPACE);
	}
	tell_fields(
	    OPEN_DISCARD, "00000000000000000000000000000001", NULL, NULL);
	hear(OPEN_DISCARDED);
	tell_create(name, 0);
	hear(OPEN_CREATED);
	expect_end(ERR_CLOSED);
}

static void
open_serve__a_full_spool_takes_no_more(void **state)
{
	static char big[SPOOL_MAX + 1];
	int writer;

	(void)state;
	memset(big, 'x', sizeof(big));
	start(NULL);
	tell_create(GENERATION, 0);
	hear(OPEN_CREATED);
	writer = frame_take_fd(&got, 0);
	assert_int_equal(write(writer, big, sizeof(big)), sizeof(big));
	close(writer);
	tell_fields(OPEN_PUBLISH, GENERATION, SLOT, "meta");
	hear_failure(ERR_NO_SPACE);
	tell_fields(OPEN_SLOT, SLOT, NULL, NULL);
	hear_failure(ERR_NOT_FOUND);
	expect_end(ERR_CLOSED);
}

static void
expect_stock(uint64_t len, uint64_t num)
{
	struct buf wanted CLEANUP(buf_done) = {.max = 16};

	expect_ok(buf_put_u64be(&wanted, len));
	expect_ok(buf_put_u64be(&wanted, num));
	tell(OPEN_STOCK, span_of(NULL, 0));
	hear(OPEN_STOCK_IS);
	assert_true(span_equal(got.body, buf_span(&wanted)));
}

/* Unasked. */
static void
hear_evicted(const char *slot)
{
	struct span name;
	uint64_t id = last_id;

	last_id = 0;
	hear(OPEN_EVICTED);
	last_id = id;
	expect_ok(open_take_name(&got.body, &name));
	assert_true(span_equal_str(name, slot));
}

static void
put_slot(const char *generation, const char *slot)
{
	int writer;

	create(generation, "payload", &writer);
	close(writer);
	tell_fields(OPEN_PUBLISH, generation, slot, "meta");
	expect_slot("payload", "meta", true);
}

/* Room is made for what is expected, from what was not used for longest. */
static void
open_serve__tells_what_had_to_go(void **state)
{
	static char big[SPOOL_MAX - 15];
	int writer;

	(void)state;
	memset(big, 'x', sizeof(big));
	start(NULL);
	put_slot(GENERATION, SLOT);
	put_slot(OTHER, SLOT_2);
	expect_stock(22, 2);
	tell_fields(OPEN_USED, SLOT, NULL, NULL);
	tell_create(GENERATION, 0);
	hear(OPEN_CREATED);
	writer = frame_take_fd(&got, 0);
	assert_int_equal(write(writer, big, sizeof(big)), sizeof(big));
	close(writer);
	tell_fields(OPEN_PUBLISH, GENERATION, SLOT_3, "meta");
	hear_evicted(SLOT_2);
	hear(OPEN_SLOT_IS);
	expect_stock(sizeof(big) + 4 + 11, 2);
	/* An estimate takes a quarter at most. */
	tell_create(OTHER, UINT64_MAX);
	hear_evicted(SLOT);
	hear_evicted(SLOT_3);
	hear(OPEN_CREATED);
	tell_fields(OPEN_REMOVE, SLOT_3, NULL, NULL);
	hear_failure(ERR_NOT_FOUND);
	expect_stock(0, 0);
	expect_end(ERR_CLOSED);
}

/* --- What ends it --- */

/* Names are hex of one length: no path can be said in them. */
static void
open_serve__takes_no_other_name(void **state)
{
	static const char *names[] = {"", "0", "0001", "../../../../etc/passwd",
	    "tmp", "/etc/passwd", "000102030405060708090A0B0C0D0E0F",
	    "000102030405060708090a0b0c0d0e0", GENERATION "0",
	    GENERATION GENERATION "0", "000102030405060708090a0b0c0d0e0g",
	    "00010203/5060708090a0b0c0d0e0f.", GENERATION ".meta"};
	static const uint16_t types[] = {
	    OPEN_CREATE, OPEN_PUBLISH, OPEN_DISCARD, OPEN_SLOT};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (size_t j = 0; j < 4; j++) {
			start(NULL);
			tell_fields(types[j], names[i], NULL, NULL);
			expect_end(strlen(names[i]) > OPEN_MAX_NAME
				? ERR_TOO_BIG
				: ERR_MALFORMED);
		}
		/* The second name of two. */
		start(NULL);
		tell_fields(OPEN_PUBLISH, GENERATION, names[i], "meta");
		expect_end(strlen(names[i]) > OPEN_MAX_NAME ? ERR_TOO_BIG
							    : ERR_MALFORMED);
	}
	/* A slot's name is no generation, and the other way. */
	start(NULL);
	tell_create(SLOT, 0);
	expect_end(ERR_MALFORMED);
	start(NULL);
	tell_fields(OPEN_SLOT, GENERATION, NULL, NULL);
	expect_end(ERR_MALFORMED);
}

static void
open_serve__ends_a_keeper_that_breaks_the_protocol(void **state)
{
	static const uint8_t zero[FRAME_MAX_BODY];
	static const struct {
		const char *pattern;
		uint16_t type;
		size_t len;
		enum err_code code;
	} rows[] = {
	    {"*", OPEN_SOURCE, 0, ERR_TRUNCATED},
	    {"*", OPEN_SOURCE, 3, ERR_TRUNCATED},
	    {"*", OPEN_SOURCE, 5, ERR_MALFORMED}, /* a byte behind */
	    {"*", OPEN_SOURCE, 4 + OPEN_MAX_KEY + 1, ERR_TOO_BIG},
	    {"*", OPEN_LIST, 1, ERR_TOO_BIG},
	    {"*", OPEN_CREATE, 4, ERR_MALFORMED},
	    {"*", OPEN_SLOT, 4, ERR_MALFORMED},
	    {"*", OPEN_PUBLISH, 4, ERR_MALFORMED},
	    {"*", OPEN_DISCARD, 4, ERR_MALFORMED},
	    {"*", OPEN_STOCK, 0, ERR_MALFORMED},
	    {NULL, OPEN_STOCK, 1, ERR_TOO_BIG},
	    {NULL, OPEN_USED, 0, ERR_TRUNCATED},
	    {NULL, OPEN_EVICTED, 0, ERR_MALFORMED},
	    {"*", 63, 0, ERR_MALFORMED},
	    {NULL, OPEN_SOURCE, 4, ERR_MALFORMED},
	    {NULL, OPEN_LIST, 0, ERR_MALFORMED},
	    {NULL, OPEN_CREATE, 0, ERR_TRUNCATED},
	    {NULL, OPEN_PUBLISH, FRAME_MAX_BODY, ERR_TOO_BIG},
	    {NULL, OPEN_CREATED, 0, ERR_MALFORMED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(rows[i].pattern);
		tell(rows[i].type, span_of(zero, rows[i].len));
		expect_end(rows[i].code);
	}
	/* Right, but for a field behind it, or a descriptor with it. */
	start(NULL);
	tell_fields(OPEN_CREATE, GENERATION, "x", "");
	expect_end(ERR_MALFORMED);
	start(NULL);
	tell_fields(OPEN_PUBLISH, GENERATION, SLOT, NULL);
	expect_end(ERR_TRUNCATED);
	start("*");
	struct frame list = {.type = OPEN_LIST, .fds = {dir}, .num_fds = 1};
	expect_ok(frame_send(keeper, &list));
	expect_end(ERR_MALFORMED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(open_serve__opens_files_for_reading),
	    TEST(open_serve__stays_in_its_folder),
	    TEST(open_serve__lists_in_as_many_frames_as_it_takes),
	    TEST(open_serve__waits_for_a_slow_keeper),
	    TEST(open_serve__an_empty_listing_is_a_frame_too),
	    TEST(open_serve__publishes_what_nobody_can_write_any_more),
	    TEST(open_serve__discards_a_filling_with_its_writer),
	    TEST(open_serve__has_so_many_fillings_at_once),
	    TEST(open_serve__a_full_spool_takes_no_more),
	    TEST(open_serve__tells_what_had_to_go),
	    TEST(open_serve__takes_no_other_name),
	    TEST(open_serve__ends_a_keeper_that_breaks_the_protocol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
