#ifndef GATEHOUSE_ROOT_CHECK_H
#define GATEHOUSE_ROOT_CHECK_H

#include "crypto/root_file.h"

/*
 * root_check: what tells that a root is the right one, and nothing else.
 * root_check_verify: whether it is of this root.
 *
 * Errors   CRYPTO: it is of another one; of derive_subkey
 */
MUST_USE struct err root_check(
    uint8_t out[ROOT_CHECK], const uint8_t root[ROOT_LEN]);
MUST_USE struct err root_check_verify(
    const uint8_t check[ROOT_CHECK], const uint8_t root[ROOT_LEN]);

#endif
