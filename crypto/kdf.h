#ifndef GATEHOUSE_KDF_H
#define GATEHOUSE_KDF_H

#include "crypto/memory/span.h"

/* What one HKDF-SHA-256 can give: 255 blocks (RFC 5869 s.2.3). */
enum {
	KDF_OUT_MAX = 255 * 32
};

/*
 * kdf_hkdf_sha256: extract and expand.
 *
 * out      out_len bytes
 * ikm      the secret; salt and info may be empty
 * Errors   TOO_BIG: out_len is over KDF_OUT_MAX; then `out` is untouched
 * Source   RFC 5869
 */
MUST_USE struct err kdf_hkdf_sha256(uint8_t *out, size_t out_len,
    struct span ikm, struct span salt, struct span info);

#endif
