#include "crypto/algorithm.h"

#include <assert.h>
#include <openssl/evp.h>

static EVP_CIPHER *chunk_cipher;
static EVP_CIPHER *block_ciphers[3]; /* AES of 16, 24, 32 bytes of key */

static struct err
fetch(EVP_CIPHER **out, const char *name)
{
	if (*out == NULL)
		*out = EVP_CIPHER_fetch(NULL, name, NULL);
	if (*out == NULL)
		return ERR(CRYPTO, "init: OpenSSL lacks an algorithm");
	return OK;
}

struct err
algorithm_fetch(void)
{
	TRY(fetch(&chunk_cipher, "ChaCha20-Poly1305"));
	TRY(fetch(&block_ciphers[0], "AES-128-ECB"));
	TRY(fetch(&block_ciphers[1], "AES-192-ECB"));
	return fetch(&block_ciphers[2], "AES-256-ECB");
}

const EVP_CIPHER *
algorithm_chunk_cipher(void)
{
	assert(chunk_cipher != NULL);
	return chunk_cipher;
}

const EVP_CIPHER *
algorithm_block_cipher(size_t key_len)
{
	assert(key_len == 16 || key_len == 24 || key_len == 32);
	assert(block_ciphers[key_len / 8 - 2] != NULL);
	return block_ciphers[key_len / 8 - 2];
}
