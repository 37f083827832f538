#ifndef GATEHOUSE_TREE_H
#define GATEHOUSE_TREE_H

#include "crypto/merkle.h"
#include "gateway/ledger/tile.h"
#include "crypto/memory/buf.h"

/*
 * tree: the right edge of the Merkle tree in memory: what the root needs, and
 * for each level of tiles the hashes from some full tile on. The zero value
 * is unusable; tree_init it.
 */
struct tree_level {
	uint64_t first;	   /* the number of the hash that comes first */
	struct buf hashes; /* 32 bytes each */
};

struct tree {
	struct merkle_frontier frontier; /* .size: the leaves so far */
	struct tree_level level[TILE_LEVELS];
};

/*
 * tree_init: an empty tree that can hold the hashes of max_leaves leaves, and
 * the partial tiles before them, without another allocation.
 *
 * Errors   NO_MEMORY, TOO_BIG; then it is as after tree_done
 */
MUST_USE struct err tree_init(struct tree *tree, size_t max_leaves);
void tree_done(struct tree *tree); /* accepts the zero value */

/*
 * tree_push: one more leaf, by its hash.
 *
 * Errors   TOO_BIG: as many as tree_init was told are held; CRYPTO. The tree
 *          must not be used after a CRYPTO.
 */
MUST_USE struct err tree_push(struct tree *tree, const uint8_t leaf[32]);

/* tree_root: errors: CRYPTO. */
MUST_USE struct err tree_root(const struct tree *tree, uint8_t out[32]);

/*
 * tree_tile: the hashes of a tile that is held, as its file has them.
 * Borrowed until the next push or trim.
 *
 * id.width  not more than the tile has now; asserted
 */
struct span tree_tile(const struct tree *tree, struct tile_id id);

/* tree_trim: hold no full tile any longer, only the partial ones. */
void tree_trim(struct tree *tree);

#endif
