#include "crypto/hash.h"

#include <openssl/sha.h>
#include <stdlib.h>

#include "crypto/hmac.h"

/*
 * OpenSSL's SHA-256 by its own functions, which its version 3 calls
 * deprecated: an EVP context frees and allocates its state at each start, so
 * a hash would take thrice the time, and could fail for want of memory.
 */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

struct hash_stream {
	SHA256_CTX ctx;
};

static struct err
add(SHA256_CTX *ctx, struct span bytes)
{
	if (bytes.len > 0 && SHA256_Update(ctx, bytes.data, bytes.len) != 1)
		return ERR(CRYPTO, "hash: SHA-256 failed");
	return OK;
}

static struct err
finish(SHA256_CTX *ctx, uint8_t out[32])
{
	if (SHA256_Final(out, ctx) != 1)
		return ERR(CRYPTO, "hash: SHA-256 failed");
	return OK;
}

struct err
hash_sha256_two(uint8_t out[32], struct span first, struct span second)
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	TRY(add(&ctx, first));
	TRY(add(&ctx, second));
	return finish(&ctx, out);
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
	struct hash_stream *hash = malloc(sizeof(*hash));

	if (hash == NULL)
		return ERR(NO_MEMORY, "hash: no memory");
	SHA256_Init(&hash->ctx);
	*out = hash;
	return OK;
}

void
hash_stream_free(struct hash_stream *hash)
{
	free(hash);
}

struct err
hash_stream_update(struct hash_stream *hash, struct span bytes)
{
	return add(&hash->ctx, bytes);
}

struct err
hash_stream_final(struct hash_stream *hash, uint8_t out[32])
{
	TRY(finish(&hash->ctx, out));
	SHA256_Init(&hash->ctx);
	return OK;
}
