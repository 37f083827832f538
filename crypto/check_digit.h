#ifndef GATEHOUSE_CHECK_DIGIT_H
#define GATEHOUSE_CHECK_DIGIT_H

#include <stdbool.h>

#include "crypto/memory/span.h"

/*
 * check_digit: digits of a number that follow from the rest of it. The symbols
 * of a number are its ASCII digits and letters; what stands between them counts
 * for nothing, and neither does case.
 *
 * Sources  ISO/IEC 7812-1 annex B (Luhn); ISO 13616-1 with ISO/IEC 7064
 *          (MOD 97-10)
 */
enum check_digit {
	CHECK_DIGIT_NONE,
	CHECK_DIGIT_LUHN,  /* the last symbol; all are digits */
	CHECK_DIGIT_MOD97, /* the third and fourth, 02 to 98, behind the two
			      letters of a country */
};

enum {
	CHECK_DIGIT_MAX_MARK = 3,
};

/*
 * check_digit_holds: the value has the form that the rule asks for, and its
 * check digits are those of the rest. Without a rule, always.
 */
bool check_digit_holds(enum check_digit rule, struct span value);

/*
 * check_digit_payload: the part of a value that holds which is free: without
 * the check digits, and for MOD97 without the country before them. Borrowed
 * from `value`; all of it without a rule.
 */
struct span check_digit_payload(enum check_digit rule, struct span value);

/*
 * check_digit_mark: a text for the rule and, for MOD97, the country, which
 * stays as it is. Texts of two rules or countries differ within their length.
 *
 * out  room for CHECK_DIGIT_MAX_MARK
 * Returns its length: 0 without a rule.
 */
size_t check_digit_mark(enum check_digit rule, struct span value, uint8_t *out);

/*
 * check_digit_put: makes the digits hold, in a value whose payload was changed
 * for another of the same shape.
 */
void check_digit_put(enum check_digit rule, uint8_t *value, size_t len);

#endif
