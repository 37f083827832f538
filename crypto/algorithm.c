#include "crypto/algorithm.h"

#include <assert.h>
#include <openssl/evp.h>

static EVP_CIPHER *chunk_cipher;

struct err
algorithm_fetch(void)
{
	if (chunk_cipher == NULL)
		chunk_cipher =
		    EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	if (chunk_cipher == NULL)
		return ERR(CRYPTO, "init: OpenSSL lacks an algorithm");
	return OK;
}

const EVP_CIPHER *
algorithm_chunk_cipher(void)
{
	assert(chunk_cipher != NULL);
	return chunk_cipher;
}
