#ifndef GATEHOUSE_TILE_H
#define GATEHOUSE_TILE_H

#include "crypto/memory/span.h"

/*
 * tile: the names and contents of the files that an outsider reads. Tile n of
 * level l holds the roots of 256 subtrees of 256^l leaves, from n * 256 on;
 * bundle n holds the 256 entries under tile n of level 0. The last tile of a
 * level may be partial and then has its width in its name.
 *
 * Source   c2sp.org/tlog-tiles
 */
enum {
	TILE_WIDTH = 256,
	TILE_LEVELS = 8,	    /* 256^8 leaves */
	TILE_ENTRIES = TILE_LEVELS, /* as `level`: the bundle of entries */
	TILE_PATH_MAX = 64,
	TILE_BUNDLE_MAX = TILE_WIDTH * (2 + 65535)
};

struct tile_id {
	unsigned level;
	uint64_t number;
	unsigned width; /* 1 to TILE_WIDTH */
};

/* tile_path: e.g. "tile/0/x001/x234/067.p/5", NUL-terminated. */
void tile_path(char out[TILE_PATH_MAX], struct tile_id id);

/* tile_count: how many hashes that level has in a tree of `size` leaves. */
uint64_t tile_count(unsigned level, uint64_t size);

/*
 * tile_take_entry: remove one entry from the front of a bundle.
 *
 * Errors   TRUNCATED
 */
MUST_USE struct err tile_take_entry(struct span *bundle, struct span *out);

#endif
