#ifndef GATEHOUSE_TRANSFORM_DATE_H
#define GATEHOUSE_TRANSFORM_DATE_H

#include "gateway/transform/cells.h"
#include "policy/model.h"

/*
 * transform_date: PROTECT_DECADE, _YEAR, _QUARTER, _MONTH: `1980s`, `1984`,
 * `1984-Q2`, `1984-05`.
 *
 * Everyone who is 90 or older on 31 December of the as-of year is one group:
 * a date in the year as_of - 90 or earlier becomes e.g. `<=1936`, in every
 * date column, for any date that old may be one of birth, or tell of one. The
 * bound moves only with the year, so content does not change from day to day.
 *
 * Source   45 CFR 164.514(b)(2)(i)(C)
 */
void transform_date(struct cells *cells, enum protection_op op, uint16_t as_of);

#endif
