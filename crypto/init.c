#include "crypto/init.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sodium.h>

#include "crypto/algorithm.h"
#include "crypto/hash.h"
#include "crypto/memory/secret.h"

/* FIPS 180-4, the one-block example. */
static struct err
check_sha256(void)
{
	static const uint8_t expected[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01,
	    0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0,
	    0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61,
	    0xf2, 0x00, 0x15, 0xad};
	uint8_t digest[32];

	TRY(hash_sha256(digest, span_str("abc")));
	if (!secret_equal(digest, expected, sizeof(digest)))
		return ERR(CRYPTO, "init: SHA-256 answers wrongly");
	return OK;
}

/*
 * OpenSSL makes its two generators at first use. Made here, they are seeded
 * by getrandom(2) later too, and look for no device.
 */
static struct err
start_generators(void)
{
	uint8_t byte[1];

	if (RAND_bytes(byte, 1) != 1 || RAND_priv_bytes(byte, 1) != 1)
		return ERR(CRYPTO, "init: OpenSSL has no randomness");
	return OK;
}

struct err
crypto_init(void)
{
	const uint64_t options = OPENSSL_INIT_NO_LOAD_CONFIG |
	    OPENSSL_INIT_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_ADD_ALL_CIPHERS |
	    OPENSSL_INIT_ADD_ALL_DIGESTS;

	if (sodium_init() < 0)
		return ERR(CRYPTO, "init: libsodium does not start");
	if (OPENSSL_init_crypto(options, NULL) != 1)
		return ERR(CRYPTO, "init: OpenSSL does not start");
	TRY(algorithm_fetch());
	TRY(start_generators());
	return check_sha256();
}
