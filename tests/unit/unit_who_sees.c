/* Who gets a dataset, or a column of it: exactly what an officer reads. */
#include "tests/harness/expect.h"

#include "policy/who_sees.h"
#include "tests/harness/policy_fixture.h"
#include "tests/harness/sweep.h"

enum {
	MAX_BYTES = 1 << 20,
	BIRTH_DATE = 1,
	NOTE = 4,
	IBAN = 0,
};

static struct policy_fixture fixture;

struct question {
	uint32_t dataset, column;
	int64_t now;
};

static struct err
ask_once(void *context, struct buf *out, struct arena *arena)
{
	const struct question *q = context;
	struct who_sees list;

	TRY(who_sees_list(
	    &list, arena, &fixture.policy, q->dataset, q->column, q->now));
	return who_sees_print(out, &fixture.policy, &list);
}

static void
expect_answer(struct question q, const char *wanted)
{
	struct buf out = {.max = MAX_BYTES};
	struct arena arena;

	arena_init(&arena, MAX_BYTES);
	expect_ok(ask_once(&q, &out, &arena));
	expect_ok(buf_put_u8(&out, 0));
	assert_string_equal((const char *)out.data, wanted);
	arena_done(&arena);
	buf_done(&out);
}

static int
prepare(void **state)
{
	(void)state;
	policy_fixture_init(&fixture);
	return 0;
}

#define TRAINERS(column)                                                       \
	"trainers reading s3://readmission/ from virginia  from 2026-01-01"    \
	"  until 2026-06-30  (policy.yaml:100)\n" column                       \
	"trainers reading s3://readmission/ from attic  from 2026-01-01"       \
	"  until 2026-06-30  (policy.yaml:100)\n" column
#define CLUSTER(column)                                                        \
	"cluster reading s3://readmission/ from virginia  from 2026-01-01"     \
	"  until 2026-06-30  (policy.yaml:100)\n" column                       \
	"cluster reading s3://readmission/ from attic  from 2026-01-01"        \
	"  until 2026-06-30  (policy.yaml:100)\n" column

/* Each caller and each place has a paragraph, with the days. */
static void
who_sees__names_each_caller_and_place(void **state)
{
	static const char birth[] =
	    TRAINERS("  birth_date: year; 90 or older as one group"
		     "  (policy.yaml:110)\n")
		CLUSTER("  birth_date: year; 90 or older as one group"
			"  (policy.yaml:110)\n");

	(void)state;
	expect_answer(
	    (struct question){FIXTURE_PATIENTS, BIRTH_DATE, FIXTURE_FROM},
	    birth);
}

/* What has yet to begin is in, what is over is not. */
static void
who_sees__looks_ahead_and_not_back(void **state)
{
	struct buf early = {.max = MAX_BYTES}, now = {.max = MAX_BYTES};
	struct question before = {FIXTURE_PATIENTS, NO_INDEX, FIXTURE_FROM - 1};
	struct question during = {
	    FIXTURE_PATIENTS, NO_INDEX, FIXTURE_UNTIL - 1};
	struct arena arena;

	(void)state;
	arena_init(&arena, MAX_BYTES);
	expect_ok(ask_once(&before, &early, &arena));
	expect_ok(ask_once(&during, &now, &arena));
	assert_true(early.len > 0);
	assert_true(span_equal(buf_span(&early), buf_span(&now)));
	expect_answer(
	    (struct question){FIXTURE_PATIENTS, NO_INDEX, FIXTURE_UNTIL},
	    "nobody\n");
	arena_done(&arena);
	buf_done(&early);
	buf_done(&now);
}

/* A column that is dropped, or that a guardrail keeps, nobody sees. */
static void
who_sees__shows_nobody_what_does_not_leave(void **state)
{
	(void)state;
	expect_answer((struct question){FIXTURE_PATIENTS, NOTE, FIXTURE_FROM},
	    "nobody\n");
}

/* An agreement without days; of two places the one that is allowed. */
static void
who_sees__leaves_out_where_a_guardrail_denies(void **state)
{
	(void)state;
	expect_answer((struct question){FIXTURE_CARDS, IBAN, 0},
	    "fraud-team reading s3://fraud/ from frankfurt  (bank.yaml:120)\n"
	    "  iban: keyed code, the same for a value  (bank.yaml:131)\n"
	    "fraud-team reading s3://fraud-overseas/ from frankfurt"
	    "  (bank.yaml:135)\n"
	    "  iban: masked but for the first 2 and the last 4 characters"
	    "  (bank.yaml:141)\n");
}

static void
who_sees__ends_at_any_ceiling(void **state)
{
	struct question all = {FIXTURE_PATIENTS, NO_INDEX, FIXTURE_FROM};
	struct question nobody = {FIXTURE_PATIENTS, NOTE, FIXTURE_FROM};
	struct question cards = {FIXTURE_CARDS, NO_INDEX, 0};

	(void)state;
	(void)sweep_allocations(ask_once, &all);
	assert_true(sweep_ceilings(ask_once, &all) > 500);
	assert_true(sweep_ceilings(ask_once, &cards) > 100);
	assert_int_equal(sweep_ceilings(ask_once, &nobody), strlen("nobody\n"));
	assert_true(sweep_arenas(ask_once, &all) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_sees__names_each_caller_and_place),
	    cmocka_unit_test(who_sees__looks_ahead_and_not_back),
	    cmocka_unit_test(who_sees__shows_nobody_what_does_not_leave),
	    cmocka_unit_test(who_sees__leaves_out_where_a_guardrail_denies),
	    cmocka_unit_test(who_sees__ends_at_any_ceiling),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
