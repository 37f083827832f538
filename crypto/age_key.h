#ifndef GATEHOUSE_AGE_KEY_H
#define GATEHOUSE_AGE_KEY_H

#include "crypto/memory/buf.h"

/*
 * age_key: X25519 recipients and identities of age v1 in Bech32 text.
 *
 * Source   c2sp.org/age, "The X25519 recipient type"; BIP 173 without its
 *          limit of length
 */
enum {
	AGE_KEY_LEN = 32,
	AGE_RECIPIENT_TEXT = 62, /* "age1..." */
	AGE_IDENTITY_TEXT = 74	 /* "AGE-SECRET-KEY-1..." */
};

/*
 * age_recipient_parse: "age1...", lower or upper case, not mixed.
 *
 * Errors   MALFORMED: not Bech32, another prefix, not 32 bytes
 *          CRYPTO: a point of low order, with which nobody shares a secret
 */
MUST_USE struct err age_recipient_parse(uint8_t out[32], struct span text);

/* age_recipient_format: append "age1...". Errors as buf_append. */
MUST_USE struct err age_recipient_format(
    struct buf *out, const uint8_t public_key[32]);

/*
 * age_identity_parse: "AGE-SECRET-KEY-1...", upper or lower case.
 *
 * Errors   MALFORMED
 */
MUST_USE struct err age_identity_parse(uint8_t out[32], struct span text);

/* age_identity_format: append the text; wipe `out` after use. */
MUST_USE struct err age_identity_format(
    struct buf *out, const uint8_t secret_key[32]);

/* age_identity_public: the recipient of an identity. Errors: CRYPTO. */
MUST_USE struct err age_identity_public(
    uint8_t out_public[32], const uint8_t secret_key[32]);

#endif
