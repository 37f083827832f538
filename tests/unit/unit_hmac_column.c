#include "crypto/hmac_column.h"

#include "crypto/random.h"
#include "tests/harness/expect.h"

enum {
	NUM = 70,
	LONGEST = 150
};

/* Every MAC is what hmac_final makes of the value alone. */
static void
expect_same(const struct hmac *keyed, const struct span *values, size_t num)
{
	uint8_t macs[NUM + 1][32], expected[32];

	memset(macs, 0xa5, sizeof(macs));
	hmac_column(keyed, values, num, macs);
	for (size_t i = 0; i < num; i++) {
		struct hmac one = *keyed;
		hmac_final(&one, expected, values[i]);
		assert_memory_equal(macs[i], expected, 32);
	}
	for (size_t i = 0; i < 32; i++)
		assert_int_equal(macs[num][i], 0xa5);
}

static void
hmac_column__is_hmac_of_each_value(void **state)
{
	uint8_t key[32], bytes[NUM][LONGEST];
	struct span values[NUM];
	struct hmac keyed;

	(void)state;
	random_bytes(key, sizeof(key));
	random_bytes(bytes[0], sizeof(bytes));
	for (size_t prefix = 0; prefix < 130; prefix++) {
		hmac_init(&keyed, span_of(key, sizeof(key)));
		hmac_update(&keyed, span_of(bytes[0], prefix));
		for (size_t i = 0; i < NUM; i++)
			values[i] =
			    span_of(bytes[i], (i * 7 + prefix) % (LONGEST + 1));
		expect_same(&keyed, values, NUM);
	}
}

/* No lane leaks into another: any number of values, each of every length. */
static void
hmac_column__takes_any_number_of_any_length(void **state)
{
	uint8_t bytes[LONGEST];
	struct span values[NUM];
	struct hmac keyed;

	(void)state;
	random_bytes(bytes, sizeof(bytes));
	hmac_init(&keyed, span_str("key"));
	for (size_t num = 0; num <= NUM; num++) {
		for (size_t i = 0; i < num; i++)
			values[i] = span_of(bytes + i, i);
		expect_same(&keyed, values, num);
	}
	for (size_t len = 0; len < 70; len++) {
		for (size_t i = 0; i < 17; i++)
			values[i] = span_of(bytes + i, len);
		expect_same(&keyed, values, 17);
	}
	values[0] = span_of(NULL, 0);
	expect_same(&keyed, values, 1);
}

/* A key over a block is hashed first; it ends as one block all the same. */
static void
hmac_column__takes_any_key(void **state)
{
	uint8_t key[200];
	struct span values[] = {span_str("a"), span_str(""), span_str("bcd")};
	struct hmac keyed;

	(void)state;
	random_bytes(key, sizeof(key));
	for (size_t len = 0; len <= sizeof(key); len++) {
		hmac_init(&keyed, span_of(key, len));
		expect_same(&keyed, values, 3);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hmac_column__is_hmac_of_each_value),
	    cmocka_unit_test(hmac_column__takes_any_number_of_any_length),
	    cmocka_unit_test(hmac_column__takes_any_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
