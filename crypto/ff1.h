#ifndef GATEHOUSE_FF1_H
#define GATEHOUSE_FF1_H

#include "crypto/memory/span.h"

/*
 * ff1: format-preserving encryption, FF1 of NIST SP 800-38G: a string of
 * numerals becomes another of the same length and radix, and nothing is added
 * to it. So there is nothing that would show a change, and equal strings of
 * one tweak are equal afterwards.
 *
 * Strings go by the column: those of one call have one radix, and their blocks
 * go through AES side by side. Nothing is allocated per string.
 */
enum {
	FF1_MIN_DOMAIN = 1000000, /* radix^len at least: SP 800-38G Rev. 1 */
	FF1_MAX_RADIX = 65536,
	FF1_MAX_LEN = 128, /* numerals; the standard has no need of a cap */
};

struct ff1;

struct ff1_string {
	uint16_t *numerals; /* each below the radix; changed in place */
	size_t len;	    /* of them */
	struct span tweak;  /* public; below 2^32 bytes */
};

/*
 * ff1_new
 *
 * out      owned by the caller; ff1_free, which wipes
 * key      16, 24 or 32 bytes; kept in a struct secret
 * Errors   MALFORMED: of another length; NO_MEMORY
 */
MUST_USE struct err ff1_new(struct ff1 **out, struct span key);
void ff1_free(struct ff1 *ff1); /* accepts NULL */

/* ff1_begin, ff1_end: strings go under the key between these. They may not
 * nest, and neither they nor what lies between them allocates. */
void ff1_begin(struct ff1 *ff1);
void ff1_end(struct ff1 *ff1);

/*
 * ff1_fits: strings of this radix and length have a domain that is neither too
 * small nor over the caps.
 */
bool ff1_fits(uint32_t radix, size_t len);

/*
 * ff1_encrypt, ff1_decrypt: `num` strings, each as if it were alone.
 *
 * Errors   MALFORMED: a length that does not fit, a numeral that is none of
 *          the radix. Then no string was changed
 */
MUST_USE struct err ff1_encrypt(
    struct ff1 *ff1, uint32_t radix, struct ff1_string *strings, size_t num);
MUST_USE struct err ff1_decrypt(
    struct ff1 *ff1, uint32_t radix, struct ff1_string *strings, size_t num);

#endif
