#ifndef GATEHOUSE_PSEUDONYM_H
#define GATEHOUSE_PSEUDONYM_H

#include "crypto/code.h"

/*
 * pseudonym: identifiers of one kind into codes, a column at a time.
 *
 *     p<epoch>_base32(HMAC-SHA-256(K, len_be64(kind) kind value)[:16])
 *
 * The value is what the caller has brought into canonical form (trimmed,
 * folded, digits only, as its kind and the plan's canonicalisation version
 * say): equal bytes give equal codes, and bytes that differ in any way give
 * codes that tell nothing of each other. An empty value is a value; that blank
 * fields stay blank is the caller's rule.
 *
 * K comes from derive_column_key, which binds purpose, dataset, recipient,
 * kind and epoch. Nothing here is allocated per value.
 */
enum {
	PSEUDONYM_TEXT = 26, /* base32 of 16 bytes */
	PSEUDONYM_CODE_MAX = CODE_PREFIX_MAX + PSEUDONYM_TEXT
};

struct pseudonym_key;

struct pseudonym_code {
	char text[PSEUDONYM_CODE_MAX + 1]; /* NUL-terminated */
	uint8_t len;			   /* bytes of text, without the NUL */
};

/*
 * pseudonym_key_new: K with the kind's label already absorbed. The states lie
 * in a struct secret that is open only while a column is begun.
 *
 * out      owned by the caller; pseudonym_key_free, which wipes
 * Errors   NO_MEMORY
 */
MUST_USE struct err pseudonym_key_new(
    struct pseudonym_key **out, const uint8_t key[32], struct span kind_label);
void pseudonym_key_free(struct pseudonym_key *key); /* accepts NULL */

/*
 * pseudonym_reserve: guarded memory for that many keys of columns at once, of
 * whichever use: none is longer than a pseudonym's. It is made before a jail
 * that would not let us make it. Errors: as secret_reserve.
 */
MUST_USE struct err pseudonym_reserve(size_t num_keys);

/*
 * pseudonym_column: out[i] is the code of values[i].
 *
 * out      num codes, owned by the caller
 */
void pseudonym_column(const struct pseudonym_key *key, uint32_t epoch,
    const struct span *values, size_t num, struct pseudonym_code *out);

/*
 * pseudonym_macs: out[i] is the whole MAC of values[i], for what is made of it
 * elsewhere, under a key that is no pseudonym's. The caller wipes.
 */
void pseudonym_macs(const struct pseudonym_key *key, const struct span *values,
    size_t num, uint8_t (*out)[32]);

#endif
