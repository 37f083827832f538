#define ZLIB_CONST
#include <zlib.h>

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/pipe/pack_codec.h"
#include "gateway/pipe/pack_name.h"

enum {
	GZIP = 16,	 /* added to the bits of the window */
	MEMORY = 8,	 /* of 9: zlib's own default */
	NO_SYSTEM = 255, /* "unknown", of RFC 1952 s.2.3.1 */
};

struct gzip {
	z_stream z;
	gz_header header;
	bool ended;   /* zlib has nothing more */
	bool ahead;   /* but for this byte, which */
	uint8_t byte; /* had no room when it was asked for */
};

static void
end(void *state)
{
	struct gzip *gzip = state;

	if (gzip == NULL)
		return;
	(void)deflateEnd(&gzip->z);
	free(gzip);
}

static struct err
make(void **out_state)
{
	struct gzip *gzip;

	if (strcmp(zlibVersion(), ZLIB_VERSION) != 0)
		return ERR(UNSUPPORTED, "gzip: another zlib than built with");
	gzip = calloc(1, sizeof(*gzip));
	if (gzip == NULL)
		return ERR(NO_MEMORY, "no memory to pack gzip");
	gzip->header.os = NO_SYSTEM;
	if (deflateInit2(&gzip->z, PACK_GZIP_LEVEL, Z_DEFLATED,
		MAX_WBITS + GZIP, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK ||
	    deflateSetHeader(&gzip->z, &gzip->header) != Z_OK) {
		end(gzip);
		return ERR(NO_MEMORY, "no memory to pack gzip");
	}
	*out_state = gzip;
	return OK;
}

static int
run(struct gzip *gzip, struct pack_room *room, int flush)
{
	unsigned len = room->len < UINT_MAX ? (unsigned)room->len : UINT_MAX;
	int result;

	gzip->z.next_out = room->at;
	gzip->z.avail_out = len;
	result = deflate(&gzip->z, flush);
	/* BUF_ERROR: there was nothing to do. */
	assert(
	    result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR);
	room->at += len - gzip->z.avail_out;
	room->len -= len - gzip->z.avail_out;
	return result;
}

static struct err
step(void *state, struct span *in, struct pack_room *room)
{
	struct gzip *gzip = state;

	assert(in->len <= UINT_MAX);
	gzip->z.next_in = in->data;
	gzip->z.avail_in = (unsigned)in->len;
	(void)run(gzip, room, Z_NO_FLUSH);
	*in = span_sub(*in, in->len - gzip->z.avail_in, in->len);
	return OK;
}

/* When its last byte fills the room, zlib says only at the next call that this
 * was all. So it is asked for a byte more: is there another one? */
static void
look_ahead(struct gzip *gzip)
{
	struct pack_room one = {&gzip->byte, 1};

	gzip->ended = run(gzip, &one, Z_FINISH) == Z_STREAM_END;
	gzip->ahead = one.len == 0;
}

static struct err
last(void *state, struct pack_room *room, bool *out_done)
{
	struct gzip *gzip = state;

	gzip->z.avail_in = 0;
	if (gzip->ahead && room->len > 0) {
		*room->at++ = gzip->byte;
		room->len--;
		gzip->ahead = false;
	}
	if (!gzip->ended && room->len > 0)
		gzip->ended = run(gzip, room, Z_FINISH) == Z_STREAM_END;
	if (!gzip->ended && !gzip->ahead)
		look_ahead(gzip);
	*out_done = gzip->ended && !gzip->ahead;
	return OK;
}

const struct pack_codec pack_gzip = {make, end, step, last};
