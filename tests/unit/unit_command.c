#include "gateway/keeper/command.h"

#include <unistd.h>

#include "gateway/base/sysio.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox.h"
#include "tests/harness/typist.h"

static struct keeperbox box;
static struct typist typist = {.fd = -1};

static int
set_up(void **state)
{
	(void)state;
	keeperbox_start(&box);
	expect_ok(command_init(&box.keeper));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	typist_leave(&typist, &box);
	free(box.keeper.commands);
	keeperbox_stop(&box);
	return 0;
}

static void
type(enum admin_type what, const struct admin_question *question)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	typist_connect(&typist, &box, "1000");
	expect_ok(admin_put_question(&body, question));
	typist_say(&typist, &box,
	    &(struct frame){.type = (uint16_t)what, .body = buf_span(&body)});
}

static void
hear(void)
{
	typist_hear(&typist, &box);
}

static bool
says(const char *pair)
{
	return strstr(typist.pairs, pair) != NULL;
}

static void
read_object(void)
{
	struct ask_answer answer;

	keeperbox_ask(&box, BOX_WORKER, &(struct keeperbox_question){.id = 1});
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
}

static const struct admin_question readmission = {
    .agreement = {(const uint8_t *)"readmission", 11}, .number = 10};

/* --- The record comes first --- */

static void
command_ask__shows_nothing_before_its_record(void **state)
{
	(void)state;
	read_object();
	type(ADMIN_SPOOL_LIST, &readmission);
	hear();
	assert_int_equal(typist.num_rows, 0);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"kind\":\"admin\""));
	assert_true(keeperbox_has(&box, "\"command\":\"spool list\""));
	assert_true(keeperbox_has(&box, "\"agreement\":\"readmission\""));
	assert_true(keeperbox_has(&box, "\"uid\":1000"));
	assert_true(keeperbox_honest(&box));
	keeperbox_settle(&box);
	hear();
	assert_int_equal(typist.num_rows, 3);
	assert_int_equal(typist.status, 0);
}

static void
command_ask__does_nothing_without_a_record(void **state)
{
	const uint8_t full = AUDIT_FULL;

	(void)state;
	read_object();
	type(ADMIN_SPOOL_DROP, &readmission);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	keeperbox_reply(&box, AUDIT_REFUSED, span_of(&full, 1), 0);
	keeperbox_settle(&box);
	hear();
	assert_int_equal(typist.status, 75);
	assert_int_equal(keeperbox_slot(&box)->state, SLOT_READY);
}

/* --- Each of them --- */

static void
command_ask__says_how_it_stands(void **state)
{
	struct buf body CLEANUP(buf_done) = {.max = 16};

	(void)state;
	read_object();
	type(ADMIN_STATUS, &(struct admin_question){.number = 0});
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_next(&box, BOX_SPOOL));
	assert_int_equal(box.got.type, OPEN_STOCK);
	expect_ok(buf_put_u64be(&body, 12345));
	expect_ok(buf_put_u64be(&body, 6));
	keeperbox_reply(&box, OPEN_STOCK_IS, buf_span(&body), 0);
	hear();
	assert_int_equal(typist.status, 0);
	assert_true(says("slots-ready 1\n"));
	assert_true(says("spool-bytes 12345\n"));
	assert_true(says("spool-slots 6\n"));
	assert_true(says("workers 2\n"));
	assert_true(says("requests-open 1\n"));
}

/* The auditor's answer about an agreement and who reads by it. */
static void
say_used(
    const char *agreement, const char *caller, const struct audit_used *used)
{
	struct buf body CLEANUP(buf_done) = {.max = 32};
	struct audit_use use;

	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_int_equal(box.got.type, AUDIT_USE);
	expect_ok(audit_read_use(box.got.body, &use));
	assert_true(span_equal_str(use.agreement, agreement));
	assert_true(span_equal_str(use.caller, caller));
	assert_int_equal(use.day, sysio_wall_ns() / 1000000000 / 86400);
	expect_ok(buf_put_u64be(&body, used->day));
	expect_ok(buf_put_u64be(&body, used->rows));
	expect_ok(buf_put_u64be(&body, used->bytes));
	expect_ok(buf_put_u64be(&body, used->requests));
	keeperbox_reply(&box, AUDIT_USED, buf_span(&body), 0);
}

/* Names of agreements: so after the record, and of none without limits. */
static void
command_ask__says_what_is_used_of_limits(void **state)
{
	struct agreement *a = box.fixture.agreements;
	const struct audit_used used = {
	    .day = 20785, .rows = 7, .bytes = 1234, .requests = 5};
	const struct audit_used some = {.day = 20785, .requests = 2};
	const struct audit_used none = {.day = 20785};

	(void)state;
	a[FIXTURE_READMISSION].limits =
	    (struct limits){.rows_per_day = 100, .requests_per_minute = 9};
	a[FIXTURE_OVERSEAS].per_caller = (struct limits){.bytes_per_day = 50};
	type(ADMIN_LIMITS, &(struct admin_question){.number = 3});
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"command\":\"status --limits\""));
	hear();
	assert_int_equal(typist.num_rows, 0);
	assert_true(keeperbox_honest(&box));
	say_used("readmission", "", &used);
	say_used("readmission", "access-key:KTRAIN", &some);
	say_used("readmission", "access-key:KGPU", &none);
	say_used("readmission", "certificate:spiffe://a/alt", &used);
	say_used("fraud-overseas", "", &used);
	say_used("fraud-overseas", "certificate:spiffe://a/fraud", &used);
	hear();
	assert_int_equal(typist.status, 0);
	assert_int_equal(typist.num_rows, 8);
	assert_string_equal(typist.rows,
	    "all rows-per-day 2026-11-29T00:00:00Z 7\n"
	    "all requests-per-minute - 5\n"
	    "access-key:KTRAIN rows-per-day 2026-11-29T00:00:00Z 0\n"
	    "access-key:KTRAIN requests-per-minute - 2\n"
	    "certificate:spiffe://a/alt rows-per-day 2026-11-29T00:00:00Z 7\n"
	    "certificate:spiffe://a/alt requests-per-minute - 5\n"
	    "all bytes-per-day 2026-11-29T00:00:00Z 1234\n"
	    "certificate:spiffe://a/fraud bytes-per-day 2026-11-29T00:00:00Z "
	    "1234\n");
	/* That is no record, of which there could be a receipt. */
	type(ADMIN_LIMITS, &(struct admin_question){.number = 3});
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_honest(&box));
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_int_equal(box.got.type, AUDIT_USE);
	assert_true(keeperbox_honest(&box));
	keeperbox_run(&box);
	assert_true(keeperbox_ended(&box, BOX_AUDITOR));
}

static void
command_ask__drops_what_is_not_busy(void **state)
{
	(void)state;
	read_object();
	type(ADMIN_SPOOL_DROP, &readmission);
	keeperbox_settle(&box);
	hear();
	assert_int_equal(typist.status, 0);
	assert_true(says("dropped 1\n"));
	/* Its reader reads on. */
	assert_int_equal(keeperbox_slot(&box)->state, SLOT_READY);
	assert_true(keeperbox_slot(&box)->evicted);
	type(ADMIN_SPOOL_DROP,
	    &(struct admin_question){.agreement = readmission.agreement,
		.object = span_str("other.csv")});
	keeperbox_settle(&box);
	hear();
	assert_int_equal(typist.status, 2);
}

/* Until the spool has let go, something lies there. */
static void
command_ask__ends_a_drop_when_it_is_gone(void **state)
{
	const uint8_t missing = ERR_NOT_FOUND;

	(void)state;
	read_object();
	type(ADMIN_SPOOL_DROP, &readmission);
	assert_true(keeperbox_until(&box, BOX_SPOOL, OPEN_REMOVE));
	hear();
	assert_int_equal(typist.status, -1);
	/* It had to go meanwhile, which is as good. */
	keeperbox_reply(&box, OPEN_FAILED, span_of(&missing, 1), 0);
	hear();
	assert_int_equal(typist.status, 0);
	assert_true(says("dropped 1\n"));
}

static void
command_ask__says_that_it_could_not_drop(void **state)
{
	const uint8_t broken = ERR_IO;

	(void)state;
	read_object();
	type(ADMIN_SPOOL_DROP, &readmission);
	assert_true(keeperbox_until(&box, BOX_SPOOL, OPEN_REMOVE));
	keeperbox_reply(&box, OPEN_FAILED, span_of(&broken, 1), 0);
	hear();
	assert_int_equal(typist.status, 1);
	assert_true(says("dropped 0\n"));
	type(ADMIN_SPOOL_DROP, &readmission);
	assert_true(keeperbox_until(&box, BOX_SPOOL, OPEN_REMOVE));
	keeperbox_lose(&box, BOX_SPOOL);
	hear();
	assert_int_equal(typist.status, 1);
}

static void
command_ask__warms_what_the_origin_has(void **state)
{
	(void)state;
	box.num_listed = 3;
	type(ADMIN_SPOOL_WARM, &readmission);
	keeperbox_settle(&box);
	hear();
	assert_int_equal(typist.status, 0);
	assert_true(says("objects 3\n"));
	assert_int_equal(box.keeper.num_slots, 3);
	type(ADMIN_SPOOL_LIST, &readmission);
	keeperbox_settle(&box);
	hear();
	assert_int_equal(typist.num_rows, 3);
}

/* --- What is so --- */

static void
list(void)
{
	type(ADMIN_SPOOL_LIST, &readmission);
	keeperbox_settle(&box);
	hear();
	assert_int_equal(typist.status, 0);
}

/* One of the three is in the spool. */
static void
fill_one(void)
{
	box.num_listed = 3;
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.id = 1, .target = "/readmission/f1.csv"});
	keeperbox_settle(&box);
	keeperbox_next(&box, BOX_WORKER);
}

static void
command_list_begin__shows_what_is_so(void **state)
{
	(void)state;
	fill_one();
	list();
	assert_string_equal(typist.rows,
	    "f0.csv not-filled \nf1.csv ready 400\nf2.csv not-filled \n");
	/* Nothing was filled for it. */
	assert_int_equal(box.num_discarded, 0);
	assert_false(keeperbox_next(&box, BOX_MILL));
	assert_true(TAILQ_EMPTY(&box.keeper.queue));
}

static void
command_list_begin__shows_the_same_after_a_restart(void **state)
{
	char before[sizeof(typist.rows)];

	(void)state;
	fill_one();
	list();
	memcpy(before, typist.rows, sizeof(before));
	typist_leave(&typist, &box);
	free(box.keeper.commands);
	keeperbox_again(&box);
	expect_ok(command_init(&box.keeper));
	list();
	assert_string_equal(typist.rows, before);
	assert_null(box.keeper.mills[0].slot);
}

/* What may not be served is not there; it stays for its next reader to mend. */
static void
command_list_begin__leaves_alone_what_it_finds(void **state)
{
	(void)state;
	fill_one();
	typist_leave(&typist, &box);
	free(box.keeper.commands);
	keeperbox_again(&box);
	expect_ok(command_init(&box.keeper));
	box.meta.data[3] ^= 1;
	list();
	assert_non_null(strstr(typist.rows, "f1.csv not-filled"));
	assert_int_not_equal(box.published[0], '\0');
	/* A reader has it filled again. */
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.id = 2, .target = "/readmission/f1.csv"});
	assert_true(keeperbox_until(&box, BOX_SPOOL, OPEN_REMOVE));
	keeperbox_honest(&box);
	keeperbox_settle(&box);
	list();
	assert_non_null(strstr(typist.rows, "f1.csv ready 400"));
}

/* Somebody who wants it comes while it is looked at. */
static void
command_list_begin__does_not_hold_up_a_reader(void **state)
{
	struct ask_answer answer;

	(void)state;
	box.num_listed = 1;
	type(ADMIN_SPOOL_LIST, &readmission);
	assert_true(keeperbox_until(&box, BOX_SPOOL, OPEN_SLOT));
	struct frame look = {.type = OPEN_FAILED, .id = box.got.id};
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.id = 1, .target = "/readmission/f0.csv"});
	assert_true(keeperbox_until(&box, BOX_ORIGIN, OPEN_LOOK));
	assert_true(keeperbox_honest(&box));
	const uint8_t missing = ERR_NOT_FOUND;
	look.body = span_of(&missing, 1);
	keeperbox_say(&box, BOX_SPOOL, &look);
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	hear();
	assert_int_equal(typist.status, 0);
	assert_int_equal(typist.num_rows, 1);
}

static void
command_list_done__forgets_in_the_middle(void **state)
{
	(void)state;
	box.num_listed = 3;
	type(ADMIN_SPOOL_LIST, &readmission);
	assert_true(keeperbox_until(&box, BOX_SPOOL, OPEN_SLOT));
	typist_leave(&typist, &box);
	assert_true(keeperbox_honest(&box));
	keeperbox_settle(&box);
	assert_int_equal(keeperbox_slot(&box)->num_holders, 0);
	assert_true(TAILQ_EMPTY(&keeperbox_slot(&box)->watches));
}

static void
command_list_begin__asks_for_all_agreements(void **state)
{
	(void)state;
	box.num_listed = 1;
	type(ADMIN_SPOOL_LIST, &(struct admin_question){.number = 0});
	keeperbox_settle(&box);
	hear();
	assert_int_equal(typist.status, 0);
	assert_int_equal(typist.num_rows, NUM_FIXTURE_AGREEMENTS);
}

static void
command_list_begin__says_that_the_spool_is_away(void **state)
{
	(void)state;
	box.num_listed = 1;
	keeperbox_lose(&box, BOX_SPOOL);
	list();
	assert_string_equal(typist.rows, "f0.csv away \n");
}

/* --- Trials --- */

/* A mill that has done nothing before takes the trial. */
static void
verify(void)
{
	read_object();
	type(ADMIN_SPOOL_VERIFY, &readmission);
	keeperbox_settle(&box);
	assert_true(keeperbox_ended(&box, BOX_MILL));
	hear();
	assert_int_equal(typist.status, -1);
	keeperbox_attach(&box, BOX_MILL);
}

static void
slot_verify_begin__finds_the_same(void **state)
{
	unsigned discarded = box.num_discarded;

	(void)state;
	verify();
	keeperbox_settle(&box);
	hear();
	assert_int_equal(typist.status, 0);
	assert_true(says("same 1\n"));
	assert_int_equal(box.num_discarded, discarded + 1);
}

static void
slot_verify_begin__finds_what_differs(void **state)
{
	(void)state;
	verify();
	box.plain_len++; /* what the mill makes of it now */
	keeperbox_settle(&box);
	hear();
	assert_int_equal(typist.status, 7);
	assert_true(says("different 1\n"));
	assert_int_equal(typist.num_rows, 1);
}

static void
slot_verify_begin__says_when_it_cannot_know(void **state)
{
	(void)state;
	verify();
	assert_true(keeperbox_until(&box, BOX_MILL, FILL_ORDER));
	keeperbox_lose(&box, BOX_MILL);
	keeperbox_settle(&box);
	hear();
	assert_int_equal(typist.status, 75);
	assert_true(says("not-verified 1\n"));
}

/* Whoever typed it has left: the trial ends all the same. */
static void
slot_verify_begin__outlives_its_command(void **state)
{
	(void)state;
	verify();
	assert_true(keeperbox_until(&box, BOX_MILL, FILL_ORDER));
	sysio_close(&typist.fd);
	assert_true(keeperbox_honest(&box));
	keeperbox_settle(&box);
	assert_true(TAILQ_EMPTY(&box.keeper.queue));
}

/* --- What is no question --- */

static void
command_ask__ends_who_asks_wrongly(void **state)
{
	static const struct {
		uint16_t type;
		size_t len;
	} rows[] = {
	    {0, 12}, {ADMIN_LINE, 12}, {ADMIN_END, 12}, {60, 12},
	    {ADMIN_STATUS, 11}, {ADMIN_STATUS, 13},
	    {ADMIN_SPOOL_DROP, 12}, /* of no agreement */
	    {ADMIN_SPOOL_LIST, 2000},
	    {ADMIN_TRANSFORM, 40}, /* without descriptors */
	    {ADMIN_TAKEN, 9},	   /* of nothing */
	};
	static const uint8_t zero[2000];
	static uint8_t bytes[FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frame frame;
		typist_connect(&typist, &box, "0");
		typist_say(&typist, &box,
		    &(struct frame){.type = rows[i].type,
			.body = span_of(zero, rows[i].len)});
		expect_err(CLOSED, frame_recv(typist.fd, bytes, &frame));
	}
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
}

/* More at once than there are places: the first makes room. */
static void
command_begin__takes_the_place_of_another(void **state)
{
	(void)state;
	type(ADMIN_SPOOL_LIST, &readmission);
	int first = typist.fd;
	typist.fd = -1;
	type(ADMIN_SPOOL_LIST, &readmission);
	keeperbox_settle(&box);
	hear();
	assert_int_equal(typist.status, 0);
	close(first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(command_ask__shows_nothing_before_its_record),
	    TEST(command_ask__does_nothing_without_a_record),
	    TEST(command_ask__says_how_it_stands),
	    TEST(command_ask__says_what_is_used_of_limits),
	    TEST(command_ask__drops_what_is_not_busy),
	    TEST(command_ask__ends_a_drop_when_it_is_gone),
	    TEST(command_ask__says_that_it_could_not_drop),
	    TEST(command_ask__warms_what_the_origin_has),
	    TEST(command_list_begin__shows_what_is_so),
	    TEST(command_list_begin__shows_the_same_after_a_restart),
	    TEST(command_list_begin__leaves_alone_what_it_finds),
	    TEST(command_list_begin__does_not_hold_up_a_reader),
	    TEST(command_list_done__forgets_in_the_middle),
	    TEST(command_list_begin__asks_for_all_agreements),
	    TEST(command_list_begin__says_that_the_spool_is_away),
	    TEST(slot_verify_begin__finds_the_same),
	    TEST(slot_verify_begin__finds_what_differs),
	    TEST(slot_verify_begin__says_when_it_cannot_know),
	    TEST(slot_verify_begin__outlives_its_command),
	    TEST(command_ask__ends_who_asks_wrongly),
	    TEST(command_begin__takes_the_place_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
