#include "policy/plan_within.h"

#include "tests/harness/expect.h"
#include "tests/harness/policy_fixture.h"

enum {
	MAX_BYTES = 1 << 20
};

static struct policy_fixture fixture;
static struct arena arena;

static int
fresh(void **state)
{
	(void)state;
	policy_fixture_init(&fixture);
	arena_init(&arena, MAX_BYTES);
	return 0;
}

static int
done(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

/* A plan, and arrays of its own that a test may change. */
static struct plan
build(void)
{
	struct plan plan;

	expect_ok(plan_build(
	    &plan, &arena, &fixture.policy, FIXTURE_READMISSION, 2031, 7));
	assert_true(plan.num_columns >= 2 && plan.num_conditions >= 1);
	return plan;
}

static void
plan_within__more_may_leave(void **state)
{
	struct plan older = build(), newer = build();

	(void)state;
	assert_true(plan_within(&older, &newer));
	/* Fewer columns and more conditions then: all of that leaves now. */
	older.columns++;
	older.num_columns--;
	newer.num_conditions--;
	assert_true(plan_within(&older, &newer));
	/* Neither how it is packed, nor what else is declared, is in it. */
	newer.compression = COMPRESSION_GZIP;
	newer.num_declared--;
	assert_true(plan_within(&older, &newer));
}

static void
plan_within__a_column_that_went(void **state)
{
	struct plan older = build(), newer = build();

	(void)state;
	newer.num_columns--;
	assert_false(plan_within(&older, &newer));
}

static void
plan_within__a_column_in_another_form(void **state)
{
	struct plan older = build(), newer = build();

	(void)state;
	for (uint32_t i = 0; i < newer.num_columns; i++) {
		enum protection_op op = newer.columns[i].how.op;
		newer.columns[i].how.op =
		    op == PROTECT_YEAR ? PROTECT_KEEP : PROTECT_YEAR;
		assert_false(plan_within(&older, &newer));
		newer.columns[i].how.op = op;
	}
	newer.columns[0].unfit =
	    newer.columns[0].unfit == UNFIT_DROP ? UNFIT_REFUSE : UNFIT_DROP;
	assert_false(plan_within(&older, &newer));
}

static void
plan_within__a_condition_that_came(void **state)
{
	struct plan older = build(), newer = build();

	(void)state;
	older.num_conditions--;
	assert_false(plan_within(&older, &newer));
}

static void
plan_within__another_year(void **state)
{
	struct plan older = build(), newer = build();

	(void)state;
	newer.as_of++;
	assert_false(plan_within(&older, &newer));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(plan_within__more_may_leave),
	    TEST(plan_within__a_column_that_went),
	    TEST(plan_within__a_column_in_another_form),
	    TEST(plan_within__a_condition_that_came),
	    TEST(plan_within__another_year),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
