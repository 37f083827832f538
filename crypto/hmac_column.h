#ifndef GATEHOUSE_HMAC_COLUMN_H
#define GATEHOUSE_HMAC_COLUMN_H

#include "crypto/hmac.h"

/*
 * hmac_column: the MACs of many values under one key, each as hmac_final
 * gives it on a copy of `keyed`. Where the CPU has AVX-512, sixteen values go
 * through SHA-256 (FIPS 180-4, 6.2) side by side, if they are as short as
 * identifiers are: this is the one part of a fill that does most of its work,
 * and OpenSSL hashes one message at a time.
 *
 * keyed    has absorbed the key and what stands before every value; borrowed
 * out      `num` MACs; the caller's to wipe
 */
void hmac_column(const struct hmac *keyed, const struct span *values,
    size_t num, uint8_t (*out)[32]);

#endif
