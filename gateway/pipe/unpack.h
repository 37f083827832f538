#ifndef GATEHOUSE_UNPACK_H
#define GATEHOUSE_UNPACK_H

#include "policy/model.h"

/*
 * unpack: a compressed source read strictly, blocks in, blocks out.
 *
 *     unpack_give(unpack, block);  or unpack_finish(unpack);
 *     while (unpack_take(unpack, room, len, &num) is OK)
 *             use(room, num);              until AGAIN: then the next block
 *
 * A source is one or more gzip members, or zstd frames and skippable frames,
 * and nothing else: bytes behind them, an end within one, a wrong checksum or
 * length, a dictionary, a window over UNPACK_WINDOW_LOG are errors. What comes
 * out is held against the budget of what went in (unpack_budget.h) at every
 * step, so that a bomb costs what its first blocks are worth.
 *
 * The memory is taken in unpack_new. A zstd source of many small frames may
 * have the decoder exchange it for less.
 *
 * Source   RFC 1952, RFC 8878
 */
struct unpack;

/*
 * unpack_new
 *
 * out          owned by the caller; unpack_free
 * compression  not NONE, which needs no unpacking
 * Errors       NO_MEMORY
 */
MUST_USE struct err unpack_new(
    struct unpack **out, enum compression compression);
void unpack_free(struct unpack *unpack); /* accepts NULL */

/*
 * unpack_give: the next bytes of the source; when unpack_take said AGAIN, or
 * before it was ever called.
 *
 * bytes    borrowed until unpack_take says AGAIN
 */
void unpack_give(struct unpack *unpack, struct span bytes);

/* unpack_finish: the source has no more bytes. Instead of unpack_give. */
void unpack_finish(struct unpack *unpack);

/*
 * unpack_take: the next bytes of what was packed.
 *
 * out, len  room for at least one byte
 * out_num   bytes that were put there, at least one; on success only
 * Errors    AGAIN: more of the source is needed; CLOSED: that was all, and it
 *           was whole; MALFORMED, TRUNCATED; TOO_BIG: over the budget;
 *           NO_MEMORY. An error other than AGAIN stays.
 */
MUST_USE struct err unpack_take(
    struct unpack *unpack, uint8_t *out, size_t len, size_t *out_num);

#endif
