#include "tests/harness/expect.h"

#include "crypto/age_stream.h"
#include "crypto/init.h"
#include "crypto/memory/span.h"
#include "crypto/random.h"
#include "tests/harness/failalloc.h"

enum {
	SEALED = AGE_CHUNK + AGE_TAG
};

static const uint8_t KEY[16] = "YELLOW SUBMARINE";
static const uint8_t NONCE[16] = "nonce of a test";

struct fixture {
	struct age_stream *stream;
	uint8_t plain[AGE_CHUNK];
	uint8_t sealed[SEALED];
	uint8_t opened[AGE_CHUNK];
};

static int
start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || crypto_init().code != ERR_OK)
		return -1;
	random_bytes(f->plain, sizeof(f->plain));
	*state = f;
	return age_stream_new(&f->stream, KEY, NONCE).code == ERR_OK ? 0 : -1;
}

static int
stop(void **state)
{
	struct fixture *f = *state;

	age_stream_free(f->stream);
	age_stream_free(NULL);
	free(f);
	return 0;
}

static void
age_stream__opens_what_it_sealed_in_any_order(void **state)
{
	struct fixture *f = *state;
	static uint8_t sealed[3][SEALED];

	for (uint64_t i = 0; i < 3; i++) {
		size_t len = i == 2 ? 100 : AGE_CHUNK;
		f->plain[0] = (uint8_t)i;
		expect_ok(age_stream_seal(
		    f->stream, i, i == 2, span_of(f->plain, len), sealed[i]));
	}
	for (uint64_t i = 3; i-- > 0;) {
		size_t len = i == 2 ? 100 : AGE_CHUNK;
		expect_ok(age_stream_open(f->stream, i, i == 2,
		    span_of(sealed[i], len + AGE_TAG), f->opened));
		f->plain[0] = (uint8_t)i;
		assert_memory_equal(f->opened, f->plain, len);
	}
}

static void
age_stream_open__refuses_another_place(void **state)
{
	struct fixture *f = *state;
	const struct span sealed = span_of(f->sealed, SEALED);

	expect_ok(age_stream_seal(
	    f->stream, 5, false, span_of(f->plain, AGE_CHUNK), f->sealed));
	expect_err(
	    CRYPTO, age_stream_open(f->stream, 4, false, sealed, f->opened));
	expect_err(
	    CRYPTO, age_stream_open(f->stream, 5, true, sealed, f->opened));
	expect_err(CRYPTO,
	    age_stream_open(
		f->stream, 5 + (UINT64_C(1) << 56), false, sealed, f->opened));
	for (size_t i = 0; i < AGE_CHUNK; i++)
		assert_int_equal(f->opened[i], 0);
	expect_ok(age_stream_open(f->stream, 5, false, sealed, f->opened));
}

static void
age_stream_open__finds_each_changed_byte(void **state)
{
	struct fixture *f = *state;
	const size_t len = 40;

	expect_ok(age_stream_seal(
	    f->stream, 0, true, span_of(f->plain, len), f->sealed));
	for (size_t i = 0; i < len + AGE_TAG; i++) {
		f->sealed[i] ^= 0x10;
		expect_err(CRYPTO,
		    age_stream_open(f->stream, 0, true,
			span_of(f->sealed, len + AGE_TAG), f->opened));
		f->sealed[i] ^= 0x10;
	}
	for (size_t cut = AGE_TAG + 1; cut < len + AGE_TAG; cut++)
		expect_err(CRYPTO,
		    age_stream_open(f->stream, 0, true, span_of(f->sealed, cut),
			f->opened));
}

static void
age_stream__refuses_lengths_that_no_chunk_has(void **state)
{
	struct fixture *f = *state;
	struct age_stream *s = f->stream;

	expect_err(MALFORMED,
	    age_stream_seal(
		s, 0, false, span_of(f->plain, AGE_CHUNK - 1), f->sealed));
	expect_err(MALFORMED,
	    age_stream_seal(s, 0, false, span_of(NULL, 0), f->sealed));
	expect_err(MALFORMED,
	    age_stream_seal(s, 1, true, span_of(NULL, 0), f->sealed));
	for (size_t len = 0; len < AGE_TAG; len++)
		expect_err(MALFORMED,
		    age_stream_open(
			s, 0, true, span_of(f->sealed, len), f->opened));
	expect_err(MALFORMED,
	    age_stream_open(
		s, 1, true, span_of(f->sealed, AGE_TAG), f->opened));
	expect_err(MALFORMED,
	    age_stream_open(
		s, 0, false, span_of(f->sealed, SEALED - 1), f->opened));
}

static void
age_stream__has_an_empty_chunk_for_an_empty_file(void **state)
{
	struct fixture *f = *state;

	expect_ok(
	    age_stream_seal(f->stream, 0, true, span_of(NULL, 0), f->sealed));
	expect_ok(age_stream_open(
	    f->stream, 0, true, span_of(f->sealed, AGE_TAG), f->opened));
	f->sealed[3] ^= 1;
	expect_err(CRYPTO,
	    age_stream_open(
		f->stream, 0, true, span_of(f->sealed, AGE_TAG), f->opened));
}

static void
age_stream__works_in_place(void **state)
{
	struct fixture *f = *state;

	memcpy(f->sealed, f->plain, AGE_CHUNK);
	expect_ok(age_stream_seal(
	    f->stream, 9, false, span_of(f->sealed, AGE_CHUNK), f->sealed));
	expect_ok(age_stream_open(
	    f->stream, 9, false, span_of(f->sealed, SEALED), f->sealed));
	assert_memory_equal(f->sealed, f->plain, AGE_CHUNK);
}

static void
age_stream__is_bound_to_file_key_and_nonce(void **state)
{
	struct fixture *f = *state;
	struct age_stream *other;
	uint8_t bytes[16];

	expect_ok(age_stream_seal(
	    f->stream, 0, true, span_of(f->plain, 20), f->sealed));
	for (unsigned i = 0; i < 2; i++) {
		memcpy(bytes, i == 0 ? KEY : NONCE, 16);
		bytes[15] ^= 1;
		expect_ok(age_stream_new(
		    &other, i == 0 ? bytes : KEY, i == 0 ? NONCE : bytes));
		expect_err(CRYPTO,
		    age_stream_open(
			other, 0, true, span_of(f->sealed, 36), f->opened));
		age_stream_free(other);
	}
}

/* Chunks are the hot path: no allocation in either direction. */
static void
age_stream__allocates_nothing_per_chunk(void **state)
{
	struct fixture *f = *state;

	failalloc_arm(SIZE_MAX);
	for (uint64_t i = 0; i < 3; i++) {
		expect_ok(age_stream_seal(f->stream, i, false,
		    span_of(f->plain, AGE_CHUNK), f->sealed));
		expect_ok(age_stream_open(f->stream, i, false,
		    span_of(f->sealed, SEALED), f->opened));
	}
	failalloc_disarm();
	assert_int_equal(failalloc_count(), 0);
}

static void
age_stream_new__survives_each_failed_allocation(void **state)
{
	bool failed = true;

	(void)state;
	for (size_t n = 0; failed; n++) {
		struct age_stream *stream = NULL;
		failalloc_arm(n);
		struct err err = age_stream_new(&stream, KEY, NONCE);
		failed = failalloc_disarm();
		assert_int_equal(err.code == ERR_OK, !failed);
		age_stream_free(stream);
		assert_true(!failalloc_works() || failed || n > 1);
	}
}

static void
age_payload_len__is_undone_by_age_plain_len(void **state)
{
	const uint64_t lens[] = {0, 1, 65535, 65536, 65537, 131071, 131072,
	    131073, UINT64_C(1) << 40, AGE_PLAIN_MAX};
	uint64_t back;

	(void)state;
	assert_int_equal(age_payload_len(0), 32);
	assert_int_equal(age_payload_len(65536), 16 + 65552);
	assert_int_equal(age_payload_len(65537), 16 + 65552 + 17);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		expect_ok(age_plain_len(age_payload_len(lens[i]), &back));
		assert_true(back == lens[i]);
	}
}

static void
age_plain_len__refuses_lengths_between(void **state)
{
	uint64_t back = 7;

	(void)state;
	for (uint64_t len = 0; len < 32; len++)
		expect_err(MALFORMED, age_plain_len(len, &back));
	for (uint64_t len = 1; len <= 16; len++)
		expect_err(MALFORMED, age_plain_len(16 + 65552 + len, &back));
	expect_err(MALFORMED, age_plain_len(UINT64_MAX, &back));
	assert_int_equal(back, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(age_stream__opens_what_it_sealed_in_any_order),
	    cmocka_unit_test(age_stream_open__refuses_another_place),
	    cmocka_unit_test(age_stream_open__finds_each_changed_byte),
	    cmocka_unit_test(age_stream__refuses_lengths_that_no_chunk_has),
	    cmocka_unit_test(age_stream__has_an_empty_chunk_for_an_empty_file),
	    cmocka_unit_test(age_stream__works_in_place),
	    cmocka_unit_test(age_stream__is_bound_to_file_key_and_nonce),
	    cmocka_unit_test(age_stream__allocates_nothing_per_chunk),
	    cmocka_unit_test(age_stream_new__survives_each_failed_allocation),
	    cmocka_unit_test(age_payload_len__is_undone_by_age_plain_len),
	    cmocka_unit_test(age_plain_len__refuses_lengths_between),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
