#ifndef GATEHOUSE_CSV_MASK_H
#define GATEHOUSE_CSV_MASK_H

#include <stdint.h>

/*
 * csv_mask: where in a block a CSV reader has to look. Bit i of the result is
 * set when byte i means something in an unquoted field: it is `delimiter`,
 * `quote`, CR, LF or NUL.
 *
 * csv_mask is the one to call. csv_mask_bytes is what it means, one byte after
 * the other: it serves machines without SSE2, and the test of the other.
 */
enum {
	CSV_MASK_BLOCK = 64 /* bytes */
};

uint64_t csv_mask(
    const uint8_t block[CSV_MASK_BLOCK], uint8_t delimiter, uint8_t quote);
uint64_t csv_mask_bytes(
    const uint8_t block[CSV_MASK_BLOCK], uint8_t delimiter, uint8_t quote);

#endif
