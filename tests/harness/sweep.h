#ifndef GATEHOUSE_SWEEP_H
#define GATEHOUSE_SWEEP_H

#include "crypto/memory/arena.h"
#include "crypto/memory/buf.h"

/*
 * sweep: one call again and again, with a little more to work with each time,
 * until it succeeds. Each time before that it must give the one right error,
 * and nothing that is wrong.
 */

/*
 * sweep_once: the call to sweep. It appends what comes out, as bytes, to `out`
 * and frees whatever else it made, on failure too. It must do the same each
 * time. Of `out` and `arena` it uses the one that the sweep is about, or both.
 */
typedef struct err sweep_once(
    void *context, struct buf *out, struct arena *arena);

/*
 * sweep_allocations: one allocation fails, each in turn. The call gives
 * NO_MEMORY; or, where somebody can do without (the C library shrinks what it
 * has printed), all that it gives else. As many blocks are allocated then as
 * before. Returns how often it was NO_MEMORY; 0 where failalloc does not work.
 */
size_t sweep_allocations(sweep_once *once, void *context);

/*
 * sweep_ceilings: `out` under each ceiling below what the call writes. The call
 * gives TOO_BIG, and what it wrote is how the right bytes begin. Returns how
 * many bytes there are.
 */
size_t sweep_ceilings(sweep_once *once, void *context);

/*
 * sweep_arenas: `arena` under each ceiling below what the call needs. The call
 * gives TOO_BIG. Returns how much it needs.
 */
size_t sweep_arenas(sweep_once *once, void *context);

#endif
