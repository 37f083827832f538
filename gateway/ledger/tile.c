#include "gateway/ledger/tile.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/* Three digits to a folder, all but the last marked by an x. */
static size_t
put_number(char *out, size_t max, uint64_t number)
{
	uint64_t unit = 1;
	size_t len = 0;

	while (number / unit >= 1000)
		unit *= 1000;
	for (; unit > 1; unit /= 1000)
		len += (size_t)snprintf(out + len, max - len, "x%03u/",
		    (unsigned)(number / unit % 1000));
	return len +
	    (size_t)snprintf(
		out + len, max - len, "%03u", (unsigned)(number % 1000));
}

void
tile_path(char out[TILE_PATH_MAX], struct tile_id id)
{
	size_t len;

	assert(id.level <= TILE_ENTRIES);
	assert(id.width >= 1 && id.width <= TILE_WIDTH);
	if (id.level == TILE_ENTRIES)
		len = (size_t)snprintf(out, TILE_PATH_MAX, "tile/entries/");
	else
		len =
		    (size_t)snprintf(out, TILE_PATH_MAX, "tile/%u/", id.level);
	len += put_number(out + len, TILE_PATH_MAX - len, id.number);
	if (id.width < TILE_WIDTH)
		len += (size_t)snprintf(
		    out + len, TILE_PATH_MAX - len, ".p/%u", id.width);
	assert(len < TILE_PATH_MAX);
}

uint64_t
tile_count(unsigned level, uint64_t size)
{
	if (level == TILE_ENTRIES)
		return size;
	assert(level < TILE_LEVELS);
	return size >> (8 * level);
}

struct err
tile_take_entry(struct span *bundle, struct span *out)
{
	struct span rest = *bundle;
	uint16_t len;

	TRY(span_take_u16be(&rest, &len));
	TRY(span_take(&rest, out, len));
	*bundle = rest;
	return OK;
}
