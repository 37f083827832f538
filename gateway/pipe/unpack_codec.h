#ifndef GATEHOUSE_UNPACK_CODEC_H
#define GATEHOUSE_UNPACK_CODEC_H

#include "crypto/memory/span.h"

/* unpack_codec: one compression, for unpack.c. A new one is a row there. */
struct unpack_codec {
	/* All memory that it needs. Errors: NO_MEMORY. */
	struct err (*make)(void **out_state);
	void (*end)(void *state);
	/*
	 * Go on by some bytes of `in`, or of `out`, or of both; by none where
	 * it needs more of `in`. `len` is not zero.
	 * Errors: MALFORMED, NO_MEMORY.
	 */
	struct err (*step)(void *state, struct span *in, uint8_t *out,
	    size_t len, size_t *out_num);
	/* The source may end here: something was there, and nothing is open. */
	bool (*is_whole)(const void *state);
};

extern const struct unpack_codec unpack_gzip;
extern const struct unpack_codec unpack_zstd;

#endif
