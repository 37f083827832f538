#ifndef GATEHOUSE_EDGE_H
#define GATEHOUSE_EDGE_H

#include "crypto/merkle.h"
#include "gateway/ledger/tile.h"
#include "crypto/memory/buf.h"

/*
 * edge: the right edge of the Merkle tree in memory: what the root needs, and
 * for each level of tiles the hashes from some full tile on. The zero value
 * is unusable; edge_init it.
 */
struct edge_level {
	uint64_t first;	   /* the number of the hash that comes first */
	struct buf hashes; /* 32 bytes each */
};

struct edge {
	struct merkle_frontier frontier; /* .size: the leaves so far */
	struct edge_level level[TILE_LEVELS];
};

/*
 * edge_init: an empty tree that can hold the hashes of max_leaves leaves, and
 * the partial tiles before them, without another allocation.
 *
 * Errors   NO_MEMORY, TOO_BIG; then it is as after edge_done
 */
MUST_USE struct err edge_init(struct edge *edge, size_t max_leaves);
void edge_done(struct edge *edge); /* accepts the zero value */

/*
 * edge_push: one more leaf, by its hash.
 *
 * Errors   TOO_BIG: as many as edge_init was told are held; CRYPTO. The tree
 *          must not be used after a CRYPTO.
 */
MUST_USE struct err edge_push(struct edge *edge, const uint8_t leaf[32]);

/*
 * edge_resume: be the edge of a tree of `size` leaves instead of an empty one;
 * then edge_resume_level for each level: what its last tile has by then, as
 * many hashes as edge_resume_width says.
 *
 * Errors   CRYPTO
 */
void edge_resume(struct edge *edge, uint64_t size);
unsigned edge_resume_width(const struct edge *edge, unsigned level);
MUST_USE struct err edge_resume_level(
    struct edge *edge, unsigned level, struct span hashes);

/* edge_root: errors: CRYPTO. */
MUST_USE struct err edge_root(const struct edge *edge, uint8_t out[32]);

/*
 * edge_tile: the hashes of a tile that is held, as its file has them.
 * Borrowed until the next push or trim.
 *
 * id.width  not more than the tile has now; asserted
 */
struct span edge_tile(const struct edge *edge, struct tile_id id);

/* edge_trim: hold no full tile any longer, only the partial ones. */
void edge_trim(struct edge *edge);

#endif
