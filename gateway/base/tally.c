#include "gateway/base/tally.h"

#include "gateway/base/address.h"

static void
grow(uint64_t *count, uint64_t by)
{
	*count = by < TALLY_MAX - *count ? *count + by : TALLY_MAX;
}

static uint64_t *
find(struct tally *tally, const uint8_t address[16])
{
	uint8_t prefix[16];
	size_t i = 0;

	address_prefix(prefix, address);
	for (; i < tally->num_places; i++) {
		struct tally_place *place = &tally->places[i];
		if (span_equal(span_of(place->prefix, 16), span_of(prefix, 16)))
			return &place->count;
	}
	if (i == TALLY_PLACES)
		return &tally->others;
	memcpy(tally->places[i].prefix, prefix, 16);
	tally->num_places++;
	return &tally->places[i].count;
}

void
tally_add(struct tally *tally, const uint8_t address[16], uint64_t count)
{
	if (count > 0)
		grow(find(tally, address), count);
}

void
tally_merge(struct tally *tally, const struct tally *other)
{
	for (size_t i = 0; i < other->num_places; i++)
		tally_add(
		    tally, other->places[i].prefix, other->places[i].count);
	grow(&tally->others, other->others);
}

bool
tally_is_empty(const struct tally *tally)
{
	return tally->num_places == 0 && tally->others == 0;
}
