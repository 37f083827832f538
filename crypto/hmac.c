#include "crypto/hmac.h"

#include <sodium.h>
#include <string.h>

/* hash.c says why these. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

enum {
	BLOCK = 64
};

static void
absorb_pad(SHA256_CTX *ctx, const uint8_t key[BLOCK], uint8_t byte)
{
	uint8_t pad[BLOCK];

	for (size_t i = 0; i < BLOCK; i++)
		pad[i] = key[i] ^ byte;
	SHA256_Init(ctx);
	SHA256_Update(ctx, pad, BLOCK);
	sodium_memzero(pad, sizeof(pad));
}

void
hmac_init(struct hmac *hmac, struct span key)
{
	uint8_t block[BLOCK] = {0};

	if (key.len > BLOCK) {
		SHA256_Init(&hmac->inner);
		SHA256_Update(&hmac->inner, key.data, key.len);
		SHA256_Final(block, &hmac->inner);
	} else if (key.len > 0) {
		memcpy(block, key.data, key.len);
	}
	absorb_pad(&hmac->inner, block, 0x36);
	absorb_pad(&hmac->outer, block, 0x5c);
	sodium_memzero(block, sizeof(block));
}

void
hmac_update(struct hmac *hmac, struct span bytes)
{
	SHA256_Update(&hmac->inner, bytes.data, bytes.len);
}

void
hmac_label(struct hmac *hmac, struct span label)
{
	uint8_t len[8];

	for (unsigned i = 0; i < 8; i++)
		len[i] = (uint8_t)((uint64_t)label.len >> (56 - 8 * i));
	hmac_update(hmac, span_of(len, sizeof(len)));
	hmac_update(hmac, label);
}

void
hmac_final(struct hmac *hmac, uint8_t out[32], struct span last)
{
	uint8_t digest[32];

	SHA256_Update(&hmac->inner, last.data, last.len);
	SHA256_Final(digest, &hmac->inner);
	SHA256_Update(&hmac->outer, digest, sizeof(digest));
	SHA256_Final(out, &hmac->outer);
}

void
hmac_wipe(struct hmac *hmac)
{
	sodium_memzero(hmac, sizeof(*hmac));
}
