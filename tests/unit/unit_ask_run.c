#include "gateway/keeper/ask_run.h"

#include "gateway/keeper/slot_fill.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox_grant.h"

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

/* --- The record comes first --- */

static void
ask_run__grants_after_the_receipt_only(void **state)
{
	struct ask_answer answer;

	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &object);
	keeperbox_to(&box, BOX_STEP_RECORD);
	assert_true(keeperbox_has(&box, "\"kind\":\"intent\""));
	assert_true(keeperbox_has(&box, "\"decision\":\"allowed\""));
	assert_true(keeperbox_has(&box, "\"bytes-most\":400"));
	keeperbox_run(&box);
	assert_int_equal(box.keeper.num_asks, 1);
	assert_false(keeperbox_next(&box, BOX_WORKER));
	box.at = BOX_AUDITOR;
	assert_true(keeperbox_honest(&box));
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	assert_int_equal(answer.record, 100);
	assert_memory_equal(answer.file_key, box.file_key, 16);
	assert_int_equal(answer.payload_at, box.header_len);
}

static void
ask_run__grants_nothing_that_is_not_recorded(void **state)
{
	static const struct {
		enum audit_refusal why;
		enum ask_refusal told;
	} rows[] = {{AUDIT_FULL, ASK_LEDGER_FULL}, {AUDIT_WRONG, ASK_INTERNAL}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint8_t why = (uint8_t)rows[i].why;
		keeperbox_ask(&box, BOX_WORKER, &object);
		assert_true(keeperbox_until(&box, BOX_AUDITOR, AUDIT_APPEND));
		keeperbox_reply(&box, AUDIT_REFUSED, span_of(&why, 1), 0);
		keeperbox_refused(&box, BOX_WORKER, rows[i].told);
		assert_int_equal(box.keeper.num_asks, 0);
	}
}

static void
ask_run__without_an_auditor_is_a_refusal(void **state)
{
	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &object);
	keeperbox_to(&box, BOX_STEP_PUBLISH);
	keeperbox_lose(&box, BOX_AUDITOR);
	assert_int_equal(box.keeper.audit.channel.fd, -1);
	box.at = BOX_SPOOL;
	assert_true(keeperbox_honest(&box));
	keeperbox_refused(&box, BOX_WORKER, ASK_LEDGER_AWAY);
}

static void
ask_run__denials_are_recorded_before_they_are_told(void **state)
{
	static const struct {
		struct keeperbox_question question;
		enum ask_refusal refusal;
	} rows[] = {
	    {{.target = "/fraud/a.csv"}, ASK_ACCESS_DENIED},
	    {{.target = "/nowhere/a.csv"}, ASK_ACCESS_DENIED},
	    {{.target = "/notes/a.csv", .fraud = true}, ASK_ACCESS_DENIED},
	    {{.certificate = "spiffe://a/other"}, ASK_ACCESS_DENIED},
	    {{.certificate = "spiffe://a/other", .target = "/"},
		ASK_ACCESS_DENIED},
	    {{.method = "PUT"}, ASK_WRITE},
	    {{.target = "/readmission/_x"}, ASK_NO_SUCH_KEY},
	    {{.target = "/fraud/a.csv", .fraud = true}, ASK_NO_SUCH_KEY},
	    {{.target = "/fraud/.age", .fraud = true}, ASK_NO_SUCH_KEY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		keeperbox_ask(&box, BOX_WORKER, &rows[i].question);
		assert_true(keeperbox_until(&box, BOX_AUDITOR, AUDIT_APPEND));
		assert_true(keeperbox_has(&box, "\"kind\":\"denied\""));
		assert_false(keeperbox_next(&box, BOX_WORKER));
		box.at = BOX_AUDITOR;
		assert_true(keeperbox_honest(&box));
		keeperbox_refused(&box, BOX_WORKER, rows[i].refusal);
		assert_int_equal(box.keeper.num_asks, 0);
	}
	assert_int_equal(box.num_intents, 0);
}

/* Nobody proved who asks: counted, and not a record of its own. */
static void
ask_run__the_unproved_are_refused_at_once(void **state)
{
	static const struct {
		struct keeperbox_question question;
		enum ask_refusal refusal;
	} rows[] = {
	    {{.certificate = ""}, ASK_ACCESS_DENIED},
	    {{.authorization = "Bearer x"}, ASK_BAD_AUTHORIZATION},
	    {{.authorization = "AWS4-HMAC-SHA256 "}, ASK_BAD_AUTHORIZATION},
	    {{.target = "/readmission/a.csv?acl="}, ASK_NOT_IMPLEMENTED},
	    {{.target = "/R/a.csv"}, ASK_BAD_REQUEST},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		keeperbox_ask(&box, BOX_WORKER, &rows[i].question);
		assert_false(keeperbox_next(&box, BOX_AUDITOR));
		keeperbox_refused(&box, BOX_WORKER, rows[i].refusal);
	}
}

/* --- Workers that leave --- */

static void
ask_run_lost__leaves_the_fill_and_grants_nothing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BOX_STEP_RECORD; i++) {
		keeperbox_ask(&box, BOX_WORKER, &object);
		keeperbox_to(&box, i);
		enum keeperbox_peer at = box.at;
		keeperbox_lose(&box, BOX_WORKER);
		assert_int_equal(box.keeper.num_asks, 0);
		box.at = at;
		assert_true(keeperbox_honest(&box));
		keeperbox_settle(&box);
		assert_int_equal(box.num_intents, 0);
		/* From the first look on the slot is made all the same. */
		struct slot *slot = keeperbox_slot(&box);
		if (i == BOX_STEP_SOURCE)
			assert_null(slot);
		else
			assert_int_equal(slot->state, SLOT_READY);
		keeperbox_stop(&box);
		keeperbox_start(&box);
	}
}

static void
ask_run_lost__completes_what_was_being_recorded(void **state)
{
	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &object);
	keeperbox_to(&box, BOX_STEP_RECORD);
	keeperbox_lose(&box, BOX_WORKER);
	/* Its intent may be on the disk: the ask has to outlive its worker. */
	assert_int_equal(box.keeper.num_asks, 1);
	/* A new worker at its place hears nothing of it. */
	keeperbox_attach(&box, BOX_WORKER);
	box.at = BOX_AUDITOR;
	assert_true(keeperbox_honest(&box));
	assert_false(keeperbox_next(&box, BOX_WORKER));
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"kind\":\"interrupted\""));
	assert_true(keeperbox_has(&box, "\"intent\":100"));
	assert_true(keeperbox_has(&box, "\"bytes-most\":400"));
	assert_int_equal(box.keeper.num_asks, 0);
}

static void
ask_run_lost__forgets_what_was_not_recorded(void **state)
{
	uint8_t full = AUDIT_FULL;

	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &object);
	keeperbox_to(&box, BOX_STEP_RECORD);
	keeperbox_lose(&box, BOX_WORKER);
	box.at = BOX_AUDITOR;
	keeperbox_reply(&box, AUDIT_REFUSED, span_of(&full, 1), 0);
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
	assert_int_equal(box.keeper.num_asks, 0);
}

static void
ask_run_lost__completes_every_grant_of_that_worker(void **state)
{
	struct ask_answer answer;

	(void)state;
	keeperbox_grant(&box, &object, &answer);
	keeperbox_ask(&box, BOX_WORKER, &(struct keeperbox_question){.id = 2});
	keeperbox_ask(
	    &box, BOX_WORKER_2, &(struct keeperbox_question){.id = 2});
	keeperbox_settle(&box);
	assert_int_equal(box.num_intents, 3);
	keeperbox_lose(&box, BOX_WORKER);
	keeperbox_settle(&box);
	assert_int_equal(box.num_interrupted, 2);
	assert_int_equal(box.keeper.num_asks, 1);
	keeperbox_granted(&box, BOX_WORKER_2, ASK_OBJECT, &answer);
}

/* --- What workers may say --- */

static void
ask_run_done__writes_the_completion(void **state)
{
	struct ask_answer answer;

	(void)state;
	keeperbox_grant(&box, &object, &answer);
	keeperbox_say_done(&box, BOX_WORKER, 1, ASK_DELIVERED);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"kind\":\"complete\""));
	assert_true(keeperbox_has(&box, "\"intent\":100"));
	assert_true(keeperbox_has(&box, "\"bytes\":400"));
	assert_true(keeperbox_has(&box, "\"outcome\":\"delivered\""));
	assert_int_equal(box.keeper.num_asks, 0);
}

static void
ask_run_done__ends_a_worker_that_has_no_grant(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NUM_BOX_STEPS; i++) {
		keeperbox_ask(&box, BOX_WORKER, &object);
		keeperbox_to(&box, i);
		keeperbox_say_done(&box, BOX_WORKER, 1, ASK_DELIVERED);
		assert_true(keeperbox_ended(&box, BOX_WORKER));
		assert_int_equal(
		    box.keeper.num_asks, i == BOX_STEP_RECORD ? 1 : 0);
		keeperbox_stop(&box);
		keeperbox_start(&box);
	}
	keeperbox_say_done(&box, BOX_WORKER, 1, ASK_DELIVERED);
	assert_true(keeperbox_ended(&box, BOX_WORKER));
}

static void
ask_run_done__twice_ends_the_worker(void **state)
{
	struct ask_answer answer;

	(void)state;
	keeperbox_grant(&box, &object, &answer);
	keeperbox_say_done(&box, BOX_WORKER, 1, ASK_DELIVERED);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	keeperbox_say_done(&box, BOX_WORKER, 1, ASK_DELIVERED);
	assert_true(keeperbox_ended(&box, BOX_WORKER));
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
}

/* One worker cannot complete what another was granted. */
static void
ask_run_done__is_of_the_worker_that_asked(void **state)
{
	struct ask_answer answer;

	(void)state;
	keeperbox_grant(&box, &object, &answer);
	keeperbox_say_done(&box, BOX_WORKER_2, 1, ASK_CLIENT_LEFT);
	assert_true(keeperbox_ended(&box, BOX_WORKER_2));
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
	assert_int_equal(box.keeper.num_asks, 1);
}

static void
ask_run_start__ends_a_worker_that_asks_wrongly(void **state)
{
	static const uint8_t bytes[200] = {0};
	const struct frame frames[] = {
	    {.type = ASK_READ, .id = 1},
	    {.type = ASK_READ, .id = 1, .body = span_of(bytes, 200)},
	    {.type = ASK_READ, .id = 1, .num_fds = 1},
	    {.type = ASK_ANSWER, .id = 1},
	    {.type = SIGN_DIGEST, .id = 1, .body = span_of(bytes, 33)},
	    {.type = ASK_CANCEL, .id = 1, .body = span_of(bytes, 1)},
	    {.type = ASK_DONE, .id = 1, .body = span_of(bytes, 200)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		keeperbox_say(&box, BOX_WORKER, &frames[i]);
		assert_true(keeperbox_ended(&box, BOX_WORKER));
		assert_int_equal(box.keeper.num_asks, 0);
		keeperbox_attach(&box, BOX_WORKER);
	}
	keeperbox_ask(&box, BOX_WORKER, &object);
	keeperbox_ask(&box, BOX_WORKER, &object);
	assert_true(keeperbox_ended(&box, BOX_WORKER));
	assert_int_equal(box.keeper.num_asks, 0);
}

static void
ask_run_cancel__before_the_record_is_the_end_of_it(void **state)
{
	const struct frame cancel = {.type = ASK_CANCEL, .id = 1};
	struct ask_answer answer;

	(void)state;
	for (unsigned i = 0; i < NUM_BOX_STEPS; i++) {
		bool recorded = i == BOX_STEP_RECORD;
		keeperbox_ask(&box, BOX_WORKER, &object);
		keeperbox_to(&box, i);
		enum keeperbox_peer at = box.at;
		keeperbox_say(&box, BOX_WORKER, &cancel);
		assert_int_equal(box.keeper.num_asks, recorded ? 1 : 0);
		box.at = at;
		assert_true(keeperbox_honest(&box));
		keeperbox_settle(&box);
		assert_int_equal(box.num_intents, recorded ? 1 : 0);
		if (recorded)
			keeperbox_granted(
			    &box, BOX_WORKER, ASK_OBJECT, &answer);
		else
			assert_false(keeperbox_next(&box, BOX_WORKER));
		keeperbox_stop(&box);
		keeperbox_start(&box);
	}
	keeperbox_say(&box, BOX_WORKER, &cancel); /* it crossed the answer */
	assert_false(keeperbox_ended(&box, BOX_WORKER));
}

/* --- The bound --- */

/* Longer than a busy machine takes to come to a step. */
enum {
	WAIT_MS = 200
};

static void
ask_run__waits_as_long_as_it_may(void **state)
{
	struct ask_answer answer;

	(void)state;
	for (unsigned i = 0; i < BOX_STEP_RECORD; i++) {
		box.keeper.wait_ms = WAIT_MS;
		keeperbox_ask(&box, BOX_WORKER, &object);
		keeperbox_to(&box, i);
		enum keeperbox_peer at = box.at;
		keeperbox_wait(&box, WAIT_MS + 10);
		assert_int_equal(box.keeper.num_asks, 0);
		assert_true(keeperbox_next(&box, BOX_WORKER));
		expect_ok(ask_take_answer(&answer, box.got.body));
		assert_int_equal(answer.refusal, ASK_SLOW_DOWN);
		assert_int_equal(answer.retry_after_s, 5);
		box.at = at;
		keeperbox_stop(&box);
		keeperbox_start(&box);
	}
	/* Its record on the way, it is the auditor that is waited for. */
	box.keeper.wait_ms = WAIT_MS;
	keeperbox_ask(&box, BOX_WORKER, &object);
	keeperbox_to(&box, BOX_STEP_RECORD);
	keeperbox_wait(&box, WAIT_MS + 10);
	assert_false(keeperbox_next(&box, BOX_WORKER));
	assert_int_equal(box.keeper.num_asks, 1);
}

/* What it is told waits for it, up to a bound; then it is cut off, alone. */
static void
ask_run_start__ends_a_worker_that_does_not_read(void **state)
{
	const struct keeperbox_question unproved = {.certificate = ""};
	const struct channel *worker = &box.keeper.asks[0].channel;
	size_t num = 0;

	(void)state;
	for (; worker->fd >= 0 && num < 2 * CHANNEL_MAX_QUEUE; num++) {
		keeperbox_ask(&box, BOX_WORKER, &unproved);
		assert_true(worker->num_queued <= CHANNEL_MAX_QUEUE);
	}
	assert_true(num > CHANNEL_MAX_QUEUE);
	assert_true(keeperbox_ended(&box, BOX_WORKER));
	keeperbox_ask(&box, BOX_WORKER_2, &object);
	keeperbox_settle(&box);
	keeperbox_attach(&box, BOX_WORKER);
	keeperbox_ask(&box, BOX_WORKER, &unproved);
	keeperbox_refused(&box, BOX_WORKER, ASK_ACCESS_DENIED);
}

/* --- Listings --- */

static const struct keeperbox_question listing = {
    .id = 9, .target = "/readmission/?list-type=2"};

static void
ask_run_listed__fills_every_file_and_says_the_sizes(void **state)
{
	struct ask_answer answer;
	struct ask_part part;
	struct ask_item item;

	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &listing);
	keeperbox_settle(&box);
	assert_int_equal(box.num_intents, 1);
	keeperbox_granted(&box, BOX_WORKER, ASK_LISTING, &answer);
	assert_true(keeperbox_next(&box, BOX_WORKER));
	assert_int_equal(box.got.type, ASK_PART);
	expect_ok(ask_take_part(&part, box.got.body));
	assert_true(part.last);
	assert_int_equal(part.num_items, 3);
	expect_ok(ask_take_item(&part.items, &item));
	expect_span(item.name, "f0.csv");
	assert_int_equal(item.size, 400);
}

/* "-" sorts before the "." of an ending: behind it, names change places. */
static void
ask_run_listed__sorts_objects_and_not_files(void **state)
{
	static const char *const files[] = {"a.csv", "a.csv-old"};
	struct ask_answer answer;
	struct ask_part part;
	struct ask_item item;
	struct buf body;

	(void)state;
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.target = "/fraud?list-type=2", .fraud = true});
	assert_true(keeperbox_until(&box, BOX_ORIGIN_2, OPEN_LIST));
	buf_init(&body, 4096);
	expect_ok(buf_put_bool(&body, true));
	expect_ok(buf_put_u32be(&body, 2));
	for (size_t i = 0; i < 2; i++) {
		expect_ok(buf_put_field(&body, span_str(files[i])));
		expect_ok(open_put_file(&body, &box.file));
	}
	keeperbox_reply(&box, OPEN_LISTED, buf_span(&body), 0);
	buf_done(&body);
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_LISTING, &answer);
	assert_true(keeperbox_next(&box, BOX_WORKER));
	expect_ok(ask_take_part(&part, box.got.body));
	assert_int_equal(part.num_items, 2);
	expect_ok(ask_take_item(&part.items, &item));
	expect_span(item.name, "a.csv-old.age");
	expect_ok(ask_take_item(&part.items, &item));
	expect_span(item.name, "a.csv.age");
}

/* Two who wait for the same file hear of every change, and once each. */
static void
ask_run_listed__many_wait_for_one_slot(void **state)
{
	struct keeperbox_question other = listing;
	struct ask_answer answer;
	uint8_t some[8] = {0};

	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &listing);
	other.id = 10;
	keeperbox_ask(&box, BOX_WORKER, &other);
	keeperbox_ask(&box, BOX_WORKER_2, &listing);
	assert_true(keeperbox_until(&box, BOX_MILL, FILL_ORDER));
	some[6] = 2; /* 512 bytes so far */
	keeperbox_reply(&box, FILL_PROGRESS, span_of(some, 8), 0);
	box.at = BOX_MILL;
	assert_true(keeperbox_honest(&box));
	keeperbox_settle(&box);
	assert_int_equal(box.num_intents, 3);
	keeperbox_granted(&box, BOX_WORKER_2, ASK_LISTING, &answer);
}

static void
ask_run_listed__ends_an_origin_that_lists_wrongly(void **state)
{
	static const uint8_t bytes[64] = {1, 0, 0, 0, 2};
	const struct span bodies[] = {span_of(bytes, 0), span_of(bytes, 4),
	    span_of(bytes, 40), span_of(bytes, 64)};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		keeperbox_ask(&box, BOX_WORKER, &listing);
		assert_true(keeperbox_until(&box, BOX_ORIGIN, OPEN_LIST));
		keeperbox_reply(&box, OPEN_LISTED, bodies[i], 0);
		assert_true(keeperbox_ended(&box, BOX_ORIGIN));
		keeperbox_settle(&box);
		keeperbox_refused(&box, BOX_WORKER, ASK_ORIGIN_AWAY);
		assert_int_equal(box.keeper.num_asks, 0);
		keeperbox_attach(&box, BOX_ORIGIN);
	}
}

static void
ask_run_listed__says_how_far_it_is(void **state)
{
	struct ask_answer answer;

	(void)state;
	box.keeper.wait_ms = 50;
	keeperbox_ask(&box, BOX_WORKER, &listing);
	assert_true(keeperbox_until(&box, BOX_MILL, FILL_ORDER));
	assert_true(keeperbox_honest(&box));
	assert_true(keeperbox_until(&box, BOX_MILL, FILL_ORDER));
	keeperbox_wait(&box, 60);
	assert_true(keeperbox_next(&box, BOX_WORKER));
	expect_ok(ask_take_answer(&answer, box.got.body));
	assert_int_equal(answer.refusal, ASK_SLOW_DOWN);
	assert_int_equal(answer.num_ready, 1);
	assert_int_equal(answer.num_total, 3);
}

/* The intent is on the disk already: it may not stay open, nor the ask. */
static void
ask_run_recorded__completes_what_it_cannot_give(void **state)
{
	(void)state;
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.target = "/readmission/?continuation-token=x&list-type=2"});
	assert_true(keeperbox_until(&box, BOX_AUDITOR, AUDIT_APPEND));
	assert_true(keeperbox_has(&box, "\"kind\":\"intent\""));
	assert_true(keeperbox_honest(&box));
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"kind\":\"complete\""));
	assert_true(keeperbox_has(&box, "\"intent\":100"));
	assert_true(keeperbox_has(&box, "\"bytes\":0"));
	assert_true(keeperbox_has(&box, "\"outcome\":\"cut\""));
	keeperbox_refused(&box, BOX_WORKER, ASK_BAD_REQUEST);
	assert_int_equal(box.keeper.num_asks, 0);
}

/* More names than one part holds, and than a channel can queue. */
static void
ask_run_listed__comes_in_parts(void **state)
{
	struct ask_part part = {.last = false};
	struct ask_answer answer;
	struct ask_item item;
	unsigned num = 0, num_parts = 0;

	(void)state;
	box.num_listed = 700;
	keeperbox_ask(&box, BOX_WORKER, &listing);
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_LISTING, &answer);
	while (!part.last) {
		assert_true(keeperbox_next(&box, BOX_WORKER));
		expect_ok(ask_take_part(&part, box.got.body));
		assert_true(part.items.len <= ASK_PART_MAX);
		num += part.num_items;
		num_parts++;
		for (uint32_t i = 0; i < part.num_items; i++)
			expect_ok(ask_take_item(&part.items, &item));
		expect_ok(span_end(part.items));
	}
	assert_int_equal(num, 700);
	assert_true(num_parts > 1);
	assert_false(keeperbox_next(&box, BOX_WORKER));
}

static void
ask_run__tells_which_buckets_there_are(void **state)
{
	struct ask_answer answer;
	struct ask_part part;

	(void)state;
	keeperbox_ask(
	    &box, BOX_WORKER, &(struct keeperbox_question){.target = "/"});
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_BUCKETS, &answer);
	assert_true(keeperbox_next(&box, BOX_WORKER));
	expect_ok(ask_take_part(&part, box.got.body));
	assert_int_equal(part.num_items, 1);
	assert_true(keeperbox_has(&box, "readmission"));
	assert_false(keeperbox_has(&box, "fraud"));
}

/* encrypt: age: the worker is given a header, and no key. */
static void
ask_run__sealed_objects_leave_without_their_key(void **state)
{
	struct ask_answer answer;
	static const uint8_t zero[16];

	(void)state;
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.target = "/fraud/a.csv.age", .fraud = true});
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	assert_true(answer.age);
	assert_memory_equal(answer.file_key, zero, 16);
	assert_true(span_starts_with(answer.header, span_str("age-encryp")));
	assert_null(
	    memmem(box.got.body.data, box.got.body.len, box.file_key, 16));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(ask_run__grants_after_the_receipt_only),
	    TEST(ask_run__grants_nothing_that_is_not_recorded),
	    TEST(ask_run__without_an_auditor_is_a_refusal),
	    TEST(ask_run__denials_are_recorded_before_they_are_told),
	    TEST(ask_run__the_unproved_are_refused_at_once),
	    TEST(ask_run_lost__leaves_the_fill_and_grants_nothing),
	    TEST(ask_run_lost__completes_what_was_being_recorded),
	    TEST(ask_run_lost__forgets_what_was_not_recorded),
	    TEST(ask_run_lost__completes_every_grant_of_that_worker),
	    TEST(ask_run_done__writes_the_completion),
	    TEST(ask_run_done__ends_a_worker_that_has_no_grant),
	    TEST(ask_run_done__twice_ends_the_worker),
	    TEST(ask_run_done__is_of_the_worker_that_asked),
	    TEST(ask_run_start__ends_a_worker_that_asks_wrongly),
	    TEST(ask_run_cancel__before_the_record_is_the_end_of_it),
	    TEST(ask_run__waits_as_long_as_it_may),
	    TEST(ask_run_start__ends_a_worker_that_does_not_read),
	    TEST(ask_run_listed__fills_every_file_and_says_the_sizes),
	    TEST(ask_run_listed__sorts_objects_and_not_files),
	    TEST(ask_run_listed__many_wait_for_one_slot),
	    TEST(ask_run_listed__ends_an_origin_that_lists_wrongly),
	    TEST(ask_run_listed__says_how_far_it_is),
	    TEST(ask_run_recorded__completes_what_it_cannot_give),
	    TEST(ask_run_listed__comes_in_parts),
	    TEST(ask_run__tells_which_buckets_there_are),
	    TEST(ask_run__sealed_objects_leave_without_their_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
