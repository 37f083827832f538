#include "tests/harness/expect.h"

#include <sys/mman.h>
#include <unistd.h>

#include "crypto/memory/span.h"

/* A copy whose last byte is the last of a page, with nothing behind it. */
static uint8_t *
guarded(const void *bytes, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *base = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(base != MAP_FAILED && len <= page);
	assert_int_equal(mprotect(base + page, page, PROT_NONE), 0);
	if (len > 0)
		memcpy(base + page - len, bytes, len);
	return base + page - len;
}

static void
span_take__takes_all_or_nothing(void **state)
{
	struct span in = span_of(guarded("abcd", 4), 4), out = {0};

	(void)state;
	expect_err(TRUNCATED, span_take(&in, &out, 5));
	assert_int_equal(in.len, 4);
	assert_null(out.data);
	expect_ok(span_take(&in, &out, 3));
	expect_span(out, "abc");
	expect_ok(span_take(&in, &out, 1));
	expect_span(out, "d");
	expect_ok(span_take(&in, &out, 0));
	expect_err(TRUNCATED, span_take(&in, &out, SIZE_MAX));
	expect_ok(span_end(in));
}

static void
span_take_numbers__are_big_endian(void **state)
{
	const uint8_t bytes[] = {0x01, 0x02, 0x03, 0xff, 0xfe, 0xfd, 0xfc, 0x80,
	    0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff};
	struct span in = span_of(guarded(bytes, sizeof(bytes)), sizeof(bytes));
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	int64_t i64;

	(void)state;
	expect_ok(span_take_u8(&in, &u8));
	assert_int_equal(u8, 1);
	expect_ok(span_take_u16be(&in, &u16));
	assert_int_equal(u16, 0x0203);
	expect_ok(span_take_u32be(&in, &u32));
	assert_int_equal(u32, 0xfffefdfc);
	expect_ok(span_take_u64be(&in, &u64));
	assert_true(u64 == UINT64_C(0x8000000000000001));
	expect_ok(span_take_i64be(&in, &i64));
	assert_true(i64 == -1);
	expect_err(TRUNCATED, span_take_u8(&in, &u8));
}

static void
span_take_numbers__touch_nothing_when_short(void **state)
{
	struct span in = span_of(guarded("abc", 3), 3);
	uint32_t u32 = 7;
	uint64_t u64 = 7;

	(void)state;
	expect_err(TRUNCATED, span_take_u32be(&in, &u32));
	expect_err(TRUNCATED, span_take_u64be(&in, &u64));
	assert_int_equal(u32, 7);
	assert_int_equal(u64, 7);
	assert_int_equal(in.len, 3);
}

static void
span_take_bool__knows_two_values(void **state)
{
	struct span in = span_of("\0\1\2", 3);
	bool value = true;

	(void)state;
	expect_ok(span_take_bool(&in, &value));
	assert_false(value);
	expect_ok(span_take_bool(&in, &value));
	assert_true(value);
	expect_err(MALFORMED, span_take_bool(&in, &value));
	assert_int_equal(in.len, 1);
}

static void
span_take_field__checks_length_and_cap(void **state)
{
	struct span in = span_of(guarded("\0\0\0\3abc", 7), 7), out;

	(void)state;
	expect_err(TOO_BIG, span_take_field(&in, &out, 2));
	assert_int_equal(in.len, 7);
	expect_ok(span_take_field(&in, &out, 3));
	expect_span(out, "abc");
	in = span_of("\0\0\0\4abc", 7);
	expect_err(TRUNCATED, span_take_field(&in, &out, 100));
	assert_int_equal(in.len, 7);
	in = span_of("\xff\xff\xff\xff", 4);
	expect_err(TOO_BIG, span_take_field(&in, &out, 100));
}

static void
span_take_line__needs_its_end(void **state)
{
	struct span in = span_str("a\n\nrest"), line;

	(void)state;
	expect_ok(span_take_line(&in, &line));
	expect_span(line, "a");
	expect_ok(span_take_line(&in, &line));
	expect_span(line, "");
	expect_err(TRUNCATED, span_take_line(&in, &line));
	expect_span(in, "rest");
	expect_err(MALFORMED, span_end(in));
}

static void
span_take_until__tells_an_empty_last_piece_from_none(void **state)
{
	struct span in = span_str("a,,"), piece;

	(void)state;
	assert_true(span_take_until(&in, &piece, ','));
	expect_span(piece, "a");
	assert_true(span_take_until(&in, &piece, ','));
	expect_span(piece, "");
	assert_true(span_take_until(&in, &piece, ','));
	expect_span(piece, "");
	assert_false(span_take_until(&in, &piece, ','));
}

static void
span_u64__takes_one_text_for_one_number(void **state)
{
	const char *const bad[] = {
	    "", "00", "01", "+1", "-1", " 1", "1 ", "1a", "0x1"};
	uint64_t value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_err(
		    MALFORMED, span_u64(span_str(bad[i]), &value, UINT64_MAX));
	assert_int_equal(value, 7);
	expect_ok(span_u64(span_str("0"), &value, 0));
	assert_int_equal(value, 0);
	expect_ok(
	    span_u64(span_str("18446744073709551615"), &value, UINT64_MAX));
	assert_true(value == UINT64_MAX);
	expect_err(TOO_BIG,
	    span_u64(span_str("18446744073709551616"), &value, UINT64_MAX));
	expect_err(TOO_BIG,
	    span_u64(span_str("99999999999999999999999"), &value, UINT64_MAX));
	expect_err(TOO_BIG, span_u64(span_str("11"), &value, 10));
}

static void
span_sub__is_clipped(void **state)
{
	struct span in = span_str("abcdef");

	(void)state;
	expect_span(span_sub(in, 2, 3), "cde");
	expect_span(span_sub(in, 4, SIZE_MAX), "ef");
	expect_span(span_sub(in, SIZE_MAX, SIZE_MAX), "");
	expect_span(span_sub(span_of(NULL, 0), 1, 1), "");
}

static void
span_compare__orders_prefixes_first(void **state)
{
	(void)state;
	assert_true(span_compare(span_str("a"), span_str("ab")) < 0);
	assert_true(span_compare(span_str("b"), span_str("ab")) > 0);
	assert_true(span_compare(span_str(""), span_of(NULL, 0)) == 0);
	assert_true(span_compare(span_str("\xff"), span_str("a")) > 0);
	assert_true(span_equal(span_of(NULL, 0), span_str("")));
	assert_true(span_equal_fold(span_str("ETag"), span_str("etag")));
	assert_false(span_equal_fold(span_str("ETag"), span_str("etags")));
	assert_true(span_starts_with(span_str("abc"), span_str("ab")));
	assert_false(span_starts_with(span_str("a"), span_str("ab")));
	assert_true(span_ends_with(span_str("abc"), span_str("bc")));
	assert_true(span_ends_with(span_str("abc"), span_str("")));
	assert_false(span_ends_with(span_str("abc"), span_str("ab")));
	assert_false(span_ends_with(span_str("b"), span_str("ab")));
	expect_span(span_trim(span_str(" \t a b\t ")), "a b");
	expect_span(span_trim(span_str(" \t")), "");
}

static void
size_add_and_mul__refuse_overflow(void **state)
{
	size_t out = 7;

	(void)state;
	expect_err(TOO_BIG, size_add(SIZE_MAX, 1, &out));
	expect_err(TOO_BIG, size_mul(SIZE_MAX / 2 + 1, 2, &out));
	assert_int_equal(out, 7);
	expect_ok(size_add(SIZE_MAX - 1, 1, &out));
	assert_true(out == SIZE_MAX);
	expect_ok(size_mul(SIZE_MAX, 1, &out));
	assert_true(out == SIZE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(span_take__takes_all_or_nothing),
	    cmocka_unit_test(span_take_numbers__are_big_endian),
	    cmocka_unit_test(span_take_numbers__touch_nothing_when_short),
	    cmocka_unit_test(span_take_bool__knows_two_values),
	    cmocka_unit_test(span_take_field__checks_length_and_cap),
	    cmocka_unit_test(span_take_line__needs_its_end),
	    cmocka_unit_test(
		span_take_until__tells_an_empty_last_piece_from_none),
	    cmocka_unit_test(span_u64__takes_one_text_for_one_number),
	    cmocka_unit_test(span_sub__is_clipped),
	    cmocka_unit_test(span_compare__orders_prefixes_first),
	    cmocka_unit_test(size_add_and_mul__refuse_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
