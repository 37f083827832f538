#include "tests/harness/onekey.h"

#include "crypto/pseudonym.h"

static void
pseudonym_column__agrees_with_the_vectors(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/pseudonym.txt");
	struct buf kind, value;
	uint8_t key_bytes[32];
	size_t num = 0;

	(void)state;
	buf_init(&kind, 1000);
	buf_init(&value, 1000);
	while (vectors_next(v)) {
		struct hmac_key *key;
		struct pseudonym_code code;
		vectors_hex_exact(v, "Key", key_bytes, sizeof(key_bytes));
		vectors_hex(v, "Kind", &kind);
		vectors_hex(v, "Value", &value);
		uint32_t epoch = (uint32_t)vectors_u64(v, "Epoch");
		struct span in = buf_span(&value);
		expect_ok(hmac_key_new(&key, key_bytes, buf_span(&kind)));
		pseudonym_column(key, epoch, &in, 1, &code);
		assert_true(span_equal(
		    span_of(code.text, code.len), vectors_text(v, "Code")));
		assert_int_equal(strlen(code.text), code.len);
		hmac_key_free(key);
		num++;
	}
	assert_true(num > 30);
	vectors_close(v);
	buf_done(&kind);
	buf_done(&value);
}

/* A column is its values, one by one, whatever stands beside them. */
static void
pseudonym_column__does_not_depend_on_neighbours(void **state)
{
	enum {
		NUM = 1000
	};
	static uint8_t bytes[NUM];
	static struct span values[NUM];
	static struct pseudonym_code codes[NUM];
	struct pseudonym_code one;
	struct hmac_key *key;

	(void)state;
	for (size_t i = 0; i < NUM; i++)
		values[i] = span_of(bytes, i % 150);
	expect_ok(hmac_key_new(&key, onekey, span_str("mrn")));
	pseudonym_column(key, 3, values, NUM, codes);
	for (size_t i = 0; i < NUM; i++) {
		pseudonym_column(key, 3, &values[i], 1, &one);
		assert_int_equal(one.len, codes[i].len);
		assert_memory_equal(one.text, codes[i].text, one.len + 1u);
		assert_string_equal(codes[i].text, codes[i % 150].text);
	}
	for (size_t i = 0; i < 150; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(codes[i].text, codes[j].text);
	pseudonym_column(key, 3, NULL, 0, NULL);
	hmac_key_free(key);
}

static void
pseudonym_column__allocates_nothing(void **state)
{
	struct span values[2] = {span_str("a"), span_str("b")};
	struct pseudonym_code codes[2];
	struct hmac_key *key;

	(void)state;
	expect_ok(hmac_key_new(&key, onekey, span_str("mrn")));
	failalloc_arm(SIZE_MAX);
	pseudonym_column(key, 1, values, 2, codes);
	failalloc_disarm();
	assert_int_equal(failalloc_count(), 0);
	hmac_key_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pseudonym_column__agrees_with_the_vectors),
	    cmocka_unit_test(pseudonym_column__does_not_depend_on_neighbours),
	    cmocka_unit_test(pseudonym_column__allocates_nothing),
	};

	return cmocka_run_group_tests(tests, onekey_start, NULL);
}
