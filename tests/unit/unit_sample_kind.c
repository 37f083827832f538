#include "tests/harness/expect.h"

#include "gateway/tool/sample_kind.h"

static const struct {
	enum column_kind kind;
	const char *fits, *does_not;
} shapes[] = {
    {KIND_DATE, "2026-11-27", "27.11.2026"},
    {KIND_DATETIME, "2026-11-27T10:00:00Z", "2026-13-01"},
    {KIND_AMOUNT, "-12.50", "12,50"},
    {KIND_AGE, "90", "ninety"},
    {KIND_FLAG, "Yes", "maybe"},
    {KIND_EMAIL, "a.b@c.example", "a@b@c.example"},
    {KIND_EMAIL, "a@c.example", "a@localhost"},
    {KIND_IBAN, "DE89 3704 0044 0532 0130 00", "DE88 3704 0044 0532 0130 00"},
    {KIND_IBAN, "GB29NWBK60161331926819", "GB29NWBK6016133192681X"},
    {KIND_CARD, "4111 1111 1111 1111", "4111 1111 1111 1112"},
    {KIND_CARD_SECRET, "123", "12"},
    {KIND_SSN, "078-05-1120", "078-05-112"},
    {KIND_PHONE, "+49 (30) 123456", "call me"},
    {KIND_IP, "2001:db8::1", "2001:db8::g"},
    {KIND_URL, "https://a.example/", "a.example"},
    {KIND_US_ZIP, "02139-4307", "0213"},
    {KIND_US_STATE, "NY", "XX"},
    {KIND_COUNTRY, "DE", "ZZ"},
    {KIND_GEO, "52.52, 13.40", "52.52, 13.40, 1"},
};

static void
sample_kind_fits__knows_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (!sample_kind_fits(shapes[i].kind, span_str(shapes[i].fits)))
			fail_msg("%s does not fit", shapes[i].fits);
		if (sample_kind_fits(
			shapes[i].kind, span_str(shapes[i].does_not)))
			fail_msg("%s fits", shapes[i].does_not);
		assert_true(
		    sample_kind_fits(KIND_TEXT, span_str(shapes[i].does_not)));
	}
}

/* What could be anything is nothing: nine digits, a word, a price. */
static void
sample_kind_guess__wants_a_shape(void **state)
{
	static const char *const nothing[] = {"", "078051120", "Shop", "12.50",
	    "2026-11-27", "030 123456", "1234567890123", "@", "a@", "@b.c",
	    "++", "+1"};

	(void)state;
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
		assert_int_equal(
		    sample_kind_guess(span_str(nothing[i])), KIND_NONE);
	assert_int_equal(
	    sample_kind_guess(span_str(" a@b.example ")), KIND_EMAIL);
	assert_int_equal(sample_kind_guess(span_str("078-05-1120")), KIND_SSN);
	assert_int_equal(
	    sample_kind_guess(span_str("+49 30 123456")), KIND_PHONE);
	assert_int_equal(sample_kind_guess(span_str("192.0.2.1")), KIND_IP);
	assert_int_equal(
	    sample_kind_guess(span_str("4111-1111-1111-1111")), KIND_CARD);
	assert_int_equal(
	    sample_kind_guess(span_str("DE89370400440532013000")), KIND_IBAN);
	assert_int_equal(sample_kind_guess(span_str("http://x")), KIND_URL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sample_kind_fits__knows_shapes),
	    cmocka_unit_test(sample_kind_guess__wants_a_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
