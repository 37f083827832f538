#ifndef GATEHOUSE_PACK_H
#define GATEHOUSE_PACK_H

#include "policy/model.h"

/*
 * pack: bytes in, compressed bytes out: one gzip member, or one zstd frame.
 *
 * The same bytes in give the same bytes out, however they come in and whatever
 * room there is for them: the compressor gets them in blocks of PACK_BLOCK,
 * with a fixed level and one thread, and its header tells neither time nor name
 * nor system. That holds for one version of a library, whose name is
 * pack_name().
 *
 * The memory is taken in pack_new.
 *
 * Source   RFC 1952, RFC 8878
 */
struct pack;

/*
 * pack_new
 *
 * out          owned by the caller; pack_free
 * compression  not NONE, which needs no packing
 * Errors       NO_MEMORY; UNSUPPORTED: the library is another version than
 *              the one of pack_name()
 */
MUST_USE struct err pack_new(struct pack **out, enum compression compression);
void pack_free(struct pack *pack); /* wipes; accepts NULL */

/*
 * pack_put: take bytes, and give what they became.
 *
 * in        shortened by what was taken
 * out, len  room for at least one byte
 * out_num   bytes that were put there
 * Errors    NO_MEMORY. On success all of `in` was taken, or all room filled.
 */
MUST_USE struct err pack_put(struct pack *pack, struct span *in, uint8_t *out,
    size_t len, size_t *out_num);

/*
 * pack_finish: that was all; to be called until it is done.
 *
 * out, len  room; may be none
 * out_done  nothing more will come. Else all room was filled, and there is at
 *           least one byte to come
 * Errors    NO_MEMORY
 */
MUST_USE struct err pack_finish(struct pack *pack, uint8_t *out, size_t len,
    size_t *out_num, bool *out_done);

#endif
