#ifndef GATEHOUSE_DAY_H
#define GATEHOUSE_DAY_H

#include "crypto/memory/buf.h"

/*
 * day_append: a day as people write it, 2026-06-30 (proleptic Gregorian).
 *
 * day       days since 1970-01-01
 * Errors    TOO_BIG: outside the years 0000 to 9999, or `out` is full;
 *           NO_MEMORY
 */
MUST_USE struct err day_append(struct buf *out, int64_t day);

#endif
