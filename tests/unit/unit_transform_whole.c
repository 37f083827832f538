#include "tests/harness/expect.h"

#include "gateway/transform/transform.h"

/*
 * A column in which nothing is missing runs as it stands, another one is
 * parted and joined. What comes out must not show which it was.
 */
enum {
	NUM_ROWS = 12,
	WITHHELD = 2,	   /* a row whose person did not consent */
	UNFIT = 5,	   /* a row whose cell is no number */
	UNFIT_TOO = 7,	   /* a row that is both */
	MAY_BE_MISSING = 9 /* what the two runs differ in */
};

struct run {
	char texts[NUM_ROWS][16];
	uint8_t verdicts[NUM_ROWS];
	struct transform_counts counts;
};

static void
fill(struct batch *raw, bool missing)
{
	static const char *const numbers[NUM_ROWS] = {"1", "14", "15", "26",
	    "38", "many", "60", "few", "84.9", "97", "10", "0"};
	struct span *cells = batch_column(raw, 0);
	struct span *consent = batch_column(raw, 1);

	for (uint32_t row = 0; row < NUM_ROWS; row++) {
		cells[row] = span_str(numbers[row]);
		consent[row] = span_str(
		    row == WITHHELD || row == UNFIT_TOO ? "no" : "yes");
	}
	if (missing)
		cells[MAY_BE_MISSING] = span_str("");
	raw->num_rows = NUM_ROWS;
}

static void
run(struct run *run, enum unfit unfit, bool missing)
{
	struct span yes = span_str("yes");
	struct plan_column column = {.name = span_str("n"),
	    .kind = KIND_NUMBER,
	    .how = {.op = PROTECT_ROUND, .step = {.value = 10}},
	    .unfit = unfit};
	struct plan_condition condition = {.name = span_str("c"),
	    .test = PLAN_CONSENT,
	    .values = &yes,
	    .num_values = 1};
	struct plan plan = {.version = PLAN_VERSION,
	    .as_of = 2026,
	    .columns = &column,
	    .num_columns = 1,
	    .conditions = &condition,
	    .num_conditions = 1};
	const uint32_t where = 0, condition_at = 1;
	struct transform *transform;
	struct batch raw, out;

	*run = (struct run){0};
	expect_ok(transform_new(&transform, &plan, NULL, 1000, 0));
	expect_ok(batch_init(&raw, 2));
	expect_ok(batch_init(&out, 1));
	transform_bind(transform, &where, &condition_at);
	fill(&raw, missing);
	for (uint32_t row = 0; row < NUM_ROWS; row++)
		out.cells[row] = span_str("stale");
	expect_ok(
	    transform_run(transform, &raw, &out, run->verdicts, &run->counts));
	for (uint32_t row = 0; row < NUM_ROWS; row++) {
		struct span cell = out.cells[row];

		snprintf(run->texts[row], sizeof(run->texts[row]), "%.*s",
		    cell.data == NULL ? 4 : (int)cell.len,
		    cell.data == NULL ? "none" : (const char *)cell.data);
	}
	batch_done(&raw);
	batch_done(&out);
	transform_free(transform);
}

static void
expect_rows(const struct run *run, bool missing)
{
	static const char *const want[NUM_ROWS] = {"0", "10", "none", "30",
	    "40", "none", "60", "none", "80", "100", "10", "0"};

	for (uint32_t row = 0; row < NUM_ROWS; row++)
		assert_string_equal(run->texts[row],
		    missing && row == MAY_BE_MISSING ? "none" : want[row]);
	/* Those who did not consent are not counted for what they hold. */
	assert_int_equal(run->counts.unfit[FIT_NOT_A_NUMBER], 1);
	assert_int_equal(run->counts.rows[VERDICT_CONSENT], 2);
	assert_int_equal(run->verdicts[WITHHELD], VERDICT_CONSENT);
	assert_int_equal(run->verdicts[UNFIT_TOO], VERDICT_CONSENT);
}

static void
transform_run__is_the_same_with_a_cell_missing_elsewhere(void **state)
{
	struct run got;

	(void)state;
	for (int missing = 0; missing <= 1; missing++) {
		run(&got, UNFIT_WITHHOLD_ROW, missing != 0);
		expect_rows(&got, missing != 0);
		assert_int_equal(got.verdicts[UNFIT], VERDICT_UNFIT);
		assert_int_equal(got.counts.rows[VERDICT_RELEASED], 9);
		run(&got, UNFIT_DROP, missing != 0);
		expect_rows(&got, missing != 0);
		assert_int_equal(got.verdicts[UNFIT], VERDICT_RELEASED);
		assert_int_equal(got.counts.rows[VERDICT_RELEASED], 10);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		transform_run__is_the_same_with_a_cell_missing_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
