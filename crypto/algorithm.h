#ifndef GATEHOUSE_ALGORITHM_H
#define GATEHOUSE_ALGORITHM_H

#include <openssl/types.h>

#include "crypto/memory/err.h"

/*
 * algorithm: what crypto/ fetched from OpenSSL, for the files of crypto/
 * alone. A fetch walks providers and takes locks, so it happens once.
 */
struct algorithm {
	EVP_MD *sha256;
	EVP_CIPHER *chacha20_poly1305;
	EVP_MD_CTX *digest; /* of SHA-256, for hashes taken at once */
};

/*
 * algorithm_fetch: by crypto_init. A second call does nothing.
 *
 * Errors   CRYPTO: an algorithm is missing; NO_MEMORY
 */
MUST_USE struct err algorithm_fetch(void);

/* algorithm_get: asserts that algorithm_fetch has been called. Static. */
const struct algorithm *algorithm_get(void);

#endif
