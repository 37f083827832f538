#ifndef GATEHOUSE_REGION_H
#define GATEHOUSE_REGION_H

#include "policy/model.h"

/*
 * region: which countries the law puts together. Dated data, as of November
 * 2026; a decision that changes needs a new release.
 */

/* region_is_eea: of the European Economic Area. */
bool region_is_eea(const uint8_t country[2]);

/* A decision of adequacy, GDPR Art. 45. */
struct adequacy {
	char country[3];
	const char *since;     /* a day */
	const char *until;     /* the last day; NULL: no end is set */
	const char *certified; /* whom it holds for; NULL: for all */
	const char *source;
};

/* region_adequacy: NULL where there is no decision on the country. */
const struct adequacy *region_adequacy(const uint8_t country[2]);

/* region_adequacy_at: one after the other; NULL past the last. */
const struct adequacy *region_adequacy_at(unsigned i);

/*
 * region_group: a named list of countries that `never` may name: "EEA",
 * "28-cfr-202". NULL where there is none of that name; otherwise codes of two
 * letters, one behind the other.
 */
const char *region_group(struct span name);

/* region_group_at: the names; NULL past the last. */
const char *region_group_at(unsigned i);

/* region_in_group: the country is one of such a list. */
bool region_in_group(const char *group, const uint8_t country[2]);

#endif
