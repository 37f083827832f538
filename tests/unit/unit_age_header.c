#include "tests/harness/expect.h"

#include "crypto/age_header.h"
#include "crypto/age_key.h"
#include "crypto/init.h"
#include "crypto/random.h"

enum {
	NUM = 3
};

static const uint8_t FILE_KEY[16] = "YELLOW SUBMARINE";

/* NUM recipients with their identities, and a header for all of them. */
struct fixture {
	uint8_t identity[NUM][32];
	struct age_wrap wrap[NUM];
	struct buf header;
};

static int
start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || crypto_init().code != ERR_OK)
		return -1;
	for (size_t i = 0; i < NUM; i++) {
		random_bytes(f->identity[i], 32);
		random_bytes(f->wrap[i].ephemeral, 32);
		if (age_identity_public(f->wrap[i].recipient, f->identity[i])
			.code != ERR_OK)
			return -1;
	}
	buf_init(&f->header, age_header_len(NUM));
	*state = f;
	return age_header_write(&f->header, FILE_KEY, f->wrap, NUM).code ==
		ERR_OK
	    ? 0
	    : -1;
}

static int
stop(void **state)
{
	struct fixture *f = *state;

	buf_done(&f->header);
	free(f);
	return 0;
}

static void
age_header_write__has_the_length_foretold(void **state)
{
	struct fixture *f = *state;
	struct buf out;

	for (size_t num = 1; num <= NUM; num++) {
		buf_init(&out, age_header_len(num));
		expect_ok(age_header_write(&out, FILE_KEY, f->wrap, num));
		assert_int_equal(out.len, 70 + 98 * num);
		buf_done(&out);
	}
}

static void
age_header_write__is_the_same_for_the_same_ephemerals(void **state)
{
	struct fixture *f = *state;
	struct buf again;

	buf_init(&again, age_header_len(NUM));
	expect_ok(age_header_write(&again, FILE_KEY, f->wrap, NUM));
	assert_true(span_equal(buf_span(&again), buf_span(&f->header)));
	buf_done(&again);
}

static void
age_header_write__fails_whole(void **state)
{
	struct fixture *f = *state;
	struct age_wrap low = {.recipient = {1}, .ephemeral = {1}};
	struct age_wrap pair[2] = {f->wrap[0], low};
	struct buf out;

	buf_init(&out, 1000);
	expect_ok(buf_append_str(&out, "kept"));
	expect_err(CRYPTO, age_header_write(&out, FILE_KEY, pair, 2));
	expect_err(MALFORMED, age_header_write(&out, FILE_KEY, pair, 0));
	expect_err(MALFORMED,
	    age_header_write(&out, FILE_KEY, pair, AGE_HEADER_RECIPIENTS + 1));
	expect_span(buf_span(&out), "kept");
	buf_done(&out);
	buf_init(&out, age_header_len(NUM) - 1);
	expect_err(TOO_BIG, age_header_write(&out, FILE_KEY, f->wrap, NUM));
	assert_int_equal(out.len, 0);
	buf_done(&out);
}

static void
age_header_read__gives_each_recipient_the_file_key(void **state)
{
	struct fixture *f = *state;
	uint8_t file_key[16];
	struct buf file;

	buf_init(&file, 2000);
	expect_ok(buf_append(&file, buf_span(&f->header)));
	expect_ok(buf_append_str(&file, "payload"));
	for (size_t i = 0; i < NUM; i++) {
		struct span in = buf_span(&file);
		expect_ok(age_header_read(&in, file_key, f->identity[i]));
		assert_memory_equal(file_key, FILE_KEY, 16);
		expect_span(in, "payload");
	}
	buf_done(&file);
}

static void
age_header_read__gives_nobody_else_anything(void **state)
{
	struct fixture *f = *state;
	uint8_t other[32], file_key[16] = {0}, zeros[16] = {0};
	struct span in = buf_span(&f->header);

	random_bytes(other, sizeof(other));
	expect_err(NOT_FOUND, age_header_read(&in, file_key, other));
	expect_err(NOT_FOUND, age_header_read_any(&in, file_key, NULL, 0));
	assert_memory_equal(file_key, zeros, 16);
	assert_int_equal(in.len, f->header.len);
}

static void
age_header_read__is_truncated_at_every_byte(void **state)
{
	struct fixture *f = *state;
	uint8_t file_key[16];

	for (size_t len = 0; len < f->header.len; len++) {
		/* At the end of its memory: a read too many is seen. */
		uint8_t *copy = malloc(len == 0 ? 1 : len);
		assert_non_null(copy);
		if (len > 0)
			memcpy(copy, f->header.data, len);
		struct span in = span_of(copy, len);
		expect_err(
		    TRUNCATED, age_header_read(&in, file_key, f->identity[0]));
		free(copy);
	}
}

/* Whatever is changed: refused, and never with the file key given out. */
static void
age_header_read__finds_each_changed_byte(void **state)
{
	struct fixture *f = *state;
	uint8_t zeros[16] = {0};

	for (size_t at = 0; at < f->header.len; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			uint8_t file_key[16] = {0};
			struct span in = buf_span(&f->header);
			f->header.data[at] ^= (uint8_t)(1u << bit);
			struct err err =
			    age_header_read(&in, file_key, f->identity[2]);
			f->header.data[at] ^= (uint8_t)(1u << bit);
			assert_int_not_equal(err.code, ERR_OK);
			assert_memory_equal(file_key, zeros, 16);
			assert_int_equal(in.len, f->header.len);
		}
	}
}

static void
age_header_read__has_a_cap(void **state)
{
	struct fixture *f = *state;
	struct buf file;
	uint8_t file_key[16];

	buf_init(&file, 2 * AGE_HEADER_MAX);
	expect_ok(buf_append_str(&file, "age-encryption.org/v1\n-> x\n"));
	while (file.len < AGE_HEADER_MAX + 100)
		expect_ok(buf_append_str(&file,
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"));
	struct span in = buf_span(&file);
	expect_err(TOO_BIG, age_header_read(&in, file_key, f->identity[0]));
	in.len = AGE_HEADER_MAX - 1;
	expect_err(TRUNCATED, age_header_read(&in, file_key, f->identity[0]));
	buf_done(&file);
}

/* A stanza whose share is of low order, in an otherwise sound header. */
static void
age_header_read__refuses_low_order_shares(void **state)
{
	struct fixture *f = *state;
	static const char zero_share[] =
	    "age-encryption.org/v1\n"
	    "-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
	    "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
	struct span in = span_str(zero_share);
	uint8_t file_key[16];

	expect_err(CRYPTO, age_header_read(&in, file_key, f->identity[0]));
}

static void
age_header_read__refuses_a_header_for_nobody(void **state)
{
	struct fixture *f = *state;
	struct span in =
	    span_str("age-encryption.org/v1\n"
		     "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
	uint8_t file_key[16];

	expect_err(MALFORMED, age_header_read(&in, file_key, f->identity[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(age_header_write__has_the_length_foretold),
	    cmocka_unit_test(
		age_header_write__is_the_same_for_the_same_ephemerals),
	    cmocka_unit_test(age_header_write__fails_whole),
	    cmocka_unit_test(
		age_header_read__gives_each_recipient_the_file_key),
	    cmocka_unit_test(age_header_read__gives_nobody_else_anything),
	    cmocka_unit_test(age_header_read__is_truncated_at_every_byte),
	    cmocka_unit_test(age_header_read__finds_each_changed_byte),
	    cmocka_unit_test(age_header_read__has_a_cap),
	    cmocka_unit_test(age_header_read__refuses_low_order_shares),
	    cmocka_unit_test(age_header_read__refuses_a_header_for_nobody),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
