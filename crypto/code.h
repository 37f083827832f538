#ifndef GATEHOUSE_CODE_H
#define GATEHOUSE_CODE_H

#include "crypto/memory/span.h"

/*
 * code: how every code begins: a letter for the way it was made, the epoch of
 * its key, `_`. So one can see which codes can be compared.
 */
enum {
	CODE_PREFIX_MAX = 12 /* "p4294967295_" */
};

/* code_prefix: "<letter><epoch>_", without a NUL; returns its length. */
size_t code_prefix(char out[CODE_PREFIX_MAX], char letter, uint32_t epoch);

#endif
