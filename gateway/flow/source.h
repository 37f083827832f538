#ifndef GATEHOUSE_SOURCE_H
#define GATEHOUSE_SOURCE_H

#include "policy/model.h"

/*
 * source: the begin of the flow: bytes of a descriptor in, what the decoder
 * reads out, unpacked where the plan says that the source is compressed.
 *
 * Memory: for a compressed source one block, and what its decoder needs.
 */
struct source;

/*
 * source_new: reads nothing yet.
 *
 * out      owned by the caller; source_free
 * fd       read from where it stands; borrowed until source_free
 * Errors   NO_MEMORY
 */
MUST_USE struct err source_new(
    struct source **out, int fd, enum compression compression);
void source_free(struct source *source); /* wipes; accepts NULL */

/*
 * source_read: the next bytes.
 *
 * out, len  room for at least one byte
 * out_num   bytes that were put there; 0: there are no more
 * Errors    AGAIN: the descriptor has nothing yet; IO: it cannot be read;
 *           MALFORMED, TRUNCATED, TOO_BIG, NO_MEMORY of unpack_take
 */
MUST_USE struct err source_read(
    struct source *source, uint8_t *out, size_t len, size_t *out_num);

/* source_read_len: bytes of the descriptor that were read so far. */
uint64_t source_read_len(const struct source *source);

#endif
