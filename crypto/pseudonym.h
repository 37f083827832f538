#ifndef GATEHOUSE_PSEUDONYM_H
#define GATEHOUSE_PSEUDONYM_H

#include "crypto/code.h"
#include "crypto/hmac_key.h"

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
 * kind and epoch. Nothing here is allocated.
 */
enum {
	PSEUDONYM_TEXT = 26, /* base32 of 16 bytes */
	PSEUDONYM_CODE_MAX = CODE_PREFIX_MAX + PSEUDONYM_TEXT
};

struct pseudonym_code {
	char text[PSEUDONYM_CODE_MAX + 1]; /* NUL-terminated */
	uint8_t len;			   /* bytes of text, without the NUL */
};

/*
 * pseudonym_column: out[i] is the code of values[i].
 *
 * out      num codes, owned by the caller
 */
void pseudonym_column(const struct hmac_key *key, uint32_t epoch,
    const struct span *values, size_t num, struct pseudonym_code *out);

#endif
