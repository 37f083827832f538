#include "tests/harness/onekey.h"

#include <stdio.h>

#include "crypto/shift.h"

static void
shift_column__agrees_with_the_vectors(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/shift.txt");
	size_t num = 0;

	(void)state;
	while (vectors_next(v)) {
		uint8_t key_bytes[32];
		struct hmac_key *key;
		struct span subject;
		int16_t days;
		bool back;

		vectors_hex_exact(v, "Key", key_bytes, sizeof(key_bytes));
		subject = vectors_text(v, "Subject");
		expect_ok(
		    hmac_key_new(&key, key_bytes, vectors_text(v, "Kind")));
		shift_column(key, &subject, 1, &days);
		back = vectors_has(v, "Back");
		assert_int_equal(days,
		    back ? -(int)vectors_u64(v, "Back")
			 : (int)vectors_u64(v, "Forth"));
		hmac_key_free(key);
		num++;
	}
	assert_true(num > 20);
	vectors_close(v);
}

/* All days but 0, none outside, and of each about as many. */
static void
shift_column__spreads_over_two_years_without_today(void **state)
{
	enum {
		NUM = 73000
	};
	static char texts[NUM][12];
	static struct span subjects[NUM];
	static int16_t days[NUM];
	unsigned seen[2 * SHIFT_MAX_DAYS + 1] = {0};
	struct hmac_key *key;

	(void)state;
	for (int i = 0; i < NUM; i++) {
		snprintf(texts[i], sizeof(texts[i]), "%d", i);
		subjects[i] = span_str(texts[i]);
	}
	expect_ok(hmac_key_new(&key, onekey, span_str("mrn")));
	shift_column(key, subjects, NUM, days);
	for (int i = 0; i < NUM; i++) {
		assert_true(
		    days[i] >= -SHIFT_MAX_DAYS && days[i] <= SHIFT_MAX_DAYS);
		seen[days[i] + SHIFT_MAX_DAYS]++;
	}
	for (int d = -SHIFT_MAX_DAYS; d <= SHIFT_MAX_DAYS; d++) {
		unsigned num = seen[d + SHIFT_MAX_DAYS];

		/* 100 on the average; six times the spread of 10. */
		assert_true(d == 0 ? num == 0 : num > 40 && num < 160);
	}
	/* One by one as well as together. */
	for (size_t i = 0; i < 200; i++) {
		int16_t one;

		shift_column(key, &subjects[i], 1, &one);
		assert_int_equal(one, days[i]);
	}
	shift_column(key, NULL, 0, NULL);
	hmac_key_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shift_column__agrees_with_the_vectors),
	    cmocka_unit_test(
		shift_column__spreads_over_two_years_without_today),
	};

	return cmocka_run_group_tests(tests, onekey_start, NULL);
}
