#include "gateway/opener/open_serve.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/encode.h"
#include "crypto/hash.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/control.h"
#include "gateway/ipc/open.h"
#include "tests/harness/expect.h"
#include "tests/harness/openerbox.h"

enum {
	SPOOL_MAX = 100000,
	NUM_MANY = 1300
};

static struct openerbox box;

static int
set_up(void **state)
{
	(void)state;
	return openerbox_init(&box);
}

static int
tear_down(void **state)
{
	(void)state;
	return openerbox_done(&box);
}

/* --- An origin --- */

static void
take_file(struct open_file *out)
{
	struct span body = box.got.body;

	expect_ok(open_take_file(&body, out));
	expect_ok(span_end(body));
}

static void
open_serve__opens_files_for_reading(void **state)
{
	struct open_file file, again;

	(void)state;
	openerbox_write_file(&box, "a.csv", "x,y\n");
	openerbox_start(&box, "*.csv", SPOOL_MAX);
	openerbox_tell_fields(&box, OPEN_SOURCE, "a.csv", NULL, NULL);
	openerbox_hear(&box, OPEN_SOURCE_IS);
	assert_int_equal(box.got.num_fds, 1);
	take_file(&file);
	assert_int_equal(file.len, 4);
	assert_true(file.modified > 1700000000);
	openerbox_expect_content(box.got.fds[0], "x,y\n");
	/* The version is of what is there now; to know it takes no descriptor.
	 */
	openerbox_tell_fields(&box, OPEN_LOOK, "a.csv", NULL, NULL);
	openerbox_hear(&box, OPEN_LOOKED);
	assert_int_equal(box.got.num_fds, 0);
	take_file(&again);
	assert_memory_equal(&file, &again, sizeof(file));
	openerbox_write_file(&box, "a.csv", "x,y\n1,2\n");
	openerbox_tell_fields(&box, OPEN_LOOK, "a.csv", NULL, NULL);
	openerbox_hear(&box, OPEN_LOOKED);
	take_file(&again);
	assert_memory_not_equal(file.version, again.version, 32);
	openerbox_expect_end(&box, ERR_CLOSED);
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
	openerbox_write_file(&box, "a.csv", "1");
	assert_int_equal(mkdirat(box.dir, "in", 0700), 0);
	openerbox_write_file(&box, "in/b.csv", "2");
	assert_int_equal(mkdirat(box.dir, "in/in", 0700), 0);
	assert_int_equal(symlinkat("b.csv", box.dir, "in/link"), 0);
	assert_int_equal(symlinkat("/etc", box.dir, "out"), 0);
	assert_int_equal(mkfifoat(box.dir, "in/fifo", 0600), 0);
	openerbox_start(&box, "*/*", SPOOL_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		openerbox_tell_fields(&box,
		    i % 2 == 0 ? OPEN_SOURCE : OPEN_LOOK, rows[i].key, NULL,
		    NULL);
		openerbox_hear(&box, OPEN_FAILED);
		assert_int_equal(box.got.num_fds, 0);
		if (open_failed(box.got.body).code != rows[i].code)
			fail_msg("%s: %d", rows[i].key,
			    (int)open_failed(box.got.body).code);
	}
	/* NUL is a byte like others, and no key has it. */
	openerbox_tell(&box, OPEN_SOURCE, span_of("\0\0\0\5a\0csv", 9));
	openerbox_hear_failure(&box, ERR_MALFORMED);
	openerbox_tell_fields(&box, OPEN_SOURCE, "in/b.csv", NULL, NULL);
	openerbox_hear(&box, OPEN_SOURCE_IS);
	openerbox_expect_content(box.got.fds[0], "2");
	openerbox_expect_end(&box, ERR_CLOSED);
}

/* The next frame of a listing: its files behind those before. */
static bool
take_listed(char *previous, size_t size, unsigned *num_files)
{
	struct span body = box.got.body, key;
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
		openerbox_write_file(&box, name, "1");
	}
	openerbox_write_file(&box, "other.txt", "1");
	openerbox_write_file(&box, "_hidden.csv", "1");
	openerbox_start(&box, "*.csv", SPOOL_MAX);
	openerbox_tell(&box, OPEN_LIST, span_of(NULL, 0));
	for (openerbox_hear(&box, OPEN_LISTED);
	     !take_listed(previous, sizeof(previous), &num_files);
	     openerbox_hear(&box, OPEN_LISTED))
		num_frames++;
	assert_int_equal(num_files, NUM_MANY);
	assert_true(num_frames >= 3);
	/* Nothing comes behind the last one; what it left out, none opens. */
	openerbox_tell_fields(&box, OPEN_SOURCE, "other.txt", NULL, NULL);
	openerbox_hear_failure(&box, ERR_NOT_FOUND);
	openerbox_expect_end(&box, ERR_CLOSED);
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
		openerbox_write_file(&box, name, "1");
	}
	openerbox_start(&box, "*.csv", SPOOL_MAX);
	uint64_t first = box.last_id + 1;
	for (int i = 0; i < 40; i++)
		openerbox_tell(&box, OPEN_LIST, span_of(NULL, 0));
	usleep(100000);
	box.last_id = first;
	for (int i = 0; i < 40; i++, box.last_id++) {
		previous[0] = '\0';
		do
			openerbox_hear(&box, OPEN_LISTED);
		while (!take_listed(previous, sizeof(previous), &num_files));
	}
	assert_int_equal(num_files, 40 * NUM_MANY);
	openerbox_expect_end(&box, ERR_CLOSED);
}

static void
open_serve__an_empty_listing_is_a_frame_too(void **state)
{
	unsigned num_files = 0;
	char previous[64] = "";

	(void)state;
	openerbox_start(&box, "*.csv", SPOOL_MAX);
	openerbox_tell(&box, OPEN_LIST, span_of(NULL, 0));
	openerbox_hear(&box, OPEN_LISTED);
	assert_true(take_listed(previous, sizeof(previous), &num_files));
	assert_int_equal(num_files, 0);
	openerbox_expect_end(&box, ERR_CLOSED);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
