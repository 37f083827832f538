#ifndef GATEHOUSE_HMAC_H
#define GATEHOUSE_HMAC_H

#include <openssl/sha.h>

#include "crypto/memory/span.h"

/*
 * hmac: HMAC-SHA-256 (RFC 2104) as a plain struct: a key is absorbed once, and
 * the struct is copied for each message under it, without an allocation and
 * without a copy of the key on the heap. OpenSSL's EVP contexts give neither:
 * a copy of one allocates, and a kept one keeps the key. So this calls
 * SHA-256's own functions, as hash.c does and argues. The struct is a secret.
 */
struct hmac {
	SHA256_CTX inner;
	SHA256_CTX outer;
};

/* hmac_init: absorb a key of any length. */
void hmac_init(struct hmac *hmac, struct span key);

/* hmac_update: absorb bytes of the message. */
void hmac_update(struct hmac *hmac, struct span bytes);

/* hmac_label: absorb a label: its length (8 bytes, big-endian), then it. So no
 * label and what follows it are another pair. */
void hmac_label(struct hmac *hmac, struct span label);

/* hmac_final: of all that was absorbed and `last`. Uses the struct up. */
void hmac_final(struct hmac *hmac, uint8_t out[32], struct span last);

/* hmac_wipe: overwrite. For CLEANUP too. */
void hmac_wipe(struct hmac *hmac);

#endif
