/* rows: what a condition may be, by kind, and what it then says of a cell. */
#include "tests/harness/expect.h"

#include "gateway/transform/rows.h"

static struct span values[2];

static struct plan_condition
make(enum column_kind kind, enum row_op op, const char *first,
    const char *second)
{
	values[0] = span_str(first == NULL ? "" : first);
	values[1] = span_str(second == NULL ? "" : second);
	return (struct plan_condition){.test = PLAN_ROW,
	    .kind = kind,
	    .op = op,
	    .values = values,
	    .num_values =
		(first != NULL ? 1u : 0u) + (second != NULL ? 1u : 0u)};
}

static struct err
check(struct plan_condition condition)
{
	const struct plan plan = {
	    .conditions = &condition, .num_conditions = 1};

	return rows_check(&plan);
}

static enum verdict
judge(struct plan_condition condition, const char *text)
{
	const struct plan plan = {
	    .as_of = 2026, .conditions = &condition, .num_conditions = 1};
	struct span cells[BATCH_MAX_ROWS] = {span_str(text)};
	const struct batch batch = {
	    .cells = cells, .num_columns = 1, .num_rows = 1};
	const uint32_t column = 0;
	uint8_t verdict;

	expect_ok(rows_check(&plan));
	rows_judge(&plan, &batch, &column, &verdict);
	return (enum verdict)verdict;
}

static const enum column_kind numbers[] = {
    KIND_AGE, KIND_INTERVAL, KIND_AMOUNT, KIND_NUMBER};
static const enum column_kind dates[] = {KIND_DATE, KIND_DATETIME};

/* Values are of their kind, and there is one at least. */
static void
rows_check__wants_values_of_the_kind(void **state)
{
	static const enum row_op ops[] = {ROW_IS, ROW_IS_NOT, ROW_ONE_OF};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		expect_err(
		    MALFORMED, check(make(KIND_CODE, ops[i], NULL, NULL)));
		expect_ok(check(make(KIND_CODE, ops[i], "any", "thing")));
		for (size_t k = 0; k < 4; k++) {
			expect_ok(check(make(numbers[k], ops[i], "5", "-1.5")));
			expect_err(MALFORMED,
			    check(make(numbers[k], ops[i], "5", "five")));
		}
		for (size_t k = 0; k < 2; k++) {
			expect_ok(
			    check(make(dates[k], ops[i], "2000-01-02", NULL)));
			expect_err(MALFORMED,
			    check(make(dates[k], ops[i], "2000-13-02", NULL)));
		}
	}
}

/* Days are compared of dates, sizes of numbers. */
static void
rows_check__wants_an_operator_of_the_kind(void **state)
{
	(void)state;
	for (size_t k = 0; k < 2; k++) {
		expect_ok(check(make(dates[k], ROW_BEFORE, NULL, NULL)));
		expect_ok(check(make(dates[k], ROW_ON_OR_AFTER, NULL, NULL)));
		expect_err(
		    MALFORMED, check(make(dates[k], ROW_UNDER, NULL, NULL)));
	}
	for (size_t k = 0; k < 4; k++) {
		expect_ok(check(make(numbers[k], ROW_UNDER, NULL, NULL)));
		expect_ok(check(make(numbers[k], ROW_AT_LEAST, NULL, NULL)));
		expect_err(
		    MALFORMED, check(make(numbers[k], ROW_BEFORE, NULL, NULL)));
	}
	expect_err(MALFORMED, check(make(KIND_TEXT, ROW_AT_LEAST, NULL, NULL)));
	expect_err(
	    MALFORMED, check(make(KIND_TEXT, ROW_ON_OR_AFTER, NULL, NULL)));
	expect_err(MALFORMED, check(make(KIND_TEXT, NUM_ROW_OPS, "a", NULL)));
}

/* age() is of a date, in whole years that people reach. */
static void
rows_check__wants_years_of_age(void **state)
{
	struct plan_condition age = make(KIND_DATE, ROW_UNDER, NULL, NULL);

	(void)state;
	age.age_of = true;
	for (int64_t years = 0; years <= 200; years += 100) {
		age.number = (struct decimal){years, 0};
		expect_ok(check(age));
	}
	age.number = (struct decimal){201, 0};
	expect_err(MALFORMED, check(age));
	age.number = (struct decimal){-1, 0};
	expect_err(MALFORMED, check(age));
	age.number = (struct decimal){180, 1};
	expect_err(MALFORMED, check(age));
	age.number = (struct decimal){18, 0};
	age.op = ROW_AT_LEAST;
	expect_ok(check(age));
	age.op = ROW_BEFORE;
	expect_err(MALFORMED, check(age));
	age.op = ROW_UNDER;
	age.kind = KIND_DATETIME;
	expect_err(MALFORMED, check(age));
}

/* By value: written otherwise, it is the same number or day. */
static void
rows_judge__knows_a_value_however_it_is_written(void **state)
{
	(void)state;
	for (size_t k = 0; k < 4; k++) {
		struct plan_condition one =
		    make(numbers[k], ROW_ONE_OF, "7", "2.50");

		assert_int_equal(judge(one, "2.5"), VERDICT_RELEASED);
		assert_int_equal(judge(one, "7.0"), VERDICT_RELEASED);
		assert_int_equal(judge(one, "8"), VERDICT_RULE);
		assert_int_equal(judge(one, "x"), VERDICT_NOT_TYPED);
		one.op = ROW_IS_NOT;
		one.num_values = 1;
		assert_int_equal(judge(one, "7"), VERDICT_RULE);
		assert_int_equal(judge(one, "8"), VERDICT_RELEASED);
	}
	for (size_t k = 0; k < 2; k++) {
		struct plan_condition one =
		    make(dates[k], ROW_ONE_OF, "2000-01-02", "2001-02-03");

		assert_int_equal(judge(one, "2001-02-03"), VERDICT_RELEASED);
		assert_int_equal(
		    judge(one, "2001-02-03T04:05"), VERDICT_RELEASED);
		assert_int_equal(judge(one, "2001-02-04"), VERDICT_RULE);
		assert_int_equal(judge(one, "3 Feb"), VERDICT_NOT_TYPED);
		one.op = ROW_IS_NOT;
		assert_int_equal(judge(one, "2000-01-02"), VERDICT_RULE);
		assert_int_equal(judge(one, "2002-01-02"), VERDICT_RELEASED);
		assert_int_equal(judge(one, ""), VERDICT_MISSING);
	}
}

static void
rows_judge__compares_days_and_sizes(void **state)
{
	struct plan_condition rule = make(KIND_DATE, ROW_BEFORE, NULL, NULL);

	(void)state;
	rule.day = 10957; /* 2000-01-01 */
	assert_int_equal(judge(rule, "1999-12-31"), VERDICT_RELEASED);
	assert_int_equal(judge(rule, "2000-01-01"), VERDICT_RULE);
	rule.op = ROW_ON_OR_AFTER;
	assert_int_equal(judge(rule, "1999-12-31"), VERDICT_RULE);
	assert_int_equal(judge(rule, "2000-01-01"), VERDICT_RELEASED);
	rule = make(KIND_INTERVAL, ROW_UNDER, NULL, NULL);
	rule.number = (struct decimal){75, 1};
	assert_int_equal(judge(rule, "7.49"), VERDICT_RELEASED);
	assert_int_equal(judge(rule, "7.5"), VERDICT_RULE);
	rule.op = ROW_AT_LEAST;
	assert_int_equal(judge(rule, "7.49"), VERDICT_RULE);
	assert_int_equal(judge(rule, "7.5"), VERDICT_RELEASED);
}

static void
rows_verdict_name__is_another_for_each(void **state)
{
	(void)state;
	for (int i = 0; i <= NUM_VERDICTS; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
			    rows_verdict_name((enum verdict)i),
			    rows_verdict_name((enum verdict)j));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_check__wants_values_of_the_kind),
	    cmocka_unit_test(rows_check__wants_an_operator_of_the_kind),
	    cmocka_unit_test(rows_check__wants_years_of_age),
	    cmocka_unit_test(rows_judge__knows_a_value_however_it_is_written),
	    cmocka_unit_test(rows_judge__compares_days_and_sizes),
	    cmocka_unit_test(rows_verdict_name__is_another_for_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
