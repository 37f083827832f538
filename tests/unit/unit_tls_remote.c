/*
 * tls_remote: a key whose signatures somebody else makes, as OpenSSL uses it,
 * whatever it asks for and whatever comes back.
 */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include "tests/harness/expect.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/init.h"
#include "gateway/http/tls_remote.h"
#include "tests/harness/tls_identity.h"

/* Who signs: with the real key, but for what the test has it do. */
struct signer {
	struct tls_key *key;
	enum tls_key_alg alg; /* asked for last */
	int num_asked;
	size_t len; /* of the answer; 0: as it is */
	bool away;
};

static struct err
sign(void *context, void *waiter, enum tls_key_alg alg, struct span in,
    uint8_t out[TLS_KEY_MAX_SIGNATURE], size_t *out_len)
{
	struct signer *signer = context;

	(void)waiter;
	signer->num_asked++;
	signer->alg = alg;
	if (signer->away)
		return ERR(UNAVAILABLE, "test: away");
	TRY(tls_key_sign(signer->key, alg, in, out, out_len));
	if (signer->len > 0)
		*out_len = signer->len;
	return OK;
}

struct fixture {
	struct tls_identity id;
	struct signer signer;
	struct tls_remote_turn turn;
	struct tls_remote remote;
	EVP_PKEY *key;
};

static void
fixture_init(struct fixture *f, bool rsa)
{
	*f = (struct fixture){0};
	tls_identity_init(&f->id, rsa, NULL, false, NULL);
	expect_ok(tls_key_parse(&f->signer.key, buf_span(&f->id.key_pem)));
	f->remote = (struct tls_remote){sign, &f->signer};
	expect_ok(tls_remote_key(&f->key, f->id.certificate, &f->remote));
	tls_remote_enter(&f->turn);
}

static void
fixture_done(struct fixture *f)
{
	tls_remote_enter(NULL);
	EVP_PKEY_free(f->key);
	tls_key_free(f->signer.key);
	tls_identity_done(&f->id);
	ERR_clear_error();
}

static void
tls_remote_key__signs_with_rsa_what_is_padded_or_pkcs1(void **state)
{
	static const uint8_t digest_info[51] = {0x30, 0x31, 0x30, 0x0d, 0x06,
	    0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
	    0x00, 0x04, 0x20};
	static const uint8_t much[256];
	uint8_t out[256], back[256];
	struct fixture f;

	(void)state;
	fixture_init(&f, true);
	RSA *rsa = EVP_PKEY_get1_RSA(f.key);
	RSA *whole = EVP_PKEY_get1_RSA(f.id.key);
	assert_int_equal(
	    RSA_private_encrypt(51, digest_info, out, rsa, RSA_PKCS1_PADDING),
	    256);
	assert_int_equal(f.signer.alg, TLS_KEY_RSA_RAW);
	assert_int_equal(
	    RSA_public_decrypt(256, out, back, whole, RSA_PKCS1_PADDING), 51);
	assert_memory_equal(back, digest_info, 51);
	int asked = f.signer.num_asked;
	/* Too long, of another padding, or not as long as the key. */
	assert_int_equal(
	    RSA_private_encrypt(256, much, out, rsa, RSA_PKCS1_PADDING), -1);
	assert_int_equal(
	    RSA_private_encrypt(51, much, out, rsa, RSA_X931_PADDING), -1);
	assert_int_equal(
	    RSA_private_encrypt(51, much, out, rsa, RSA_NO_PADDING), -1);
	assert_int_equal(
	    RSA_private_encrypt(-1, much, out, rsa, RSA_NO_PADDING), -1);
	assert_int_equal(f.signer.num_asked, asked);
	/* An answer that is none. */
	f.signer.len = 255;
	assert_int_equal(
	    RSA_private_encrypt(51, digest_info, out, rsa, RSA_PKCS1_PADDING),
	    -1);
	f.signer.len = TLS_KEY_MAX_SIGNATURE + 1;
	assert_int_equal(
	    RSA_private_encrypt(51, digest_info, out, rsa, RSA_PKCS1_PADDING),
	    -1);
	f.signer.away = true;
	assert_int_equal(
	    RSA_private_encrypt(51, digest_info, out, rsa, RSA_PKCS1_PADDING),
	    -1);
	RSA_free(rsa);
	RSA_free(whole);
	fixture_done(&f);
}

static void
tls_remote_key__signs_with_ec_in_both_forms(void **state)
{
	static const uint8_t digest[32] = {1, 2, 3};
	uint8_t out[256];
	unsigned len = sizeof(out);
	struct fixture f;

	(void)state;
	fixture_init(&f, false);
	EC_KEY *ec = EVP_PKEY_get1_EC_KEY(f.key);
	EC_KEY *whole = EVP_PKEY_get1_EC_KEY(f.id.key);
	assert_int_equal(ECDSA_sign(0, digest, 32, out, &len, ec), 1);
	assert_int_equal(f.signer.alg, TLS_KEY_ECDSA);
	assert_int_equal(ECDSA_verify(0, digest, 32, out, (int)len, whole), 1);
	ECDSA_SIG *pair = ECDSA_do_sign(digest, 32, ec);
	assert_non_null(pair);
	assert_int_equal(ECDSA_do_verify(digest, 32, pair, whole), 1);
	ECDSA_SIG_free(pair);
	/* Longer than there is room for, or none at all. */
	f.signer.len = (size_t)ECDSA_size(ec) + 1;
	assert_int_not_equal(ECDSA_sign(0, digest, 32, out, &len, ec), 1);
	f.signer.len = 0;
	f.signer.away = true;
	assert_int_not_equal(ECDSA_sign(0, digest, 32, out, &len, ec), 1);
	assert_null(ECDSA_do_sign(digest, 32, ec));
	EC_KEY_free(ec);
	EC_KEY_free(whole);
	fixture_done(&f);
}

/* A key that came to be without anybody to ask signs nothing. */
static void
tls_remote_key__signs_nothing_without_a_remote(void **state)
{
	static const uint8_t digest[32] = {1};
	uint8_t out[256];
	unsigned len = sizeof(out);
	struct fixture f;
	EVP_PKEY *key = NULL;

	(void)state;
	fixture_init(&f, false);
	expect_ok(tls_remote_key(&key, f.id.certificate, NULL));
	EC_KEY *ec = EVP_PKEY_get1_EC_KEY(key);
	assert_int_not_equal(ECDSA_sign(0, digest, 32, out, &len, ec), 1);
	EC_KEY_free(ec);
	EVP_PKEY_free(key);
	fixture_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		tls_remote_key__signs_with_rsa_what_is_padded_or_pkcs1),
	    cmocka_unit_test(tls_remote_key__signs_with_ec_in_both_forms),
	    cmocka_unit_test(tls_remote_key__signs_nothing_without_a_remote),
	};

	if (crypto_init().code != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
