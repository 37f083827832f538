#ifndef GATEHOUSE_ALGORITHM_H
#define GATEHOUSE_ALGORITHM_H

#include <openssl/types.h>
#include <stddef.h>

#include "crypto/memory/err.h"

/*
 * algorithm: what crypto/ fetched from OpenSSL, for the files of crypto/
 * alone. A fetch walks providers and takes locks, so it happens once.
 */

/*
 * algorithm_fetch: by crypto_init. A second call does nothing.
 *
 * Errors   CRYPTO: OpenSSL lacks an algorithm, or memory
 */
MUST_USE struct err algorithm_fetch(void);

/* algorithm_chunk_cipher: ChaCha20-Poly1305. Asserts that it was fetched. */
const EVP_CIPHER *algorithm_chunk_cipher(void);

/* algorithm_block_cipher: AES, block by block; key_len 16, 24 or 32. */
const EVP_CIPHER *algorithm_block_cipher(size_t key_len);

#endif
