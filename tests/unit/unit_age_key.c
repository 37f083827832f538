#include "tests/harness/expect.h"

#include "crypto/age_key.h"
#include "crypto/init.h"
#include "crypto/random.h"
#include "tests/harness/vectors.h"

/* The identity of the age testkit, and its recipient by age-keygen -y. */
static const char IDENTITY[] =
    "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2L"
    "M0";
static const char RECIPIENT[] =
    "age1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66mv4q47ryef";

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

static void
age_identity__has_its_recipient(void **state)
{
	uint8_t secret_key[32], public_key[32], parsed[32];
	struct buf text;

	(void)state;
	expect_ok(age_identity_parse(secret_key, span_str(IDENTITY)));
	expect_ok(age_identity_public(public_key, secret_key));
	buf_init(&text, AGE_RECIPIENT_TEXT);
	expect_ok(age_recipient_format(&text, public_key));
	assert_true(span_equal_str(buf_span(&text), RECIPIENT));
	expect_ok(age_recipient_parse(parsed, buf_span(&text)));
	assert_memory_equal(parsed, public_key, 32);
	buf_done(&text);
	buf_init(&text, AGE_IDENTITY_TEXT);
	expect_ok(age_identity_format(&text, secret_key));
	assert_true(span_equal_str(buf_span(&text), IDENTITY));
	buf_wipe(&text);
}

static void
age_key__takes_either_case_but_no_mixture(void **state)
{
	char text[] = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYK"
		      "LMGR48UAWX40Q2P2LM0";
	uint8_t upper[32], lower[32];

	(void)state;
	expect_ok(age_identity_parse(upper, span_str(text)));
	for (size_t i = 0; text[i] != '\0'; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] + 32);
	expect_ok(age_identity_parse(lower, span_str(text)));
	assert_memory_equal(upper, lower, 32);
	text[0] = 'A';
	expect_err(MALFORMED, age_identity_parse(lower, span_str(text)));
}

static void
age_key__finds_each_changed_character(void **state)
{
	uint8_t key[32];

	(void)state;
	for (size_t i = 0; i < AGE_RECIPIENT_TEXT; i++) {
		char text[AGE_RECIPIENT_TEXT + 1];
		memcpy(text, RECIPIENT, sizeof(text));
		text[i] = text[i] == 'q' ? 'p' : 'q';
		expect_err(MALFORMED, age_recipient_parse(key, span_str(text)));
		text[i] = 'b'; /* not a digit of Bech32 */
		expect_err(MALFORMED, age_recipient_parse(key, span_str(text)));
		text[i] = '\0';
		expect_err(MALFORMED,
		    age_recipient_parse(key, span_of(text, sizeof(text) - 1)));
	}
}

static void
age_key__finds_another_length_or_kind(void **state)
{
	uint8_t key[32];
	struct span recipient = span_str(RECIPIENT);

	(void)state;
	for (size_t len = 0; len < recipient.len; len++)
		expect_err(MALFORMED,
		    age_recipient_parse(key, span_sub(recipient, 0, len)));
	expect_err(MALFORMED, age_recipient_parse(key, span_str(IDENTITY)));
	expect_err(MALFORMED, age_identity_parse(key, recipient));
	expect_err(MALFORMED, age_recipient_parse(key, span_of(NULL, 0)));
}

static void
age_key__comes_back_whatever_its_bits(void **state)
{
	uint8_t key[32], back[32];
	struct buf text;

	(void)state;
	buf_init(&text, 200);
	for (size_t i = 0; i < 200; i++) {
		random_bytes(key, sizeof(key));
		buf_reset(&text);
		expect_ok(age_identity_format(&text, key));
		assert_int_equal(text.len, AGE_IDENTITY_TEXT);
		expect_ok(age_identity_parse(back, buf_span(&text)));
		assert_memory_equal(key, back, 32);
	}
	buf_wipe(&text);
}

static void
age_recipient_parse__refuses_low_order(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/x25519_low_order.txt");
	uint8_t key[32], out[32];
	struct buf text;

	(void)state;
	buf_init(&text, 200);
	while (vectors_next(v)) {
		vectors_skip(v, "TcId");
		vectors_hex_exact(v, "Public", key, sizeof(key));
		buf_reset(&text);
		expect_ok(age_recipient_format(&text, key));
		expect_err(CRYPTO, age_recipient_parse(out, buf_span(&text)));
	}
	vectors_close(v);
	buf_done(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(age_identity__has_its_recipient),
	    cmocka_unit_test(age_key__takes_either_case_but_no_mixture),
	    cmocka_unit_test(age_key__finds_each_changed_character),
	    cmocka_unit_test(age_key__finds_another_length_or_kind),
	    cmocka_unit_test(age_key__comes_back_whatever_its_bits),
	    cmocka_unit_test(age_recipient_parse__refuses_low_order),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
