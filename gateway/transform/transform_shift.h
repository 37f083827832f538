#ifndef GATEHOUSE_TRANSFORM_SHIFT_H
#define GATEHOUSE_TRANSFORM_SHIFT_H

#include "crypto/shift.h"
#include "gateway/transform/cells.h"

/*
 * transform_shift_days: for each row by how many days its subject's dates
 * move; 0 where the subject is missing or no identifier of its kind.
 *
 * subjects  per row in canonical form; of length 0: there is none
 */
void transform_shift_days(const struct hmac_key *key,
    const struct span *subjects, size_t num, int16_t *out_days);

/*
 * transform_shift: the date, moved; what stands behind it as it is. A cell
 * does not fit when it is no date, when its subject has no days, or when it
 * would leave the years 1 to 9999.
 *
 * days  per row
 * rows  the row of each cell; NULL: the cell's own number
 */
void transform_shift(
    struct cells *cells, const int16_t *days, const uint16_t *rows);

#endif
