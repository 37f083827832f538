/* Protections that deliver codes, cell by cell. */
#include "tests/harness/expect.h"

#include "crypto/check_digit.h"
#include "crypto/init.h"
#include "crypto/pseudonym.h"
#include "crypto/sealed.h"
#include "gateway/transform/cell_date.h"
#include "gateway/transform/transform.h"
#include "tests/harness/onecell.h"

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

static void
transform_run__gives_one_code_to_one_person(void **state)
{
	char first[64];

	(void)state;
	snprintf(first, sizeof(first), "%s",
	    WITH(IBAN, PSEUDONYM, "DE89 3704 0044 0532 0130 00"));
	assert_int_equal(strlen(first), 3 + PSEUDONYM_TEXT);
	assert_memory_equal(first, "p3_", 3);
	IS(WITH(IBAN, PSEUDONYM, "de89370400440532013000"), first);
	assert_string_not_equal(
	    WITH(IBAN, PSEUDONYM, "de89370400440532013001"), first);
	/* The kind is in the code: the same text of another kind differs. */
	assert_string_not_equal(
	    WITH(ACCOUNT, PSEUDONYM, "de89370400440532013000"), first);
	snprintf(first, sizeof(first), "%s",
	    WITH(EMAIL, PSEUDONYM, "Ann@Example.org"));
	IS(WITH(EMAIL, PSEUDONYM, " ann@example.ORG "), first);
	snprintf(first, sizeof(first), "%s",
	    WITH(PHONE, PSEUDONYM, "+1 (555) 010-0199"));
	IS(WITH(PHONE, PSEUDONYM, "15550100199"), first);
	snprintf(first, sizeof(first), "%s", WITH(NAME, PSEUDONYM, "Ann  Lee"));
	IS(WITH(NAME, PSEUDONYM, "ann lee"), first);
	snprintf(
	    first, sizeof(first), "%s", WITH(RECORD_NUMBER, PSEUDONYM, "a1"));
	IS(WITH(RECORD_NUMBER, PSEUDONYM, "a1\t"), first);
	assert_string_not_equal(WITH(RECORD_NUMBER, PSEUDONYM, "A1"), first);
	IS(WITH(PHONE, PSEUDONYM, "555 x 12"),
	    "<not an identifier of its kind>");
	IS(WITH(PHONE, PSEUDONYM, "--"), "<not an identifier of its kind>");
	/* Beside the digits, at each place of eight bytes and behind them. */
	snprintf(first, sizeof(first), "%s", WITH(SSN, PSEUDONYM, "123456789"));
	for (size_t i = 0; i < 9; i++) {
		char text[] = "123456789";

		text[i] = ':';
		IS(WITH(SSN, PSEUDONYM, text),
		    "<not an identifier of its kind>");
		text[i] = '/';
		assert_string_not_equal(WITH(SSN, PSEUDONYM, text), first);
	}
	IS(WITH(SSN, PSEUDONYM, "12-345678/9"), first);
	IS(WITH(RECORD_NUMBER, PSEUDONYM, "  "),
	    "<not an identifier of its kind>");
}

/* A sealed cell opens, and gives the canonical form. */
static void
expect_opens(enum column_kind kind, const char *code, const char *want)
{
	struct span label = span_str(model_kind_name(kind));
	uint8_t opened[256];
	struct sealed_key *key;
	size_t len;

	expect_ok(sealed_key_new(&key, onecell_keys[0], label));
	expect_ok(
	    sealed_open(key, ONECELL_EPOCH, span_str(code), opened, &len));
	assert_true(span_equal_str(span_of(opened, len), want));
	sealed_key_free(key);
}

static void
transform_run__seals_what_the_key_opens(void **state)
{
	char first[256];

	(void)state;
	snprintf(first, sizeof(first), "%s",
	    WITH(IBAN, SEALED, "DE89 3704 0044 0532 0130 00"));
	assert_memory_equal(first, "s3_", 3);
	expect_opens(KIND_IBAN, first, "DE89370400440532013000");
	IS(WITH(IBAN, SEALED, "de89370400440532013000"), first);
	assert_string_not_equal(
	    WITH(ACCOUNT, SEALED, "DE89370400440532013000"), first);
	expect_opens(KIND_DATE, WITH(DATE, SEALED, "2026-01-31"), "2026-01-31");
	expect_opens(KIND_TEXT, WITH(TEXT, SEALED, "a"), "a");
	IS(WITH(PHONE, SEALED, "555 x 12"), "<not an identifier of its kind>");
	IS(WITH(TEXT, SEALED, " "), "<not an identifier of its kind>");
}

/* What the code is, shape_encrypt's vectors say: here, what becomes of the
 * rest of the cell, and what does not fit. */
static void
transform_run__keeps_the_shape(void **state)
{
	const char *code;
	char first[64];

	(void)state;
	snprintf(first, sizeof(first), "%s",
	    WITH(CARD, FORMAT, " 4111-1111 1111.1111 "));
	assert_int_equal(strlen(first), 19);
	assert_true(first[4] == '-' && first[9] == ' ' && first[14] == '.');
	assert_int_equal(strspn(first, "0123456789-. "), 19);
	assert_string_not_equal(first, "4111-1111 1111.1111");
	code = WITH(CARD, FORMAT, "4111111111111111");
	assert_memory_equal(code, first, 4);
	assert_memory_equal(code + 12, first + 15, 4);
	snprintf(first, sizeof(first), "%s", WITH(NAME, FORMAT, "Ann Lee"));
	code = WITH(NAME, FORMAT, "ANN LEE");
	assert_int_equal(strcasecmp(code, first), 0);
	assert_string_not_equal(code, first);
	snprintf(first, sizeof(first), "%s", WITH(LICENCE, FORMAT, "Ab-12345"));
	assert_int_not_equal(
	    strcasecmp(WITH(LICENCE, FORMAT, "AB-12345"), first), 0);
	IS(WITH(CARD, FORMAT, "4111 1111 1111 111x"),
	    "<not an identifier of its kind>");
	IS(WITH(NAME, FORMAT, "M\u00fcller von Berg"),
	    "<not an identifier of its kind>");
	IS(WITH(LICENCE, FORMAT, "AB\t12345"),
	    "<not an identifier of its kind>");
	IS(WITH(OTHER_ID, FORMAT, "  "), "<not an identifier of its kind>");
	IS(WITH(SSN, FORMAT, "12-345"),
	    "<too short or too long to keep its shape>");
	IS(WITH(NAME, FORMAT, "Bob"),
	    "<too short or too long to keep its shape>");
}

enum {
	VISITS = 6
};

/*
 * Subjects and two dates of each: `out` are the dates as they leave, or ""
 * where a cell did not fit. Returns how many had no subject, and are so
 * counted.
 */
static uint64_t
shift(
    const char *const (*rows)[3], const char *missing, char out[2][VISITS][32])
{
	struct plan_column columns[] = {{.kind = KIND_DATE,
					    .how = {.op = PROTECT_SHIFT},
					    .unfit = UNFIT_DROP},
	    {.kind = KIND_DATETIME,
		.how = {.op = PROTECT_SHIFT},
		.unfit = UNFIT_DROP}};
	struct plan_condition subject = {
	    .test = PLAN_SUBJECT, .kind = KIND_ACCOUNT};
	struct span words[] = {span_str(missing)};
	const uint8_t shift_keys[2][32] = {{5}, {5}};
	const struct plan plan = {.version = PLAN_VERSION,
	    .as_of = 2026,
	    .columns = columns,
	    .num_columns = 2,
	    .conditions = &subject,
	    .num_conditions = 1,
	    .missing = words,
	    .num_missing = 1};
	const uint32_t where[] = {1, 2}, of = 0;
	struct transform_counts counts = {0};
	struct transform *transform;
	uint8_t verdicts[VISITS];
	struct batch raw, to;

	expect_ok(transform_new(&transform, &plan, shift_keys, 1000, 0));
	expect_ok(batch_init(&raw, 3));
	expect_ok(batch_init(&to, 2));
	transform_bind(transform, where, &of);
	raw.num_rows = VISITS;
	for (uint32_t row = 0; row < VISITS; row++)
		for (uint32_t c = 0; c < 3; c++)
			batch_column(&raw, c)[row] = span_str(rows[row][c]);
	expect_ok(transform_run(transform, &raw, &to, verdicts, &counts));
	for (uint32_t row = 0; row < VISITS; row++)
		for (uint32_t c = 0; c < 2; c++) {
			struct span cell = batch_column(&to, c)[row];

			snprintf(out[c][row], 32, "%.*s", (int)cell.len,
			    cell.len > 0 ? (const char *)cell.data : "");
		}
	batch_done(&raw);
	batch_done(&to);
	transform_free(transform);
	return counts.unfit[FIT_NO_SUBJECT];
}

static int
days_between(const char *from, const char *to)
{
	struct cell_date a, b;

	assert_true(cell_date_parse(span_str(from), &a));
	assert_true(cell_date_parse(span_str(to), &b));
	return cell_date_days(&b) - cell_date_days(&a);
}

/* Everything of one subject by the same days, whatever stands beside it. */
static void
transform_run__moves_the_dates_of_a_subject_together(void **state)
{
	static const char *const rows[VISITS][3] = {
	    {"a-1", "2024-02-29", "2024-03-01T23:59:60.5+02:00"},
	    {"b-2", "2024-02-29", "2024-03-01 00:00"},
	    {"A 1", " 1999-12-31 ", "soon"}, {"", "2024-02-29", "2024-02-29"},
	    {"?!", "2024-02-29", "NA"}, {"NA", "", "2024-02-29"}};
	static const char *const gaps[VISITS][3] = {{"a-1", "2024-02-29", "NA"},
	    {"b-2", "NA", "2024-03-01 00:00"}, {"A 1", "1999-12-31", "soon"},
	    {"b-2", "2024-02-29", "NA"}, {"?!", "NA", "NA"}, {"NA", "", "NA"}};
	char moved[2][VISITS][32], again[2][VISITS][32];
	int days, other;

	(void)state;
	/* The first of ?! and NA: one date each, and two of nobody. */
	assert_int_equal(shift(rows, "NA", moved), 4);
	days = days_between("2024-02-29", moved[0][0]);
	assert_true(days != 0 && days >= -365 && days <= 365);
	assert_int_equal(days_between("2024-03-01", moved[1][0]), days);
	assert_string_equal(moved[1][0] + 10, "T23:59:60.5+02:00");
	assert_int_equal(days_between("1999-12-31", moved[0][2]), days);
	other = days_between("2024-02-29", moved[0][1]);
	assert_int_equal(days_between("2024-03-01", moved[1][1]), other);
	assert_string_equal(moved[1][1] + 10, " 00:00");
	assert_int_not_equal(days, other);
	assert_string_equal(moved[1][2], "");
	for (int row = 3; row < VISITS; row++)
		assert_true(moved[0][row][0] == 0 && moved[1][row][0] == 0);
	assert_int_equal(shift(gaps, "NA", again), 0);
	assert_string_equal(again[0][0], moved[0][0]);
	assert_string_equal(again[1][1], moved[1][1]);
	assert_string_equal(again[0][2], moved[0][2]);
	assert_string_equal(again[0][3], moved[0][1]);
}

/* At the ends of the calendar there is nowhere to go, one way. */
static void
transform_run__moves_no_date_out_of_the_calendar(void **state)
{
	static const char *const rows[VISITS][3] = {
	    {"a", "0001-01-01", "9999-12-31"},
	    {"b", "0001-01-01", "9999-12-31"},
	    {"c", "0001-01-01", "9999-12-31"},
	    {"d", "0001-01-01", "9999-12-31"},
	    {"e", "0001-01-01", "9999-12-31"},
	    {"f", "0001-01-01", "9999-12-31"}};
	char moved[2][VISITS][32];

	(void)state;
	assert_int_equal(shift(rows, "NA", moved), 0);
	for (int row = 0; row < VISITS; row++)
		assert_true((moved[0][row][0] == 0) != (moved[1][row][0] == 0));
}

static const char *
checked(enum column_kind kind, const char *in)
{
	return onecell_with(kind,
	    (struct protection){.op = PROTECT_FORMAT, .check_digit = true}, in);
}

static void
transform_run__keeps_check_digits_true(void **state)
{
	struct plan_column column = {.name = span_str("c"),
	    .kind = KIND_SSN,
	    .how = {.op = PROTECT_FORMAT, .check_digit = true}};
	const struct plan plan = {.version = PLAN_VERSION,
	    .as_of = 2026,
	    .columns = &column,
	    .num_columns = 1};
	struct transform *transform = NULL;
	char first[64];

	(void)state;
	snprintf(first, sizeof(first), "%s",
	    checked(KIND_CARD, " 4111-1111-1111-1111 "));
	assert_true(check_digit_holds(CHECK_DIGIT_LUHN, span_str(first)) &&
	    strlen(first) == 19);
	assert_string_not_equal(first, "4111-1111-1111-1111");
	assert_string_not_equal(
	    first, WITH(CARD, FORMAT, "4111-1111-1111-1111"));
	IS(checked(KIND_CARD, "4111-1111-1111-1112"),
	    "<check digits that do not hold>");
	IS(checked(KIND_CARD, "00000"),
	    "<too short or too long to keep its "
	    "shape>");
	snprintf(first, sizeof(first), "%s",
	    checked(KIND_IBAN, "de89 3704 0044 0532 0130 00"));
	assert_true(check_digit_holds(CHECK_DIGIT_MOD97, span_str(first)));
	assert_memory_equal(first, "de", 2);
	IS(checked(KIND_IBAN, "DE88 3704 0044 0532 0130 00"),
	    "<check digits that do not hold>");
	/* There is no rule for others. */
	expect_err(
	    MALFORMED, transform_new(&transform, &plan, onecell_keys, 1000, 0));
}

/* The longest cells of a whole batch find their room. */
static void
transform_run__seals_a_full_batch(void **state)
{
	enum {
		LONG = 301
	};
	static uint8_t bytes[BATCH_MAX_ROWS][LONG];
	struct plan_column column = {
	    .kind = KIND_NAME, .how = {.op = PROTECT_SEALED}};
	struct plan plan = {.version = PLAN_VERSION,
	    .as_of = 2026,
	    .columns = &column,
	    .num_columns = 1};
	struct transform_counts counts = {0};
	uint8_t verdicts[BATCH_MAX_ROWS];
	const uint32_t where = 0;
	struct transform *transform;
	struct batch raw, out;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	for (size_t len = 1; len <= LONG; len += 20) {
		expect_ok(batch_init(&raw, 1));
		expect_ok(batch_init(&out, 1));
		raw.num_rows = BATCH_MAX_ROWS;
		for (size_t row = 0; row < BATCH_MAX_ROWS; row++)
			raw.cells[row] = span_of(bytes[row], len);
		expect_ok(transform_new(
		    &transform, &plan, onecell_keys, len * BATCH_MAX_ROWS, 0));
		transform_bind(transform, &where, NULL);
		expect_ok(
		    transform_run(transform, &raw, &out, verdicts, &counts));
		for (size_t row = 1; row < BATCH_MAX_ROWS; row++)
			assert_true(span_equal(out.cells[row], out.cells[0]));
		transform_free(transform);
		batch_done(&raw);
		batch_done(&out);
	}
	assert_int_equal(counts.rows[VERDICT_UNFIT], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(transform_run__gives_one_code_to_one_person),
	    cmocka_unit_test(transform_run__seals_what_the_key_opens),
	    cmocka_unit_test(transform_run__keeps_the_shape),
	    cmocka_unit_test(
		transform_run__moves_the_dates_of_a_subject_together),
	    cmocka_unit_test(transform_run__moves_no_date_out_of_the_calendar),
	    cmocka_unit_test(transform_run__keeps_check_digits_true),
	    cmocka_unit_test(transform_run__seals_a_full_batch),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
