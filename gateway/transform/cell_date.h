#ifndef GATEHOUSE_CELL_DATE_H
#define GATEHOUSE_CELL_DATE_H

#include "crypto/memory/span.h"

/*
 * cell_date: dates of cells, in the Gregorian calendar from year 1 on, also
 * before it was in use (ISO 8601-1:2019, 4.2.1).
 */
struct cell_date {
	int year, month, day; /* 1..9999, 1..12, 1..31 */
};

/*
 * cell_date_parse: YYYY-MM-DD, alone or with a time of day: `T` or a space,
 * HH:MM[:SS[.fraction]], and perhaps Z, +HH:MM or +HHMM. Blanks around it are
 * skipped. The date is taken as it is written: no zone moves it.
 *
 * Returns false, and leaves `out` alone, for anything else.
 */
bool cell_date_parse(struct span text, struct cell_date *out);

/* cell_date_days: days since 1970-01-01. */
int32_t cell_date_days(const struct cell_date *date);

/*
 * cell_date_of_days: the date of so many days.
 *
 * Returns false, and leaves `out` alone, outside of the years 1 to 9999.
 */
bool cell_date_of_days(int32_t days, struct cell_date *out);

#endif
