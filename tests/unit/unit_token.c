#include "tests/harness/onekey.h"

#include "crypto/token.h"

/* One block: what is computed, and what a code is as text. */
static void
check_block(struct vectors *v, struct buf *kind, struct buf *value)
{
	uint8_t key_bytes[32], want[TOKEN_INDEX], code[TOKEN_CODE];
	uint8_t index[1][TOKEN_INDEX], sealed[300], opened[300];
	uint8_t *outs[1] = {sealed};
	struct hmac_key *subjects;
	char text[TOKEN_TEXT_MAX];
	struct token_key *key;
	struct buf want_sealed;
	uint32_t epoch;

	buf_init(&want_sealed, sizeof(sealed));
	vectors_hex_exact(v, "Key", key_bytes, sizeof(key_bytes));
	vectors_hex(v, "Kind", kind);
	vectors_hex(v, "Value", value);
	struct span in = buf_span(value);
	expect_ok(token_key_new(&key, key_bytes, buf_span(kind)));
	expect_ok(hmac_key_new(&subjects, key_bytes, buf_span(kind)));
	token_index(key, &in, 1, index);
	vectors_hex_exact(v, "Index", want, sizeof(want));
	assert_memory_equal(index[0], want, sizeof(want));
	token_subjects(subjects, &in, 1, index);
	vectors_hex_exact(v, "Subject", want, sizeof(want));
	assert_memory_equal(index[0], want, sizeof(want));
	token_subject(index[0], key_bytes, buf_span(kind), in);
	assert_memory_equal(index[0], want, sizeof(want));
	token_seal(key, &in, outs, 1);
	vectors_hex(v, "Sealed", &want_sealed);
	struct span got = span_of(sealed, in.len + TOKEN_SEAL);
	assert_true(span_equal(got, buf_span(&want_sealed)));
	expect_ok(token_open(key, got, opened));
	assert_true(span_equal(in, span_of(opened, in.len)));
	epoch = (uint32_t)vectors_u64(v, "Epoch");
	vectors_hex_exact(v, "Random", code, sizeof(code));
	got = span_of(text, token_text(text, epoch, code));
	assert_true(span_equal(got, vectors_text(v, "Code")));
	memset(want, 0, sizeof(want));
	expect_ok(token_parse(&epoch, want, got));
	assert_memory_equal(want, code, sizeof(code));
	token_key_free(key);
	hmac_key_free(subjects);
	buf_done(&want_sealed);
}

static void
token__agrees_with_the_vectors(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/token.txt");
	struct buf kind, value;
	size_t num = 0;

	(void)state;
	buf_init(&kind, 1000);
	buf_init(&value, 1000);
	while (vectors_next(v)) {
		check_block(v, &kind, &value);
		num++;
	}
	assert_int_equal(num, 27);
	vectors_close(v);
	buf_done(&kind);
	buf_done(&value);
}

enum {
	NUM = 200
};

/* A column is its values, one by one, whatever stands beside them. */
static void
token_column__does_not_depend_on_neighbours(void **state)
{
	static uint8_t bytes[NUM], indexes[NUM][TOKEN_INDEX];
	static uint8_t sealed[NUM][NUM + TOKEN_SEAL];
	static uint8_t *outs[NUM];
	static struct span values[NUM];
	uint8_t alone[1][TOKEN_INDEX], one[NUM + TOKEN_SEAL], *to = one;
	struct token_key *key;

	(void)state;
	for (size_t i = 0; i < NUM; i++) {
		values[i] = span_of(bytes, i % 150 + 1);
		outs[i] = sealed[i];
	}
	expect_ok(token_key_new(&key, onekey, span_str("iban")));
	token_index(key, values, NUM, indexes);
	token_seal(key, values, outs, NUM);
	for (size_t i = 0; i < NUM; i++) {
		token_index(key, &values[i], 1, alone);
		assert_memory_equal(alone[0], indexes[i], TOKEN_INDEX);
		assert_memory_equal(alone[0], indexes[i % 150], TOKEN_INDEX);
		token_seal(key, &values[i], &to, 1);
		assert_memory_equal(one, sealed[i], values[i].len + TOKEN_SEAL);
	}
	for (size_t i = 0; i < 150; i++)
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(
			    indexes[i], indexes[j], TOKEN_INDEX);
	token_key_free(key);
	token_key_free(NULL);
}

static void
token_open__takes_what_its_own_key_sealed(void **state)
{
	struct span value = span_str("DE89370400440532013000");
	uint8_t sealed[22 + TOKEN_SEAL], opened[22], *to = sealed;
	struct token_key *key, *other;

	(void)state;
	expect_ok(token_key_new(&key, onekey, span_str("iban")));
	expect_ok(token_key_new(&other, onekey, span_str("account")));
	token_seal(key, &value, &to, 1);
	expect_err(
	    CRYPTO, token_open(other, span_of(sealed, sizeof(sealed)), opened));
	for (size_t len = 0; len < sizeof(sealed); len++)
		assert_int_not_equal(
		    token_open(key, span_of(sealed, len), opened).code, ERR_OK);
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		expect_err(CRYPTO,
		    token_open(key, span_of(sealed, sizeof(sealed)), opened));
		sealed[i] ^= 1;
	}
	expect_ok(token_open(key, span_of(sealed, sizeof(sealed)), opened));
	assert_memory_equal(opened, value.data, value.len);
	token_key_free(key);
	token_key_free(other);
}

static void
token_parse__takes_codes_and_nothing_else(void **state)
{
	static const char *const bad[] = {"", "t", "t1", "t1_",
	    "p1_aaaaaaaaaaaaaaaaaaaaaaaaaa", "t01_aaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "t_aaaaaaaaaaaaaaaaaaaaaaaaaa", "t1_aaaaaaaaaaaaaaaaaaaaaaaaa",
	    "t1_aaaaaaaaaaaaaaaaaaaaaaaaab", "t1_Aaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "t1_aaaaaaaaaaaaaaaaaaaaaaaaaaa", "t1_aaaaaaaaaaaaaaaaaaaaaaaaaa ",
	    "t4294967296_aaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "t-1_aaaaaaaaaaaaaaaaaaaaaaaaaa", "t1-aaaaaaaaaaaaaaaaaaaaaaaaaa"};
	uint8_t code[TOKEN_CODE] = {9};
	uint32_t epoch = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_not_equal(
		    token_parse(&epoch, code, span_str(bad[i])).code, ERR_OK);
		assert_int_equal(epoch, 77);
		assert_int_equal(code[0], 9);
	}
	expect_ok(token_parse(
	    &epoch, code, span_str("t4294967295_aebagbafaydqqcikbmga2dqpca")));
	assert_int_equal(epoch, 4294967295u);
	for (uint8_t i = 0; i < TOKEN_CODE; i++)
		assert_int_equal(code[i], i + 1);
}

static void
token_column__allocates_nothing(void **state)
{
	struct span value = span_str("a");
	uint8_t sealed[1 + TOKEN_SEAL], *to = sealed, opened[1];
	uint8_t index[1][TOKEN_INDEX];
	struct token_key *key;

	(void)state;
	expect_ok(token_key_new(&key, onekey, span_str("mrn")));
	failalloc_arm(SIZE_MAX);
	token_index(key, &value, 1, index);
	token_seal(key, &value, &to, 1);
	expect_ok(token_open(key, span_of(sealed, sizeof(sealed)), opened));
	failalloc_disarm();
	assert_int_equal(failalloc_count(), 0);
	token_key_free(key);
}

static struct err
make_key(void *none, struct buf *out, struct arena *arena)
{
	struct token_key *key;

	(void)none;
	(void)out;
	(void)arena;
	TRY(token_key_new(&key, onekey, span_str("mrn")));
	token_key_free(key);
	return OK;
}

static void
token_key_new__survives_each_failed_allocation(void **state)
{
	(void)state;
	onekey_survives(make_key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(token__agrees_with_the_vectors),
	    cmocka_unit_test(token_column__does_not_depend_on_neighbours),
	    cmocka_unit_test(token_open__takes_what_its_own_key_sealed),
	    cmocka_unit_test(token_parse__takes_codes_and_nothing_else),
	    cmocka_unit_test(token_column__allocates_nothing),
	    cmocka_unit_test(token_key_new__survives_each_failed_allocation),
	};

	return cmocka_run_group_tests(tests, onekey_start, NULL);
}
