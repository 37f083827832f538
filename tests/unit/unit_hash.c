#include "tests/harness/expect.h"

#include "crypto/hash.h"
#include "crypto/init.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/vectors.h"

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

/* FIPS 180-4's two-block example, and its digest. */
static const char TWO_BLOCKS[] =
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
static const uint8_t TWO_BLOCKS_DIGEST[32] = {0x24, 0x8d, 0x6a, 0x61, 0xd2,
    0x06, 0x38, 0xb8, 0xe5, 0xc0, 0x26, 0x93, 0x0c, 0x3e, 0x60, 0x39, 0xa3,
    0x3c, 0xe4, 0x59, 0x64, 0xff, 0x21, 0x67, 0xf6, 0xec, 0xed, 0xd4, 0x19,
    0xdb, 0x06, 0xc1};

static void
hash_sha256__is_sha256(void **state)
{
	uint8_t digest[32];

	(void)state;
	expect_ok(hash_sha256(digest, span_str(TWO_BLOCKS)));
	assert_memory_equal(digest, TWO_BLOCKS_DIGEST, 32);
	expect_ok(hash_sha256(digest, span_of(NULL, 0)));
	assert_int_equal(digest[0], 0xe3);
	assert_int_equal(digest[31], 0x55);
}

static void
hash_sha256_two__is_of_both_joined(void **state)
{
	struct span whole = span_str(TWO_BLOCKS);
	uint8_t digest[32];

	(void)state;
	for (size_t at = 0; at <= whole.len; at++) {
		expect_ok(hash_sha256_two(digest, span_sub(whole, 0, at),
		    span_sub(whole, at, whole.len)));
		assert_memory_equal(digest, TWO_BLOCKS_DIGEST, 32);
	}
}

static void
hash_stream__is_the_same_split_at_every_byte(void **state)
{
	struct span whole = span_str(TWO_BLOCKS);
	struct hash_stream *hash;
	uint8_t digest[32];

	(void)state;
	expect_ok(hash_stream_new(&hash));
	for (size_t at = 0; at <= whole.len; at++) {
		expect_ok(hash_stream_update(hash, span_sub(whole, 0, at)));
		expect_ok(
		    hash_stream_update(hash, span_sub(whole, at, whole.len)));
		/* Between the pieces of another hash, too. */
		uint8_t other[32];
		expect_ok(hash_sha256(other, span_str("other")));
		expect_ok(hash_stream_final(hash, digest));
		assert_memory_equal(digest, TWO_BLOCKS_DIGEST, 32);
	}
	hash_stream_free(hash);
	hash_stream_free(NULL);
}

static void
hash_stream_new__survives_each_failed_allocation(void **state)
{
	bool failed = true;

	(void)state;
	for (size_t n = 0; failed; n++) {
		struct hash_stream *hash = NULL;
		failalloc_arm(n);
		struct err err = hash_stream_new(&hash);
		failed = failalloc_disarm();
		assert_int_equal(err.code == ERR_OK, !failed);
		hash_stream_free(hash);
		assert_true(!failalloc_works() || failed || n == 1);
	}
}

static void
hash_hmac_sha256__agrees_with_wycheproof(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/hmac_sha256.txt");
	struct buf key, message, tag;
	uint8_t mac[32];
	size_t num_valid = 0;

	(void)state;
	buf_init(&key, 1 << 16);
	buf_init(&message, 1 << 16);
	buf_init(&tag, 32);
	while (vectors_next(v)) {
		vectors_skip(v, "TcId");
		vectors_hex(v, "Key", &key);
		vectors_hex(v, "Msg", &message);
		vectors_hex(v, "Tag", &tag);
		bool valid = span_equal_str(vectors_text(v, "Result"), "valid");
		expect_ok(
		    hash_hmac_sha256(mac, buf_span(&key), buf_span(&message)));
		assert_int_equal(
		    span_equal(span_of(mac, tag.len), buf_span(&tag)), valid);
		num_valid += valid;
	}
	assert_true(num_valid > 50);
	vectors_close(v);
	buf_done(&key);
	buf_done(&message);
	buf_done(&tag);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hash_sha256__is_sha256),
	    cmocka_unit_test(hash_sha256_two__is_of_both_joined),
	    cmocka_unit_test(hash_stream__is_the_same_split_at_every_byte),
	    cmocka_unit_test(hash_stream_new__survives_each_failed_allocation),
	    cmocka_unit_test(hash_hmac_sha256__agrees_with_wycheproof),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
