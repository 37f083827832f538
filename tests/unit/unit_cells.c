/*
 * cells: the small readers that the protections are made of, at their edges:
 * dates, numbers, characters, canonical forms; and what a plan must not ask
 * for.
 */
#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "gateway/transform/canon.h"
#include "gateway/transform/cell_date.h"
#include "gateway/transform/cell_number.h"
#include "gateway/transform/cell_text.h"
#include "gateway/transform/transform.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/sweep.h"

/* --- dates --------------------------------------------------------------- */

static void
cell_date_parse__knows_times_and_zones(void **state)
{
	static const char *const good[] = {"2000-01-02", " 2000-01-02\t",
	    "2000-01-02T03:04", "2000-01-02t03:04z", "2000-01-02 03:04Z",
	    "2000-01-02T03:04:05", "2000-01-02T23:59:60",
	    "2000-01-02T03:04:05.678", "2000-01-02T03:04:05,6Z",
	    "2000-01-02T03:04+01:00", "2000-01-02T03:04-0130",
	    "2000-01-02T03:04:05.6-23:59", "2000-02-29", "9999-12-31"};
	static const char *const bad[] = {"", "2000", "2000-1-02", "2000-01-2",
	    "2000-01-02T", "2000-01-02T3:04", "2000-01-02T24:00",
	    "2000-01-02T03", "2000-01-02T03:60", "2000-01-02T0304",
	    "2000-01-02T03:04:", "2000-01-02T03:04:61", "2000-01-02T03:04:5",
	    "2000-01-02T03:04:05.", "2000-01-02T03:04:05.x",
	    "2000-01-02T03:04x", "2000-01-02T03:04+", "2000-01-02T03:04+24:00",
	    "2000-01-02T03:04+01", "2000-01-02T03:04+01:60",
	    "2000-01-02T03:04Zx", "2000-01-02x", "0000-01-01", "1900-02-29",
	    "2000-02-30", "2000-04-31", "2000/01/02", "2000-01/02"};
	struct cell_date date;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!cell_date_parse(span_str(good[i]), &date))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (cell_date_parse(span_str(bad[i]), &date))
			fail_msg("taken: %s", bad[i]);
}

/* --- numbers ------------------------------------------------------------- */

static void
cell_number_parse__keeps_to_18_digits_and_places(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
		uint8_t scale;
	} good[] = {
	    {"0", 0, 0},
	    {"+5", 5, 0},
	    {"-5.0", -50, 1},
	    {"007", 7, 0},
	    {"1e3", 1000, 0},
	    {"1E+3", 1000, 0},
	    {"15e-1", 15, 1},
	    {"0e9", 0, 0},
	    {"0e-99", 0, 18},
	    {"-1e17", INT64_C(-100000000000000000), 0},
	    {"100e-20", 1, 18},
	    {"999999999999999999", INT64_C(999999999999999999), 0},
	    {"0.000000000000000001", 1, 18},
	};
	static const char *const bad[] = {"", "+", "-", ".5", "5.", "1..2",
	    "1.2.3", "e5", "1e", "1e+", "1ex", "1e101", "1e-101", "1e2e3",
	    "--1", "1-", "1,5", "0x10", "1 2", "1234567890123456789",
	    "0.0000000000000000001", "1e18", "-1e18", "1e-19", "9e17x"};
	struct decimal number;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!cell_number_parse(span_str(good[i].text), &number))
			fail_msg("refused: %s", good[i].text);
		if (number.value != good[i].value ||
		    number.scale != good[i].scale)
			fail_msg("%s: %lld / 10^%u", good[i].text,
			    (long long)number.value, number.scale);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (cell_number_parse(span_str(bad[i]), &number))
			fail_msg("taken: %s", bad[i]);
}

/* The nearest multiple may be no number of 64 bits. */
static void
cell_number_floor__says_where_it_has_no_number(void **state)
{
	const struct decimal most = {INT64_C(999999999999999999), 0};
	const struct decimal least = {INT64_C(-999999999999999999), 0};
	const struct decimal fine = {1, 9}, wide = {INT64_MAX, 0};
	struct decimal out = {0};

	(void)state;
	assert_false(cell_number_floor(most, fine, &out));
	assert_false(cell_number_floor(least, fine, &out));
	assert_false(cell_number_round(most, fine, &out));
	assert_false(cell_number_round(least, fine, &out));
	assert_int_equal(out.value, 0);
	assert_true(cell_number_floor(most, wide, &out));
	assert_int_equal(out.value, 0);
	assert_true(cell_number_floor(least, wide, &out));
	assert_true(out.value == -INT64_MAX);
	assert_true(cell_number_compare(least, most) < 0);
	assert_true(cell_number_compare(most, least) > 0);
}

/* --- characters ---------------------------------------------------------- */

static void
cell_text_count__knows_utf8_to_the_byte(void **state)
{
	static const char *const good[] = {"\x7f", "\xc2\x80", "\xdf\xbf",
	    "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
	    "\xf0\x90\x80\x80", "\xf1\x80\x80\x80", "\xf4\x8f\xbf\xbf"};
	static const char *const bad[] = {"\x80", "\xc1\xbf", "\xc2",
	    "\xc2\x7f", "\xc2\xc0", "\xe0\x9f\xbf", "\xe1\x80", "\xe1\x80\x7f",
	    "\xe1\x80\xc0", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80",
	    "\xf0\x90\x80\x7f", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"};
	size_t num;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct span text = span_str(good[i]);

		if (!cell_text_count(text, &num) || num != 1)
			fail_msg("refused: %zu", i);
		assert_int_equal(cell_text_offset(text, 0), 0);
		assert_int_equal(cell_text_offset(text, 1), text.len);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (cell_text_count(span_str(bad[i]), &num))
			fail_msg("taken: %zu", i);
	assert_true(cell_text_count(span_str("a\xc3\xa9z"), &num));
	assert_int_equal(num, 3);
	assert_int_equal(cell_text_offset(span_str("a\xc3\xa9z"), 2), 3);
	assert_int_equal(cell_text_offset(span_str("a\xc3\xa9z"), 9), 4);
}

/* --- canonical forms ----------------------------------------------------- */

static void
expect_canon(enum column_kind kind, const char *in, const char *want)
{
	uint8_t scratch[256];
	struct cells cells = {
	    .scratch = scratch, .scratch_len = sizeof(scratch)};
	struct span out;

	if (canon_value(&cells, kind, span_str(in), &out) != (want != NULL))
		fail_msg("%s", in);
	if (want != NULL && !span_equal_str(out, want))
		fail_msg("%s: %.*s", in, (int)out.len, (const char *)out.data);
}

static void
canon_value__is_one_for_each_way_to_write(void **state)
{
	(void)state;
	expect_canon(KIND_PHONE, "+49 (0)30-1234.5/6\v", "49030123456");
	expect_canon(KIND_SSN, "123-45-6789", "123456789");
	expect_canon(KIND_CARD, "4111 1111\f1111 1111", "4111111111111111");
	expect_canon(KIND_CARD, "4111x1111", NULL);
	expect_canon(KIND_CARD, "4111@", NULL);
	expect_canon(KIND_PHONE, "()+", NULL);
	expect_canon(KIND_IBAN, "de89 3704-0044", "DE8937040044");
	expect_canon(KIND_IBAN, "DE89(3704)", NULL);
	expect_canon(KIND_IBAN, "DE{}", NULL);
	expect_canon(KIND_ACCOUNT, "\r\n a.b/c \t", "ABC");
	expect_canon(KIND_EMAIL, " A@B.Example ", "a@b.example");
	expect_canon(KIND_RECORD_NUMBER, " a-1 ", "a-1");
	expect_canon(KIND_RECORD_NUMBER, " \t ", NULL);
	expect_canon(NUM_KINDS, "as it is", "as it is");
}

/* --- what a plan must not ask for ---------------------------------------- */

static struct plan_column column;

static struct plan
plan_of(struct protection how)
{
	column = (struct plan_column){
	    .name = span_str("c"), .kind = KIND_NUMBER, .how = how};
	return (struct plan){.version = PLAN_VERSION,
	    .as_of = 2026,
	    .key_epoch = 1,
	    .columns = &column,
	    .num_columns = 1};
}

static struct err
new_with(struct plan plan)
{
	static const uint8_t keys[1][32] = {{1}};
	struct transform *transform = NULL;
	struct err err = transform_new(&transform, &plan, keys, 100, 0);

	assert_int_equal(transform != NULL, err.code == ERR_OK);
	transform_free(transform);
	return err;
}

#define HOW(...) plan_of((struct protection){__VA_ARGS__})

static void
transform_new__refuses_what_cannot_be_done(void **state)
{
	struct plan plan = HOW(.op = PROTECT_KEEP);

	(void)state;
	expect_ok(new_with(plan));
	plan.version++;
	expect_err(MALFORMED, new_with(plan));
	plan = HOW(.op = PROTECT_KEEP);
	plan.as_of = 0;
	expect_err(MALFORMED, new_with(plan));
	plan = HOW(.op = PROTECT_KEEP);
	plan.num_columns = CSV_MAX_FIELDS + 1;
	expect_err(MALFORMED, new_with(plan));
	expect_err(MALFORMED, new_with(HOW(.op = PROTECT_DROP)));
	expect_err(UNSUPPORTED, new_with(HOW(.op = PROTECT_SCRUB)));
	expect_err(MALFORMED, new_with(HOW(.op = PROTECT_GROUP)));
	expect_err(MALFORMED, new_with(HOW(.op = PROTECT_BAND)));
	expect_err(
	    MALFORMED, new_with(HOW(.op = PROTECT_BAND, .step = {1, 10})));
	expect_err(
	    MALFORMED, new_with(HOW(.op = PROTECT_ROUND, .step = {-1, 0})));
	expect_ok(new_with(HOW(.op = PROTECT_ROUND, .step = {1, 9})));
	expect_err(MALFORMED, new_with(HOW(.op = PROTECT_CAP, .low = {1, 10})));
	expect_err(
	    MALFORMED, new_with(HOW(.op = PROTECT_CAP, .high = {1, 10})));
	expect_ok(new_with(HOW(.op = PROTECT_CAP, .high = {1, 9})));
	plan = HOW(.op = PROTECT_KEEP);
	struct plan_condition rule = {.test = PLAN_ROW, .op = ROW_IS};
	plan.conditions = &rule;
	plan.num_conditions = 1;
	expect_err(MALFORMED, new_with(plan));
	transform_free(NULL);
}

static struct err
new_once(void *context, struct buf *out, struct arena *arena)
{
	static const uint8_t keys[1][32] = {{1}};
	static struct span values[] = {
	    {(const uint8_t *)"b", 1}, {(const uint8_t *)"a", 1}};
	struct plan plan = HOW(.op = PROTECT_PSEUDONYM);
	struct transform *transform;

	(void)context, (void)out, (void)arena;
	column.values = values;
	column.num_values = 2;
	TRY(transform_new(&transform, &plan, keys, 100, 5));
	transform_free(transform);
	return OK;
}

static void
transform_new__says_when_there_is_no_memory(void **state)
{
	struct plan plan = HOW(.op = PROTECT_PSEUDONYM);
	struct transform *transform;

	(void)state;
	expect_err(MALFORMED, transform_new(&transform, &plan, NULL, 100, 0));
	plan = HOW(.op = PROTECT_KEEP);
	expect_err(
	    TOO_BIG, transform_new(&transform, &plan, NULL, SIZE_MAX, 0));
	assert_true(
	    sweep_allocations(new_once, NULL) > 4 || !failalloc_works());
}

/* --- numbers and flags that are kept ------------------------------------- */

static void
expect_kept(enum column_kind kind, const char *text, enum fit want)
{
	struct plan plan = HOW(.op = PROTECT_KEEP);
	struct transform_counts counts = {0};
	const uint32_t where = 0;
	struct transform *transform;
	struct batch raw, out;
	uint8_t verdict;

	column.kind = kind;
	expect_ok(transform_new(&transform, &plan, NULL, 100, 0));
	expect_ok(batch_init(&raw, 1));
	expect_ok(batch_init(&out, 1));
	transform_bind(transform, &where, NULL);
	raw.num_rows = 1;
	raw.cells[0] = span_str(text);
	expect_ok(transform_run(transform, &raw, &out, &verdict, &counts));
	if (want == FIT_VALUE &&
	    (verdict != VERDICT_RELEASED ||
		!span_equal_str(out.cells[0], text)))
		fail_msg("refused: %s", text);
	if (want != FIT_VALUE && counts.unfit[want] != 1)
		fail_msg("taken: %s", text);
	batch_done(&raw);
	batch_done(&out);
	transform_free(transform);
}

static void
transform_keep__keeps_only_what_its_kind_is(void **state)
{
	static const char *const numbers[] = {"1", "-1", "+1.5", "1e5",
	    "1.5E-5", "1e+5", "12345678901234567890.5"};
	static const char *const none[] = {"-", "+", ".5", "5.", "1e", "1e+",
	    "1e5.5", "1e5e5", "1.2.3", "x", "1/2", "1:"};
	static const enum column_kind kinds[] = {
	    KIND_AGE, KIND_INTERVAL, KIND_AMOUNT, KIND_NUMBER};

	(void)state;
	for (size_t k = 0; k < 4; k++) {
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]);
		     i++)
			expect_kept(kinds[k], numbers[i], FIT_VALUE);
		for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
			expect_kept(kinds[k], none[i], FIT_NOT_A_NUMBER);
	}
	expect_kept(KIND_DATE, "2000-01-02", FIT_VALUE);
	expect_kept(KIND_DATETIME, "2000-01-02T03:04", FIT_VALUE);
	expect_kept(KIND_DATETIME, "yesterday", FIT_NOT_A_DATE);
	expect_kept(KIND_FLAG, "YES", FIT_VALUE);
	expect_kept(KIND_FLAG, "perhaps", FIT_NOT_A_FLAG);
}

static void
cells_fit_name__is_another_for_each(void **state)
{
	(void)state;
	for (int i = 0; i <= NUM_FITS; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(cells_fit_name((enum fit)i),
			    cells_fit_name((enum fit)j));
}

static int
prepare(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cell_date_parse__knows_times_and_zones),
	    cmocka_unit_test(cell_number_parse__keeps_to_18_digits_and_places),
	    cmocka_unit_test(cell_number_floor__says_where_it_has_no_number),
	    cmocka_unit_test(cell_text_count__knows_utf8_to_the_byte),
	    cmocka_unit_test(canon_value__is_one_for_each_way_to_write),
	    cmocka_unit_test(transform_new__refuses_what_cannot_be_done),
	    cmocka_unit_test(transform_new__says_when_there_is_no_memory),
	    cmocka_unit_test(transform_keep__keeps_only_what_its_kind_is),
	    cmocka_unit_test(cells_fit_name__is_another_for_each),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
