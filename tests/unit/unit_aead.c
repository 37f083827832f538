#include "tests/harness/expect.h"

#include "crypto/aead.h"
#include "crypto/init.h"
#include "tests/harness/failalloc.h"

static const uint8_t KEY[32] = {0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
    0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91, 0x92, 0x93,
    0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f};

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

/* draft-irtf-cfrg-xchacha-03, appendix A.3.1: nonce, ciphertext, tag. */
static const uint8_t SEALED[] = {0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
    0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x51, 0x52, 0x53,
    0x54, 0x55, 0x56, 0x57, 0xbd, 0x6d, 0x17, 0x9d, 0x3e, 0x83, 0xd4, 0x3b,
    0x95, 0x76, 0x57, 0x94, 0x93, 0xc0, 0xe9, 0x39, 0x57, 0x2a, 0x17, 0x00,
    0x25, 0x2b, 0xfa, 0xcc, 0xbe, 0xd2, 0x90, 0x2c, 0x21, 0x39, 0x6c, 0xbb,
    0x73, 0x1c, 0x7f, 0x1b, 0x0b, 0x4a, 0xa6, 0x44, 0x0b, 0xf3, 0xa8, 0x2f,
    0x4e, 0xda, 0x7e, 0x39, 0xae, 0x64, 0xc6, 0x70, 0x8c, 0x54, 0xc2, 0x16,
    0xcb, 0x96, 0xb7, 0x2e, 0x12, 0x13, 0xb4, 0x52, 0x2f, 0x8c, 0x9b, 0xa4,
    0x0d, 0xb5, 0xd9, 0x45, 0xb1, 0x1b, 0x69, 0xb9, 0x82, 0xc1, 0xbb, 0x9e,
    0x3f, 0x3f, 0xac, 0x2b, 0xc3, 0x69, 0x48, 0x8f, 0x76, 0xb2, 0x38, 0x35,
    0x65, 0xd3, 0xff, 0xf9, 0x21, 0xf9, 0x66, 0x4c, 0x97, 0x63, 0x7d, 0xa9,
    0x76, 0x88, 0x12, 0xf6, 0x15, 0xc6, 0x8b, 0x13, 0xb5, 0x2e, 0xc0, 0x87,
    0x59, 0x24, 0xc1, 0xc7, 0x98, 0x79, 0x47, 0xde, 0xaf, 0xd8, 0x78, 0x0a,
    0xcf, 0x49};
static const uint8_t AD[] = {
    0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7};
static const char PLAIN[] =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one "
    "tip for the future, sunscreen would be it.";

static void
aead_open__agrees_with_the_draft(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, sizeof(PLAIN) - 1);
	expect_ok(aead_open(&out, KEY, span_of(AD, sizeof(AD)),
	    span_of(SEALED, sizeof(SEALED))));
	expect_span(buf_span(&out),
	    "Ladies and Gentlemen of the class of '99: If I could offer you "
	    "only one tip for the future, sunscreen would be it.");
	buf_wipe(&out);
}

static void
aead_open__takes_only_the_whole_blob_in_its_place(void **state)
{
	struct span ad = span_of(AD, sizeof(AD));
	uint8_t sealed[sizeof(SEALED)];
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	expect_ok(buf_append_str(&out, "kept"));
	memcpy(sealed, SEALED, sizeof(sealed));
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		expect_err(CRYPTO,
		    aead_open(&out, KEY, ad, span_of(sealed, sizeof(sealed))));
		sealed[i] ^= 1;
	}
	for (size_t len = 0; len < sizeof(sealed); len++) {
		struct err err = aead_open(&out, KEY, ad, span_of(sealed, len));
		assert_int_equal(
		    err.code, len < AEAD_OVERHEAD ? ERR_TRUNCATED : ERR_CRYPTO);
	}
	expect_err(CRYPTO,
	    aead_open(&out, KEY, span_of(AD, sizeof(AD) - 1),
		span_of(sealed, sizeof(sealed))));
	expect_span(buf_span(&out), "kept");
	buf_done(&out);
}

static void
aead_seal__opens_again_and_never_looks_the_same(void **state)
{
	struct buf one, two, plain;
	struct span ad = span_str("place");

	(void)state;
	for (size_t len = 0; len < sizeof(PLAIN); len++) {
		struct span in = span_of(PLAIN, len);
		buf_init(&one, len + AEAD_OVERHEAD);
		buf_init(&two, len + AEAD_OVERHEAD);
		buf_init(&plain, len);
		expect_ok(aead_seal(&one, KEY, ad, in));
		expect_ok(aead_seal(&two, KEY, ad, in));
		assert_int_equal(one.len, len + AEAD_OVERHEAD);
		assert_false(span_equal(buf_span(&one), buf_span(&two)));
		expect_ok(aead_open(&plain, KEY, ad, buf_span(&one)));
		assert_true(span_equal(buf_span(&plain), in));
		buf_done(&one);
		buf_done(&two);
		buf_wipe(&plain);
	}
}

static void
aead_seal__fails_whole(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, AEAD_OVERHEAD + 3);
	expect_err(
	    TOO_BIG, aead_seal(&out, KEY, span_of(NULL, 0), span_str("four")));
	assert_int_equal(out.len, 0);
	failalloc_arm(0);
	struct err err =
	    aead_seal(&out, KEY, span_of(NULL, 0), span_str("thr"));
	bool failed = failalloc_disarm();
	assert_int_equal(err.code, failed ? ERR_NO_MEMORY : ERR_OK);
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(aead_open__agrees_with_the_draft),
	    cmocka_unit_test(aead_open__takes_only_the_whole_blob_in_its_place),
	    cmocka_unit_test(aead_seal__opens_again_and_never_looks_the_same),
	    cmocka_unit_test(aead_seal__fails_whole),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
