#include "gateway/ledger/tree.h"

#include <assert.h>
#include <string.h>

struct err
tree_init(struct tree *tree, size_t max_leaves)
{
	*tree = (struct tree){0};
	for (unsigned i = 0; i < TILE_LEVELS; i++) {
		struct buf *hashes = &tree->level[i].hashes;
		/* A partial tile, what comes new, and the carry from below. */
		size_t num = TILE_WIDTH + (max_leaves >> (8 * i)) + 1;
		buf_init(hashes, num * MERKLE_HASH);
		struct err err = buf_reserve(hashes, num * MERKLE_HASH);
		if (err.code != ERR_OK) {
			tree_done(tree);
			return err;
		}
	}
	return OK;
}

void
tree_done(struct tree *tree)
{
	for (unsigned i = 0; i < TILE_LEVELS; i++)
		buf_done(&tree->level[i].hashes);
	*tree = (struct tree){0};
}

static struct err
push_level(struct tree *tree, unsigned level, const uint8_t hash[32])
{
	return buf_append(
	    &tree->level[level].hashes, span_of(hash, MERKLE_HASH));
}

/*
 * As merkle_frontier_append, with an eye on the carry: when it passes bit 8 l
 * it is the root of 256^l leaves, which is a hash of level l. So no node is
 * computed twice.
 */
struct err
tree_push(struct tree *tree, const uint8_t leaf[32])
{
	struct merkle_frontier *frontier = &tree->frontier;
	uint8_t hash[MERKLE_HASH];
	unsigned bit = 0;

	if (frontier->size == UINT64_MAX)
		return ERR(TOO_BIG, "ledger: the tree is full");
	TRY(push_level(tree, 0, leaf));
	memcpy(hash, leaf, sizeof(hash));
	for (; (frontier->size >> bit & 1) != 0; bit++) {
		TRY(merkle_node(hash, frontier->hash[bit], hash));
		if ((bit + 1) % 8 == 0 && (bit + 1) / 8 < TILE_LEVELS)
			TRY(push_level(tree, (bit + 1) / 8, hash));
	}
	memcpy(frontier->hash[bit], hash, sizeof(hash));
	frontier->size++;
	return OK;
}

struct err
tree_root(const struct tree *tree, uint8_t out[32])
{
	return merkle_frontier_root(&tree->frontier, out);
}

struct span
tree_tile(const struct tree *tree, struct tile_id id)
{
	assert(id.level < TILE_LEVELS);
	const struct tree_level *level = &tree->level[id.level];
	uint64_t first = id.number * TILE_WIDTH;

	assert(first >= level->first);
	uint64_t from = (first - level->first) * MERKLE_HASH;
	size_t len = (size_t)id.width * MERKLE_HASH;
	assert(from + len <= level->hashes.len);
	return span_sub(buf_span(&level->hashes), (size_t)from, len);
}

void
tree_trim(struct tree *tree)
{
	for (unsigned i = 0; i < TILE_LEVELS; i++) {
		struct tree_level *level = &tree->level[i];
		uint64_t count = tile_count(i, tree->frontier.size);
		uint64_t first = count - count % TILE_WIDTH;
		buf_consume(&level->hashes,
		    (size_t)(first - level->first) * MERKLE_HASH);
		level->first = first;
	}
}
