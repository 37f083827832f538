#ifndef GATEHOUSE_ARENA_H
#define GATEHOUSE_ARENA_H

#include "crypto/memory/span.h"

/*
 * arena: allocations that end together (with a request, a policy, a plan),
 * under a ceiling. The zero value with `max` set is ready to use.
 */
struct arena_block;
struct arena {
	struct arena_block *last;
	size_t used; /* bytes handed out, alignment included */
	size_t max;  /* the ceiling of `used` */
};

/* arena_init: an empty arena that hands out at most max_len bytes. */
void arena_init(struct arena *arena, size_t max_len);

/* arena_done: everything handed out ends here. Accepts the zero value. */
void arena_done(struct arena *arena);

/*
 * arena_alloc: zeroed memory for `num` items of `size` bytes, aligned for any
 * type, valid until arena_done.
 *
 * Errors   TOO_BIG: over the ceiling, or num * size overflows; NO_MEMORY
 */
MUST_USE struct err arena_alloc(
    struct arena *arena, void *out_pointer, size_t num, size_t size);

/* arena_copy: the arena's own copy of the bytes. Errors as arena_alloc. */
MUST_USE struct err arena_copy(
    struct arena *arena, struct span *out, struct span bytes);

/* arena_str: the arena's own NUL-terminated copy. Errors as arena_alloc. */
MUST_USE struct err arena_str(
    struct arena *arena, const char **out, struct span bytes);

#endif
