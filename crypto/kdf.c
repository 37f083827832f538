#include "crypto/kdf.h"

#include <sodium.h>
#include <string.h>

#include "crypto/hmac.h"
#include "crypto/memory/secret.h"

enum {
	BLOCK = 32
};

/*
 * RFC 5869 s.2.2. An empty salt stands for 32 zeros, which as an HMAC key is
 * the same as an empty one.
 */
static void
extract(struct hmac *out_expand, struct span ikm, struct span salt)
{
	struct hmac hmac CLEANUP(hmac_wipe);
	uint8_t prk[BLOCK] CLEANUP(secret_wipe32);

	hmac_init(&hmac, salt);
	hmac_final(&hmac, prk, ikm);
	hmac_init(out_expand, span_of(prk, sizeof(prk)));
}

struct err
kdf_hkdf_sha256(uint8_t *out, size_t out_len, struct span ikm, struct span salt,
    struct span info)
{
	struct hmac keyed CLEANUP(hmac_wipe);
	struct hmac round CLEANUP(hmac_wipe);
	uint8_t block[BLOCK] CLEANUP(secret_wipe32);

	if (out_len > KDF_OUT_MAX)
		return ERR(TOO_BIG, "kdf: HKDF gives at most 255 blocks");
	extract(&keyed, ikm, salt);
	/* T(i) = HMAC(PRK, T(i-1) info i), and T(0) is empty: s.2.3. */
	for (uint8_t i = 1; out_len > 0; i++) {
		round = keyed;
		if (i > 1)
			hmac_update(&round, span_of(block, BLOCK));
		hmac_update(&round, info);
		hmac_final(&round, block, span_of(&i, 1));
		size_t len = out_len < BLOCK ? out_len : BLOCK;
		memcpy(out, block, len);
		out += len;
		out_len -= len;
	}
	return OK;
}
