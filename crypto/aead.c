#include "crypto/aead.h"

#include <sodium.h>

#include "crypto/random.h"

enum {
	NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES
};
_Static_assert(AEAD_OVERHEAD == NONCE + TAG, "aead.h states the overhead");

struct err
aead_seal(
    struct buf *out, const uint8_t key[32], struct span ad, struct span plain)
{
	size_t len;

	TRY(size_add(plain.len, AEAD_OVERHEAD, &len));
	TRY(buf_reserve(out, len));
	/* 24 random bytes: no two blobs of one key meet the same nonce. */
	uint8_t *nonce = out->data + out->len;
	random_bytes(nonce, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE, NULL,
	    plain.data, plain.len, ad.data, ad.len, NULL, nonce, key);
	out->len += len;
	return OK;
}

struct err
aead_open(
    struct buf *out, const uint8_t key[32], struct span ad, struct span sealed)
{
	struct span nonce;

	if (sealed.len < AEAD_OVERHEAD)
		return ERR(TRUNCATED, "aead: shorter than nonce and tag");
	TRY(span_take(&sealed, &nonce, NONCE));
	size_t len = sealed.len - TAG;
	TRY(buf_reserve(out, len));
	uint8_t none[1]; /* an empty buf has no memory to point to */
	uint8_t *plain = len == 0 ? none : out->data + out->len;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL,
		sealed.data, sealed.len, ad.data, ad.len, nonce.data, key) != 0)
		return ERR(CRYPTO, "aead: not sealed with this key and place");
	out->len += len;
	return OK;
}
