#include "tests/harness/expect.h"

#include "crypto/age_header.h"
#include "crypto/age_key.h"
#include "crypto/age_open.h"
#include "crypto/hash.h"
#include "crypto/init.h"
#include "crypto/random.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/vectors.h"

enum {
	FILE_MAX = 32 * 1024 * 1024
};

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

/* Feed pieces of `piece_len` bytes; what comes out goes to `plain`. */
static struct err
open_in_pieces(struct age_open *open, struct span file, size_t piece_len,
    struct hash_stream *plain)
{
	struct span out;

	for (size_t at = 0; at < file.len; at += piece_len) {
		struct span in = span_sub(file, at, piece_len);
		while (in.len > 0) {
			TRY(age_open_feed(open, &in, &out));
			TRY(hash_stream_update(plain, out));
		}
	}
	TRY(age_open_finish(open, &out));
	return hash_stream_update(plain, out);
}

/* What a case of the testkit expects, as our codes say it. */
static bool
is_expected(struct err err, struct span expect, bool in_payload)
{
	if (span_equal_str(expect, "success"))
		return err.code == ERR_OK;
	if (span_equal_str(expect, "no match"))
		return err.code == ERR_NOT_FOUND;
	if (span_equal_str(expect, "HMAC failure"))
		return err.code == ERR_CRYPTO && !in_payload;
	bool broken = err.code == ERR_MALFORMED || err.code == ERR_TRUNCATED ||
	    err.code == ERR_CRYPTO;
	if (span_equal_str(expect, "header failure"))
		return broken && !in_payload;
	return span_equal_str(expect, "payload failure") && broken &&
	    in_payload;
}

/*
 * Did the header hold? Then the failure lies in the payload, whose nonce the
 * testkit counts to the header.
 */
static bool
header_holds(struct span file, const uint8_t (*identities)[32], size_t num)
{
	uint8_t file_key[16];

	return age_header_read_any(&file, file_key, identities, num).code ==
	    ERR_OK &&
	    file.len >= AGE_NONCE;
}

static void
read_case(
    struct vectors *v, struct buf *file, uint8_t (*identities)[32], size_t *num)
{
	struct buf piece;

	buf_init(&piece, FILE_MAX);
	buf_reset(file);
	for (*num = 0; vectors_has(v, "Identity"); ++*num)
		expect_ok(age_identity_parse(
		    identities[*num], vectors_text(v, "Identity")));
	while (vectors_has(v, "File")) {
		vectors_hex(v, "File", &piece);
		expect_ok(buf_append(file, buf_span(&piece)));
		for (uint64_t zeros = vectors_u64(v, "Zeros"); zeros > 0;
		     zeros--)
			expect_ok(buf_put_u8(file, 0));
	}
	buf_done(&piece);
}

static void
run_case(struct span file, const uint8_t (*identities)[32], size_t num,
    struct span name, struct span expect, const uint8_t digest[32],
    size_t piece_len)
{
	struct age_open *open;
	struct hash_stream *plain;
	uint8_t got[32];

	expect_ok(age_open_new(&open, identities, num));
	expect_ok(hash_stream_new(&plain));
	struct err err = open_in_pieces(open, file, piece_len, plain);
	bool in_payload = header_holds(file, identities, num);
	if (!is_expected(err, expect, in_payload))
		fail_msg("%.*s: expected %.*s, got %s (%s)", (int)name.len,
		    (const char *)name.data, (int)expect.len,
		    (const char *)expect.data, err_name(err.code),
		    err.why == NULL ? "" : err.why);
	expect_ok(hash_stream_final(plain, got));
	if (digest != NULL)
		assert_memory_equal(got, digest, 32);
	hash_stream_free(plain);
	age_open_free(open);
}

/* Every case, whole and in pieces; the small ones split at every byte. */
static void
age_open__agrees_with_the_age_testkit(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/age_testkit.txt");
	struct buf file;
	uint8_t identities[4][32], digest[32];
	const uint8_t(*keys)[32] = (const uint8_t(*)[32])identities;
	size_t num, num_cases = 0;

	(void)state;
	buf_init(&file, FILE_MAX);
	while (vectors_next(v)) {
		struct span name = vectors_text(v, "Name");
		struct span expect = vectors_text(v, "Expect");
		bool has_digest = vectors_has(v, "PayloadSha256");
		if (has_digest)
			vectors_hex_exact(v, "PayloadSha256", digest, 32);
		read_case(v, &file, identities, &num);
		const uint8_t *sum = has_digest ? digest : NULL;
		const struct span whole = buf_span(&file);
		run_case(whole, keys, num, name, expect, sum,
		    whole.len == 0 ? 1 : whole.len);
		run_case(whole, keys, num, name, expect, sum, 4099);
		if (whole.len < 100000)
			run_case(whole, keys, num, name, expect, sum, 1);
		num_cases++;
	}
	assert_int_equal(num_cases, 68);
	vectors_close(v);
	buf_done(&file);
}

/* A file of ours with `len` plain bytes, byte i being i * 31. */
static void
make_file(struct buf *out, const uint8_t identity[32], size_t len)
{
	struct age_wrap wrap;
	struct age_stream *stream;
	uint8_t nonce[16];
	static uint8_t plain[AGE_CHUNK], sealed[AGE_CHUNK + AGE_TAG];

	expect_ok(age_identity_public(wrap.recipient, identity));
	random_bytes(wrap.ephemeral, 32);
	random_bytes(nonce, sizeof(nonce));
	expect_ok(age_header_write(out, identity, &wrap, 1));
	expect_ok(buf_append(out, span_of(nonce, sizeof(nonce))));
	expect_ok(age_stream_new(&stream, identity, nonce));
	for (size_t at = 0, chunk = 0; at < len || chunk == 0; chunk++) {
		size_t left = len - at;
		size_t now = left < AGE_CHUNK ? left : AGE_CHUNK;
		for (size_t i = 0; i < now; i++)
			plain[i] = (uint8_t)((at + i) * 31);
		at += now;
		expect_ok(age_stream_seal(
		    stream, chunk, at == len, span_of(plain, now), sealed));
		expect_ok(buf_append(out, span_of(sealed, now + AGE_TAG)));
	}
	age_stream_free(stream);
}

static void
age_open__is_the_same_split_at_every_byte(void **state)
{
	uint8_t identity[1][32] = {{1, 2, 3}}, got[200];
	const uint8_t(*keys)[32] = (const uint8_t(*)[32])identity;
	struct buf file;

	(void)state;
	buf_init(&file, FILE_MAX);
	make_file(&file, identity[0], sizeof(got));
	for (size_t at = 0; at <= file.len; at++) {
		const struct span parts[2] = {span_sub(buf_span(&file), 0, at),
		    span_sub(buf_span(&file), at, file.len)};
		struct age_open *open;
		struct span plain;
		expect_ok(age_open_new(&open, keys, 1));
		for (size_t i = 0; i < 2; i++) {
			struct span in = parts[i];
			while (in.len > 0) {
				expect_ok(age_open_feed(open, &in, &plain));
				assert_int_equal(plain.len, 0);
			}
		}
		expect_ok(age_open_finish(open, &plain));
		assert_int_equal(plain.len, sizeof(got));
		for (size_t i = 0; i < plain.len; i++)
			assert_int_equal(plain.data[i], (uint8_t)(i * 31));
		age_open_free(open);
	}
	buf_done(&file);
	age_open_free(NULL);
}

/* Cut anywhere, a file is never taken for whole, and the error stays. */
static void
age_open__notices_each_cut(void **state)
{
	uint8_t identity[1][32] = {{1, 2, 3}};
	const uint8_t(*keys)[32] = (const uint8_t(*)[32])identity;
	struct buf file;
	struct hash_stream *plain;

	(void)state;
	buf_init(&file, FILE_MAX);
	make_file(&file, identity[0], 100);
	expect_ok(hash_stream_new(&plain));
	for (size_t len = 0; len < file.len; len++) {
		struct age_open *open;
		struct span out;
		expect_ok(age_open_new(&open, keys, 1));
		struct err err =
		    open_in_pieces(open, span_of(file.data, len), 1000, plain);
		assert_true(
		    err.code == ERR_TRUNCATED || err.code == ERR_CRYPTO);
		assert_int_equal(age_open_finish(open, &out).code, err.code);
		struct span more = span_str("x");
		assert_int_equal(
		    age_open_feed(open, &more, &out).code, err.code);
		age_open_free(open);
	}
	hash_stream_free(plain);
	buf_done(&file);
}

static void
age_open__tries_each_identity(void **state)
{
	uint8_t identity[3][32] = {{0, 1}, {0, 2}, {0, 3}};
	const uint8_t(*keys)[32] = (const uint8_t(*)[32])identity;
	struct buf file;
	struct hash_stream *plain;

	(void)state;
	buf_init(&file, FILE_MAX);
	make_file(&file, identity[2], 100);
	expect_ok(hash_stream_new(&plain));
	for (size_t num = 0; num <= 3; num++) {
		struct age_open *open;
		expect_ok(age_open_new(&open, keys, num));
		struct err err =
		    open_in_pieces(open, buf_span(&file), 1000, plain);
		assert_int_equal(err.code, num == 3 ? ERR_OK : ERR_NOT_FOUND);
		age_open_free(open);
	}
	hash_stream_free(plain);
	buf_done(&file);
}

static void
age_open__refuses_what_is_no_age_file(void **state)
{
	uint8_t identity[1][32] = {{1}};
	static uint8_t zeros[AGE_HEADER_MAX + 10];
	struct age_open *open;
	struct span in = span_of(zeros, sizeof(zeros)), out;

	(void)state;
	expect_ok(age_open_new(&open, (const uint8_t(*)[32])identity, 1));
	expect_err(MALFORMED, age_open_feed(open, &in, &out));
	age_open_free(open);
}

/* One plain byte, by reading only the header and one chunk. */
static void
check_byte_at(struct span file, struct age_stream *stream, size_t payload_at,
    uint64_t plain_len, uint64_t at)
{
	static uint8_t plain[AGE_CHUNK];
	struct age_place place;

	expect_ok(age_place_of(&place, plain_len, at));
	struct span sealed =
	    span_sub(file, payload_at + place.offset, place.sealed_len);
	assert_int_equal(sealed.len, place.sealed_len);
	expect_ok(
	    age_stream_open(stream, place.chunk, place.last, sealed, plain));
	assert_int_equal(plain[place.skip], (uint8_t)(at * 31));
}

static void
age_place__finds_bytes_anywhere(void **state)
{
	const size_t lens[] = {1, 65535, 65536, 65537, 131072, 150000};
	uint8_t identity[1][32] = {{7}};
	const uint8_t(*keys)[32] = (const uint8_t(*)[32])identity;

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct buf file;
		struct age_stream *stream;
		struct age_place place;
		uint64_t plain_len;
		buf_init(&file, FILE_MAX);
		make_file(&file, identity[0], lens[i]);
		struct span rest = buf_span(&file);
		expect_ok(age_open_start(&rest, &stream, keys, 1));
		size_t payload_at = file.len - rest.len - AGE_NONCE;
		expect_ok(
		    age_place_last(&place, file.len - payload_at, &plain_len));
		assert_int_equal(plain_len, lens[i]);
		assert_true(place.last);
		assert_int_equal(
		    payload_at + place.offset + place.sealed_len, file.len);
		for (size_t at = 0; at < lens[i]; at += 16381)
			check_byte_at(
			    buf_span(&file), stream, payload_at, plain_len, at);
		check_byte_at(buf_span(&file), stream, payload_at, plain_len,
		    lens[i] - 1);
		expect_err(
		    NOT_FOUND, age_place_of(&place, plain_len, plain_len));
		age_stream_free(stream);
		buf_done(&file);
	}
}

/* A file cut at a chunk's end has a possible length: the tag tells. */
static void
age_place_last__lets_a_cut_be_seen(void **state)
{
	uint8_t identity[1][32] = {{7}};
	static uint8_t plain[AGE_CHUNK];
	struct buf file;
	struct age_stream *stream;
	struct age_place place;
	uint64_t plain_len;

	(void)state;
	buf_init(&file, FILE_MAX);
	make_file(&file, identity[0], 100000);
	struct span rest = buf_span(&file);
	expect_ok(
	    age_open_start(&rest, &stream, (const uint8_t(*)[32])identity, 1));
	expect_ok(age_place_last(
	    &place, AGE_NONCE + AGE_CHUNK + AGE_TAG, &plain_len));
	assert_int_equal(plain_len, AGE_CHUNK);
	expect_err(CRYPTO,
	    age_stream_open(stream, place.chunk, true,
		span_sub(rest, 0, place.sealed_len), plain));
	age_stream_free(stream);
	buf_done(&file);
}

static struct err
open_whole(struct span file, const uint8_t (*keys)[32])
{
	struct age_open *open = NULL;
	struct span plain;
	struct err err = age_open_new(&open, keys, 1);

	while (err.code == ERR_OK && file.len > 0)
		err = age_open_feed(open, &file, &plain);
	if (err.code == ERR_OK)
		err = age_open_finish(open, &plain);
	age_open_free(open);
	return err;
}

static void
age_open__survives_each_failed_allocation(void **state)
{
	uint8_t identity[1][32] = {{7}};
	struct buf file;
	bool failed = true;

	(void)state;
	buf_init(&file, FILE_MAX);
	make_file(&file, identity[0], 100);
	for (size_t n = 0; failed; n++) {
		failalloc_arm(n);
		struct err err =
		    open_whole(buf_span(&file), (const uint8_t(*)[32])identity);
		failed = failalloc_disarm();
		assert_int_equal(err.code == ERR_OK, !failed);
		assert_true(!failalloc_works() || failed || n > 2);
	}
	buf_done(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(age_open__agrees_with_the_age_testkit),
	    cmocka_unit_test(age_open__is_the_same_split_at_every_byte),
	    cmocka_unit_test(age_open__notices_each_cut),
	    cmocka_unit_test(age_open__tries_each_identity),
	    cmocka_unit_test(age_open__refuses_what_is_no_age_file),
	    cmocka_unit_test(age_place__finds_bytes_anywhere),
	    cmocka_unit_test(age_place_last__lets_a_cut_be_seen),
	    cmocka_unit_test(age_open__survives_each_failed_allocation),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
