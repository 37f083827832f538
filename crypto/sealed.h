#ifndef GATEHOUSE_SEALED_H
#define GATEHOUSE_SEALED_H

#include "crypto/code.h"

/*
 * sealed: values into codes that their key opens again, a column at a time.
 *
 *     s<epoch>_base32(AES-SIV(K', associated data: kind; value))
 *     K' = HKDF(K, info = "gatehouse/sealed-siv/v1" 00), 64 bytes
 *
 * The value is in canonical form, as a pseudonym's (pseudonym.h), and that is
 * what an opened code gives. An empty value is a value. K comes from
 * derive_column_key. Nothing here is allocated per value.
 */
struct sealed_key;

/*
 * sealed_key_new
 *
 * out      owned by the caller; sealed_key_free, which wipes
 * Errors   NO_MEMORY
 */
MUST_USE struct err sealed_key_new(
    struct sealed_key **out, const uint8_t key[32], struct span kind_label);
void sealed_key_free(struct sealed_key *key); /* accepts NULL */

/* sealed_room: what a value of that length takes of sealed_column's room. */
size_t sealed_room(size_t len);

/*
 * sealed_column: out[i] is the code of values[i].
 *
 * out   num codes, which lie in `room`; may be `values`
 * room  of sealed_room bytes for each value, together
 */
void sealed_column(struct sealed_key *key, uint32_t epoch,
    const struct span *values, size_t num, struct span *out, uint8_t *room);

/*
 * sealed_open: the value of a code.
 *
 * out, out_len  room for code.len bytes; written on success only, but for
 *               `out`, which is wiped when it fails
 * Errors        MALFORMED: not a code of this epoch; CRYPTO: another key's,
 *               another kind's, or changed
 */
MUST_USE struct err sealed_open(struct sealed_key *key, uint32_t epoch,
    struct span code, uint8_t *out, size_t *out_len);

#endif
