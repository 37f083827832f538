#ifndef GATEHOUSE_FILE_HASH_H
#define GATEHOUSE_FILE_HASH_H

#include <stdint.h>

#include "crypto/memory/err.h"

/*
 * file_hash: SHA-256 of all bytes of a file, and how many they are.
 *
 * fd      open for reading; its offset does not matter
 * Errors  IO; CRYPTO; NO_MEMORY
 */
MUST_USE struct err file_hash(int fd, uint8_t out_hash[32], uint64_t *out_size);

#endif
