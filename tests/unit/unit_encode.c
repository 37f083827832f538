#include "tests/harness/expect.h"

#include "crypto/encode.h"
#include "crypto/init.h"

typedef struct err (*coder)(struct buf *, struct span);

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

/* The text, and back, in bufs without a byte to spare. */
static void
round_trip(coder encode, coder decode, struct span bytes, const char *text)
{
	struct buf out;

	buf_init(&out, strlen(text));
	expect_ok(encode(&out, bytes));
	assert_true(span_equal_str(buf_span(&out), text));
	buf_done(&out);
	buf_init(&out, bytes.len);
	expect_ok(decode(&out, span_str(text)));
	assert_true(span_equal(buf_span(&out), bytes));
	buf_done(&out);
}

static void
refuse(coder decode, const char *text)
{
	struct buf out;

	buf_init(&out, 100);
	expect_ok(buf_append_str(&out, "x"));
	struct err err = decode(&out, span_str(text));
	if (err.code != ERR_MALFORMED)
		fail_msg("decoded: %s", text);
	expect_span(buf_span(&out), "x");
	buf_done(&out);
}

static void
encode_hex__is_lower_case_only(void **state)
{
	const char *const bad[] = {"0", "0G", "AB", "0x", " 00", "00 ", "0-"};

	(void)state;
	round_trip(encode_hex, decode_hex, span_of(NULL, 0), "");
	round_trip(encode_hex, decode_hex, span_of("\0\xff\xa5", 3), "00ffa5");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse(decode_hex, bad[i]);
}

/* RFC 4648 s.10, then what is not canonical. */
static void
encode_base64__is_canonical(void **state)
{
	static const char *const rows[][2] = {{"", ""}, {"f", "Zg=="},
	    {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
	const char *const bad[] = {"Zg", "Zg=", "Zh==", "Zm9=", "Zg==\n",
	    "Z===", "====", "Zm9v====", "Zm-_", "Zg==Zg==", " Zg==", "=", "A"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		round_trip(encode_base64, decode_base64, span_str(rows[i][0]),
		    rows[i][1]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse(decode_base64, bad[i]);
}

static void
encode_base64_raw__has_no_padding(void **state)
{
	static const char *const rows[][2] = {{"", ""}, {"f", "Zg"},
	    {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"}};
	const char *const bad[] = {
	    "Zg==", "Zh", "Zm9", "Z", "Zm9vZ", "Zg=", "Z g", "Zm9v\r", "-_"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		round_trip(encode_base64_raw, decode_base64_raw,
		    span_str(rows[i][0]), rows[i][1]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse(decode_base64_raw, bad[i]);
}

/* Any byte in any place of "Zm9v": it is a digit, or it is refused. */
static void
decode_base64__takes_64_characters_only(void **state)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	for (unsigned byte = 0; byte < 256; byte++) {
		bool is_digit =
		    memchr(digits, (int)byte, sizeof(digits) - 1) != NULL;
		for (size_t at = 0; at < 4; at++) {
			uint8_t text[4] = {'Z', 'm', '9', 'v'};
			text[at] = (uint8_t)byte;
			struct err raw =
			    decode_base64_raw(&out, span_of(text, 4));
			assert_int_equal(raw.code == ERR_OK, is_digit);
			buf_reset(&out);
			/* "Zm8=" is "fo", so '=' may stand at the end. */
			struct err padded =
			    decode_base64(&out, span_of(text, 4));
			if (byte != '=')
				assert_int_equal(
				    padded.code == ERR_OK, is_digit);
			buf_reset(&out);
		}
	}
	buf_done(&out);
}

static void
encode__joins_its_pieces(void **state)
{
	uint8_t bytes[200];
	struct buf text, back;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37);
	buf_init(&text, 1000);
	buf_init(&back, 1000);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		const coder pairs[][2] = {{encode_hex, decode_hex},
		    {encode_base64, decode_base64},
		    {encode_base64_raw, decode_base64_raw}};
		for (size_t i = 0; i < 3; i++) {
			buf_reset(&text);
			buf_reset(&back);
			expect_ok(pairs[i][0](&text, span_of(bytes, len)));
			expect_ok(pairs[i][1](&back, buf_span(&text)));
			assert_true(
			    span_equal(buf_span(&back), span_of(bytes, len)));
		}
	}
	buf_done(&text);
	buf_done(&back);
}

static void
decode_base64_raw_exact__refuses_another_length(void **state)
{
	uint8_t out[4] = {0};

	(void)state;
	expect_ok(decode_base64_raw_exact(out, 3, span_str("Zm9v")));
	assert_memory_equal(out, "foo", 4);
	expect_err(MALFORMED, decode_base64_raw_exact(out, 3, span_str("Zm8")));
	expect_err(
	    MALFORMED, decode_base64_raw_exact(out, 3, span_str("Zm9vYg")));
	expect_ok(decode_base64_raw_exact(out, 0, span_of(NULL, 0)));
}

/* RFC 4648 s.10 in lower case, without padding. */
static void
encode_base32__is_rfc4648(void **state)
{
	static const char *const rows[][2] = {{"", ""}, {"f", "my"},
	    {"fo", "mzxq"}, {"foo", "mzxw6"}, {"foob", "mzxw6yq"},
	    {"fooba", "mzxw6ytb"}, {"foobar", "mzxw6ytboi"}};
	uint8_t back[32];
	char out[32];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span in = span_str(rows[i][0]);
		size_t len = strlen(rows[i][1]);
		memset(out, '!', sizeof(out));
		assert_int_equal(encode_base32_len(in.len), len);
		encode_base32(out, in);
		assert_memory_equal(out, rows[i][1], len);
		assert_int_equal(out[len], '!');
		expect_ok(decode_base32(back, in.len, span_of(out, len)));
		assert_memory_equal(back, rows[i][0], in.len);
		expect_err(MALFORMED,
		    decode_base32(back, in.len + 1, span_of(out, len)));
	}
	assert_int_equal(encode_base32_len(16), 26);
}

/* One text for one value: no other digit, no bit that is over. */
static void
decode_base32__takes_one_text_only(void **state)
{
	static const char *const bad[] = {
	    "mz", "my=", "MY", "m1", "m8", "mzx", "\xcdy"};
	uint8_t out[1];

	(void)state;
	expect_ok(decode_base32(out, 1, span_str("my")));
	assert_int_equal(out[0], 'f');
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_err(MALFORMED, decode_base32(out, 1, span_str(bad[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(encode_hex__is_lower_case_only),
	    cmocka_unit_test(encode_base64__is_canonical),
	    cmocka_unit_test(encode_base64_raw__has_no_padding),
	    cmocka_unit_test(decode_base64__takes_64_characters_only),
	    cmocka_unit_test(encode__joins_its_pieces),
	    cmocka_unit_test(decode_base64_raw_exact__refuses_another_length),
	    cmocka_unit_test(encode_base32__is_rfc4648),
	    cmocka_unit_test(decode_base32__takes_one_text_only),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
