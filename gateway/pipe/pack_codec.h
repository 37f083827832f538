#ifndef GATEHOUSE_PACK_CODEC_H
#define GATEHOUSE_PACK_CODEC_H

#include "crypto/memory/span.h"

/* Where compressed bytes go. */
struct pack_room {
	uint8_t *at;
	size_t len;
};

/* pack_codec: one compression, for pack.c. A new one is a row there. */
struct pack_codec {
	/* All memory that it needs. Errors: as pack_new. */
	struct err (*make)(void **out_state);
	void (*end)(void *state); /* accepts NULL */
	/*
	 * Compress some of `in`, shortening both it and the room, until one of
	 * them is used up. Errors: NO_MEMORY.
	 */
	struct err (*step)(
	    void *state, struct span *in, struct pack_room *room);
	/* After the last step: what is still to come. Not done: all room is
	   filled, and there is another byte. Errors: as step. */
	struct err (*last)(void *state, struct pack_room *room, bool *out_done);
};

extern const struct pack_codec pack_gzip;
extern const struct pack_codec pack_zstd;

#endif
