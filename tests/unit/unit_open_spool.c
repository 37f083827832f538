#include "gateway/opener/open_serve.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
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
	SPOOL_MAX = 100000
};

#define GENERATION "000102030405060708090a0b0c0d0e0f"
#define OTHER "ff0102030405060708090a0b0c0d0e0f"
#define THIRD "ee0102030405060708090a0b0c0d0e0f"
#define SLOT GENERATION GENERATION
#define SLOT_2 OTHER OTHER
#define SLOT_3 OTHER GENERATION

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

/* --- The spool --- */

/* A new filling, with these box.bytes; the writer stays open in *out_writer. */
static void
create(const char *generation, const char *text, int *out_writer)
{
	openerbox_tell_create(&box, generation, 0);
	openerbox_hear(&box, OPEN_CREATED);
	assert_int_equal(box.got.num_fds, 2);
	*out_writer = frame_take_fd(&box.got, 0);
	assert_int_equal(fcntl(*out_writer, F_GETFL) & O_ACCMODE, O_WRONLY);
	assert_int_equal(write(*out_writer, text, strlen(text)), strlen(text));
	/* The other one may follow. */
	openerbox_expect_content(box.got.fds[1], text);
}

static void
expect_slot(const char *text, const char *meta, bool hashed)
{
	uint8_t digest[32] = {0};
	struct open_slot slot;

	openerbox_hear(&box, OPEN_SLOT_IS);
	assert_int_equal(box.got.num_fds, 1);
	expect_ok(open_take_slot(&slot, box.got.body));
	if (hashed)
		expect_ok(hash_sha256(digest, span_str(text)));
	assert_memory_equal(slot.sha256, digest, 32);
	assert_int_equal(slot.len, strlen(text));
	assert_true(span_equal_str(slot.meta, meta));
	openerbox_expect_content(box.got.fds[0], text);
}

static void
open_serve__publishes_what_nobody_can_write_any_more(void **state)
{
	int writer;

	(void)state;
	openerbox_start(&box, NULL, SPOOL_MAX);
	openerbox_tell_fields(&box, OPEN_SLOT, SLOT, NULL, NULL);
	openerbox_hear_failure(&box, ERR_NOT_FOUND);
	create(GENERATION, "payload", &writer);
	/* The lease is not to be had while there is a writer. */
	openerbox_tell_fields(&box, OPEN_PUBLISH, GENERATION, SLOT, "meta");
	openerbox_hear_failure(&box, ERR_DENIED);
	openerbox_tell_fields(&box, OPEN_SLOT, SLOT, NULL, NULL);
	openerbox_hear_failure(&box, ERR_NOT_FOUND);
	close(writer);
	openerbox_tell_fields(&box, OPEN_PUBLISH, GENERATION, SLOT, "meta");
	expect_slot("payload", "meta", true);
	openerbox_tell_fields(&box, OPEN_SLOT, SLOT, NULL, NULL);
	expect_slot("payload", "meta", false);
	/* It is published: there is no filling of that name any more. */
	openerbox_tell_fields(&box, OPEN_PUBLISH, GENERATION, SLOT, "meta");
	openerbox_hear_failure(&box, ERR_NOT_FOUND);
	create(OTHER, "another", &writer);
	close(writer);
	openerbox_tell_fields(&box, OPEN_PUBLISH, OTHER, SLOT, "meta");
	openerbox_hear_failure(&box, ERR_EXISTS);
	openerbox_tell_fields(&box, OPEN_SLOT, SLOT, NULL, NULL);
	expect_slot("payload", "meta", false);
	openerbox_expect_end(&box, ERR_CLOSED);
}

static void
open_serve__discards_a_filling_with_its_writer(void **state)
{
	int writer;

	(void)state;
	openerbox_start(&box, NULL, SPOOL_MAX);
	create(GENERATION, "half", &writer);
	openerbox_tell_create(&box, GENERATION, 0);
	openerbox_hear_failure(&box, ERR_EXISTS);
	openerbox_tell_fields(&box, OPEN_DISCARD, GENERATION, NULL, NULL);
	openerbox_hear(&box, OPEN_DISCARDED);
	assert_int_equal(box.got.body.len, 0);
	assert_int_equal(faccessat(box.dir, "tmp/" GENERATION, F_OK, 0), -1);
	close(writer);
	openerbox_tell_fields(&box, OPEN_PUBLISH, GENERATION, SLOT, "meta");
	openerbox_hear_failure(&box, ERR_NOT_FOUND);
	openerbox_tell_fields(&box, OPEN_DISCARD, GENERATION, NULL, NULL);
	openerbox_hear(&box, OPEN_DISCARDED);
	openerbox_expect_end(&box, ERR_CLOSED);
}

/* Another generation's keeper finds the slots, and not the fillings, of the
 * one before it, which leaves nothing half made behind. */
static void
open_serve__parts_with_one_of_two_keepers(void **state)
{
	int pair[2], writer;

	(void)state;
	openerbox_start(&box, NULL, SPOOL_MAX);
	create(GENERATION, "half", &writer);
	expect_ok(frame_pair(pair));
	expect_ok(control_send_item(
	    box.control, "keeper", 0, span_of(NULL, 0), pair[1]));
	close(pair[1]);
	int first = box.keeper;
	box.keeper = pair[0];
	openerbox_tell_fields(&box, OPEN_PUBLISH, GENERATION, SLOT, "meta");
	openerbox_hear_failure(&box, ERR_NOT_FOUND);
	close(first);
	for (int tries = 0; tries < 1000 &&
	     faccessat(box.dir, "tmp/" GENERATION, F_OK, 0) == 0;
	     tries++)
		usleep(10000);
	assert_int_equal(faccessat(box.dir, "tmp/" GENERATION, F_OK, 0), -1);
	close(writer);
	create(OTHER, "whole", &writer);
	close(writer);
	openerbox_tell_fields(&box, OPEN_PUBLISH, OTHER, SLOT, "meta");
	openerbox_hear(&box, OPEN_SLOT_IS);
	openerbox_expect_end(&box, ERR_CLOSED);
}

static void
open_serve__has_so_many_fillings_at_once(void **state)
{
	char name[40];

	(void)state;
	openerbox_start(&box, NULL, SPOOL_MAX);
	for (int i = 0; i <= OPEN_SERVE_MAX_FILLS; i++) {
		(void)snprintf(name, sizeof(name), "%032x", i + 1);
		openerbox_tell_create(&box, name, 0);
		if (i < OPEN_SERVE_MAX_FILLS)
			openerbox_hear(&box, OPEN_CREATED);
		else
			openerbox_hear_failure(&box, ERR_NO_SPACE);
	}
	openerbox_tell_fields(
	    &box, OPEN_DISCARD, "00000000000000000000000000000001", NULL, NULL);
	openerbox_hear(&box, OPEN_DISCARDED);
	openerbox_tell_create(&box, name, 0);
	openerbox_hear(&box, OPEN_CREATED);
	openerbox_expect_end(&box, ERR_CLOSED);
}

static void
open_serve__a_full_spool_takes_no_more(void **state)
{
	static char big[SPOOL_MAX + 1];
	int writer;

	(void)state;
	memset(big, 'x', sizeof(big));
	openerbox_start(&box, NULL, SPOOL_MAX);
	openerbox_tell_create(&box, GENERATION, 0);
	openerbox_hear(&box, OPEN_CREATED);
	writer = frame_take_fd(&box.got, 0);
	assert_int_equal(write(writer, big, sizeof(big)), sizeof(big));
	close(writer);
	openerbox_tell_fields(&box, OPEN_PUBLISH, GENERATION, SLOT, "meta");
	openerbox_hear_failure(&box, ERR_NO_SPACE);
	openerbox_tell_fields(&box, OPEN_SLOT, SLOT, NULL, NULL);
	openerbox_hear_failure(&box, ERR_NOT_FOUND);
	openerbox_expect_end(&box, ERR_CLOSED);
}

static void
expect_stock(uint64_t len, uint64_t num)
{
	struct buf wanted CLEANUP(buf_done) = {.max = 16};

	expect_ok(buf_put_u64be(&wanted, len));
	expect_ok(buf_put_u64be(&wanted, num));
	openerbox_tell(&box, OPEN_STOCK, span_of(NULL, 0));
	openerbox_hear(&box, OPEN_STOCK_IS);
	assert_true(span_equal(box.got.body, buf_span(&wanted)));
}

/* Unasked. */
static void
hear_evicted(const char *slot)
{
	struct span name;
	uint64_t id = box.last_id;

	box.last_id = 0;
	openerbox_hear(&box, OPEN_EVICTED);
	box.last_id = id;
	expect_ok(open_take_name(&box.got.body, &name));
	assert_true(span_equal_str(name, slot));
}

static void
put_slot(const char *generation, const char *slot)
{
	int writer;

	create(generation, "payload", &writer);
	close(writer);
	openerbox_tell_fields(&box, OPEN_PUBLISH, generation, slot, "meta");
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
	openerbox_start(&box, NULL, SPOOL_MAX);
	put_slot(GENERATION, SLOT);
	put_slot(OTHER, SLOT_2);
	expect_stock(22, 2);
	openerbox_tell_fields(&box, OPEN_USED, SLOT, NULL, NULL);
	openerbox_tell_create(&box, GENERATION, 0);
	openerbox_hear(&box, OPEN_CREATED);
	writer = frame_take_fd(&box.got, 0);
	assert_int_equal(write(writer, big, sizeof(big)), sizeof(big));
	close(writer);
	openerbox_tell_fields(&box, OPEN_PUBLISH, GENERATION, SLOT_3, "meta");
	hear_evicted(SLOT_2);
	openerbox_hear(&box, OPEN_SLOT_IS);
	expect_stock(sizeof(big) + 4 + 11, 2);
	/* An estimate takes a quarter at most. */
	openerbox_tell_create(&box, OTHER, UINT64_MAX);
	hear_evicted(SLOT);
	hear_evicted(SLOT_3);
	openerbox_hear(&box, OPEN_CREATED);
	openerbox_tell_fields(&box, OPEN_REMOVE, SLOT_3, NULL, NULL);
	openerbox_hear_failure(&box, ERR_NOT_FOUND);
	expect_stock(0, 0);
	openerbox_expect_end(&box, ERR_CLOSED);
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
			openerbox_start(&box, NULL, SPOOL_MAX);
			openerbox_tell_fields(
			    &box, types[j], names[i], NULL, NULL);
			openerbox_expect_end(&box,
			    strlen(names[i]) > OPEN_MAX_NAME ? ERR_TOO_BIG
							     : ERR_MALFORMED);
		}
		/* The second name of two. */
		openerbox_start(&box, NULL, SPOOL_MAX);
		openerbox_tell_fields(
		    &box, OPEN_PUBLISH, GENERATION, names[i], "meta");
		openerbox_expect_end(&box,
		    strlen(names[i]) > OPEN_MAX_NAME ? ERR_TOO_BIG
						     : ERR_MALFORMED);
	}
	/* A slot's name is no generation, and the other way. */
	openerbox_start(&box, NULL, SPOOL_MAX);
	openerbox_tell_create(&box, SLOT, 0);
	openerbox_expect_end(&box, ERR_MALFORMED);
	openerbox_start(&box, NULL, SPOOL_MAX);
	openerbox_tell_fields(&box, OPEN_SLOT, GENERATION, NULL, NULL);
	openerbox_expect_end(&box, ERR_MALFORMED);
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
	    {"*", OPEN_LOOK, 3, ERR_TRUNCATED},
	    {"*", OPEN_LOOK, 5, ERR_MALFORMED},
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
		openerbox_start(&box, rows[i].pattern, SPOOL_MAX);
		openerbox_tell(&box, rows[i].type, span_of(zero, rows[i].len));
		openerbox_expect_end(&box, rows[i].code);
	}
	/* Right, but for a field behind it, or a descriptor with it. */
	openerbox_start(&box, NULL, SPOOL_MAX);
	openerbox_tell_fields(&box, OPEN_CREATE, GENERATION, "x", "");
	openerbox_expect_end(&box, ERR_MALFORMED);
	openerbox_start(&box, NULL, SPOOL_MAX);
	openerbox_tell_fields(&box, OPEN_PUBLISH, GENERATION, SLOT, NULL);
	openerbox_expect_end(&box, ERR_TRUNCATED);
	openerbox_start(&box, "*", SPOOL_MAX);
	struct frame list = {.type = OPEN_LIST, .fds = {box.dir}, .num_fds = 1};
	expect_ok(frame_send(box.keeper, &list));
	openerbox_expect_end(&box, ERR_MALFORMED);
}

/* What is being filled, what lies there, and which of that has to go first. */
static void
open_serve__hands_a_spool_over(void **state)
{
	const uint64_t max = 3 * strlen("payload") + 3 * strlen("meta");
	int first;

	(void)state;
	openerbox_start(&box, NULL, max);
	put_slot(GENERATION, SLOT);
	put_slot(OTHER, SLOT_2);
	/* By its use the older one is the younger one. */
	openerbox_tell_fields(&box, OPEN_USED, SLOT, NULL, NULL);
	create(THIRD, "pay", &first);

	/* A question that nobody has heard yet. */
	(void)kill(box.pid, SIGSTOP);
	openerbox_tell_fields(&box, OPEN_SLOT, SLOT_2, NULL, NULL);
	(void)kill(box.pid, SIGCONT);
	openerbox_take_place(&box, max);
	expect_slot("payload", "meta", false);
	openerbox_tell_fields(&box, OPEN_USED, SLOT, NULL, NULL);

	assert_int_equal(write(first, "load", 4), 4);
	close(first);
	openerbox_take_place(&box, max);
	openerbox_tell_fields(&box, OPEN_PUBLISH, THIRD, SLOT_3, "meta");
	expect_slot("payload", "meta", true);
	expect_stock(max, 3);
	/* One more than there is room for: the one that was not used goes. */
	openerbox_tell_create(&box, GENERATION, strlen("payload"));
	hear_evicted(SLOT_2);
	openerbox_hear(&box, OPEN_CREATED);
	openerbox_expect_end(&box, ERR_CLOSED);
}

/* An heir who is gone before he has anything changes nothing. */
static void
open_serve__goes_on_when_its_heir_is_gone(void **state)
{
	int hands[2], writer;

	(void)state;
	openerbox_start(&box, NULL, SPOOL_MAX);
	create(GENERATION, "payload", &writer);
	close(writer);
	expect_ok(frame_pair(hands));
	close(hands[1]);
	expect_ok(control_send_item(
	    box.control, "heir", 0, span_of(NULL, 0), hands[0]));
	close(hands[0]);
	openerbox_tell_fields(&box, OPEN_PUBLISH, GENERATION, SLOT, "meta");
	expect_slot("payload", "meta", true);
	openerbox_expect_end(&box, ERR_CLOSED);
}

/* Two never have it: whoever comes beside ends. */
static void
open_serve__is_alone(void **state)
{
	static struct open_serve second;

	(void)state;
	openerbox_start(&box, NULL, SPOOL_MAX);
	openerbox_tell(&box, OPEN_STOCK, span_of(NULL, 0));
	openerbox_hear(&box, OPEN_STOCK_IS);
	expect_err(EXISTS, open_serve_init_spool(&second, box.dir, SPOOL_MAX));
	openerbox_expect_end(&box, ERR_CLOSED);
	expect_ok(open_serve_init_spool(&second, box.dir, SPOOL_MAX));
	spool_dir_done(&second.spool);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(open_serve__publishes_what_nobody_can_write_any_more),
	    TEST(open_serve__discards_a_filling_with_its_writer),
	    TEST(open_serve__parts_with_one_of_two_keepers),
	    TEST(open_serve__has_so_many_fillings_at_once),
	    TEST(open_serve__a_full_spool_takes_no_more),
	    TEST(open_serve__tells_what_had_to_go),
	    TEST(open_serve__hands_a_spool_over),
	    TEST(open_serve__goes_on_when_its_heir_is_gone),
	    TEST(open_serve__is_alone),
	    TEST(open_serve__takes_no_other_name),
	    TEST(open_serve__ends_a_keeper_that_breaks_the_protocol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
