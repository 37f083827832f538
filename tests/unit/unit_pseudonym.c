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
		struct pseudonym_key *key;
		struct pseudonym_code code;
		vectors_hex_exact(v, "Key", key_bytes, sizeof(key_bytes));
		vectors_hex(v, "Kind", &kind);
		vectors_hex(v, "Value", &value);
		uint32_t epoch = (uint32_t)vectors_u64(v, "Epoch");
		struct span in = buf_span(&value);
		expect_ok(pseudonym_key_new(&key, key_bytes, buf_span(&kind)));
		pseudonym_column(key, epoch, &in, 1, &code);
		assert_true(span_equal(
		    span_of(code.text, code.len), vectors_text(v, "Code")));
		assert_int_equal(strlen(code.text), code.len);
		pseudonym_key_free(key);
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
	struct pseudonym_key *key;

	(void)state;
	for (size_t i = 0; i < NUM; i++)
		values[i] = span_of(bytes, i % 150);
	expect_ok(pseudonym_key_new(&key, onekey, span_str("mrn")));
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
	pseudonym_key_free(key);
	pseudonym_key_free(NULL);
}

/* "ab" of kind "" and "b" of kind "a" are two things, and so on. */
static void
pseudonym_key__separates_kinds(void **state)
{
	static const char *const pairs[][2] = {
	    {"", "ab"}, {"a", "b"}, {"ab", ""}, {"mrn", "1"}, {"ssn", "1"}};
	struct pseudonym_code codes[5];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct pseudonym_key *key;
		struct span value = span_str(pairs[i][1]);
		expect_ok(
		    pseudonym_key_new(&key, onekey, span_str(pairs[i][0])));
		pseudonym_column(key, 1, &value, 1, &codes[i]);
		pseudonym_key_free(key);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(codes[i].text, codes[j].text);
	}
}

static void
pseudonym_column__allocates_nothing(void **state)
{
	struct span values[2] = {span_str("a"), span_str("b")};
	struct pseudonym_code codes[2];
	struct pseudonym_key *key;

	(void)state;
	expect_ok(pseudonym_key_new(&key, onekey, span_str("mrn")));
	failalloc_arm(SIZE_MAX);
	pseudonym_column(key, 1, values, 2, codes);
	failalloc_disarm();
	assert_int_equal(failalloc_count(), 0);
	pseudonym_key_free(key);
}

static struct err
make_key(void *none, struct buf *out, struct arena *arena)
{
	struct pseudonym_key *key;

	(void)none;
	(void)out;
	(void)arena;
	TRY(pseudonym_key_new(&key, onekey, span_str("mrn")));
	pseudonym_key_free(key);
	return OK;
}

static void
pseudonym_key_new__survives_each_failed_allocation(void **state)
{
	(void)state;
	onekey_survives(make_key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pseudonym_column__agrees_with_the_vectors),
	    cmocka_unit_test(pseudonym_column__does_not_depend_on_neighbours),
	    cmocka_unit_test(pseudonym_key__separates_kinds),
	    cmocka_unit_test(pseudonym_column__allocates_nothing),
	    cmocka_unit_test(
		pseudonym_key_new__survives_each_failed_allocation),
	};

	return cmocka_run_group_tests(tests, onekey_start, NULL);
}
