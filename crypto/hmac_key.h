#ifndef GATEHOUSE_HMAC_KEY_H
#define GATEHOUSE_HMAC_KEY_H

#include "crypto/hmac.h"

/*
 * hmac_key: a key of HMAC-SHA-256 for values of one kind, with the kind's label
 * absorbed, in a struct secret that is open only while it is copied. Codes,
 * days and the codebook's hashes are made of its MACs, each under a key of its
 * own.
 */
struct hmac_key;

/*
 * hmac_key_new: a MAC is of len_be64(kind) kind value.
 *
 * out      owned by the caller; hmac_key_free, which wipes
 * Errors   NO_MEMORY
 */
MUST_USE struct err hmac_key_new(
    struct hmac_key **out, const uint8_t key[32], struct span kind_label);
void hmac_key_free(struct hmac_key *key); /* accepts NULL */

/*
 * hmac_key_reserve: guarded memory for that many keys at once, made before a
 * jail that would not let us make it. Those of sealed.h and shape.h are no
 * longer, and find room in it too. Errors: as secret_reserve.
 */
MUST_USE struct err hmac_key_reserve(size_t num_keys);

/*
 * hmac_key_copy: what hmac_column and hmac_final go on from.
 *
 * out      the caller's to wipe: hmac_wipe
 */
void hmac_key_copy(struct hmac *out, const struct hmac_key *key);

#endif
