#include "tests/harness/expect.h"

#include "policy/day.h"
#include "policy/explain.h"
#include "policy/explain_form.h"
#include "tests/harness/policy_fixture.h"

#define DURING (FIXTURE_FROM + 1000)

static struct policy_fixture fixture;

static int
fresh(void **state)
{
	(void)state;
	policy_fixture_init(&fixture);
	return 0;
}

/* The text for a group, a place and a bucket; free it. */
static char *
explained(uint32_t group, uint32_t place, const char *bucket, int64_t now)
{
	const struct policy *p = &fixture.policy;
	struct decision d;
	struct buf out;

	buf_init(&out, 1 << 16);
	decide_named(&d, p, group, place, span_str(bucket), now);
	expect_ok(
	    explain_agreement(&out, p, &d, group, place, span_str(bucket)));
	expect_ok(buf_put_u8(&out, 0));
	return (char *)out.data;
}

/* The pieces stand in the text, one behind the other. */
static void
expect_in_order(const char *text, const char *const *pieces, size_t num)
{
	const char *at = text;

	for (size_t i = 0; i < num; i++) {
		const char *found = strstr(at, pieces[i]);
		if (found == NULL)
			fail_msg("no \"%s\" in:\n%s", pieces[i], at);
		else
			at = found + strlen(pieces[i]);
	}
}

static void
explain_agreement__shows_columns_rows_and_terms(void **state)
{
	static const char *const pieces[] = {
	    "trainers reading s3://readmission/ from virginia: "
	    "ALLOWED by readmission (policy.yaml:100)\n",
	    "  birth_date  year; 90 or older as one group  ",
	    "policy.yaml:110\n",
	    "  zip         first 3 digits; 000 where 20,000 people or fewer "
	    "live; empty where it does not fit  policy.yaml:111\n",
	    "  diagnosis   its group in tables/chapters.csv; a value that does "
	    "not fit refuses the file  policy.yaml:112\n",
	    "  note        not delivered  ",
	    "policy.yaml:113\n",
	    "  sex         as it is, because two values  ",
	    "policy.yaml:114\n",
	    "  …           everything else: not delivered\n",
	    "  rows        only with consent: research is yes or 1  ",
	    "policy.yaml:100\n",
	    "  rows        only without objection: objected is no or \"\"  ",
	    "  rows        only where birth_date is before 2008-01-01  ",
	    "policy.yaml:116\n",
	    "  rows        only where the age by birth_date is at least 18  ",
	    "policy.yaml:117\n",
	    "  rows        only where sex is known, and is not U  ",
	    "  rows        only where diagnosis is A00 or I21  ",
	    "policy.yaml:119\n",
	    "  until       2026-06-30, that day included  ",
	};
	char *text = explained(
	    FIXTURE_TRAINERS, FIXTURE_VIRGINIA, "readmission", DURING);

	(void)state;
	expect_in_order(text, pieces, sizeof(pieces) / sizeof(pieces[0]));
	/* Consent to another purpose is nothing to this agreement. */
	assert_null(strstr(text, "marketing"));
	free(text);
}

static void
explain_agreement__shows_encryption_and_codes(void **state)
{
	static const char *const pieces[] = {
	    "ALLOWED by fraud (bank.yaml:120)\n",
	    "  amount     band of 10  ",
	    "  iban       keyed code, the same for a value  ",
	    ("  files      CSV, delimiter: semicolon, without quotes, without "
	     "a line of names  "),
	    "  packed     no; sources are gzip  ",
	    "  encrypted  with age, to 2 keys of the recipient  ",
	};
	char *text =
	    explained(FIXTURE_FRAUD, FIXTURE_FRANKFURT, "fraud", DURING);

	(void)state;
	expect_in_order(text, pieces, sizeof(pieces) / sizeof(pieces[0]));
	assert_null(strstr(text, "until"));
	assert_null(strstr(text, "rows"));
	free(text);
}

static void
explain_agreement__shows_limits(void **state)
{
	static const char *const pieces[] = {
	    "  limits      at most 2000000 rows a day, 60 requests a minute, ",
	    "of all callers together  ",
	    "  limits      at most 5000 bytes a day, of each caller  ",
	    "  until  ",
	};
	struct agreement *a = &fixture.agreements[FIXTURE_READMISSION];

	(void)state;
	a->limits =
	    (struct limits){.rows_per_day = 2000000, .requests_per_minute = 60};
	a->per_caller = (struct limits){.bytes_per_day = 5000};
	char *text = explained(
	    FIXTURE_TRAINERS, FIXTURE_VIRGINIA, "readmission", DURING);
	expect_in_order(text, pieces, sizeof(pieces) / sizeof(pieces[0]));
	free(text);
}

static void
explain_agreement__says_why_not_and_what_would_have_to_change(void **state)
{
	static const struct {
		uint32_t group, place;
		const char *bucket;
		int64_t now;
		const char *text;
	} rows[] = {
	    {FIXTURE_TRAINERS, FIXTURE_VIRGINIA, "readmission", FIXTURE_UNTIL,
		"trainers reading s3://readmission/ from virginia: DENIED\n"
		"  because   the agreement `readmission` ended on 2026-06-30 "
		"(policy.yaml:100)\n"
		"  to change `until` of the agreement would have to be "
		"later\n"},
	    {FIXTURE_TRAINERS, FIXTURE_VIRGINIA, "readmission", 0,
		"trainers reading s3://readmission/ from virginia: DENIED\n"
		"  because   the agreement `readmission` begins on 2026-01-01 "
		"(policy.yaml:100)\n"
		"  to change `from` of the agreement would have to be "
		"earlier\n"},
	    {NO_INDEX, FIXTURE_VIRGINIA, "readmission", DURING,
		"an unknown caller reading s3://readmission/ from virginia: "
		"DENIED\n"
		"  because   the caller is in no group that the policy "
		"declares\n"
		"  to change `people` would have to declare the group and its "
		"proofs\n"},
	    {FIXTURE_TRAINERS, FIXTURE_VIRGINIA, "none", DURING,
		"trainers reading s3://none/ from virginia: DENIED\n"
		"  because   there is no agreement `none`\n"
		"  to change `allow` would have to hold one agreement "
		"`none`\n"},
	    {FIXTURE_FRAUD, FIXTURE_VIRGINIA, "readmission", DURING,
		"fraud-team reading s3://readmission/ from virginia: DENIED\n"
		"  because   the agreement `readmission` does not name the "
		"caller under `who` (policy.yaml:100)\n"
		"  to change `who` of the agreement would have to list "
		"`fraud-team`\n"},
	    {FIXTURE_TRAINERS, NO_INDEX, "readmission", DURING,
		"trainers reading s3://readmission/ from nowhere that is "
		"declared: DENIED\n"
		"  because   the agreement `readmission` needs a place, and "
		"the caller is in none that the policy declares "
		"(policy.yaml:100)\n"
		"  to change `places` would have to declare where the caller "
		"is\n"},
	    {FIXTURE_TRAINERS, FIXTURE_FRANKFURT, "readmission", DURING,
		"trainers reading s3://readmission/ from frankfurt: DENIED\n"
		"  because   the agreement `readmission` does not name the "
		"place `frankfurt` (policy.yaml:100)\n"
		"  to change `places` of the agreement would have to list "
		"`frankfurt`\n"},
	    {FIXTURE_FRAUD, FIXTURE_VIRGINIA, "fraud-overseas", DURING,
		"fraud-team reading s3://fraud-overseas/ from virginia: "
		"DENIED\n"
		"  because   the guardrail `bank-stays-in-eea` forbids it: "
		"Bank customer data does not leave the EEA (bank.yaml:160)\n"
		"  to change no agreement can change it; the guardrail would "
		"have to be narrowed\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = explained(
		    rows[i].group, rows[i].place, rows[i].bucket, rows[i].now);
		assert_string_equal(text, rows[i].text);
		free(text);
	}
}

static void
explain_protection__has_words_for_each(void **state)
{
	struct buf first, second;

	(void)state;
	buf_init(&first, 1000);
	buf_init(&second, 1000);
	for (unsigned int i = 0; i < NUM_PROTECTIONS; i++) {
		struct delivered d = {.how = {.op = (enum protection_op)i}};
		buf_reset(&first);
		expect_ok(explain_protection(&first, &fixture.policy, &d));
		assert_true(first.len > 0);
		for (unsigned int j = 0; j < i; j++) {
			d.how.op = (enum protection_op)j;
			buf_reset(&second);
			expect_ok(
			    explain_protection(&second, &fixture.policy, &d));
			assert_false(
			    span_equal(buf_span(&first), buf_span(&second)));
		}
	}
	buf_done(&first);
	buf_done(&second);
}

static void
expect_words(struct protection how, const char *words)
{
	struct delivered d = {.how = how};
	struct buf out;

	buf_init(&out, 1000);
	expect_ok(explain_protection(&out, &fixture.policy, &d));
	expect_ok(buf_put_u8(&out, 0));
	assert_string_equal((const char *)out.data, words);
	buf_done(&out);
}

static void
explain_protection__writes_numbers_as_they_are(void **state)
{
	(void)state;
	expect_words((struct protection){.op = PROTECT_ROUND, .step = {1, 1}},
	    "rounded to 0.1");
	expect_words(
	    (struct protection){
		.op = PROTECT_CAP, .low = {-5, 1}, .high = {1050, 2}},
	    "from -0.5 to 10.50; what lies beyond becomes the nearer end");
	expect_words(
	    (struct protection){.op = PROTECT_CAP, .low = {INT64_MIN, 0}},
	    "from -9223372036854775808 to 0; what lies beyond becomes the "
	    "nearer end");
	expect_words((struct protection){.op = PROTECT_MASK, .last = 4},
	    "masked but for the last 4 characters");
	expect_words(
	    (struct protection){.op = PROTECT_MASK, .first = 6, .last = 4},
	    "masked but for the first 6 and the last 4 characters");
	expect_words((struct protection){.op = PROTECT_MASK},
	    "masked; no character is shown");
}

/* A name is all that a record has of a form, and of a reason. */
static void
explain_form_kind__knows_each_name(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (unsigned int i = 0; i < NUM_PROTECTIONS; i++) {
		const char *name = model_protection_name((enum protection_op)i);
		const char *words = explain_form_kind(span_str(name));
		struct protection how = {.op = (enum protection_op)i};
		assert_non_null(words);
		buf_reset(&out);
		expect_ok(explain_form(&out, &fixture.policy, &how));
		/* Without a number of its own it says the same. */
		if (how.op == PROTECT_YEAR || how.op == PROTECT_TOKEN)
			assert_true(span_equal_str(buf_span(&out), words));
	}
	assert_string_equal(
	    explain_form_kind(span_str("prefix")), "first characters");
	assert_null(explain_form_kind(span_str("yea")));
	assert_null(explain_form_kind(span_str("")));
	buf_done(&out);
}

static void
decide_reason_words__knows_each_name(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NUM_DENY_REASONS; i++) {
		const char *name = decide_reason_name((enum deny_reason)i);
		const char *words = decide_reason_words(span_str(name));
		assert_non_null(words);
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(words,
			    decide_reason_words(span_str(
				decide_reason_name((enum deny_reason)j))));
	}
	assert_null(decide_reason_words(span_str("no-such-key")));
}

static void
day_append__writes_calendar_days(void **state)
{
	static const struct {
		int64_t day;
		const char *text;
	} rows[] = {
	    {0, "1970-01-01"},
	    {-1, "1969-12-31"},
	    {-2, "1969-12-30"},
	    {11016, "2000-02-29"},
	    {2932896, "9999-12-31"},
	};
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_reset(&out);
		expect_ok(day_append(&out, rows[i].day));
		expect_ok(buf_put_u8(&out, 0));
		assert_string_equal((const char *)out.data, rows[i].text);
	}
	expect_err(TOO_BIG, day_append(&out, 2932897));
	expect_err(TOO_BIG, day_append(&out, INT64_MAX));
	expect_err(TOO_BIG, day_append(&out, INT64_MIN));
	buf_done(&out);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(explain_agreement__shows_columns_rows_and_terms),
	    TEST(explain_agreement__shows_encryption_and_codes),
	    TEST(explain_agreement__shows_limits),
	    TEST(explain_agreement__says_why_not_and_what_would_have_to_change),
	    TEST(explain_protection__has_words_for_each),
	    TEST(explain_protection__writes_numbers_as_they_are),
	    TEST(explain_form_kind__knows_each_name),
	    TEST(decide_reason_words__knows_each_name),
	    TEST(day_append__writes_calendar_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
