/*
 * jcs, jcs_read, codepoint. Examples marked so are those of RFC 8785; the
 * form of everything else follows from its section 3.2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "gateway/ledger/codepoint.h"
#include "gateway/ledger/jcs.h"
#include "gateway/ledger/jcs_read.h"

static void
assert_ok(struct err err)
{
	if (err.code != ERR_OK)
		fail_msg("%s: %s", err_name(err.code), err.why);
}

static void
assert_text(const struct buf *buf, const char *expected)
{
	assert_int_equal(buf->len, strlen(expected));
	assert_memory_equal(buf->data, expected, buf->len);
}

static void
jcs_write__nests_objects_and_arrays(void **state)
{
	struct buf out = {.max = 1000};
	struct jcs jcs;

	(void)state;
	jcs_init(&jcs, &out);
	assert_ok(jcs_open_object(&jcs));
	assert_ok(jcs_name(&jcs, span_str("a")));
	assert_ok(jcs_open_array(&jcs));
	assert_ok(jcs_int(&jcs, -9007199254740991));
	assert_ok(jcs_bool(&jcs, false));
	assert_ok(jcs_null(&jcs));
	assert_ok(jcs_open_object(&jcs));
	assert_ok(jcs_close_object(&jcs));
	assert_ok(jcs_close_array(&jcs));
	assert_false(jcs_is_whole(&jcs));
	assert_ok(jcs_name(&jcs, span_str("b")));
	assert_ok(jcs_hex(&jcs, span_of("\x00\xab", 2)));
	assert_ok(jcs_close_object(&jcs));
	assert_true(jcs_is_whole(&jcs));
	assert_text(
	    &out, "{\"a\":[-9007199254740991,false,null,{}],\"b\":\"00ab\"}");
	assert_ok(jcs_read_check(buf_span(&out)));
	buf_done(&out);
}

static void
jcs_string__escapes_as_rfc_8785_does(void **state)
{
	/* The string of the example in RFC 8785 s.3.2.2, and its form. */
	static const char IN[] = "\xe2\x82\xac$\x0f\nA'B\"\\\\\"/";
	static const char FORM[] =
	    "\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"";
	struct buf out = {.max = 1000}, back = {.max = 1000};
	struct jcs jcs;

	(void)state;
	jcs_init(&jcs, &out);
	assert_ok(jcs_string(&jcs, span_str(IN)));
	assert_text(&out, FORM);
	assert_ok(jcs_read_check(buf_span(&out)));
	assert_ok(jcs_read_text(buf_span(&out), &back));
	assert_text(&back, IN);
	buf_done(&out);
	buf_done(&back);
}

static void
jcs_string__round_trips_each_character(void **state)
{
	struct buf in = {.max = 8}, out = {.max = 64}, back = {.max = 8};

	(void)state;
	for (uint32_t value = 0; value <= 0x10ffff; value++) {
		struct jcs jcs;
		if (value >= 0xd800 && value <= 0xdfff)
			continue;
		buf_reset(&in);
		buf_reset(&out);
		buf_reset(&back);
		assert_ok(codepoint_put(&in, value));
		jcs_init(&jcs, &out);
		assert_ok(jcs_string(&jcs, buf_span(&in)));
		assert_ok(jcs_read_check(buf_span(&out)));
		assert_ok(jcs_read_text(buf_span(&out), &back));
		assert_true(span_equal(buf_span(&in), buf_span(&back)));
	}
	buf_done(&in);
	buf_done(&out);
	buf_done(&back);
}

static void
jcs_string__replaces_what_is_not_utf8(void **state)
{
	static const struct {
		const char *in, *out;
	} CASES[] = {
	    {"a\xff", "\"a\xef\xbf\xbd\""},
	    {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"\xed\xa0\x80z", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\""},
	    {"\xf4\x90\x80\x80",
		"\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		struct buf out = {.max = 100};
		struct jcs jcs;
		jcs_init(&jcs, &out);
		assert_ok(jcs_string(&jcs, span_str(CASES[i].in)));
		assert_text(&out, CASES[i].out);
		assert_ok(jcs_read_check(buf_span(&out)));
		buf_done(&out);
	}
}

static void
jcs_compare__orders_by_utf16(void **state)
{
	/* The order of the example in RFC 8785 s.3.2.3. */
	static const char *const NAMES[] = {"\r", "1", "\xc2\x80", "\xc3\xb6",
	    "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xac\xb3"};
	enum {
		NUM = sizeof(NAMES) / sizeof(NAMES[0])
	};

	(void)state;
	for (size_t i = 0; i < NUM; i++)
		for (size_t j = 0; j < NUM; j++) {
			int order =
			    jcs_compare(span_str(NAMES[i]), span_str(NAMES[j]));
			assert_int_equal(order < 0, i < j);
			assert_int_equal(order > 0, i > j);
		}
	assert_true(jcs_compare(span_str("a"), span_str("a-b")) < 0);
	assert_true(jcs_compare(span_str(""), span_str("")) == 0);
}

static void
jcs_int__refuses_more_than_53_bits(void **state)
{
	struct buf out = {.max = 100};
	struct jcs jcs;

	(void)state;
	jcs_init(&jcs, &out);
	assert_int_equal(
	    jcs_int(&jcs, INT64_C(9007199254740992)).code, ERR_TOO_BIG);
	assert_int_equal(jcs_int(&jcs, INT64_MIN).code, ERR_TOO_BIG);
	assert_int_equal(out.len, 0);
}

static void
jcs_name__refuses_what_needs_an_escape(void **state)
{
	struct buf out = {.max = 100};
	struct jcs jcs;

	(void)state;
	jcs_init(&jcs, &out);
	assert_ok(jcs_open_object(&jcs));
	assert_int_equal(jcs_name(&jcs, span_str("a\"")).code, ERR_MALFORMED);
	assert_int_equal(jcs_name(&jcs, span_str("\n")).code, ERR_MALFORMED);
	assert_int_equal(jcs_name(&jcs, span_str("\xff")).code, ERR_MALFORMED);
	assert_ok(jcs_close_object(&jcs));
	assert_text(&out, "{}");
	buf_done(&out);
}

static void
jcs_read_check__takes_canonical_text(void **state)
{
	static const char *const GOOD[] = {"{}", "[]", "\"\"", "0", "-1",
	    "9007199254740991", "true", "false", "null", "[1,2,[3]]",
	    "{\"a\":1,\"b\":{\"c\":[\"\"]}}", "{\"\":0}",
	    "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0000\\u001f\x7f\"",
	    "[[[[[[[[]]]]]]]]"};

	(void)state;
	for (size_t i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++) {
		struct err err = jcs_read_check(span_str(GOOD[i]));
		if (err.code != ERR_OK)
			fail_msg("%s: %s", GOOD[i], err.why);
	}
}

static void
jcs_read_check__refuses_every_other_form(void **state)
{
	static const char *const BAD[] = {"", " {}", "{} ", "{ }", "{,}",
	    "{\"a\":1,}", "{\"a\":1 }", "{\"a\" :1}", "{\"b\":1,\"a\":1}",
	    "{\"a\":1,\"a\":1}", "{\"a\"}", "{a:1}", "{\"a\":1", "[1,]", "[,1]",
	    "[1 ,2]", "[1", "-0", "01", "+1", "1.0", "1e3", "-", "0x1",
	    "9007199254740992", "-9007199254740992", "NaN", "True", "nul", "\"",
	    "\"a", "\"\n\"", "\"\\/\"", "\"\\u000A\"", "\"\\u000a\"",
	    "\"\\u0008\"", "\"\\u001F\"", "\"\\u0020\"", "\"\\u00e9\"",
	    "\"\\ud83d\\ude00\"", "\"\\x\"", "\"\\u00\"", "\"\xff\"",
	    "\"\xed\xa0\x80\"", "\"\xc0\x80\"", "\"\xe2\x82\"", "{\"\\n\":1}",
	    "[[[[[[[[[]]]]]]]]]", "{}{}", "\"a\"\"b\"", "\xef\xbb\xbf{}", "'a'",
	    "[]\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		if (jcs_read_check(span_str(BAD[i])).code == ERR_OK)
			fail_msg("taken: %s", BAD[i]);
}

/* Cut anywhere, nothing but the whole is canonical. */
static void
jcs_read_check__refuses_every_prefix(void **state)
{
	static const char TEXT[] =
	    "{\"a\":[1,-20,true],\"b\":\"x\\u0001\xc3\xa9\",\"c\":{}}";
	size_t len = strlen(TEXT);

	(void)state;
	assert_ok(jcs_read_check(span_of(TEXT, len)));
	for (size_t i = 0; i < len; i++) {
		char copy[64];
		memcpy(copy, TEXT, i);
		assert_int_not_equal(
		    jcs_read_check(span_of(copy, i)).code, ERR_OK);
	}
}

static void
jcs_read_find__gets_members_by_name(void **state)
{
	struct span text =
	    span_str("{\"a\":{\"k\":1},\"b\":\"x\\ny\",\"c\":7,\"d\":[]}");
	struct span value;
	struct buf out = {.max = 10};
	uint64_t number;

	(void)state;
	assert_ok(jcs_read_find(text, "a", &value));
	assert_true(span_equal_str(value, "{\"k\":1}"));
	assert_ok(jcs_read_find_u64(text, "c", &number));
	assert_int_equal(number, 7);
	assert_ok(jcs_read_find_string(text, "b", &value));
	assert_true(span_equal_str(value, "x\\ny"));
	assert_ok(jcs_read_find(text, "b", &value));
	assert_ok(jcs_read_text(value, &out));
	assert_text(&out, "x\ny");
	buf_done(&out);
	assert_int_equal(jcs_read_find(text, "k", &value).code, ERR_NOT_FOUND);
	assert_int_equal(jcs_read_find(text, "bb", &value).code, ERR_NOT_FOUND);
	assert_int_equal(
	    jcs_read_find_u64(text, "b", &number).code, ERR_MALFORMED);
	assert_int_equal(
	    jcs_read_find_string(text, "c", &value).code, ERR_MALFORMED);
	assert_int_equal(
	    jcs_read_find(span_str("[]"), "a", &value).code, ERR_MALFORMED);
	assert_int_equal(
	    jcs_read_find(span_str("{\"a\":1,}"), "a", &value).code,
	    ERR_MALFORMED);
}

static void
codepoint_is_visible__hides_what_forges_lines(void **state)
{
	static const uint32_t HIDDEN[] = {0, '\n', '\r', 0x1b, 0x7f, 0x85, 0x9b,
	    0xad, 0x200b, 0x200e, 0x202e, 0x2028, 0x2066, 0xfeff, 0xe0041,
	    0x10ffff};
	static const uint32_t SHOWN[] = {
	    ' ', 'a', '~', 0xa0, 0xe9, 0x20ac, 0x4e2d, 0xfffd, 0x1f600};

	(void)state;
	for (size_t i = 0; i < sizeof(HIDDEN) / sizeof(HIDDEN[0]); i++)
		assert_false(codepoint_is_visible(HIDDEN[i]));
	for (size_t i = 0; i < sizeof(SHOWN) / sizeof(SHOWN[0]); i++)
		assert_true(codepoint_is_visible(SHOWN[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(jcs_write__nests_objects_and_arrays),
	    cmocka_unit_test(jcs_string__escapes_as_rfc_8785_does),
	    cmocka_unit_test(jcs_string__round_trips_each_character),
	    cmocka_unit_test(jcs_string__replaces_what_is_not_utf8),
	    cmocka_unit_test(jcs_compare__orders_by_utf16),
	    cmocka_unit_test(jcs_int__refuses_more_than_53_bits),
	    cmocka_unit_test(jcs_name__refuses_what_needs_an_escape),
	    cmocka_unit_test(jcs_read_check__takes_canonical_text),
	    cmocka_unit_test(jcs_read_check__refuses_every_other_form),
	    cmocka_unit_test(jcs_read_check__refuses_every_prefix),
	    cmocka_unit_test(jcs_read_find__gets_members_by_name),
	    cmocka_unit_test(codepoint_is_visible__hides_what_forges_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
