#ifndef GATEHOUSE_CELL_NUMBER_H
#define GATEHOUSE_CELL_NUMBER_H

#include "policy/model.h"

/*
 * cell_number: exact decimal numbers. No floating point: what is rounded must
 * come out the same on every machine.
 */
enum {
	CELL_NUMBER_TEXT = 24 /* bytes of the longest text */
};

/*
 * cell_number_parse: [+-]digits[.digits][e[+-]digits], blanks around it
 * skipped; up to 18 digits that count, and up to 18 places after the point,
 * where the exponent puts it: more than a double has, however it is written.
 *
 * Returns false, and leaves `out` alone, for anything else.
 */
bool cell_number_parse(struct span text, struct decimal *out);

/* cell_number_compare: <0, 0, >0 by value: 1.50 equals 1.5. */
int cell_number_compare(struct decimal a, struct decimal b);

/*
 * cell_number_floor: the greatest multiple of `step` (> 0) that is not over
 * `a`, with the decimal places of `step`. Returns false when it has no room.
 */
bool cell_number_floor(
    struct decimal a, struct decimal step, struct decimal *out);

/* cell_number_round: the nearest multiple; a half goes away from zero. */
bool cell_number_round(
    struct decimal a, struct decimal step, struct decimal *out);

/* cell_number_format: the text, with all decimal places; returns its length. */
size_t cell_number_format(struct decimal a, char out[CELL_NUMBER_TEXT]);

#endif
