/* The keeper's side of the mills: what a slot makes of what they say. */
#include "gateway/keeper/slot_fill.h"

#include "crypto/age_stream.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox_fill.h"

static struct keeperbox box;
static const struct keeperbox_question object = {.id = 1};

static int
set_up(void **state)
{
	(void)state;
	keeperbox_start(&box);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	keeperbox_stop(&box);
	return 0;
}

static void
say_failed(enum err_code code)
{
	struct buf body CLEANUP(buf_done) = {.max = 1024};
	struct fill_failed failed = {.code = (uint8_t)code,
	    .why = span_str("csv: a field too many"),
	    .record = 12};

	expect_ok(fill_put_failed(&body, &failed));
	keeperbox_say(&box, BOX_MILL,
	    &(struct frame){.type = FILL_FAILED, .body = buf_span(&body)});
}

static void
slot_fill__ends_with_its_mill(void **state)
{
	static const unsigned steps[] = {
	    BOX_STEP_CREATE, BOX_STEP_FILL_SOURCE, BOX_STEP_ORDER};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		keeperbox_ask_to(&box, &object, steps[i]);
		keeperbox_lose(&box, BOX_MILL);
		keeperbox_expect_ended(&box, SLOT_AWAY);
		keeperbox_settle(&box);
		assert_int_equal(box.num_discarded, 1);
		keeperbox_refused(&box, BOX_WORKER, ASK_ORIGIN_AWAY);
		keeperbox_attach(&box, BOX_MILL);
		keeperbox_expect_grant(&box);
		keeperbox_restart(&box);
	}
}

static void
slot_fill__needs_no_mill_once_it_is_full(void **state)
{
	struct ask_answer answer;

	(void)state;
	keeperbox_ask_to(&box, &object, BOX_STEP_AGAIN);
	enum keeperbox_peer at = box.at;
	keeperbox_lose(&box, BOX_MILL);
	box.at = at;
	assert_true(keeperbox_honest(&box));
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
}

/* The mill reports now and then for longer than it may be silent; then it is
 * silent. */
static void
slot_fill__ends_with_a_mill_that_stalls(void **state)
{
	(void)state;
	box.keeper.stall_ms = 400;
	keeperbox_ask_to(&box, &object, BOX_STEP_ORDER);
	for (size_t i = 0; i < 6; i++) {
		keeperbox_say_number(&box, BOX_MILL, FILL_PROGRESS, 0);
		keeperbox_wait(&box, 100);
		assert_int_equal(keeperbox_slot(&box)->state, SLOT_FILLING);
	}
	for (size_t i = 0; i < 100 && box.keeper.mills[0].slot != NULL; i++)
		keeperbox_wait(&box, 100);
	assert_true(keeperbox_ended(&box, BOX_MILL));
	keeperbox_expect_ended(&box, SLOT_AWAY);
	keeperbox_settle(&box);
	keeperbox_refused(&box, BOX_WORKER, ASK_ORIGIN_AWAY);
	keeperbox_attach(&box, BOX_MILL);
	keeperbox_expect_grant(&box);
}

/* It is the opener that says nothing: the mill is there for others. */
static void
slot_fill__ends_with_an_opener_that_stalls(void **state)
{
	(void)state;
	box.keeper.stall_ms = 1;
	keeperbox_ask_to(&box, &object, BOX_STEP_CREATE);
	for (size_t i = 0; i < 100 && box.keeper.mills[0].slot != NULL; i++)
		keeperbox_wait(&box, 100);
	keeperbox_expect_ended(&box, SLOT_AWAY);
	assert_false(keeperbox_ended(&box, BOX_MILL));
}

static void
slot_fill__ends_a_mill_that_reports_for_ever(void **state)
{
	size_t num = 0;

	(void)state;
	keeperbox_ask_to(&box, &object, BOX_STEP_ORDER);
	while (box.keeper.mills[0].slot != NULL && num++ < 100000)
		keeperbox_say_number(&box, BOX_MILL, FILL_PROGRESS, 0);
	assert_true(keeperbox_ended(&box, BOX_MILL));
	assert_true(num < 100000);
	keeperbox_expect_ended(&box, SLOT_AWAY);
}

static void
slot_fill__waits_for_a_mill(void **state)
{
	struct ask_answer answer;

	(void)state;
	keeperbox_lose(&box, BOX_MILL);
	keeperbox_ask(&box, BOX_WORKER, &object);
	keeperbox_settle(&box);
	assert_int_equal(keeperbox_slot(&box)->state, SLOT_QUEUED);
	keeperbox_attach(&box, BOX_MILL_2);
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
}

static void
slot_fill_failed__a_bad_file_stays_bad(void **state)
{
	(void)state;
	keeperbox_ask_to(&box, &object, BOX_STEP_ORDER);
	say_failed(ERR_MALFORMED);
	keeperbox_expect_ended(&box, SLOT_BAD);
	keeperbox_settle(&box);
	assert_int_equal(box.num_discarded, 1);
	keeperbox_refused(&box, BOX_WORKER, ASK_BAD_SOURCE);
	/* Asked again, nobody is troubled with it but the origin. */
	keeperbox_ask_to(&box, &object, BOX_STEP_SOURCE);
	assert_true(keeperbox_honest(&box));
	assert_false(keeperbox_next(&box, BOX_SPOOL));
	keeperbox_settle(&box);
	keeperbox_refused(&box, BOX_WORKER, ASK_BAD_SOURCE);
	assert_int_equal(box.num_denied, 2);
}

static void
slot_fill_failed__what_was_away_is_tried_again(void **state)
{
	static const enum err_code codes[] = {
	    ERR_IO, ERR_NO_MEMORY, ERR_NO_SPACE, ERR_UNAVAILABLE};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		keeperbox_ask_to(&box, &object, BOX_STEP_ORDER);
		say_failed(codes[i]);
		keeperbox_expect_ended(&box, SLOT_AWAY);
		keeperbox_settle(&box);
		keeperbox_refused(&box, BOX_WORKER, ASK_ORIGIN_AWAY);
	}
	keeperbox_expect_grant(&box);
}

/* The length whose payload has 2^64 bytes and `rest` more. */
static uint64_t
wraps_to(uint64_t rest)
{
	uint64_t plain_len = UINT64_MAX / (AGE_CHUNK + AGE_TAG) * AGE_CHUNK;

	for (int i = 0; i < 8; i++)
		plain_len -= age_payload_len(plain_len) - rest;
	return plain_len;
}

static void
slot_fill_done__lengths_have_to_fit(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++) {
		keeperbox_ask_to(&box, &object, BOX_STEP_ORDER);
		struct fill_order order;
		expect_ok(fill_take_order(&order, box.got.body));
		uint64_t head = order.header.len;
		struct fill_done done = {
		    .plain_len = 400, .slot_len = head + age_payload_len(400)};
		if (i == 0)
			done.slot_len++;
		else if (i == 1)
			done.slot_len--;
		else if (i == 2)
			done.plain_len++;
		else if (i == 3) /* less than it said */
			keeperbox_say_number(
			    &box, BOX_MILL, FILL_PROGRESS, done.slot_len + 1);
		else if (i == 4) /* adds up, and is far too much */
			done.slot_len = head +
			    age_payload_len(done.plain_len = UINT64_C(1) << 40);
		else { /* so large that its payload's length is 400 again */
			done.plain_len = wraps_to(400);
			done.slot_len = head + age_payload_len(done.plain_len);
			assert_int_equal(done.slot_len, head + 400);
		}
		keeperbox_say_filled(&box, &done);
		assert_true(keeperbox_ended(&box, BOX_MILL));
		keeperbox_expect_ended(&box, SLOT_AWAY);
		keeperbox_settle(&box);
		/* One had its record on the way already, to follow it. */
		keeperbox_refused(
		    &box, BOX_WORKER, i == 3 ? ASK_SLOW_DOWN : ASK_ORIGIN_AWAY);
		assert_int_equal(box.keeper.num_asks, 0);
		keeperbox_attach(&box, BOX_MILL);
	}
	keeperbox_expect_grant(&box);
}

static void
slot_fill_progress__goes_forward_and_has_an_end(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		keeperbox_ask_to(&box, &object, BOX_STEP_ORDER);
		keeperbox_say_number(&box, BOX_MILL, FILL_PROGRESS, 300);
		keeperbox_say_number(&box, BOX_MILL, FILL_PROGRESS, 300);
		assert_false(keeperbox_ended(&box, BOX_MILL));
		keeperbox_say_number(&box, BOX_MILL, FILL_PROGRESS,
		    i == 0	 ? 299
			: i == 1 ? UINT64_MAX
				 : box.file.len * 32 + (1 << 20) + 1);
		assert_true(keeperbox_ended(&box, BOX_MILL));
		keeperbox_expect_ended(&box, SLOT_AWAY);
		keeperbox_restart(&box);
	}
}

static void
slot_fill__a_mill_may_not_speak_before_its_order(void **state)
{
	static const uint16_t types[] = {FILL_PROGRESS, FILL_DONE};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		keeperbox_ask_to(&box, &object, BOX_STEP_FILL_SOURCE);
		enum keeperbox_peer at = box.at;
		if (types[i] == FILL_PROGRESS)
			keeperbox_say_number(
			    &box, BOX_MILL, FILL_PROGRESS, 100);
		else
			keeperbox_say_filled(&box,
			    &(struct fill_done){.plain_len = 0,
				.slot_len = age_payload_len(0)});
		assert_true(keeperbox_ended(&box, BOX_MILL));
		keeperbox_expect_ended(&box, SLOT_AWAY);
		box.at = at;
		keeperbox_restart(&box);
	}
	/* An idle one is not listened to, but may have crossed our giving up.
	 */
	keeperbox_say_number(&box, BOX_MILL, FILL_PROGRESS, 1);
	say_failed(ERR_IO);
	assert_false(keeperbox_ended(&box, BOX_MILL));
	assert_null(keeperbox_slot(&box));
}

static void
slot_fill__ends_a_mill_that_talks_nonsense(void **state)
{
	static const uint8_t bytes[2000];
	const struct frame frames[] = {
	    {.type = FILL_PROGRESS, .body = span_of(bytes, 7)},
	    {.type = FILL_PROGRESS, .body = span_of(bytes, 9)},
	    {.type = FILL_DONE},
	    {.type = FILL_DONE, .body = span_of(bytes, 2000)},
	    {.type = FILL_FAILED},
	    {.type = FILL_FAILED, .body = span_of(bytes, 2000)},
	    {.type = FILL_ORDER},
	    {.type = FILL_PROGRESS, .body = span_of(bytes, 8), .num_fds = 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		keeperbox_ask_to(&box, &object, BOX_STEP_ORDER);
		keeperbox_say(&box, BOX_MILL, &frames[i]);
		assert_true(keeperbox_ended(&box, BOX_MILL));
		keeperbox_expect_ended(&box, SLOT_AWAY);
		keeperbox_restart(&box);
	}
}

/* A mill knows one plan in its life: for another one it is let go. */
static void
slot_fill__a_mill_serves_one_plan(void **state)
{
	struct ask_answer answer;

	(void)state;
	keeperbox_expect_grant(&box);
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.id = 2, .target = "/fraud/a.csv.age", .fraud = true});
	keeperbox_settle(&box);
	assert_true(keeperbox_ended(&box, BOX_MILL));
	keeperbox_attach(&box, BOX_MILL);
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	/* Bound to that plan now: the next object of it needs no other. */
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.id = 3, .target = "/fraud/b.csv.age", .fraud = true});
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	assert_false(keeperbox_ended(&box, BOX_MILL));
}

/* A table that makes the plan longer than a frame. */
static void
lengthen_plan(void)
{
	static struct group_table tables[2];
	static struct group_row rows[5000];
	static char values[5000][8];

	for (size_t i = 0; i < 5000; i++) {
		snprintf(values[i], sizeof(values[i]), "C%04zu", i);
		rows[i] = (struct group_row){
		    span_str(values[i]), span_str("a chapter of its own")};
	}
	memcpy(tables, box.keeper.policy.tables, sizeof(tables));
	tables[1].rows = rows;
	tables[1].num_rows = 5000;
	box.keeper.policy.tables = tables;
}

static void
slot_fill__gives_a_mill_its_plan_once(void **state)
{
	struct ask_answer answer;
	struct plan plan;
	struct arena arena;

	(void)state;
	lengthen_plan();
	keeperbox_ask_to(&box, &object, BOX_STEP_ORDER);
	assert_true(box.plan.len > FRAME_MAX_BODY);
	assert_int_equal(box.num_pieces,
	    (box.plan.len + FILL_MAX_PIECE - 1) / FILL_MAX_PIECE);
	assert_true(span_equal(buf_span(&box.plan),
	    buf_span(&box.compiled[FIXTURE_READMISSION].bytes)));
	arena_init(&arena, 64 << 20);
	expect_ok(plan_decode(&plan, &arena, buf_span(&box.plan)));
	assert_int_equal(plan.tables[0].num_rows, 5000);
	arena_done(&arena);
	assert_true(keeperbox_honest(&box));
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	/* It has it for the next one. */
	unsigned before = box.num_pieces;
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.id = 2, .target = "/readmission/b.csv"});
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	assert_int_equal(box.num_pieces, before);
}

/* The one that failed is the one that is let go, in its own message. */
static void
slot_fill_failed__may_cost_the_mill_its_place(void **state)
{
	struct ask_answer answer;

	(void)state;
	keeperbox_ask_to(&box, &object, BOX_STEP_ORDER);
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.id = 2, .target = "/fraud/a.csv.age", .fraud = true});
	assert_true(keeperbox_until(&box, BOX_SPOOL, OPEN_SLOT));
	keeperbox_say_unopened(&box, ERR_NOT_FOUND);
	say_failed(ERR_MALFORMED);
	assert_true(keeperbox_ended(&box, BOX_MILL));
	keeperbox_settle(&box);
	keeperbox_refused(&box, BOX_WORKER, ASK_BAD_SOURCE);
	keeperbox_attach(&box, BOX_MILL);
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(slot_fill__ends_with_its_mill),
	    TEST(slot_fill__needs_no_mill_once_it_is_full),
	    TEST(slot_fill__waits_for_a_mill),
	    TEST(slot_fill__ends_with_a_mill_that_stalls),
	    TEST(slot_fill__ends_with_an_opener_that_stalls),
	    TEST(slot_fill__ends_a_mill_that_reports_for_ever),
	    TEST(slot_fill_failed__a_bad_file_stays_bad),
	    TEST(slot_fill_failed__what_was_away_is_tried_again),
	    TEST(slot_fill_done__lengths_have_to_fit),
	    TEST(slot_fill_progress__goes_forward_and_has_an_end),
	    TEST(slot_fill__a_mill_may_not_speak_before_its_order),
	    TEST(slot_fill__ends_a_mill_that_talks_nonsense),
	    TEST(slot_fill__a_mill_serves_one_plan),
	    TEST(slot_fill__gives_a_mill_its_plan_once),
	    TEST(slot_fill_failed__may_cost_the_mill_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
