#include "gateway/keeper/ask_record.h"

#include <stdio.h>

#include "tests/harness/expect.h"
#include "tests/harness/keeperbox.h"

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

/* Another set of columns for the agreement, with names this long. */
static void
widen(uint32_t num, size_t name_len)
{
	struct dataset *dataset = &box.fixture.datasets[FIXTURE_PATIENTS];
	struct agreement *a = &box.fixture.agreements[FIXTURE_READMISSION];
	struct arena *arena = &box.keeper.policy_arena;
	struct column *columns;
	uint8_t *names;

	arena_init(arena, 1 << 24);
	expect_ok(arena_alloc(arena, &columns, num, sizeof(*columns)));
	expect_ok(arena_alloc(arena, &a->columns, num, sizeof(*a->columns)));
	expect_ok(arena_alloc(arena, &names, num, name_len + 1));
	for (uint32_t i = 0; i < num; i++) {
		char *name = (char *)names + i * (name_len + 1);
		snprintf(name, name_len + 1, "%0*u", (int)name_len, i);
		columns[i] = (struct column){
		    .name = span_of(name, name_len), .kind = KIND_CODE};
		a->columns[i] = (struct delivered){
		    .column = i, .how = {.op = PROTECT_QUARTER}};
	}
	a->num_columns = num;
	a->num_rows = 0;
	a->columns[1].how.op = PROTECT_DROP;
	dataset->columns = columns;
	dataset->num_columns = num;
	dataset->subject_column = NO_INDEX;
}

static void
ask_record_intent__names_every_column(void **state)
{
	static const struct {
		uint32_t num;
		size_t name_len;
	} rows[] = {{64, 5}, {65, 5}, {200, 20}, {130, 60}, {450, 5}};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		widen(rows[i].num, rows[i].name_len);
		keeperbox_ask(&box, BOX_WORKER, &object);
		keeperbox_to(&box, BOX_STEP_RECORD);
		for (uint32_t j = 0; j < rows[i].num; j++) {
			snprintf(text, sizeof(text),
			    "{\"name\":\"%0*u\",\"protection\":\"quarter\"}",
			    (int)rows[i].name_len, j);
			if (keeperbox_has(&box, text) == (j == 1))
				fail_msg("row %zu, column %u", i, j);
		}
		arena_done(&box.keeper.policy_arena);
		keeperbox_stop(&box);
		keeperbox_start(&box);
	}
}

/* What the recipient promised, in each record of what he gets. */
static void
ask_record_intent__names_the_promise(void **state)
{
	(void)state;
	box.fixture.agreements[FIXTURE_READMISSION].deletes_after =
	    span_str("180 days");
	keeperbox_ask(&box, BOX_WORKER, &object);
	keeperbox_to(&box, BOX_STEP_RECORD);
	assert_true(keeperbox_has(&box, "\"kind\":\"intent\""));
	assert_true(keeperbox_has(&box, "\"deletes-after\":\"180 days\""));
}

/* More than a record can name is not delivered, and it is said why. */
static void
ask_record_intent__refuses_what_it_cannot_name(void **state)
{
	(void)state;
	widen(1500, 40);
	/* HeadBucket: no slot, and so no plan, stands before its record. */
	keeperbox_ask(&box, BOX_WORKER,
	    &(struct keeperbox_question){
		.method = "HEAD", .target = "/readmission"});
	assert_true(keeperbox_until(&box, BOX_AUDITOR, AUDIT_APPEND));
	assert_true(keeperbox_has(&box, "\"kind\":\"denied\""));
	assert_true(keeperbox_honest(&box));
	keeperbox_refused(&box, BOX_WORKER, ASK_INTERNAL);
	assert_true(keeperbox_has(&box, "has to divide it"));
	assert_int_equal(box.num_intents, 0);
	arena_done(&box.keeper.policy_arena);
}

/* Whatever can be filled can be recorded: the plan's cap is the lower one. */
static void
ask_record_intent__fits_whatever_a_plan_fits(void **state)
{
	static const size_t lens[] = {3, 5, 12, 40, 200};

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		uint32_t num = 5;
		for (bool fits = true; fits; num += num / 16 + 1) {
			widen(num, lens[i]);
			keeperbox_ask(&box, BOX_WORKER, &object);
			keeperbox_settle(&box);
			fits = box.num_denied == 0;
			assert_int_equal(box.num_intents, fits ? 1 : 0);
			arena_done(&box.keeper.policy_arena);
			keeperbox_stop(&box);
			keeperbox_start(&box);
		}
		assert_true(num > 40000 / (4 * lens[i] + 80));
	}
}

/* What the client claims, in the record of what was decided; the completion is
 * found by the request's id. */
static void
ask_record__names_the_trace_that_is_claimed(void **state)
{
	static const char hex[] =
	    "\"trace\":\"54726163652d3132333435363738395a\"";
	const struct keeperbox_question asked = {
	    .id = 1, .trace = "Trace-123456789Z"};
	const struct keeperbox_question denied = {
	    .id = 2, .trace = asked.trace, .target = "/nowhere/a.csv"};
	const struct ask_done done = {.outcome = ASK_CLIENT_LEFT};
	struct buf body CLEANUP(buf_done) = {.max = 512};
	struct ask_answer answer;

	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &denied);
	assert_true(keeperbox_until(&box, BOX_AUDITOR, AUDIT_APPEND));
	assert_true(keeperbox_has(&box, "\"kind\":\"denied\""));
	assert_true(keeperbox_has(&box, hex));
	assert_true(keeperbox_honest(&box));
	keeperbox_refused(&box, BOX_WORKER, ASK_ACCESS_DENIED);
	keeperbox_ask(&box, BOX_WORKER, &asked);
	keeperbox_to(&box, BOX_STEP_RECORD);
	assert_true(keeperbox_has(&box, hex));
	assert_true(keeperbox_honest(&box));
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	expect_ok(ask_put_done(&body, &done));
	keeperbox_say(&box, BOX_WORKER,
	    &(struct frame){
		.type = ASK_DONE, .id = 1, .body = buf_span(&body)});
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"kind\":\"complete\""));
	assert_false(keeperbox_has(&box, "trace"));
	/* Who claims none has none. */
	keeperbox_ask(&box, BOX_WORKER, &object);
	keeperbox_to(&box, BOX_STEP_RECORD);
	assert_false(keeperbox_has(&box, "trace"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(ask_record_intent__names_every_column),
	    TEST(ask_record_intent__names_the_promise),
	    TEST(ask_record_intent__refuses_what_it_cannot_name),
	    TEST(ask_record_intent__fits_whatever_a_plan_fits),
	    TEST(ask_record__names_the_trace_that_is_claimed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
