#ifndef GATEHOUSE_ZONE_H
#define GATEHOUSE_ZONE_H

#include "crypto/memory/span.h"

/*
 * zone: when a day begins, in the time zones of the IANA data base. The rules
 * in force are part of the program, so that a policy means the same on every
 * machine, and compiles to the same bytes; a country that changes its rules
 * needs a new release. Days long past may be off where rules were others.
 */
struct zone;

/*
 * zone_find: NULL where there is none of that name.
 *
 * out_near  what was probably meant, or empty; written on NULL only
 */
const struct zone *zone_find(struct span name, struct span *out_near);

/*
 * zone_day_start: Unix time of the first second of a day. Where clocks skip
 * midnight it is the second that they skip to.
 *
 * day      days since 1970-01-01
 */
int64_t zone_day_start(const struct zone *zone, int32_t day);

/*
 * zone_day: the day that a moment lies in.
 *
 * moment   Unix time in seconds, of the years that a day can count
 */
int32_t zone_day(const struct zone *zone, int64_t moment);

#endif
