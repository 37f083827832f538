#include "gateway/ledger/plain.h"

#include "tests/harness/expect.h"

enum {
	LEN = 64
};

static bool
stands_for_itself(unsigned c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void
plain_count__stops_at_each_byte_at_each_place(void **state)
{
	uint8_t text[LEN];

	(void)state;
	for (unsigned c = 0; c < 256; c++)
		for (size_t i = 0; i < LEN; i++) {
			size_t expected = stands_for_itself(c) ? LEN : i;

			memset(text, 'x', sizeof(text));
			text[i] = (uint8_t)c;
			assert_int_equal(
			    plain_count(span_of(text, LEN)), expected);
			assert_int_equal(
			    plain_count_bytes(span_of(text, LEN)), expected);
		}
}

/* The first of several counts, wherever the text begins and ends. */
static void
plain_count__is_plain_count_bytes(void **state)
{
	static const uint8_t near[] = {0x1f, ' ', '!', '"', '#', '[', '\\', ']',
	    '~', 0x7f, 0x80, 0xff, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'};
	uint8_t text[LEN];
	uint32_t draw = 1;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		for (size_t i = 0; i < LEN; i++) {
			draw = draw * 1664525u + 1013904223u;
			text[i] = near[(draw >> 16) %
			    (round % 2 == 0 ? sizeof(near) : 13)];
		}
		for (size_t from = 0; from < 20; from++) {
			struct span in = span_of(text + from, LEN - 2 * from);
			assert_int_equal(
			    plain_count(in), plain_count_bytes(in));
		}
	}
	assert_int_equal(plain_count(span_of(NULL, 0)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_count__stops_at_each_byte_at_each_place),
	    cmocka_unit_test(plain_count__is_plain_count_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
