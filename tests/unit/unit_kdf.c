#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "crypto/kdf.h"
#include "tests/harness/vectors.h"

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

static void
kdf_hkdf_sha256__agrees_with_wycheproof(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/hkdf_sha256.txt");
	struct buf ikm, salt, info, okm;
	static uint8_t out[KDF_OUT_MAX];
	size_t num_valid = 0, num_invalid = 0;

	(void)state;
	buf_init(&ikm, 1 << 16);
	buf_init(&salt, 1 << 16);
	buf_init(&info, 1 << 16);
	buf_init(&okm, 1 << 16);
	while (vectors_next(v)) {
		vectors_skip(v, "TcId");
		vectors_hex(v, "Ikm", &ikm);
		vectors_hex(v, "Salt", &salt);
		vectors_hex(v, "Info", &info);
		vectors_hex(v, "Okm", &okm);
		size_t len = vectors_u64(v, "Len");
		struct span what = vectors_text(v, "Result");
		struct err err = kdf_hkdf_sha256(
		    out, len, buf_span(&ikm), buf_span(&salt), buf_span(&info));
		if (!span_equal_str(what, "valid")) {
			assert_int_equal(err.code, ERR_TOO_BIG);
			num_invalid++;
			continue;
		}
		expect_ok(err);
		assert_int_equal(okm.len, len);
		assert_memory_equal(out, okm.data, len);
		num_valid++;
	}
	assert_true(num_valid > 50 && num_invalid > 0);
	vectors_close(v);
	buf_done(&ikm);
	buf_done(&salt);
	buf_done(&info);
	buf_done(&okm);
}

static void
kdf_hkdf_sha256__gives_255_blocks_and_no_more(void **state)
{
	static uint8_t out[KDF_OUT_MAX + 1];
	const struct span none = span_of(NULL, 0);

	(void)state;
	memset(out, 0xaa, sizeof(out));
	expect_err(
	    TOO_BIG, kdf_hkdf_sha256(out, KDF_OUT_MAX + 1, none, none, none));
	assert_int_equal(out[0], 0xaa);
	expect_ok(kdf_hkdf_sha256(out, KDF_OUT_MAX, none, none, none));
	assert_int_equal(out[KDF_OUT_MAX], 0xaa);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(kdf_hkdf_sha256__agrees_with_wycheproof),
	    cmocka_unit_test(kdf_hkdf_sha256__gives_255_blocks_and_no_more),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
