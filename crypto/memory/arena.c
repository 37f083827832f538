#include "crypto/memory/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK_BYTES = 16384
};

struct arena_block {
	struct arena_block *before;
	size_t len;
	size_t cap;
	alignas(max_align_t) uint8_t bytes[];
};

void
arena_init(struct arena *arena, size_t max_len)
{
	*arena = (struct arena){.max = max_len};
}

void
arena_done(struct arena *arena)
{
	if (arena == NULL)
		return;
	while (arena->last != NULL) {
		struct arena_block *block = arena->last;
		arena->last = block->before;
		explicit_bzero(block->bytes, block->len);
		free(block);
	}
	arena->used = 0;
}

static struct err
add_block(struct arena *arena, size_t need)
{
	size_t cap = need > BLOCK_BYTES ? need : BLOCK_BYTES;
	struct arena_block *block = calloc(1, sizeof(*block) + cap);

	if (block == NULL)
		return ERR(NO_MEMORY, "arena: no memory");
	block->cap = cap;
	block->before = arena->last;
	arena->last = block;
	return OK;
}

struct err
arena_alloc(struct arena *arena, void *out_pointer, size_t num, size_t size)
{
	const size_t align = alignof(max_align_t);
	size_t need, used;

	TRY(size_mul(num, size, &need));
	TRY(size_add(need == 0 ? 1 : need, align - 1, &need));
	need &= ~(align - 1);
	TRY(size_add(arena->used, need, &used));
	if (used > arena->max)
		return ERR(TOO_BIG, "arena: over its ceiling");
	struct arena_block *block = arena->last;
	if (block == NULL || block->cap - block->len < need) {
		TRY(add_block(arena, need));
		block = arena->last;
	}
	void *pointer = block->bytes + block->len;
	block->len += need;
	arena->used = used;
	memcpy(out_pointer, &pointer, sizeof(pointer));
	return OK;
}

struct err
arena_copy(struct arena *arena, struct span *out, struct span bytes)
{
	uint8_t *copy;

	TRY(arena_alloc(arena, &copy, bytes.len, 1));
	if (bytes.len > 0)
		memcpy(copy, bytes.data, bytes.len);
	*out = span_of(copy, bytes.len);
	return OK;
}

struct err
arena_str(struct arena *arena, const char **out, struct span bytes)
{
	size_t len;
	char *copy;

	TRY(size_add(bytes.len, 1, &len));
	TRY(arena_alloc(arena, &copy, len, 1));
	if (bytes.len > 0)
		memcpy(copy, bytes.data, bytes.len);
	copy[bytes.len] = '\0';
	*out = copy;
	return OK;
}
