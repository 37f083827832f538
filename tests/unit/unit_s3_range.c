#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/s3/s3_date.h"
#include "gateway/s3/s3_range.h"

static void
expect(const char *value, uint64_t size, enum s3_range_kind kind,
    uint64_t first, uint64_t len)
{
	struct s3_range r = s3_range_resolve(span_str(value), size);

	if (r.kind != kind || r.first != first || r.len != len)
		fail_msg("%s of %d: kind %d", value, (int)size, (int)r.kind);
}

static void
s3_range_resolve__selects_one_part(void **state)
{
	(void)state;
	expect("bytes=0-0", 10, S3_RANGE_PART, 0, 1);
	expect("bytes=0-9", 10, S3_RANGE_PART, 0, 10);
	expect("bytes=2-5", 10, S3_RANGE_PART, 2, 4);
	expect("bytes=2-", 10, S3_RANGE_PART, 2, 8);
	expect("bytes=9-", 10, S3_RANGE_PART, 9, 1);
	expect("bytes=0-8388607", 10, S3_RANGE_PART, 0, 10);
	expect("bytes=-3", 10, S3_RANGE_PART, 7, 3);
	expect("bytes=-99", 10, S3_RANGE_PART, 0, 10);
	expect(" Bytes= 2-5 ", 10, S3_RANGE_PART, 2, 4);
	expect("bytes=-99999999999999999999999", 10, S3_RANGE_PART, 0, 10);
	expect("bytes=1-99999999999999999999999", 10, S3_RANGE_PART, 1, 9);
}

static void
s3_range_resolve__knows_the_unsatisfiable(void **state)
{
	(void)state;
	expect("bytes=10-", 10, S3_RANGE_UNSATISFIABLE, 0, 0);
	expect("bytes=40-50", 10, S3_RANGE_UNSATISFIABLE, 0, 0);
	expect("bytes=-0", 10, S3_RANGE_UNSATISFIABLE, 0, 0);
	expect("bytes=0-0", 0, S3_RANGE_UNSATISFIABLE, 0, 0);
	expect("bytes=0-", 0, S3_RANGE_UNSATISFIABLE, 0, 0);
	expect("bytes=-1", 0, S3_RANGE_UNSATISFIABLE, 0, 0);
	expect("bytes=99999999999999999999-", 10, S3_RANGE_UNSATISFIABLE, 0, 0);
	expect("bytes=99999999999999999999-99999999999999999999", 10,
	    S3_RANGE_UNSATISFIABLE, 0, 0);
}

static void
s3_range_resolve__ignores_what_it_does_not_know(void **state)
{
	static const char *const whole[] = {"", "bytes", "bytes=", "bytes=-",
	    "bytes=a-b", "bytes=1", "bytes=5-2", "bytes=0-1,3-4", "bytes=0-1,",
	    "lines=0-1", "bytes=+1-2", "bytes=1 -2", "bytes=--1", "bytes=0x1-2",
	    "bytes=1-2x"};

	(void)state;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		expect(whole[i], 10, S3_RANGE_WHOLE, 0, 10);
	assert_int_equal(
	    s3_range_resolve((struct span){0}, 7).kind, S3_RANGE_WHOLE);
}

#define ETAG "\"0123-1\""
#define TIME INT64_C(784111777)
#define SAME "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER "Sun, 06 Nov 1994 08:49:38 GMT"

static struct span
maybe(const char *text)
{
	return text == NULL ? (struct span){0} : span_str(text);
}

static void
s3_range_check__follows_rfc_9110(void **state)
{
	static const struct {
		const char *match, *none, *modified, *unmodified;
		enum s3_verdict verdict;
	} cases[] = {
	    {NULL, NULL, NULL, NULL, S3_VERDICT_SERVE},
	    {ETAG, NULL, NULL, NULL, S3_VERDICT_SERVE},
	    {"0123-1", NULL, NULL, NULL, S3_VERDICT_SERVE},
	    {"*", NULL, NULL, NULL, S3_VERDICT_SERVE},
	    {"\"x\" , " ETAG, NULL, NULL, NULL, S3_VERDICT_SERVE},
	    {"W/" ETAG, NULL, NULL, NULL, S3_VERDICT_FAILED},
	    {"\"x\"", NULL, NULL, NULL, S3_VERDICT_FAILED},
	    {"", NULL, NULL, NULL, S3_VERDICT_FAILED},
	    {NULL, ETAG, NULL, NULL, S3_VERDICT_NOT_MODIFIED},
	    {NULL, "W/" ETAG, NULL, NULL, S3_VERDICT_NOT_MODIFIED},
	    {NULL, "*", NULL, NULL, S3_VERDICT_NOT_MODIFIED},
	    {NULL, "\"x\"", NULL, NULL, S3_VERDICT_SERVE},
	    {NULL, NULL, SAME, NULL, S3_VERDICT_NOT_MODIFIED},
	    {NULL, NULL, AFTER, NULL, S3_VERDICT_NOT_MODIFIED},
	    {NULL, NULL, BEFORE, NULL, S3_VERDICT_SERVE},
	    {NULL, NULL, "yesterday", NULL, S3_VERDICT_SERVE},
	    {NULL, NULL, NULL, SAME, S3_VERDICT_SERVE},
	    {NULL, NULL, NULL, BEFORE, S3_VERDICT_FAILED},
	    {NULL, NULL, NULL, "yesterday", S3_VERDICT_SERVE},
	    /* the tag beats the date */
	    {ETAG, NULL, NULL, BEFORE, S3_VERDICT_SERVE},
	    {NULL, "\"x\"", AFTER, NULL, S3_VERDICT_SERVE},
	    {NULL, ETAG, BEFORE, NULL, S3_VERDICT_NOT_MODIFIED},
	    /* failing comes before not modified */
	    {"\"x\"", ETAG, NULL, NULL, S3_VERDICT_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct s3_conditions c = {.if_match = maybe(cases[i].match),
		    .if_none_match = maybe(cases[i].none),
		    .if_modified_since = maybe(cases[i].modified),
		    .if_unmodified_since = maybe(cases[i].unmodified)};

		if (s3_range_check(&c, span_str(ETAG), TIME) !=
		    cases[i].verdict)
			fail_msg("case %zu", i);
	}
}

static void
s3_range_applies__only_to_the_same_state(void **state)
{
	static const struct {
		const char *value;
		bool applies;
	} cases[] = {{NULL, true}, {ETAG, true}, {SAME, true}, {BEFORE, false},
	    {AFTER, false}, {"\"x\"", false}, {"W/" ETAG, false}, {"*", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct s3_conditions c = {.if_range = maybe(cases[i].value)};

		assert_int_equal(s3_range_applies(&c, span_str(ETAG), TIME),
		    cases[i].applies);
	}
}

static void
s3_date__round_trips(void **state)
{
	static const int64_t times[] = {0, 1, 951782400, 951868799, TIME,
	    1795428000, 4107542399, INT64_C(253402300799)};

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		char http[S3_DATE_HTTP_LEN + 1];
		char basic[S3_DATE_BASIC_LEN + 1];
		int64_t back = -1;

		s3_date_format_http(http, times[i]);
		assert_int_equal(
		    s3_date_parse_http(span_str(http), &back).code, 0);
		assert_int_equal(back, times[i]);
		s3_date_format_basic(basic, times[i]);
		assert_int_equal(
		    s3_date_parse_basic(span_str(basic), &back).code, 0);
		assert_int_equal(back, times[i]);
	}
	char text[S3_DATE_ISO_LEN + 1], http[S3_DATE_HTTP_LEN + 1];
	s3_date_format_iso(text, TIME);
	assert_string_equal(text, "1994-11-06T08:49:37.000Z");
	s3_date_format_http(http, TIME);
	assert_string_equal(http, SAME);
	s3_date_format_iso(text, -5);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
	s3_date_format_iso(text, INT64_MAX);
	assert_string_equal(text, "9999-12-31T23:59:59.000Z");
}

/* Every day of the range, against the C library. */
static void
s3_date__agrees_with_the_c_library_on_every_day(void **state)
{
	(void)state;
	for (int64_t day = 0; day * 86400 < INT64_C(253402300800); day++) {
		char got[S3_DATE_HTTP_LEN + 1], expected[40];
		time_t seconds = (time_t)(day * 86400 + day % 86400);
		int64_t back = -1;
		struct tm tm;

		s3_date_format_http(got, seconds);
		assert_non_null(gmtime_r(&seconds, &tm));
		strftime(expected, sizeof(expected),
		    "%a, %d %b %Y %H:%M:%S GMT", &tm);
		assert_string_equal(got, expected);
		assert_int_equal(
		    s3_date_parse_http(span_str(got), &back).code, ERR_OK);
		assert_int_equal(back, seconds);
	}
}

static void
s3_date_parse__is_strict(void **state)
{
	static const char *const bad_http[] = {"",
	    "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
	    "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
	    "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMT ",
	    "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:49:60 GMT",
	    "Wed, 30 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49",
	    "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT"};
	static const char *const bad_basic[] = {"", "20261123",
	    "20261123T1000Z", "20261123T100000", "20261123t100000z",
	    "20261323T100000Z", "20260229T100000Z", "20261123T100060Z",
	    "20261123T100000Z0", "2026112 T100000Z", "19691231T235959Z",
	    "-0261123T100000Z"};
	int64_t out;

	(void)state;
	for (size_t i = 0; i < sizeof(bad_http) / sizeof(bad_http[0]); i++)
		assert_int_equal(
		    s3_date_parse_http(span_str(bad_http[i]), &out).code,
		    ERR_MALFORMED);
	for (size_t i = 0; i < sizeof(bad_basic) / sizeof(bad_basic[0]); i++)
		assert_int_equal(
		    s3_date_parse_basic(span_str(bad_basic[i]), &out).code,
		    ERR_MALFORMED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(s3_range_resolve__selects_one_part),
	    cmocka_unit_test(s3_range_resolve__knows_the_unsatisfiable),
	    cmocka_unit_test(s3_range_resolve__ignores_what_it_does_not_know),
	    cmocka_unit_test(s3_range_check__follows_rfc_9110),
	    cmocka_unit_test(s3_range_applies__only_to_the_same_state),
	    cmocka_unit_test(s3_date__round_trips),
	    cmocka_unit_test(s3_date__agrees_with_the_c_library_on_every_day),
	    cmocka_unit_test(s3_date_parse__is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
