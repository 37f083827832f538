#ifndef GATEHOUSE_CSV_MASK_H
#define GATEHOUSE_CSV_MASK_H

#include <stddef.h>
#include <stdint.h>

/*
 * csv_mask: where in a block a CSV reader has to look. Bit i of the result is
 * set when byte i means something in an unquoted field: it is `delimiter`,
 * `quote`, CR, LF or NUL.
 *
 * csv_masks and csv_mask are the ones to call. csv_mask_bytes is what they
 * mean, one byte after the other: it serves other machines, and the
 * tests of the others.
 */
enum {
	CSV_MASK_BLOCK = 64 /* bytes */
};

uint64_t csv_mask(
    const uint8_t block[CSV_MASK_BLOCK], uint8_t delimiter, uint8_t quote);
uint64_t csv_mask_bytes(
    const uint8_t block[CSV_MASK_BLOCK], uint8_t delimiter, uint8_t quote);

/*
 * csv_masks: of blocks that lie one behind the other.
 *
 * blocks   num * CSV_MASK_BLOCK bytes
 * out      num masks, in their order
 */
void csv_masks(const uint8_t *blocks, size_t num, uint8_t delimiter,
    uint8_t quote, uint64_t *out);

#endif
