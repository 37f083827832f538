#include "tests/harness/expect.h"

#include "gateway/record/csv_mask.h"

static void
csv_mask__names_each_byte_at_each_place(void **state)
{
	uint8_t block[CSV_MASK_BLOCK];

	(void)state;
	for (unsigned c = 0; c < 256; c++)
		for (unsigned i = 0; i < CSV_MASK_BLOCK; i++) {
			bool stops = c == ';' || c == '"' || c == '\r' ||
			    c == '\n' || c == 0;

			memset(block, 'x', sizeof(block));
			block[i] = (uint8_t)c;
			assert_int_equal(csv_mask_bytes(block, ';', '"'),
			    (uint64_t)stops << i);
			assert_int_equal(
			    csv_mask(block, ';', '"'), (uint64_t)stops << i);
		}
}

/* Every block of a stream that has all bytes beside one another. */
static void
csv_mask__is_csv_mask_bytes(void **state)
{
	static const uint8_t near[] = {0, 1, '\t', '\n', 0x0b, '\r', '!', '"',
	    '#', '+', ',', '-', ';', 'a', 0x80, 0x8a, 0x8d, 0xa2, 0xac, 0xff};
	uint8_t block[CSV_MASK_BLOCK];
	uint32_t draw = 1;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		for (unsigned i = 0; i < CSV_MASK_BLOCK; i++) {
			draw = draw * 1664525u + 1013904223u;
			block[i] = near[(draw >> 16) % sizeof(near)];
		}
		assert_int_equal(
		    csv_mask(block, ',', '"'), csv_mask_bytes(block, ',', '"'));
		assert_int_equal(csv_mask(block, '\t', '\t'),
		    csv_mask_bytes(block, '\t', '\t'));
	}
}

/* Of many blocks, one after the other, and nothing behind the last. */
static void
csv_masks__are_those_of_each_block(void **state)
{
	static const uint8_t near[] = {
	    0, '\t', '\n', '\r', '"', ',', ';', 'a', 0x80, 0x8a, 0xa2, 0xac};
	enum {
		NUM = 37
	};
	uint8_t blocks[1 + NUM * CSV_MASK_BLOCK];
	uint64_t masks[NUM + 1] = {0};
	uint32_t draw = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(blocks); i++) {
		draw = draw * 1664525u + 1013904223u;
		blocks[i] = near[(draw >> 16) % sizeof(near)];
	}
	masks[NUM] = 42;
	csv_masks(blocks + 1, NUM, ';', '"', masks);
	for (size_t i = 0; i < NUM; i++)
		assert_int_equal(masks[i],
		    csv_mask_bytes(blocks + 1 + i * CSV_MASK_BLOCK, ';', '"'));
	assert_int_equal(masks[NUM], 42);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(csv_mask__names_each_byte_at_each_place),
	    cmocka_unit_test(csv_mask__is_csv_mask_bytes),
	    cmocka_unit_test(csv_masks__are_those_of_each_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
