#include "tests/harness/expect.h"

#include "crypto/hash.h"
#include "crypto/init.h"
#include "gateway/transform/transform.h"
#include "gateway/transform/zip3_table.h"
#include "tests/harness/onecell.h"

static void
transform_run__coarsens_dates(void **state)
{
	(void)state;
	IS(WITH(DATE, YEAR, "1984-05-06"), "1984");
	IS(WITH(DATE, DECADE, "1989-12-31"), "1980s");
	IS(WITH(DATE, MONTH, "2024-02-29"), "2024-02");
	IS(WITH(DATETIME, QUARTER, "2024-03-31T23:59:60.5+02:00"), "2024-Q1");
	IS(WITH(DATETIME, QUARTER, "2024-04-01 00:00Z"), "2024-Q2");
	IS(WITH(DATE, QUARTER, " 2024-12-01 "), "2024-Q4");
	/* 90 on 31 December 2026 is who was born in 1936. */
	IS(WITH(DATE, YEAR, "1936-12-31"), "<=1936");
	IS(WITH(DATE, MONTH, "0001-01-01"), "<=1936");
	IS(WITH(DATE, DECADE, "1936-01-01"), "<=1936");
	IS(WITH(DATE, YEAR, "1937-01-01"), "1937");
	IS(WITH(DATE, DECADE, "1937-01-01"), "1930s");
}

static void
transform_run__refuses_what_is_no_date(void **state)
{
	static const char *const bad[] = {"1984", "1984-5-6", "1984-13-01",
	    "1984-00-01", "1984-01-00", "1984-04-31", "2023-02-29",
	    "1900-02-29", "0000-01-01", "84-01-01", "1984-01-01x",
	    "1984-01-01T", "1984-01-01T24:00", "1984-01-01T10", "1984/01/01",
	    "01.02.1984", "1984-01-01T10:00:00.", "1984-01-01T10:00+2",
	    "19840101", "-1984-01-01", "1984-01-01T10:00Z1"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		IS(WITH(DATE, YEAR, bad[i]), "<not a date>");
	IS(WITH(DATE, YEAR, "2000-02-29"), "2000");
}

static void
transform_run__coarsens_ages(void **state)
{
	(void)state;
	IS(WITH(AGE, AGE_90, "0"), "0");
	IS(WITH(AGE, AGE_90, "89"), "89");
	IS(WITH(AGE, AGE_90, "89.9"), "89");
	IS(WITH(AGE, AGE_90, "90"), "90+");
	IS(WITH(AGE, AGE_90, " 090 "), "90+");
	IS(WITH(AGE, AGE_90, "104"), "90+");
	IS(WITH(AGE, AGE_90, "-1"), "<not an age>");
	IS(WITH(AGE, AGE_90, "old"), "<not a number>");
}

static const char *
number(enum protection_op op, int64_t value, uint8_t scale, const char *in)
{
	return onecell_with(KIND_AMOUNT,
	    (struct protection){.op = op, .step = {value, scale}}, in);
}

static void
transform_run__bands_and_rounds_exactly(void **state)
{
	(void)state;
	IS(number(PROTECT_BAND, 5, 0, "12"), "10");
	IS(number(PROTECT_BAND, 5, 0, "1.2e1"), "10");
	IS(number(PROTECT_BAND, 5, 0, "-120E-1"), "-15");
	IS(number(PROTECT_ROUND, 1, 9, "12e-10"), "0.000000001");
	IS(number(PROTECT_ROUND, 1, 9, "12e-19"), "<not a number>");
	IS(number(PROTECT_ROUND, 1, 9, "120e-19"), "0.000000000");
	/* As doubles are written. */
	IS(number(PROTECT_ROUND, 1, 1, "36.599999999999994"), "36.6");
	IS(number(PROTECT_BAND, 5, 0, "4.9999999999999991"), "0");
	IS(number(PROTECT_BAND, 5, 0, "-0.000000000000000001"), "-5");
	IS(number(PROTECT_BAND, 5, 0, "5.0000000000000000001"),
	    "<not a number>");
	IS(number(PROTECT_ROUND, 999999999999999999, 0, "0.999999999999999999"),
	    "0");
	IS(number(PROTECT_ROUND, 1, 9, "-999999999.999999999"),
	    "-999999999.999999999");
	IS(number(PROTECT_ROUND, 1, 9, "120e-10"), "0.000000012");
	IS(number(PROTECT_ROUND, 1, 0, "99e16"), "990000000000000000");
	IS(number(PROTECT_ROUND, 1, 0, "1e18"), "<not a number>");
	IS(number(PROTECT_ROUND, 1, 0, "0e99"), "0");
	IS(number(PROTECT_ROUND, 1, 0, "1e"), "<not a number>");
	IS(number(PROTECT_ROUND, 1, 0, "1e+"), "<not a number>");
	IS(number(PROTECT_ROUND, 1, 0, "e1"), "<not a number>");
	IS(number(PROTECT_ROUND, 1, 0, "1e1.0"), "<not a number>");
	IS(number(PROTECT_ROUND, 1, 0, "1e1e1"), "<not a number>");
	IS(WITH(NUMBER, KEEP, "-1.5E+07"), "-1.5E+07");
	IS(WITH(NUMBER, KEEP, "1e"), "<not a number>");
	IS(WITH(NUMBER, KEEP, "1e-"), "<not a number>");
	IS(WITH(NUMBER, KEEP, "1e5.5"), "<not a number>");
	IS(WITH(NUMBER, KEEP, "1e5e5"), "<not a number>");
	IS(number(PROTECT_BAND, 5, 0, "0"), "0");
	IS(number(PROTECT_BAND, 5, 0, "-0.1"), "-5");
	IS(number(PROTECT_BAND, 5, 0, "-5"), "-5");
	IS(number(PROTECT_BAND, 5, 0, "14.999999999"), "10");
	IS(number(PROTECT_BAND, 25, 2, "0.74"), "0.50");
	IS(number(PROTECT_ROUND, 100, 0, "150"), "200");
	IS(number(PROTECT_ROUND, 100, 0, "149.99"), "100");
	IS(number(PROTECT_ROUND, 100, 0, "-150"), "-200");
	IS(number(PROTECT_ROUND, 100, 0, "-49"), "0");
	IS(number(PROTECT_ROUND, 1, 1, "0.05"), "0.1");
	IS(number(PROTECT_ROUND, 1, 1, "8.449999999"), "8.4");
	IS(number(PROTECT_ROUND, 1, 9, "999999999999999999"), "<not a number>");
	IS(number(PROTECT_ROUND, 1, 0, "1e5"), "100000");
	IS(number(PROTECT_ROUND, 1, 0, "1,000"), "<not a number>");
	IS(number(PROTECT_ROUND, 1, 0, "1."), "<not a number>");
	IS(number(PROTECT_ROUND, 1, 0, ".5"), "<not a number>");
	IS(number(PROTECT_ROUND, 1, 0, "--1"), "<not a number>");
	IS(number(PROTECT_ROUND, 1, 0, "nan"), "<not a number>");
	IS(number(PROTECT_ROUND, 1, 0, "9999999999999999999"),
	    "<not a number>");
}

static void
transform_run__caps(void **state)
{
	const struct protection how = {
	    .op = PROTECT_CAP, .low = {0, 0}, .high = {600, 1}};

	(void)state;
	IS(onecell_with(KIND_INTERVAL, how, "61"), "60.0");
	IS(onecell_with(KIND_INTERVAL, how, "60"), "60");
	IS(onecell_with(KIND_INTERVAL, how, "-1"), "0");
	IS(onecell_with(KIND_INTERVAL, how, "+007.50"), "7.50");
	IS(onecell_with(KIND_INTERVAL, how, "59.999999999999999"),
	    "59.999999999999999");
	IS(onecell_with(KIND_INTERVAL, how, "60.000000000000001"), "60.0");
	IS(onecell_with(KIND_INTERVAL, how, "-0.000000000000000001"), "0");
	IS(onecell_with(KIND_INTERVAL, how, "long"), "<not a number>");
}

static void
transform_run__shows_zip3_by_the_census(void **state)
{
	uint8_t digest[32];
	static const uint8_t want[32] = {0xc7, 0x22, 0xf3, 0x4c, 0x7f, 0x30,
	    0xf8, 0x7e, 0x18, 0x1a, 0x3e, 0x36, 0x9c, 0x31, 0xb8, 0xc5, 0x38,
	    0x28, 0x19, 0xd8, 0xbc, 0x26, 0xda, 0x77, 0x31, 0x62, 0xa0, 0xc1,
	    0xba, 0x5d, 0xe9, 0x2a};
	unsigned num = 0;

	(void)state;
	IS(WITH(US_ZIP, ZIP3, "60614"), "606");
	IS(WITH(US_ZIP, ZIP3, "60614-1234"), "606");
	IS(WITH(US_ZIP, ZIP3, "606141234"), "606");
	IS(WITH(US_ZIP, ZIP3, "03601"), "000"); /* 13,153 people */
	IS(WITH(US_ZIP, ZIP3, "36901"), "000"); /* new in 2020 */
	IS(WITH(US_ZIP, ZIP3, "06301"), "063"); /* no longer in 2020 */
	IS(WITH(US_ZIP, ZIP3, "57601"), "576"); /* 20,310 people */
	IS(WITH(US_ZIP, ZIP3, "09012"), "000"); /* military */
	IS(WITH(US_ZIP, ZIP3, "00000"), "000");
	IS(WITH(US_ZIP, ZIP3, "2139"), "<not a ZIP code>");
	IS(WITH(US_ZIP, ZIP3, "60614-12"), "<not a ZIP code>");
	IS(WITH(US_ZIP, ZIP3, "60614 1234"), "<not a ZIP code>");
	IS(WITH(US_ZIP, ZIP3, "SW1A1"), "<not a ZIP code>");
	for (unsigned z = 0; z < 1000; z++)
		num += zip3_table[z / 8] >> z % 8 & 1;
	assert_int_equal(num, 876);
	expect_ok(hash_sha256(digest, span_of(zip3_table, ZIP3_TABLE_LEN)));
	assert_memory_equal(digest, want, sizeof(want));
}

static const char *
mask(uint32_t first, uint32_t last, const char *in)
{
	return onecell_with(KIND_CARD,
	    (struct protection){
		.op = PROTECT_MASK, .first = first, .last = last},
	    in);
}

static void
transform_run__masks_and_cuts(void **state)
{
	const struct protection prefix = {
	    .op = PROTECT_PREFIX, .prefix_len = 2};

	(void)state;
	IS(mask(0, 4, "4111111111111111"), "****1111");
	IS(mask(6, 4, "4111111111111111"), "411111****1111");
	IS(mask(6, 4, "4111111111111"), "****");
	IS(mask(0, 0, "a@b.example"), "****");
	IS(mask(1, 1,
	       "\xc3\xa4"
	       "bcde\xc3\xb6"),
	    "\xc3\xa4****\xc3\xb6");
	IS(mask(0, 4, "12345"), "****");
	IS(mask(0, 1,
	       "\xff"
	       "bcdefg"),
	    "<not UTF-8>");
	IS(onecell_with(KIND_POSTCODE, prefix, "10115"), "10");
	IS(onecell_with(KIND_POSTCODE, prefix,
	       "\xc3\xa4\xe2\x82\xac"
	       "x"),
	    "\xc3\xa4\xe2\x82\xac");
	IS(onecell_with(KIND_POSTCODE, prefix, "1"), "1");
	IS(onecell_with(KIND_POSTCODE, prefix, "ab\xed\xa0\x80"),
	    "<not UTF-8>");
	IS(onecell_with(KIND_POSTCODE, prefix, "ab\xc0\x80"), "<not UTF-8>");
}

static void
transform_run__groups_by_the_table(void **state)
{
	struct group_row rows[] = {{span_str("B20"), span_str("infections")},
	    {span_str("I10"), span_str("heart")}};
	struct group_table table = {.rows = rows, .num_rows = 2};
	const struct plan_column column = {
	    .kind = KIND_CODE, .how = {.op = PROTECT_GROUP}};

	(void)state;
	IS(onecell(&column, "I10", &table), "heart");
	IS(onecell(&column, " B20", &table), "infections");
	IS(onecell(&column, "I1", &table), "<not in the group table>");
	IS(onecell(&column, "i10", &table), "<not in the group table>");
}

static void
transform_run__keeps_what_its_column_says(void **state)
{
	struct span values[] = {span_str("M"), span_str("F")};
	const struct plan_column listed = {.kind = KIND_CODE,
	    .how = {.op = PROTECT_KEEP},
	    .values = values,
	    .num_values = 2};

	(void)state;
	IS(WITH(FLAG, KEEP, "Yes"), "Yes");
	IS(WITH(FLAG, KEEP, "555-0100"), "<not a flag>");
	IS(WITH(AMOUNT, KEEP, "-12.50"), "-12.50");
	IS(WITH(AMOUNT, KEEP, "12 EUR"), "<not a number>");
	IS(WITH(DATE, KEEP, "2026-01-31"), "2026-01-31");
	IS(WITH(DATE, KEEP, "soon"), "<not a date>");
	IS(WITH(TEXT, KEEP, "a, \"b\""), "a, \"b\"");
	IS(WITH(CODE, BLANK, "x"), "");
	IS(onecell(&listed, "F", NULL), "F");
	IS(onecell(&listed, "X", NULL), "<not in the list of values>");
}

static void
transform_run__does_as_the_plan_says_with_unfit_cells(void **state)
{
	struct plan_column columns[] = {
	    {.kind = KIND_DATE, .how = {.op = PROTECT_YEAR}},
	    {.kind = KIND_CODE, .how = {.op = PROTECT_KEEP}}};
	struct span missing[] = {span_str("NA")};
	struct plan plan = {.version = PLAN_VERSION,
	    .as_of = 2026,
	    .columns = columns,
	    .num_columns = 2,
	    .missing = missing,
	    .num_missing = 1};
	const uint32_t where[] = {0, NO_INDEX};
	struct transform_counts counts = {0};
	struct transform *transform;
	struct batch raw, out;
	uint8_t verdicts[3];

	(void)state;
	expect_ok(batch_init(&raw, 1));
	expect_ok(batch_init(&out, 2));
	raw.num_rows = 3;
	raw.cells[0] = span_str("NA");
	raw.cells[1] = span_str("never");
	raw.cells[2] = span_str("2020-01-01");
	for (int unfit = 0; unfit < NUM_UNFITS; unfit++) {
		columns[0].unfit = (enum unfit)unfit;
		expect_ok(transform_new(&transform, &plan, NULL, 100, 0));
		transform_bind(transform, where, NULL);
		if (unfit == UNFIT_REFUSE) {
			expect_err(MALFORMED,
			    transform_run(
				transform, &raw, &out, verdicts, &counts));
			transform_free(transform);
			continue;
		}
		expect_ok(
		    transform_run(transform, &raw, &out, verdicts, &counts));
		assert_int_equal(verdicts[0], VERDICT_RELEASED);
		assert_int_equal(verdicts[1],
		    unfit == UNFIT_DROP ? VERDICT_RELEASED : VERDICT_UNFIT);
		expect_span(out.cells[0], "");
		expect_span(out.cells[1], "");
		expect_span(out.cells[2], "2020");
		/* The column that the file does not have is empty. */
		expect_span(batch_column(&out, 1)[2], "");
		transform_free(transform);
	}
	assert_int_equal(counts.unfit[FIT_NOT_A_DATE], 3);
	batch_done(&raw);
	batch_done(&out);
}

/* Cells of many rows and more of them than rows: each goes back to its place,
   and what does not fit withholds its own row. */
static void
transform_run__takes_lists(void **state)
{
	enum {
		NUM = 3 * BATCH_MAX_ROWS + 5
	};
	static char texts[NUM][16];
	const struct plan_column columns[] = {
	    {.name = span_str("a[]"),
		.kind = KIND_NUMBER,
		.how = {.op = PROTECT_BAND, .step = {10, 0}},
		.unfit = UNFIT_WITHHOLD_ROW},
	    {.name = span_str("b[]"),
		.kind = KIND_NUMBER,
		.how = {.op = PROTECT_KEEP},
		.unfit = UNFIT_DROP},
	};
	struct plan plan = {.version = PLAN_VERSION,
	    .as_of = 2026,
	    .columns = (struct plan_column *)(uintptr_t)columns,
	    .num_columns = 2};
	struct transform_counts counts = {0};
	const uint32_t where[] = {1, 0};
	uint8_t verdicts[BATCH_MAX_ROWS];
	struct transform *transform;
	struct batch raw, out;

	(void)state;
	expect_ok(transform_new(&transform, &plan, NULL, sizeof(texts), 8000));
	expect_ok(batch_init(&raw, 2));
	expect_ok(batch_init_lists(&raw, 8000));
	expect_ok(batch_init(&out, 2));
	expect_ok(batch_init_lists(&out, 8000));
	raw.lists.is_list[0] = raw.lists.is_list[1] = true;
	transform_bind(transform, where, NULL);
	for (int i = 0; i < NUM; i++) {
		raw.num_rows = (uint32_t)i * 7 / NUM;
		(void)snprintf(texts[i], sizeof(texts[i]), "%d", i);
		(void)batch_add(&raw, 1, span_str(texts[i]));
		(void)batch_add(&raw, 0, span_str(i % 2 == 0 ? "x" : "7"));
	}
	raw.num_rows = 3;
	(void)batch_add(&raw, 1, batch_misfit());
	raw.num_rows = 5;
	(void)batch_add(&raw, 0, batch_misfit());
	(void)batch_add(&raw, 0, span_str(""));
	raw.num_rows = 8;
	expect_ok(transform_run(transform, &raw, &out, verdicts, &counts));
	for (uint32_t row = 0; row < 8; row++)
		assert_int_equal(
		    verdicts[row], row == 3 ? VERDICT_UNFIT : VERDICT_RELEASED);
	for (int i = 0; i < NUM; i++) {
		char want[16];

		(void)snprintf(want, sizeof(want), "%d", i / 10 * 10);
		assert_true(span_equal_str(out.lists.cells[2 * i], want));
		assert_true(span_equal_str(
		    out.lists.cells[2 * i + 1], i % 2 == 0 ? "" : "7"));
	}
	for (uint32_t i = 2 * NUM; i < 2 * NUM + 3; i++)
		assert_int_equal(out.lists.cells[i].len, 0);
	assert_int_equal(counts.unfit[FIT_NESTED], 2);
	assert_int_equal(counts.unfit[FIT_NOT_A_NUMBER], (NUM + 1) / 2);
	batch_done(&raw);
	batch_done(&out);
	transform_free(transform);
}

static void
transform_new__refuses_what_it_cannot_serve(void **state)
{
	struct plan_column column = {.kind = KIND_NAME};
	struct plan plan = {.version = PLAN_VERSION,
	    .as_of = 2026,
	    .columns = &column,
	    .num_columns = 1};
	struct transform *transform = NULL;

	(void)state;
	column.how.op = PROTECT_SCRUB;
	expect_err(
	    UNSUPPORTED, transform_new(&transform, &plan, onecell_keys, 10, 0));
	column.how.op = PROTECT_DROP;
	expect_err(
	    MALFORMED, transform_new(&transform, &plan, onecell_keys, 10, 0));
	column.how.op = PROTECT_GROUP;
	expect_err(
	    MALFORMED, transform_new(&transform, &plan, onecell_keys, 10, 0));
	column.how.op = PROTECT_BAND;
	expect_err(
	    MALFORMED, transform_new(&transform, &plan, onecell_keys, 10, 0));
	column.how.op = PROTECT_PSEUDONYM;
	expect_err(MALFORMED, transform_new(&transform, &plan, NULL, 10, 0));
	column.how.op = PROTECT_SEALED;
	expect_err(MALFORMED, transform_new(&transform, &plan, NULL, 10, 0));
	column.how.op = PROTECT_TOKEN;
	expect_err(MALFORMED, transform_new(&transform, &plan, NULL, 10, 0));
	column.how.op = PROTECT_SHIFT; /* for nobody */
	expect_err(
	    MALFORMED, transform_new(&transform, &plan, onecell_keys, 10, 0));
	column.how.op = PROTECT_KEEP;
	plan.version++;
	expect_err(
	    MALFORMED, transform_new(&transform, &plan, onecell_keys, 10, 0));
	plan.version--;
	plan.as_of = 0;
	expect_err(
	    MALFORMED, transform_new(&transform, &plan, onecell_keys, 10, 0));
	assert_null(transform);
}

/* The verdict of one condition on one cell. */
static enum verdict
judged(struct plan_condition condition, const char *cell)
{
	struct span missing[] = {span_str("NA")};
	struct plan plan = {.as_of = 2026,
	    .missing = missing,
	    .num_missing = 1,
	    .conditions = &condition,
	    .num_conditions = 1};
	struct span cells[] = {span_str(cell)};
	const struct batch batch = {
	    .cells = cells, .num_columns = 1, .num_rows = 1};
	uint32_t column = 0;
	uint8_t verdict;

	expect_ok(rows_check(&plan));
	rows_judge(&plan, &batch, &column, &verdict);
	return (enum verdict)verdict;
}

#define JUDGED(want, rule, cell)                                               \
	assert_int_equal(judged(rule, cell), VERDICT_##want)

static void
rows_judge__compares_by_kind(void **state)
{
	struct span m = span_str("M"), five = span_str("5");
	const struct plan_condition is = {
	    .kind = KIND_CODE, .op = ROW_IS, .values = &m, .num_values = 1};
	const struct plan_condition is_not = {
	    .kind = KIND_CODE, .op = ROW_IS_NOT, .values = &m, .num_values = 1};
	const struct plan_condition number = {.kind = KIND_AMOUNT,
	    .op = ROW_IS,
	    .values = &five,
	    .num_values = 1};
	const struct plan_condition under = {
	    .kind = KIND_AGE, .op = ROW_UNDER, .number = {180, 1}};
	/* 2008-01-01 */
	const struct plan_condition before = {
	    .kind = KIND_DATE, .op = ROW_BEFORE, .day = 13879};

	(void)state;
	JUDGED(RELEASED, is, "M");
	JUDGED(RULE, is, "m");
	JUDGED(MISSING, is, "");
	JUDGED(MISSING, is_not, "NA");
	JUDGED(RELEASED, is_not, "F");
	JUDGED(RULE, is_not, "M");
	JUDGED(RELEASED, number, "5.00");
	JUDGED(RULE, number, "5.01");
	JUDGED(NOT_TYPED, number, "five");
	JUDGED(RELEASED, under, "17.99");
	JUDGED(RULE, under, "18");
	JUDGED(RELEASED, before, "2007-12-31");
	JUDGED(RULE, before, "2008-01-01");
	JUDGED(NOT_TYPED, before, "2008");
}

static void
rows_judge__reckons_ages_for_the_whole_year(void **state)
{
	struct plan_condition age = {.kind = KIND_DATE,
	    .age_of = true,
	    .op = ROW_AT_LEAST,
	    .number = {18, 0}};

	(void)state;
	JUDGED(RELEASED, age, "2008-01-01");
	JUDGED(RULE, age, "2008-01-02");
	age.op = ROW_UNDER;
	JUDGED(RULE, age, "2008-12-31");
	JUDGED(RELEASED, age, "2009-01-01");
	JUDGED(NOT_TYPED, age, "18");
}

static void
rows_judge__asks_for_a_listed_answer(void **state)
{
	struct span yes[] = {span_str("yes"), span_str("1")};
	struct span no[] = {span_str("no"), span_str("")};
	const struct plan_condition consent = {
	    .test = PLAN_CONSENT, .values = yes, .num_values = 2};
	const struct plan_condition objection = {
	    .test = PLAN_OBJECTION, .values = no, .num_values = 2};

	(void)state;
	JUDGED(RELEASED, consent, " YES ");
	JUDGED(RELEASED, consent, "1");
	JUDGED(CONSENT, consent, "yes!");
	JUDGED(CONSENT, consent, "");
	JUDGED(CONSENT, consent, "NA");
	JUDGED(RELEASED, objection, "No");
	JUDGED(RELEASED, objection, "");
	JUDGED(OBJECTION, objection, "maybe");
}

/* A member that is not there, null, or an object: no answer, no value. */
static void
rows_judge__takes_no_answer_from_nothing(void **state)
{
	struct span empty[] = {span_str("")};
	const struct plan_condition conditions[] = {
	    {.test = PLAN_CONSENT, .values = empty, .num_values = 1},
	    {.test = PLAN_OBJECTION, .values = empty, .num_values = 1},
	    {.test = PLAN_ROW,
		.kind = KIND_CODE,
		.op = ROW_IS_NOT,
		.values = empty,
		.num_values = 1}};
	static const enum verdict want[] = {
	    VERDICT_CONSENT, VERDICT_OBJECTION, VERDICT_MISSING};
	struct span cells[2] = {{0}, batch_misfit()};
	const struct batch batch = {
	    .cells = cells, .num_columns = 1, .num_rows = 2};
	uint32_t column = 0;
	uint8_t verdicts[2];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct plan_condition condition = conditions[i];
		struct plan plan = {.as_of = 2026,
		    .conditions = &condition,
		    .num_conditions = 1};

		rows_judge(&plan, &batch, &column, verdicts);
		assert_int_equal(verdicts[0], want[i]);
		assert_int_equal(verdicts[1], want[i]);
	}
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(transform_run__coarsens_dates),
	    cmocka_unit_test(transform_run__refuses_what_is_no_date),
	    cmocka_unit_test(transform_run__coarsens_ages),
	    cmocka_unit_test(transform_run__bands_and_rounds_exactly),
	    cmocka_unit_test(transform_run__caps),
	    cmocka_unit_test(transform_run__shows_zip3_by_the_census),
	    cmocka_unit_test(transform_run__masks_and_cuts),
	    cmocka_unit_test(transform_run__groups_by_the_table),
	    cmocka_unit_test(transform_run__keeps_what_its_column_says),
	    cmocka_unit_test(
		transform_run__does_as_the_plan_says_with_unfit_cells),
	    cmocka_unit_test(transform_run__takes_lists),
	    cmocka_unit_test(transform_new__refuses_what_it_cannot_serve),
	    cmocka_unit_test(rows_judge__compares_by_kind),
	    cmocka_unit_test(rows_judge__reckons_ages_for_the_whole_year),
	    cmocka_unit_test(rows_judge__asks_for_a_listed_answer),
	    cmocka_unit_test(rows_judge__takes_no_answer_from_nothing),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
