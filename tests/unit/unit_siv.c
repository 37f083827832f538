#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "crypto/siv.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/vectors.h"

static const uint8_t KEY[64] = {1, 2, 3};

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

struct vector {
	struct buf key, ads[3], plain, sealed;
	size_t num_ads;
	bool valid;
};

static void
check_vector(const struct vector *v)
{
	struct span ads[3] = {
	    buf_span(&v->ads[0]), buf_span(&v->ads[1]), buf_span(&v->ads[2])};
	struct span plain = buf_span(&v->plain);
	uint8_t sealed[SIV_TAG + 256], opened[256], *to = sealed;
	struct siv *siv;
	struct err err;

	expect_ok(siv_new(&siv, buf_span(&v->key)));
	siv_begin(siv, ads, v->num_ads);
	if (v->valid) {
		siv_seal(siv, &plain, &to, 1);
		assert_int_equal(v->sealed.len, plain.len + SIV_TAG);
		assert_memory_equal(sealed, v->sealed.data, v->sealed.len);
	}
	err = siv_open(siv, buf_span(&v->sealed), opened);
	if (v->valid) {
		expect_ok(err);
		if (plain.len > 0)
			assert_memory_equal(opened, plain.data, plain.len);
	} else {
		assert_true(
		    err.code == ERR_CRYPTO || err.code == ERR_TRUNCATED);
	}
	siv_end(siv);
	siv_free(siv);
}

static void
siv_seal__agrees_with_the_rfc_and_wycheproof(void **state)
{
	struct vectors *vectors = vectors_open("tests/vectors/siv.txt");
	struct vector v;
	size_t num_valid = 0, num_invalid = 0, num_empty = 0;

	(void)state;
	buf_init(&v.key, 64);
	buf_init(&v.ads[0], 512);
	buf_init(&v.ads[1], 512);
	buf_init(&v.ads[2], 512);
	buf_init(&v.plain, 256);
	buf_init(&v.sealed, 256 + SIV_TAG);
	while (vectors_next(vectors)) {
		if (vectors_has(vectors, "TcId"))
			vectors_skip(vectors, "TcId");
		vectors_hex(vectors, "Key", &v.key);
		for (v.num_ads = 0; vectors_has(vectors, "Ad"); v.num_ads++) {
			assert_true(v.num_ads < 3);
			vectors_hex(vectors, "Ad", &v.ads[v.num_ads]);
		}
		vectors_hex(vectors, "Plain", &v.plain);
		vectors_hex(vectors, "Sealed", &v.sealed);
		v.valid =
		    span_equal_str(vectors_text(vectors, "Result"), "valid");
		check_vector(&v);
		num_valid += v.valid;
		num_invalid += !v.valid;
		num_empty += v.valid && v.plain.len == 0;
	}
	assert_true(num_valid > 100 && num_invalid > 300 && num_empty > 10);
	vectors_close(vectors);
	buf_done(&v.key);
	buf_done(&v.ads[0]);
	buf_done(&v.ads[1]);
	buf_done(&v.ads[2]);
	buf_done(&v.plain);
	buf_done(&v.sealed);
}

enum {
	MANY = 300,
	ROOM = SIV_TAG + MANY
};

/* A column is its values, one by one, of every length; each opens again. */
static void
siv_seal__does_not_depend_on_neighbours(void **state)
{
	static uint8_t bytes[MANY], many[MANY][ROOM], one[ROOM], opened[MANY];
	struct span ad = span_str("where"), values[MANY];
	uint8_t *outs[MANY], *out = one;
	struct siv *siv;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		bytes[i] = (uint8_t)(i * 31);
		values[i] = span_of(bytes, i);
		outs[i] = many[i];
	}
	expect_ok(siv_new(&siv, span_of(KEY, sizeof(KEY))));
	siv_begin(siv, &ad, 1);
	siv_seal(siv, values, outs, MANY);
	for (size_t i = 0; i < MANY; i++) {
		size_t len = i + SIV_TAG;

		siv_seal(siv, &values[i], &out, 1);
		assert_memory_equal(one, many[i], len);
		expect_ok(siv_open(siv, span_of(one, len), opened));
		assert_memory_equal(opened, bytes, i);
		one[i % len] ^= 1;
		expect_err(CRYPTO, siv_open(siv, span_of(one, len), opened));
	}
	siv_seal(siv, NULL, NULL, 0);
	siv_end(siv);
	siv_free(siv);
	siv_free(NULL);
}

/* Key, associated data and how it is cut: each of them matters. */
static void
siv_begin__binds_key_and_place(void **state)
{
	const struct span none = span_of(NULL, 0);
	const struct span ads[][2] = {{span_str("ab"), none},
	    {span_str("a"), span_str("b")}, {none, span_str("ab")},
	    {span_str("ab"), span_str("ab")}};
	uint8_t sealed[8][SIV_TAG + 3], plain[3], *out;
	struct span value = span_str("abc");
	size_t num = 0;
	struct siv *siv;

	(void)state;
	for (size_t key_len = 32; key_len <= 64; key_len += 32) {
		expect_ok(siv_new(&siv, span_of(KEY, key_len)));
		for (size_t i = 0; i < 4; i++, num++) {
			out = sealed[num];
			siv_begin(siv, ads[i], 2);
			siv_seal(siv, &value, &out, 1);
			for (size_t j = 0; j < num; j++) {
				struct span other =
				    span_of(sealed[j], sizeof(sealed[j]));

				expect_err(CRYPTO, siv_open(siv, other, plain));
			}
			siv_end(siv);
		}
		siv_free(siv);
	}
	expect_err(MALFORMED, siv_new(&siv, span_of(KEY, 31)));
	expect_err(MALFORMED, siv_new(&siv, none));
}

static void
siv_open__refuses_less_than_a_tag(void **state)
{
	uint8_t short_tag[SIV_TAG - 1] = {0}, plain[1];
	struct siv *siv;

	(void)state;
	expect_ok(siv_new(&siv, span_of(KEY, sizeof(KEY))));
	siv_begin(siv, NULL, 0);
	expect_err(TRUNCATED,
	    siv_open(siv, span_of(short_tag, sizeof(short_tag)), plain));
	siv_end(siv);
	siv_free(siv);
}

static void
siv_seal__allocates_nothing(void **state)
{
	struct span ad = span_str("where"), value = span_str("abc");
	uint8_t sealed[SIV_TAG + 3], *out = sealed;
	struct siv *siv;

	(void)state;
	expect_ok(siv_new(&siv, span_of(KEY, sizeof(KEY))));
	failalloc_arm(SIZE_MAX);
	siv_begin(siv, &ad, 1);
	siv_seal(siv, &value, &out, 1);
	siv_end(siv);
	failalloc_disarm();
	assert_int_equal(failalloc_count(), 0);
	siv_free(siv);
}

static void
siv_new__survives_each_failed_allocation(void **state)
{
	bool failed = true;

	(void)state;
	for (size_t n = 0; failed; n++) {
		struct siv *siv = NULL;

		failalloc_arm(n);
		struct err err = siv_new(&siv, span_of(KEY, sizeof(KEY)));
		failed = failalloc_disarm();
		assert_int_equal(err.code, failed ? ERR_NO_MEMORY : ERR_OK);
		siv_free(siv);
		assert_true(!failalloc_works() || failed || n > 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(siv_seal__agrees_with_the_rfc_and_wycheproof),
	    cmocka_unit_test(siv_seal__does_not_depend_on_neighbours),
	    cmocka_unit_test(siv_begin__binds_key_and_place),
	    cmocka_unit_test(siv_open__refuses_less_than_a_tag),
	    cmocka_unit_test(siv_seal__allocates_nothing),
	    cmocka_unit_test(siv_new__survives_each_failed_allocation),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
