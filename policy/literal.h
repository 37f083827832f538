#ifndef GATEHOUSE_LITERAL_H
#define GATEHOUSE_LITERAL_H

#include "policy/model.h"

/* literal: the typed scalars of the policy language. */

/* literal_day: YYYY-MM-DD as days since 1970-01-01. Errors: MALFORMED. */
MUST_USE struct err literal_day(struct span text, int32_t *out_day);

/* literal_civil: the calendar date of a day. */
void literal_civil(int32_t day, int *out_year, int *out_month, int *out_mday);

/* literal_day_of: the way back; of a date that there is. */
int32_t literal_day_of(int year, int month, int mday);

/* literal_days_of_month: 28 to 31. */
int literal_days_of_month(int year, int month);

/*
 * literal_decimal: "-12.50"; at most 15 digits, 9 of them after the point.
 * Errors: MALFORMED.
 */
MUST_USE struct err literal_decimal(struct span text, struct decimal *out);

/* literal_compare: <0, 0, >0. Exact: no rounding, no overflow. */
int literal_compare(struct decimal a, struct decimal b);

/* literal_is_multiple: `a` is a whole multiple of `step` (> 0). */
bool literal_is_multiple(struct decimal a, struct decimal step);

/* literal_country: an assigned ISO 3166-1 alpha-2 code. Errors: MALFORMED. */
MUST_USE struct err literal_country(struct span text, uint8_t out[2]);

/* literal_is_us_state: postal code of a state, DC or a territory of the US. */
bool literal_is_us_state(struct span text);

/*
 * literal_network: "203.0.113.0/24" or "2001:db8::/32".
 * Errors: MALFORMED, also when bits after the prefix are set.
 */
MUST_USE struct err literal_network(struct span text, struct network *out);

/*
 * literal_is_private: overlaps a range that many networks use at once
 * (RFC 1918, 6598, 3927, 4193, 4291 link-local). Loopback is not one: there
 * is only one.
 */
bool literal_is_private(const struct network *network);

/* literal_is_id: lower-case letters, digits and inner dashes, 1 to 63. */
bool literal_is_id(struct span text);

#endif
