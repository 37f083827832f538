#ifndef GATEHOUSE_AEAD_H
#define GATEHOUSE_AEAD_H

#include "crypto/memory/buf.h"

/*
 * aead: small sealed blobs: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03)
 * with a random 24-byte nonce in front and the 16-byte tag behind. Any number
 * of blobs may be sealed under one key.
 */
enum {
	AEAD_KEY = 32,
	AEAD_OVERHEAD = 24 + 16
};

/*
 * aead_seal: append nonce, ciphertext and tag: plain.len + AEAD_OVERHEAD.
 *
 * ad       authenticated but not stored: what the blob is and where it belongs
 * Errors   TOO_BIG, NO_MEMORY of the buf
 */
MUST_USE struct err aead_seal(
    struct buf *out, const uint8_t key[32], struct span ad, struct span plain);

/*
 * aead_open: append the plaintext. A buf of secrets ends with buf_wipe.
 *
 * Errors   TRUNCATED: shorter than the overhead
 *          CRYPTO: not sealed with this key and this `ad`
 *          TOO_BIG, NO_MEMORY of the buf; on failure `out` is as before
 */
MUST_USE struct err aead_open(
    struct buf *out, const uint8_t key[32], struct span ad, struct span sealed);

#endif
