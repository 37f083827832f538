#ifndef GATEHOUSE_ZIP3_TABLE_H
#define GATEHOUSE_ZIP3_TABLE_H

#include <stdint.h>

/*
 * zip3_table: which first three digits of a US ZIP code may be shown, one bit
 * each, prefix z in bit z % 8 of byte z / 8. It allows and does not forbid: a
 * prefix that the Census does not know (military, unassigned) is not shown.
 *
 * Source   45 CFR 164.514(b)(2)(i)(B)
 * SHA-256  c722f34c7f30f87e181a3e369c31b8c5382819d8bc26da773162a0c1ba5de92a
 *          of the 125 bytes; the tests compare
 */
enum {
	ZIP3_TABLE_LEN = 125
};

extern const uint8_t zip3_table[ZIP3_TABLE_LEN];

#endif
