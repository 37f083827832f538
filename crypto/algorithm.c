#include "crypto/algorithm.h"

#include <assert.h>
#include <openssl/evp.h>

static struct algorithm fetched;

struct err
algorithm_fetch(void)
{
	struct algorithm got = {0};

	if (fetched.digest != NULL)
		return OK;
	got.sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	got.chacha20_poly1305 =
	    EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	got.digest = EVP_MD_CTX_new();
	if (got.sha256 == NULL || got.chacha20_poly1305 == NULL ||
	    got.digest == NULL ||
	    EVP_DigestInit_ex2(got.digest, got.sha256, NULL) != 1) {
		EVP_MD_free(got.sha256);
		EVP_CIPHER_free(got.chacha20_poly1305);
		EVP_MD_CTX_free(got.digest);
		return ERR(CRYPTO, "init: OpenSSL lacks an algorithm");
	}
	fetched = got;
	return OK;
}

const struct algorithm *
algorithm_get(void)
{
	assert(fetched.digest != NULL);
	return &fetched;
}
