#include "crypto/hash.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/algorithm.h"
#include "crypto/hmac.h"

struct hash_stream {
	EVP_MD_CTX *ctx;
};

/* With a digest named again, OpenSSL would free and allocate its state. */
static struct err
restart(EVP_MD_CTX *ctx)
{
	if (EVP_DigestInit_ex2(ctx, NULL, NULL) != 1)
		return ERR(CRYPTO, "hash: SHA-256 does not start");
	return OK;
}

struct err
hash_sha256_two(uint8_t out[32], struct span first, struct span second)
{
	EVP_MD_CTX *ctx = algorithm_get()->digest;

	TRY(restart(ctx));
	if (EVP_DigestUpdate(ctx, first.data, first.len) != 1 ||
	    EVP_DigestUpdate(ctx, second.data, second.len) != 1 ||
	    EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		return ERR(CRYPTO, "hash: SHA-256 failed");
	return OK;
}

struct err
hash_sha256(uint8_t out[32], struct span in)
{
	return hash_sha256_two(out, in, span_of(NULL, 0));
}

struct err
hash_hmac_sha256(uint8_t out[32], struct span key, struct span in)
{
	struct hmac hmac CLEANUP(hmac_wipe);

	hmac_init(&hmac, key);
	hmac_final(&hmac, out, in);
	return OK;
}

struct err
hash_stream_new(struct hash_stream **out)
{
	struct hash_stream *hash = calloc(1, sizeof(*hash));

	if (hash == NULL)
		return ERR(NO_MEMORY, "hash: no memory");
	hash->ctx = EVP_MD_CTX_new();
	/* What can fail here is memory: the digest was fetched before. */
	if (hash->ctx == NULL ||
	    EVP_DigestInit_ex2(hash->ctx, algorithm_get()->sha256, NULL) != 1) {
		hash_stream_free(hash);
		return ERR(NO_MEMORY, "hash: no memory");
	}
	*out = hash;
	return OK;
}

void
hash_stream_free(struct hash_stream *hash)
{
	if (hash == NULL)
		return;
	EVP_MD_CTX_free(hash->ctx);
	free(hash);
}

struct err
hash_stream_update(struct hash_stream *hash, struct span bytes)
{
	if (EVP_DigestUpdate(hash->ctx, bytes.data, bytes.len) != 1)
		return ERR(CRYPTO, "hash: SHA-256 failed");
	return OK;
}

struct err
hash_stream_final(struct hash_stream *hash, uint8_t out[32])
{
	uint8_t digest[32];

	if (EVP_DigestFinal_ex(hash->ctx, digest, NULL) != 1)
		return ERR(CRYPTO, "hash: SHA-256 failed");
	TRY(restart(hash->ctx));
	memcpy(out, digest, sizeof(digest));
	return OK;
}
