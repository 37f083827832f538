#include "tests/harness/onekey.h"

#include "crypto/shape.h"

static void
shape_encrypt__agrees_with_the_vectors(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/shape.txt");
	size_t num = 0;

	(void)state;
	while (vectors_next(v)) {
		uint8_t key_bytes[32], code[128], back[128];
		uint8_t *to_code = code, *to_back = back;
		struct shape_key *key;
		struct span value, got;

		vectors_hex_exact(v, "Key", key_bytes, sizeof(key_bytes));
		enum shape_case fold =
		    span_equal_str(vectors_text(v, "Case"), "folded")
		    ? SHAPE_CASE_FOLDED
		    : SHAPE_CASE_COUNTS;
		value = vectors_text(v, "Value");
		got = span_of(code, value.len);
		expect_ok(shape_key_new(&key, key_bytes, CHECK_DIGIT_NONE));
		assert_true(shape_fits(key, value));
		shape_encrypt(key, fold, &value, &to_code, 1);
		assert_true(span_equal(got, vectors_text(v, "Code")));
		shape_decrypt(key, fold, &got, &to_back, 1);
		assert_memory_equal(back, value.data, value.len);
		shape_key_free(key);
		num++;
	}
	assert_true(num > 20);
	vectors_close(v);
}

/* Values with check digits: the code's hold, too, and the value comes back. */
static void
shape_encrypt__keeps_check_digits_true(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/shape_check.txt");
	size_t num = 0;

	(void)state;
	while (vectors_next(v)) {
		uint8_t key_bytes[32], code[128];
		uint8_t *to_code = code;
		struct shape_key *key;
		struct span value, got;

		vectors_hex_exact(v, "Key", key_bytes, sizeof(key_bytes));
		expect_ok(shape_key_new(&key, key_bytes,
		    span_equal_str(vectors_text(v, "Rule"), "luhn")
			? CHECK_DIGIT_LUHN
			: CHECK_DIGIT_MOD97));
		value = vectors_text(v, "Value");
		got = span_of(code, value.len);
		assert_true(shape_fits(key, value));
		shape_encrypt(key, SHAPE_CASE_FOLDED, &value, &to_code, 1);
		assert_true(span_equal(got, vectors_text(v, "Code")));
		assert_true(shape_fits(key, got));
		/* In its own place. */
		shape_decrypt(key, SHAPE_CASE_FOLDED, &got, &to_code, 1);
		assert_memory_equal(code, value.data, value.len);
		shape_key_free(key);
		num++;
	}
	assert_int_equal(num, 13);
	vectors_close(v);
}

static bool
fits_with(enum check_digit rule, const char *text)
{
	struct shape_key *key;
	bool checks, fits;

	expect_ok(shape_key_new(&key, onekey, rule));
	checks = shape_checks(key, span_str(text));
	fits = shape_fits(key, span_str(text));
	shape_key_free(key);
	assert_true(checks || !fits);
	return fits;
}

static void
shape_fits__wants_check_digits_that_hold(void **state)
{
	static const char *const cards[] = {"", " ", "4111 1111 1111 1112",
	    "1411 1111 1111 1111", "x111 1111 1111 1117", "0", "00000",
	    "000000"};
	static const char *const ibans[] = {"", "DE", "DE8", "DE89",
	    "DE88 3704 0044 0532 0130 00", "ED89 3704 0044 0532 0130 00",
	    "D189 3704 0044 0532 0130 00", "DEX9 3704 0044 0532 0130 00",
	    "DE8X 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 01"};
	char text[] = "DE00 1234567";

	(void)state;
	for (size_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++)
		assert_false(fits_with(CHECK_DIGIT_LUHN, cards[i]));
	for (size_t i = 0; i < sizeof(ibans) / sizeof(ibans[0]); i++)
		assert_false(fits_with(CHECK_DIGIT_MOD97, ibans[i]));
	assert_true(fits_with(CHECK_DIGIT_LUHN, "0000000"));
	/* What has the rest of 97, 98 and 02 is not there: of a payload one
	 * number holds, and one is enough. */
	for (unsigned int bban = 1000000; bban < 1000300; bban++) {
		size_t num = 0;

		for (unsigned int two = 0; two < 100; two++) {
			snprintf(text, sizeof(text), "DE%02u%u", two, bban);
			num += fits_with(CHECK_DIGIT_MOD97, text);
		}
		assert_int_equal(num, 1);
	}
}

static bool
fits(const char *text)
{
	return fits_with(CHECK_DIGIT_NONE, text);
}

static bool
fits_len(const char *text, size_t len)
{
	char copy[200] = {0};

	memcpy(copy, text, len);
	return fits(copy);
}

static void
shape_fits__needs_a_million_and_has_a_cap(void **state)
{
	char text[200];

	(void)state;
	assert_true(!fits("") && !fits("12345") && fits("123456"));
	assert_true(!fits("---- 12-345") && fits("1-2-3-4-5-6"));
	assert_true(!fits("abcd") && fits("abcde") && fits("ABcdE"));
	/* 26 * 26 * 1000 is not enough, 26 * 26 * 26 * 100 is. */
	assert_true(!fits("ab123") && fits("abc12"));
	memset(text, '7', sizeof(text));
	assert_true(fits_len(text, 128));
	assert_false(fits_len(text, 129));
	text[0] = 'x';
	assert_true(fits_len(text, 38));
	assert_false(fits_len(text, 39));
	memset(text, 'x', sizeof(text));
	assert_true(fits_len(text, 128));
	assert_false(fits_len(text, 129));
	text[0] = '7';
	assert_true(fits_len(text, 27));
	assert_false(fits_len(text, 28));
}

enum {
	NUM = 500,
	LEN = 32
};

/* A mixture of shapes: what each is does not depend on the others. */
static void
shape_encrypt__does_not_depend_on_neighbours(void **state)
{
	static char texts[NUM][LEN];
	static uint8_t codes[NUM][LEN], alone[LEN];
	struct span values[NUM], back[NUM];
	uint8_t *outs[NUM], *out = alone;
	struct shape_key *key;

	(void)state;
	for (int i = 0; i < NUM; i++) {
		if (i % 4 == 0)
			snprintf(texts[i], LEN, "4111 1111 1111 %04d", i);
		else if (i % 4 == 1)
			snprintf(texts[i], LEN, "x-%04d-QY", i);
		else if (i % 4 == 2)
			snprintf(texts[i], LEN, "Ann Bl%c%cke", 'a' + i % 26,
			    'a' + i / 26 % 26);
		else
			snprintf(texts[i], LEN, "%06d", i);
		values[i] = span_str(texts[i]);
		outs[i] = codes[i];
		back[i] = span_of(codes[i], values[i].len);
	}
	expect_ok(shape_key_new(&key, onekey, CHECK_DIGIT_NONE));
	shape_encrypt(key, SHAPE_CASE_FOLDED, values, outs, NUM);
	for (size_t i = 0; i < NUM; i++) {
		shape_encrypt(key, SHAPE_CASE_FOLDED, &values[i], &out, 1);
		assert_memory_equal(alone, codes[i], values[i].len);
		for (size_t j = 0; j < i; j++)
			assert_false(span_equal(back[i], back[j]));
	}
	shape_decrypt(key, SHAPE_CASE_FOLDED, back, outs, NUM);
	for (size_t i = 0; i < NUM; i++)
		assert_memory_equal(codes[i], texts[i], values[i].len);
	shape_encrypt(key, SHAPE_CASE_FOLDED, NULL, NULL, 0);
	shape_key_free(key);
	shape_key_free(NULL);
}

static void
code_of(struct shape_key *key, enum shape_case fold, const char *text,
    char out[LEN])
{
	struct span value = span_str(text);
	uint8_t *to = (uint8_t *)out;

	shape_encrypt(key, fold, &value, &to, 1);
	out[value.len] = 0;
}

static void
shape_encrypt__folds_case_where_it_is_told(void **state)
{
	struct shape_key *key;
	char a[LEN], b[LEN];

	(void)state;
	expect_ok(shape_key_new(&key, onekey, CHECK_DIGIT_NONE));
	code_of(key, SHAPE_CASE_FOLDED, "Blake", a);
	code_of(key, SHAPE_CASE_FOLDED, "BLAKE", b);
	assert_true(strcmp(a, b) != 0 && strcasecmp(a, b) == 0);
	code_of(key, SHAPE_CASE_COUNTS, "Blake", a);
	code_of(key, SHAPE_CASE_COUNTS, "BLAKE", b);
	assert_int_not_equal(strcasecmp(a, b), 0);
	/* Separators are no part of it. */
	code_of(key, SHAPE_CASE_FOLDED, "123-45-6789", a);
	code_of(key, SHAPE_CASE_FOLDED, "123456789", b);
	assert_memory_equal(a, b, 3);
	assert_memory_equal(a + 4, b + 3, 2);
	assert_memory_equal(a + 7, b + 5, 4);
	shape_key_free(key);
}

static void
shape_encrypt__allocates_nothing(void **state)
{
	struct shape_key *key;
	char out[LEN];

	(void)state;
	expect_ok(shape_key_new(&key, onekey, CHECK_DIGIT_NONE));
	failalloc_arm(SIZE_MAX);
	code_of(key, SHAPE_CASE_FOLDED, "ab-1234567", out);
	failalloc_disarm();
	assert_int_equal(failalloc_count(), 0);
	shape_key_free(key);
}

static struct err
make_key(void *none, struct buf *out, struct arena *arena)
{
	struct shape_key *key;

	(void)none;
	(void)out;
	(void)arena;
	TRY(shape_key_new(&key, onekey, CHECK_DIGIT_NONE));
	shape_key_free(key);
	return OK;
}

static void
shape_key_new__survives_each_failed_allocation(void **state)
{
	(void)state;
	onekey_survives(make_key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shape_encrypt__agrees_with_the_vectors),
	    cmocka_unit_test(shape_encrypt__keeps_check_digits_true),
	    cmocka_unit_test(shape_fits__wants_check_digits_that_hold),
	    cmocka_unit_test(shape_fits__needs_a_million_and_has_a_cap),
	    cmocka_unit_test(shape_encrypt__does_not_depend_on_neighbours),
	    cmocka_unit_test(shape_encrypt__folds_case_where_it_is_told),
	    cmocka_unit_test(shape_encrypt__allocates_nothing),
	    cmocka_unit_test(shape_key_new__survives_each_failed_allocation),
	};

	return cmocka_run_group_tests(tests, onekey_start, NULL);
}
