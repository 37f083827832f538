#ifndef GATEHOUSE_TALLY_H
#define GATEHOUSE_TALLY_H

#include "crypto/memory/span.h"

/*
 * tally: how often something happened, by where it came from: by address
 * prefix, and together for all that came when no place was left. So it is of
 * one size, whoever has however many addresses.
 */
enum {
	TALLY_PLACES = 64,
};
#define TALLY_MAX                                                              \
	((UINT64_C(1) << 53) - 1) /* where a count stays: what a               \
				     record can say */

struct tally_place {
	uint8_t prefix[16];
	uint64_t count;
};

/* The zero state is empty. */
struct tally {
	struct tally_place places[TALLY_PLACES];
	size_t num_places;
	uint64_t others;
};

/* tally_add: `count` more from this address. */
void tally_add(struct tally *tally, const uint8_t address[16], uint64_t count);

/* tally_merge: all that another one has. */
void tally_merge(struct tally *tally, const struct tally *other);

bool tally_is_empty(const struct tally *tally);

#endif
