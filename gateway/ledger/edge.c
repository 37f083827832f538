#include "gateway/ledger/edge.h"

#include <assert.h>
#include <string.h>

struct err
edge_init(struct edge *edge, size_t max_leaves)
{
	*edge = (struct edge){0};
	for (unsigned i = 0; i < TILE_LEVELS; i++) {
		struct buf *hashes = &edge->level[i].hashes;
		/* A partial tile, what comes new, and the carry from below. */
		size_t num = TILE_WIDTH + (max_leaves >> (8 * i)) + 1;
		buf_init(hashes, num * MERKLE_HASH);
		struct err err = buf_reserve(hashes, num * MERKLE_HASH);
		if (err.code != ERR_OK) {
			edge_done(edge);
			return err;
		}
	}
	return OK;
}

void
edge_done(struct edge *edge)
{
	for (unsigned i = 0; i < TILE_LEVELS; i++)
		buf_done(&edge->level[i].hashes);
	*edge = (struct edge){0};
}

static struct err
push_level(struct edge *edge, unsigned level, const uint8_t hash[32])
{
	return buf_append(
	    &edge->level[level].hashes, span_of(hash, MERKLE_HASH));
}

/*
 * As merkle_frontier_append, with an eye on the carry: when it passes bit 8 l
 * it is the root of 256^l leaves, which is a hash of level l. So no node is
 * computed twice.
 */
struct err
edge_push(struct edge *edge, const uint8_t leaf[32])
{
	struct merkle_frontier *frontier = &edge->frontier;
	uint8_t hash[MERKLE_HASH];
	unsigned bit = 0;

	if (frontier->size == UINT64_MAX)
		return ERR(TOO_BIG, "ledger: the tree is full");
	TRY(push_level(edge, 0, leaf));
	memcpy(hash, leaf, sizeof(hash));
	for (; (frontier->size >> bit & 1) != 0; bit++) {
		TRY(merkle_node(hash, frontier->hash[bit], hash));
		if ((bit + 1) % 8 == 0 && (bit + 1) / 8 < TILE_LEVELS)
			TRY(push_level(edge, (bit + 1) / 8, hash));
	}
	memcpy(frontier->hash[bit], hash, sizeof(hash));
	frontier->size++;
	return OK;
}

void
edge_resume(struct edge *edge, uint64_t size)
{
	assert(edge->frontier.size == 0);
	edge->frontier.size = size;
	for (unsigned i = 0; i < TILE_LEVELS; i++)
		edge->level[i].first =
		    tile_count(i, size) - edge_resume_width(edge, i);
}

unsigned
edge_resume_width(const struct edge *edge, unsigned level)
{
	return (unsigned)(tile_count(level, edge->frontier.size) % TILE_WIDTH);
}

/* Of 256^l leaves each, they are eight bits of the frontier: from 8 l on. */
struct err
edge_resume_level(struct edge *edge, unsigned level, struct span hashes)
{
	unsigned width = edge_resume_width(edge, level);
	struct merkle_frontier part = {.size = 0};

	assert(hashes.len == width * (size_t)MERKLE_HASH);
	for (unsigned i = 0; i < width; i++)
		TRY(merkle_frontier_append(
		    &part, hashes.data + i * (size_t)MERKLE_HASH));
	for (unsigned bit = 0; bit < 8; bit++) {
		if ((width >> bit & 1) != 0)
			memcpy(edge->frontier.hash[8 * level + bit],
			    part.hash[bit], MERKLE_HASH);
	}
	return buf_append(&edge->level[level].hashes, hashes);
}

struct err
edge_root(const struct edge *edge, uint8_t out[32])
{
	return merkle_frontier_root(&edge->frontier, out);
}

struct span
edge_tile(const struct edge *edge, struct tile_id id)
{
	assert(id.level < TILE_LEVELS);
	const struct edge_level *level = &edge->level[id.level];
	uint64_t first = id.number * TILE_WIDTH;

	assert(first >= level->first);
	uint64_t from = (first - level->first) * MERKLE_HASH;
	size_t len = (size_t)id.width * MERKLE_HASH;
	assert(from + len <= level->hashes.len);
	return span_sub(buf_span(&level->hashes), (size_t)from, len);
}

void
edge_trim(struct edge *edge)
{
	for (unsigned i = 0; i < TILE_LEVELS; i++) {
		struct edge_level *level = &edge->level[i];
		uint64_t count = tile_count(i, edge->frontier.size);
		uint64_t first = count - count % TILE_WIDTH;
		buf_consume(&level->hashes,
		    (size_t)(first - level->first) * MERKLE_HASH);
		level->first = first;
	}
}
