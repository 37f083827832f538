#include "tests/harness/expect.h"

#include "crypto/ff1.h"
#include "crypto/init.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/vectors.h"

static const uint8_t KEY[32] = {1, 2, 3};

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

/* Two bytes a numeral. */
static size_t
take_numerals(uint16_t *out, struct span in)
{
	assert_int_equal(in.len % 2, 0);
	assert_true(in.len / 2 <= 256);
	for (size_t i = 0; i < in.len / 2; i++)
		out[i] = (uint16_t)(in.data[2 * i] << 8 | in.data[2 * i + 1]);
	return in.len / 2;
}

struct vector {
	struct buf key, tweak, plain, cipher;
	uint32_t radix;
	bool valid;
};

/* There, and back. */
static void
check_valid(struct ff1 *ff1, const struct vector *v)
{
	uint16_t numerals[256], plain[256], cipher[256];
	size_t len = take_numerals(plain, buf_span(&v->plain));
	struct ff1_string string = {numerals, len, buf_span(&v->tweak)};

	assert_int_equal(take_numerals(cipher, buf_span(&v->cipher)), len);
	memcpy(numerals, plain, sizeof(plain[0]) * len);
	expect_ok(ff1_encrypt(ff1, v->radix, &string, 1));
	assert_memory_equal(numerals, cipher, sizeof(plain[0]) * len);
	expect_ok(ff1_decrypt(ff1, v->radix, &string, 1));
	assert_memory_equal(numerals, plain, sizeof(plain[0]) * len);
}

/* What the standard takes, and we do not, is small or long. */
static void
check_refused(struct ff1 *ff1, const struct vector *v)
{
	uint16_t numerals[256], before[256];
	size_t len = take_numerals(numerals, buf_span(&v->plain));
	struct ff1_string string = {numerals, len, buf_span(&v->tweak)};

	memcpy(before, numerals, sizeof(before));
	assert_true(!v->valid || !ff1_fits(v->radix, len));
	expect_err(MALFORMED, ff1_encrypt(ff1, v->radix, &string, 1));
	expect_err(MALFORMED, ff1_decrypt(ff1, v->radix, &string, 1));
	assert_memory_equal(numerals, before, sizeof(before[0]) * len);
}

/* Whether it was one to encrypt. */
static bool
check_vector(const struct vector *v)
{
	size_t len = v->plain.len / 2;
	struct ff1 *ff1 = NULL;
	struct err err = ff1_new(&ff1, buf_span(&v->key));
	bool encrypts = v->valid && ff1_fits(v->radix, len);

	if (err.code != ERR_OK) {
		assert_int_equal(err.code, ERR_MALFORMED);
		assert_true(!v->valid && ff1 == NULL);
		return false;
	}
	ff1_begin(ff1);
	if (encrypts)
		check_valid(ff1, v);
	else
		check_refused(ff1, v);
	ff1_end(ff1);
	ff1_free(ff1);
	return encrypts;
}

static void
ff1_encrypt__agrees_with_nist_and_wycheproof(void **state)
{
	struct vectors *vectors = vectors_open("tests/vectors/ff1.txt");
	struct vector v = {.valid = true};
	size_t num = 0, num_refused = 0, num_nist = 0;

	(void)state;
	buf_init(&v.key, 64);
	buf_init(&v.tweak, 64);
	buf_init(&v.plain, 512);
	buf_init(&v.cipher, 512);
	while (vectors_next(vectors)) {
		vectors_hex(vectors, "Key", &v.key);
		vectors_hex(vectors, "Tweak", &v.tweak);
		vectors_hex(vectors, "Plain", &v.plain);
		vectors_hex(vectors, "Cipher", &v.cipher);
		v.radix = (uint32_t)vectors_u64(vectors, "Radix");
		v.valid = true;
		if (vectors_has(vectors, "TcId")) {
			vectors_skip(vectors, "TcId");
			v.valid = span_equal_str(
			    vectors_text(vectors, "Result"), "valid");
		} else {
			num_nist++;
		}
		if (check_vector(&v))
			num++;
		else
			num_refused++;
	}
	assert_int_equal(num_nist, 9);
	assert_true(num > 400 && num_refused > 20);
	vectors_close(vectors);
	buf_done(&v.key);
	buf_done(&v.tweak);
	buf_done(&v.plain);
	buf_done(&v.cipher);
}

/* The floor is a million strings, the caps are ours. */
static void
ff1_fits__has_a_floor_and_caps(void **state)
{
	(void)state;
	assert_true(!ff1_fits(10, 5) && ff1_fits(10, 6));
	assert_true(!ff1_fits(2, 19) && ff1_fits(2, 20));
	assert_true(!ff1_fits(999, 2) && ff1_fits(1000, 2));
	assert_true(!ff1_fits(65536, 1) && ff1_fits(65536, 2));
	assert_true(!ff1_fits(65537, 2) && !ff1_fits(1, 128));
	assert_true(!ff1_fits(0, 128));
	assert_true(ff1_fits(65536, FF1_MAX_LEN));
	assert_true(!ff1_fits(2, FF1_MAX_LEN + 1));
}

enum {
	MANY = 300
};

/* Of lengths, tweaks and numerals that go through all there are. */
static void
make_strings(struct ff1_string *strings, uint16_t (*numerals)[FF1_MAX_LEN],
    uint32_t radix, size_t shortest)
{
	static const uint8_t tweak[80] = {7, 1, 9};

	for (size_t s = 0; s < MANY; s++) {
		size_t len = shortest + s % (FF1_MAX_LEN - shortest + 1);

		memset(numerals[s], 0, sizeof(numerals[s]));
		for (size_t i = 0; i < len; i++)
			numerals[s][i] =
			    (uint16_t)((i * 7919 + s * 104729) % radix);
		strings[s] = (struct ff1_string){
		    numerals[s], len, span_of(tweak, s % sizeof(tweak))};
	}
}

/* A column is its strings, one by one, and each comes back. */
static void
ff1_encrypt__does_not_depend_on_neighbours(void **state)
{
	static const struct {
		uint32_t radix;
		size_t shortest;
	} all[] = {{2, 20}, {3, 13}, {10, 6}, {26, 5}, {36, 4}, {62, 4},
	    {255, 3}, {256, 3}, {1625, 2}, {1626, 2}, {65535, 2}, {65536, 2}};
	static uint16_t many[MANY][FF1_MAX_LEN], one[MANY][FF1_MAX_LEN],
	    was[MANY][FF1_MAX_LEN];
	struct ff1_string a[MANY], b[MANY];
	struct ff1 *ff1;

	(void)state;
	expect_ok(ff1_new(&ff1, span_of(KEY, sizeof(KEY))));
	ff1_begin(ff1);
	for (size_t r = 0; r < sizeof(all) / sizeof(all[0]); r++) {
		make_strings(a, many, all[r].radix, all[r].shortest);
		make_strings(b, one, all[r].radix, all[r].shortest);
		memcpy(was, many, sizeof(was));
		expect_ok(ff1_encrypt(ff1, all[r].radix, a, MANY));
		for (size_t s = 0; s < MANY; s++) {
			expect_ok(ff1_encrypt(ff1, all[r].radix, &b[s], 1));
			for (size_t i = 0; i < a[s].len; i++)
				assert_true(many[s][i] < all[r].radix);
		}
		assert_memory_equal(many, one, sizeof(many));
		assert_memory_not_equal(many, was, sizeof(many));
		expect_ok(ff1_decrypt(ff1, all[r].radix, a, MANY));
		assert_memory_equal(many, was, sizeof(many));
	}
	expect_ok(ff1_encrypt(ff1, 10, NULL, 0));
	ff1_end(ff1);
	ff1_free(ff1);
	ff1_free(NULL);
}

/* No two of a whole domain meet: it is a permutation of it. */
static void
ff1_encrypt__permutes_the_smallest_domain(void **state)
{
	enum {
		LOT = 1000
	};
	static uint16_t numerals[LOT][2];
	static bool seen[FF1_MIN_DOMAIN];
	struct ff1_string strings[LOT];
	struct ff1 *ff1;

	(void)state;
	expect_ok(ff1_new(&ff1, span_of(KEY, 16)));
	ff1_begin(ff1);
	for (uint16_t high = 0; high < 1000; high++) {
		for (uint16_t low = 0; low < LOT; low++) {
			numerals[low][0] = high;
			numerals[low][1] = low;
			strings[low] = (struct ff1_string){
			    numerals[low], 2, span_of(NULL, 0)};
		}
		expect_ok(ff1_encrypt(ff1, 1000, strings, LOT));
		for (size_t i = 0; i < LOT; i++) {
			bool *at =
			    &seen[numerals[i][0] * 1000 + numerals[i][1]];

			assert_false(*at);
			*at = true;
		}
	}
	ff1_end(ff1);
	ff1_free(ff1);
}

static void
ff1_encrypt__allocates_nothing(void **state)
{
	uint16_t numerals[16] = {1, 2, 3};
	struct ff1_string string = {numerals, 16, span_str("tweak")};
	struct ff1 *ff1;

	(void)state;
	expect_ok(ff1_new(&ff1, span_of(KEY, sizeof(KEY))));
	failalloc_arm(SIZE_MAX);
	ff1_begin(ff1);
	expect_ok(ff1_encrypt(ff1, 10, &string, 1));
	ff1_end(ff1);
	failalloc_disarm();
	assert_int_equal(failalloc_count(), 0);
	ff1_free(ff1);
}

static void
ff1_new__survives_each_failed_allocation(void **state)
{
	bool failed = true;

	(void)state;
	for (size_t n = 0; failed; n++) {
		struct ff1 *ff1 = NULL;

		failalloc_arm(n);
		struct err err = ff1_new(&ff1, span_of(KEY, sizeof(KEY)));
		failed = failalloc_disarm();
		assert_int_equal(err.code, failed ? ERR_NO_MEMORY : ERR_OK);
		ff1_free(ff1);
		assert_true(!failalloc_works() || failed || n > 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ff1_encrypt__agrees_with_nist_and_wycheproof),
	    cmocka_unit_test(ff1_fits__has_a_floor_and_caps),
	    cmocka_unit_test(ff1_encrypt__does_not_depend_on_neighbours),
	    cmocka_unit_test(ff1_encrypt__permutes_the_smallest_domain),
	    cmocka_unit_test(ff1_encrypt__allocates_nothing),
	    cmocka_unit_test(ff1_new__survives_each_failed_allocation),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
