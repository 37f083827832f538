#ifndef GATEHOUSE_SHAPE_H
#define GATEHOUSE_SHAPE_H

#include "crypto/check_digit.h"

/*
 * shape: values into others of the same shape: a digit for each digit, a letter
 * of the same case for each letter, all other bytes where they are. The key
 * makes the value of it again. FORMATS.md says how FF1 does it. With a rule for
 * check digits, those of the value hold, and so do those of its code.
 *
 * K comes from derive_column_key. Nothing here is allocated per value.
 */
struct shape_key;

enum shape_case {
	SHAPE_CASE_COUNTS, /* `a1` and `A1` are two identifiers */
	SHAPE_CASE_FOLDED, /* one: their codes differ in case only */
};

/*
 * shape_key_new
 *
 * out      owned by the caller; shape_key_free, which wipes
 * rule     of the column's check digits
 * Errors   NO_MEMORY
 */
MUST_USE struct err shape_key_new(
    struct shape_key **out, const uint8_t key[32], enum check_digit rule);
void shape_key_free(struct shape_key *key); /* accepts NULL */

/* shape_checks: the value's check digits hold, if there is a rule for them. */
bool shape_checks(const struct shape_key *key, struct span value);

/*
 * shape_fits: the value's check digits hold; at least a million values have the
 * shape (beside what the check takes), and no more than FF1_MAX_LEN digits or
 * letters alone, or 2^128 of both, say.
 */
bool shape_fits(const struct shape_key *key, struct span value);

/*
 * shape_encrypt, shape_decrypt: outs[i] becomes the code of values[i], which
 * fits, or the value of a code. It has room for as many bytes, and may be the
 * value's place.
 */
void shape_encrypt(struct shape_key *key, enum shape_case fold,
    const struct span *values, uint8_t *const *outs, size_t num);
void shape_decrypt(struct shape_key *key, enum shape_case fold,
    const struct span *values, uint8_t *const *outs, size_t num);

#endif
