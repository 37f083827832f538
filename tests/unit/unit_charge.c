/*
 * What a request costs of its agreement's limits: how much is charged, and that
 * nothing is granted that the auditor says is over.
 */
#include "gateway/keeper/charge.h"

#include "gateway/base/sysio.h"
#include "gateway/ipc/control.h"
#include "gateway/keeper/life.h"
#include "gateway/keeper/recheck.h"
#include "gateway/keeper/staged.h"
#include "policy/image.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox_grant.h"

static struct keeperbox box;
static const struct keeperbox_question object = {.id = 1};
static struct agreement *agreement;

static int
set_up(void **state)
{
	(void)state;
	keeperbox_start(&box);
	agreement = &box.fixture.agreements[FIXTURE_READMISSION];
	agreement->limits =
	    (struct limits){.rows_per_day = 100, .bytes_per_day = 5000};
	agreement->per_caller = (struct limits){.requests_per_minute = 9};
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	keeperbox_stop(&box);
	return 0;
}

/* A question, up to its charge. */
static void
to_charge(const struct keeperbox_question *question)
{
	keeperbox_ask(&box, BOX_WORKER, question);
	assert_true(keeperbox_until(&box, BOX_AUDITOR, AUDIT_CHARGE));
}

static void
record_has(const char *text)
{
	if (!keeperbox_has(&box, text))
		fail_msg("the record lacks %s in %.*s", text,
		    (int)box.got.body.len, (const char *)box.got.body.data);
}

static void
honest_end(enum ask_kind kind)
{
	struct ask_answer answer;

	assert_true(keeperbox_honest(&box));
	keeperbox_granted(&box, BOX_WORKER, kind, &answer);
	keeperbox_say_done(&box, BOX_WORKER, 1, ASK_DELIVERED);
	keeperbox_settle(&box);
}

/* The limits go in front of the record, which says all of it. */
static void
charge__goes_with_the_intent(void **state)
{
	struct audit_limits limits;
	struct ask_answer answer;
	char text[100];

	(void)state;
	to_charge(&object);
	struct span body = box.got.body;
	expect_ok(audit_take_limits(&body, &limits));
	assert_int_equal(limits.all.rows_per_day, 100);
	assert_int_equal(limits.all.bytes_per_day, 5000);
	assert_int_equal(limits.all.requests_per_minute, 0);
	assert_int_equal(limits.each.rows_per_day, 0);
	assert_int_equal(limits.each.requests_per_minute, 9);
	record_has("\"kind\":\"intent\"");
	record_has("\"charge\":{\"bytes\":400,"
		   "\"caller\":\"certificate:spiffe://a/alt\",\"day\":");
	record_has(",\"rows\":3,\"rows-most\":3}");
	snprintf(text, sizeof(text), "\"day\":%lld,",
	    (long long)(sysio_wall_ns() / 1000000000 / 86400));
	record_has(text);
	assert_false(keeperbox_next(&box, BOX_WORKER));
	assert_true(keeperbox_honest(&box));
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	assert_int_equal(answer.bytes_most, 400);
	/* What it ended as costs nothing more. */
	keeperbox_say_done(&box, BOX_WORKER, 1, ASK_DELIVERED);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_int_equal(box.got.type, AUDIT_APPEND);
	assert_false(keeperbox_has(&box, "\"charge\""));
}

/* Of 400 bytes with 3 rows. */
static void
charge__is_of_the_part_that_is_sent(void **state)
{
	static const struct {
		struct keeperbox_question question;
		const char *bytes, *rows;
	} rows[] = {
	    {{.headers = {[ASK_HEADER_RANGE] = "bytes=0-0"}}, "1", "1"},
	    {{.headers = {[ASK_HEADER_RANGE] = "bytes=0-132"}}, "133", "1"},
	    {{.headers = {[ASK_HEADER_RANGE] = "bytes=0-133"}}, "134", "2"},
	    {{.headers = {[ASK_HEADER_RANGE] = "bytes=-267"}}, "267", "3"},
	    {{.headers = {[ASK_HEADER_RANGE] = "bytes=300-"}}, "100", "1"},
	    {{.headers = {[ASK_HEADER_RANGE] = "bytes=390-9999"}}, "10", "1"},
	    {{.headers = {[ASK_HEADER_RANGE] = "bytes=400-"}}, "0", "0"},
	    {{.headers = {[ASK_HEADER_RANGE] = "bytes=0-0,2-2"}}, "400", "3"},
	    {{.headers = {[ASK_HEADER_RANGE] = "lines=1-2"}}, "400", "3"},
	    {{.headers = {[ASK_HEADER_RANGE] = "bytes=0-0",
		  [ASK_HEADER_IF_RANGE] = "\"another\""}},
		"400", "3"},
	    {{.headers = {[ASK_HEADER_IF_MATCH] = "\"another\""}}, "0", "0"},
	    {{.headers = {[ASK_HEADER_IF_NONE_MATCH] = "*"}}, "0", "0"},
	    {{.headers = {[ASK_HEADER_IF_MATCH] = "*"}}, "400", "3"},
	    {{.target = "/readmission/a.csv?versionId=other"}, "0", "0"},
	    {{.target = "/readmission/a.csv?versionId=null"}, "400", "3"},
	    {{.target = "/readmission/a.csv?partNumber=1"}, "400", "3"},
	    {{.target = "/readmission/a.csv?attributes="}, "0", "0"},
	    {{.method = "HEAD"}, "0", "0"},
	};
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct keeperbox_question q = rows[i].question;
		q.id = 1;
		to_charge(&q);
		snprintf(text, sizeof(text), "\"charge\":{\"bytes\":%s,",
		    rows[i].bytes);
		record_has(text);
		snprintf(
		    text, sizeof(text), "\"bytes-most\":%s,", rows[i].bytes);
		record_has(text);
		snprintf(text, sizeof(text), "\"rows\":%s,\"rows-most\":3}",
		    rows[i].rows);
		record_has(text);
		honest_end(ASK_OBJECT);
	}
}

static void
charge__of_a_listing_is_a_request(void **state)
{
	(void)state;
	box.num_listed = 2;
	to_charge(&(struct keeperbox_question){
	    .id = 1, .target = "/readmission/?list-type=2"});
	record_has("\"charge\":{\"bytes\":0,");
	record_has("\"rows\":0,\"rows-most\":0}");
	honest_end(ASK_LISTING);
}

/* An error tells of the object, too. */
static void
charge__of_an_error_is_a_request(void **state)
{
	uint8_t gone = ERR_NOT_FOUND;

	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &object);
	assert_true(keeperbox_until(&box, BOX_ORIGIN, OPEN_LOOK));
	keeperbox_reply(&box, OPEN_FAILED, span_of(&gone, 1), 0);
	assert_true(keeperbox_until(&box, BOX_AUDITOR, AUDIT_CHARGE));
	record_has("\"kind\":\"denied\"");
	record_has("\"charge\":{\"bytes\":0,");
	assert_true(keeperbox_honest(&box));
	keeperbox_refused(&box, BOX_WORKER, ASK_NO_SUCH_KEY);
}

/* Whom the policy denies uses nothing up; nor does who has no limits. */
static void
charge__is_of_nobody_else(void **state)
{
	(void)state;
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){.id = 1, .fraud = true});
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_int_equal(box.got.type, AUDIT_APPEND);
	assert_true(keeperbox_honest(&box));
	keeperbox_refused(&box, BOX_WORKER, ASK_ACCESS_DENIED);
	agreement->limits = agreement->per_caller =
	    (struct limits){.rows_per_day = 0};
	keeperbox_ask(&box, BOX_WORKER, &object);
	keeperbox_to(&box, BOX_STEP_RECORD);
	assert_int_equal(box.got.type, AUDIT_APPEND);
	assert_false(keeperbox_has(&box, "\"charge\""));
	honest_end(ASK_OBJECT);
}

/* It would be granted before it is known how much it is. */
static void
charge__of_a_day_waits_for_the_whole_object(void **state)
{
	struct buf body CLEANUP(buf_done) = {.max = 8};

	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &object);
	assert_true(keeperbox_until(&box, BOX_MILL, FILL_ORDER));
	expect_ok(buf_put_u64be(&body, 1 << 20));
	keeperbox_say(&box, BOX_MILL,
	    &(struct frame){.type = FILL_PROGRESS, .body = buf_span(&body)});
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
	/* A minute's limit asks for nothing of the kind. */
	agreement->limits = (struct limits){.rows_per_day = 0};
	keeperbox_say(&box, BOX_MILL,
	    &(struct frame){.type = FILL_PROGRESS, .body = buf_span(&body)});
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_int_equal(box.got.type, AUDIT_CHARGE);
	assert_true(keeperbox_honest(&box));
	assert_true(keeperbox_next(&box, BOX_WORKER));
}

/* --- Over a limit --- */

/* The answer is taken apart; it must be a refusal. */
static void
refused_with(enum ask_refusal refusal, const char *sentence, uint32_t retry_s)
{
	struct ask_answer answer;

	assert_true(keeperbox_next(&box, BOX_WORKER));
	expect_ok(ask_take_answer(&answer, box.got.body));
	assert_int_equal(answer.kind, ASK_REFUSED);
	assert_int_equal(answer.refusal, refusal);
	assert_int_equal(answer.retry_after_s, retry_s);
	if (!span_equal_str(answer.sentence, sentence))
		fail_msg("it says: %.*s", (int)answer.sentence.len,
		    (const char *)answer.sentence.data);
	assert_int_equal(box.got.num_fds, 0);
}

/* The ledger has it, with the limit; the caller hears when it opens again. */
static void
ask_run_over__of_a_day_is_denied(void **state)
{
	struct audit_over over = {
	    .limit = AUDIT_LIMIT_ROWS, .used = 98, .asked = 3, .day = 20785};

	(void)state;
	to_charge(&object);
	keeperbox_over(&box, &over);
	assert_false(keeperbox_next(&box, BOX_WORKER));
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_int_equal(box.got.type, AUDIT_CHARGE);
	record_has("\"kind\":\"denied\"");
	record_has("\"reason\":\"limits: rows-per-day\"");
	record_has("\"charge\":{\"bytes\":0,");
	assert_true(keeperbox_honest(&box));
	refused_with(ASK_ACCESS_DENIED,
	    "the agreement `readmission` allows 100 rows a day: 98 are used, "
	    "this would be 3 more; it opens again at 2026-11-29T00:00:00Z "
	    "(policy.yaml:100)",
	    0);
	assert_int_equal(box.keeper.num_asks, 0);
}

/* In the policy's days: that one has 25 hours, and its next begins at 23. */
static void
ask_run_over__says_when_its_own_day_ends(void **state)
{
	struct audit_over over = {.limit = AUDIT_LIMIT_BYTES,
	    .each = true,
	    .used = 5,
	    .asked = 400,
	    .day = 20751 /* 2026-10-25 */};

	(void)state;
	agreement->per_caller.bytes_per_day = 50;
	box.keeper.policy.time_zone = span_str("Europe/Berlin");
	to_charge(&object);
	keeperbox_over(&box, &over);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	record_has("\"reason\":\"per-caller: bytes-per-day\"");
	assert_true(keeperbox_honest(&box));
	refused_with(ASK_ACCESS_DENIED,
	    "the agreement `readmission` allows 50 bytes a day to each caller: "
	    "5 are used, this would be 400 more; it opens again at "
	    "2026-10-25T23:00:00Z (policy.yaml:100)",
	    0);
}

/* No record: it may be met any number of times. */
static void
ask_run_over__of_a_minute_is_told_to_wait(void **state)
{
	struct audit_over over = {.limit = AUDIT_LIMIT_REQUESTS,
	    .each = true,
	    .used = 9,
	    .asked = 1,
	    .day = 20785,
	    .retry_after_s = 17};
	const char *sentence =
	    "the agreement `readmission` allows 9 requests a minute to each "
	    "caller; try again in 17 s (policy.yaml:100)";

	(void)state;
	to_charge(&object);
	keeperbox_over(&box, &over);
	refused_with(ASK_SLOW_DOWN, sentence, 17);
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
	/* So it is with a denial that would cost one too many. */
	to_charge(&object);
	over.limit = AUDIT_LIMIT_BYTES;
	keeperbox_over(&box, &over);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	over.limit = AUDIT_LIMIT_REQUESTS;
	keeperbox_over(&box, &over);
	refused_with(ASK_SLOW_DOWN, sentence, 17);
	assert_int_equal(box.num_denied, 1);
	assert_int_equal(box.keeper.num_asks, 0);
	/* They are counted, by where they came from. */
	life_flush_refusals(&box.keeper);
	keeperbox_run(&box);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	record_has("\"kind\":\"refused-summary\"");
	record_has("\"count\":2,");
	assert_true(keeperbox_honest(&box));
}

/* From here on a candidate denies what the policy in force allows. */
static const struct staged *
stage(void)
{
	struct buf image CLEANUP(buf_done) = {.max = 1 << 20};
	struct policy_fixture next;

	policy_fixture_init(&next);
	next.agreements[FIXTURE_READMISSION].num_who = 0;
	expect_ok(image_encode(&image, &next.policy));
	staged_load(&box.keeper, buf_span(&image));
	assert_non_null(box.keeper.staged);
	return box.keeper.staged;
}

/* The limit decides, of which no candidate was asked. */
static void
ask_run_over__is_no_flip(void **state)
{
	const struct audit_over over = {
	    .limit = AUDIT_LIMIT_ROWS, .used = 98, .asked = 3, .day = 20785};
	const struct staged *staged = stage();

	(void)state;
	to_charge(&object);
	record_has("\"staged-decision\":\"denied\"");
	keeperbox_over(&box, &over);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	record_has("\"kind\":\"denied\"");
	assert_false(keeperbox_has(&box, "\"staged-"));
	assert_true(keeperbox_honest(&box));
	keeperbox_refused(&box, BOX_WORKER, ASK_ACCESS_DENIED);
	assert_int_equal(staged->num_decisions, 0);
	assert_int_equal(staged->num_flips[STAGED_DENIED], 0);
	/* What is granted is one. */
	to_charge(&object);
	record_has("\"staged-decision\":\"denied\"");
	honest_end(ASK_OBJECT);
	assert_int_equal(staged->num_decisions, 1);
	assert_int_equal(staged->num_flips[STAGED_DENIED], 1);
	staged_load(&box.keeper, span_of(NULL, 0));
}

static void
ask_run_over__without_room_is_told_so(void **state)
{
	const struct audit_over over = {
	    .limit = AUDIT_LIMIT_ROOM, .used = 16384, .asked = 1, .day = 20785};

	(void)state;
	to_charge(&object);
	keeperbox_over(&box, &over);
	refused_with(ASK_SLOW_DOWN,
	    "the agreement `readmission` has limits, and the gateway can count "
	    "no more callers today (policy.yaml:100)",
	    5);
	assert_int_equal(box.keeper.num_asks, 0);
	life_flush_refusals(&box.keeper);
	keeperbox_settle(&box);
}

static void
ask_run_over__of_a_lost_worker_is_forgotten(void **state)
{
	const struct audit_over over = {
	    .limit = AUDIT_LIMIT_ROWS, .day = 20785};

	(void)state;
	to_charge(&object);
	keeperbox_lose(&box, BOX_WORKER);
	box.at = BOX_AUDITOR;
	keeperbox_over(&box, &over);
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
	assert_int_equal(box.keeper.num_asks, 0);
}

static void
say_item(const char *name, struct span value)
{
	struct control_item item = {.fd = -1, .value = {.max = 1 << 20}};

	(void)snprintf(item.name, sizeof(item.name), "%s", name);
	expect_ok(buf_append(&item.value, value));
	expect_ok(recheck_item(&box.keeper, &item));
	buf_done(&item.value);
}

/* The policy that serves by now: ours, with these limits. */
static void
succeed(const struct limits *limits, const struct limits *per_caller)
{
	struct buf image CLEANUP(buf_done) = {.max = 1 << 20};
	const struct agreement ours = *agreement;

	agreement->limits = *limits;
	agreement->per_caller = *per_caller;
	expect_ok(image_encode(&image, &box.keeper.policy));
	*agreement = ours;
	say_item("image", buf_span(&image));
	say_item("s3", span_of("", 0));
	expect_ok(recheck_all(&box.keeper));
}

/* What waits in a keeper that drains is charged within the limits of both: a
 * limit that one of them has not is no limit of it. */
static void
charge__is_within_the_limits_of_a_successor(void **state)
{
	struct audit_limits limits;

	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &object);
	keeperbox_to(&box, BOX_STEP_PUBLISH);
	succeed(&(struct limits){.rows_per_day = 200,
		    .bytes_per_day = 300,
		    .requests_per_minute = 7},
	    &(struct limits){.requests_per_minute = 4});
	assert_true(keeperbox_honest(&box));
	assert_true(keeperbox_until(&box, BOX_AUDITOR, AUDIT_CHARGE));
	struct span body = box.got.body;
	expect_ok(audit_take_limits(&body, &limits));
	assert_int_equal(limits.all.rows_per_day, 100);
	assert_int_equal(limits.all.bytes_per_day, 300);
	assert_int_equal(limits.all.requests_per_minute, 0);
	assert_int_equal(limits.each.requests_per_minute, 4);
	honest_end(ASK_OBJECT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(charge__goes_with_the_intent),
	    TEST(charge__is_of_the_part_that_is_sent),
	    TEST(charge__is_within_the_limits_of_a_successor),
	    TEST(charge__of_a_listing_is_a_request),
	    TEST(charge__of_an_error_is_a_request),
	    TEST(charge__is_of_nobody_else),
	    TEST(charge__of_a_day_waits_for_the_whole_object),
	    TEST(ask_run_over__of_a_day_is_denied),
	    TEST(ask_run_over__says_when_its_own_day_ends),
	    TEST(ask_run_over__of_a_minute_is_told_to_wait),
	    TEST(ask_run_over__is_no_flip),
	    TEST(ask_run_over__without_room_is_told_so),
	    TEST(ask_run_over__of_a_lost_worker_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
