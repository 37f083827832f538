#include "tests/harness/onekey.h"

#include "crypto/sealed.h"

static void
sealed_column__agrees_with_the_vectors(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/sealed.txt");
	struct buf kind, value;
	size_t num = 0;

	(void)state;
	buf_init(&kind, 1000);
	buf_init(&value, 1000);
	while (vectors_next(v)) {
		uint8_t key_bytes[32], room[1000], opened[1000];
		struct sealed_key *key;
		struct span in, code;
		size_t len;

		vectors_hex_exact(v, "Key", key_bytes, sizeof(key_bytes));
		vectors_hex(v, "Kind", &kind);
		vectors_hex(v, "Value", &value);
		uint32_t epoch = (uint32_t)vectors_u64(v, "Epoch");
		in = buf_span(&value);
		expect_ok(sealed_key_new(&key, key_bytes, buf_span(&kind)));
		assert_true(sealed_room(in.len) <= sizeof(room));
		sealed_column(key, epoch, &in, 1, &code, room);
		assert_true(span_equal(code, vectors_text(v, "Code")));
		expect_ok(sealed_open(key, epoch, code, opened, &len));
		assert_true(span_equal(in, span_of(opened, len)));
		sealed_key_free(key);
		num++;
	}
	assert_true(num > 30);
	vectors_close(v);
	buf_done(&kind);
	buf_done(&value);
}

enum {
	NUM = 200
};

/* A column is its values, one by one, whatever stands beside them. */
static void
sealed_column__does_not_depend_on_neighbours(void **state)
{
	static uint8_t bytes[NUM], room[NUM * 600], alone[1000], opened[NUM];
	static struct span values[NUM], codes[NUM];
	struct sealed_key *key;
	struct span one;
	size_t used = 0, len;

	(void)state;
	for (size_t i = 0; i < NUM; i++) {
		values[i] = span_of(bytes, i % 150);
		used += sealed_room(values[i].len);
	}
	assert_true(used <= sizeof(room));
	expect_ok(sealed_key_new(&key, onekey, span_str("iban")));
	sealed_column(key, 3, values, NUM, codes, room);
	for (size_t i = 0; i < NUM; i++) {
		sealed_column(key, 3, &values[i], 1, &one, alone);
		assert_true(span_equal(one, codes[i]));
		assert_true(span_equal(one, codes[i % 150]));
		expect_ok(sealed_open(key, 3, one, opened, &len));
		assert_int_equal(len, values[i].len);
	}
	for (size_t i = 0; i < 150; i++)
		for (size_t j = 0; j < i; j++)
			assert_false(span_equal(codes[i], codes[j]));
	sealed_column(key, 3, NULL, 0, NULL, NULL);
	sealed_key_free(key);
	sealed_key_free(NULL);
}

static void
sealed_open__takes_its_own_codes_only(void **state)
{
	uint8_t room[300], opened[300];
	char changed[300];
	struct span value = span_str("DE89370400440532013000"), code;
	struct sealed_key *key, *other;
	size_t len = 77;

	(void)state;
	expect_ok(sealed_key_new(&key, onekey, span_str("iban")));
	expect_ok(sealed_key_new(&other, onekey, span_str("account")));
	sealed_column(key, 12, &value, 1, &code, room);
	expect_err(CRYPTO, sealed_open(other, 12, code, opened, &len));
	expect_err(MALFORMED, sealed_open(key, 1, code, opened, &len));
	for (size_t cut = 0; cut < code.len; cut++)
		assert_int_not_equal(
		    sealed_open(key, 12, span_sub(code, 0, cut), opened, &len)
			.code,
		    ERR_OK);
	for (size_t i = 0; i < code.len; i++) {
		memcpy(changed, code.data, code.len);
		changed[i] = changed[i] == 'b' ? 'c' : 'b';
		assert_int_not_equal(
		    sealed_open(
			key, 12, span_of(changed, code.len), opened, &len)
			.code,
		    ERR_OK);
	}
	assert_int_equal(len, 77);
	expect_ok(sealed_open(key, 12, code, opened, &len));
	assert_true(span_equal(value, span_of(opened, len)));
	sealed_key_free(key);
	sealed_key_free(other);
}

static void
sealed_column__allocates_nothing(void **state)
{
	struct span value = span_str("a"), code;
	struct sealed_key *key;
	uint8_t room[200];

	(void)state;
	expect_ok(sealed_key_new(&key, onekey, span_str("mrn")));
	failalloc_arm(SIZE_MAX);
	sealed_column(key, 1, &value, 1, &code, room);
	failalloc_disarm();
	assert_int_equal(failalloc_count(), 0);
	sealed_key_free(key);
}

static struct err
make_key(void *none, struct buf *out, struct arena *arena)
{
	struct sealed_key *key;

	(void)none;
	(void)out;
	(void)arena;
	TRY(sealed_key_new(&key, onekey, span_str("mrn")));
	sealed_key_free(key);
	return OK;
}

static void
sealed_key_new__survives_each_failed_allocation(void **state)
{
	(void)state;
	onekey_survives(make_key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sealed_column__agrees_with_the_vectors),
	    cmocka_unit_test(sealed_column__does_not_depend_on_neighbours),
	    cmocka_unit_test(sealed_open__takes_its_own_codes_only),
	    cmocka_unit_test(sealed_column__allocates_nothing),
	    cmocka_unit_test(sealed_key_new__survives_each_failed_allocation),
	};

	return cmocka_run_group_tests(tests, onekey_start, NULL);
}
