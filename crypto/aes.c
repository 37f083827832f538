#include "crypto/aes.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "crypto/algorithm.h"

struct aes {
	EVP_CIPHER_CTX *ctx;
};

/* What a context holds when it holds no key. */
static const uint8_t no_key[32];

/* OpenSSL allocates at the first key only: here, where it may fail. */
static bool
start(struct aes *aes, size_t key_len)
{
	aes->ctx = EVP_CIPHER_CTX_new();
	return aes->ctx != NULL &&
	    EVP_EncryptInit_ex2(aes->ctx, algorithm_block_cipher(key_len),
		no_key, NULL, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(aes->ctx, 0) == 1;
}

struct err
aes_new(struct aes **out, size_t key_len)
{
	struct aes *aes = calloc(1, sizeof(*aes));

	if (aes == NULL)
		return ERR(NO_MEMORY, "aes: no memory");
	if (!start(aes, key_len)) {
		aes_free(aes);
		return ERR(NO_MEMORY, "aes: no memory");
	}
	*out = aes;
	return OK;
}

void
aes_free(struct aes *aes)
{
	if (aes == NULL)
		return;
	EVP_CIPHER_CTX_free(aes->ctx);
	free(aes);
}

/* A cipher that did not take its key would deliver values in the clear. */
void
aes_key(struct aes *aes, const uint8_t *key)
{
	if (EVP_EncryptInit_ex2(aes->ctx, NULL, key, NULL, NULL) != 1)
		abort();
}

void
aes_forget(struct aes *aes)
{
	aes_key(aes, no_key);
}

void
aes_blocks(struct aes *aes, uint8_t *out, const uint8_t *in, size_t num)
{
	int len = 0;

	assert(num <= AES_WAVE);
	if (num > 0 &&
	    (EVP_EncryptUpdate(
		 aes->ctx, out, &len, in, (int)(num * AES_BLOCK)) != 1 ||
		len != (int)(num * AES_BLOCK)))
		abort();
}

void
aes_wave_put(struct aes_wave *wave, uint8_t *to, const uint8_t a[AES_BLOCK],
    const uint8_t b[AES_BLOCK])
{
	assert(wave->num < AES_WAVE);
	for (unsigned i = 0; i < AES_BLOCK; i++)
		wave->blocks[wave->num][i] = a[i] ^ b[i];
	wave->to[wave->num++] = to;
}

bool
aes_wave_run(struct aes_wave *wave, struct aes *aes)
{
	bool any = wave->num > 0;

	aes_blocks(aes, wave->blocks[0], wave->blocks[0], wave->num);
	for (size_t k = 0; k < wave->num; k++)
		memcpy(wave->to[k], wave->blocks[k], AES_BLOCK);
	wave->num = 0;
	return any;
}
