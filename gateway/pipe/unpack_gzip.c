#define ZLIB_CONST
#include <zlib.h>

#include <limits.h>
#include <stdalign.h>
#include <stdlib.h>

#include "gateway/pipe/unpack_codec.h"

enum {
	GZIP_ONLY = 16, /* added to the bits of the window: no zlib, no raw */
	/* zlib 1.2 wants 7 KiB for its state, and 32 KiB for its window when
	   it first needs one: that is here before. */
	POOL = 96 * 1024,
};

struct gzip {
	z_stream z;
	bool open;   /* within a member */
	bool begun;  /* there was one */
	size_t used; /* of the pool */
	alignas(16) uint8_t pool[POOL];
};

static void *
take_memory(void *opaque, unsigned items, unsigned size)
{
	struct gzip *gzip = opaque;
	size_t len = ((size_t)items * size + 15) / 16 * 16;
	void *memory = gzip->pool + gzip->used;

	if (len > sizeof(gzip->pool) - gzip->used)
		return NULL;
	gzip->used += len;
	return memory;
}

/* The pool goes as a whole. */
static void
leave_memory(void *opaque, void *memory)
{
	(void)opaque;
	(void)memory;
}

static struct err
make(void **out_state)
{
	struct gzip *gzip = calloc(1, sizeof(*gzip));

	if (gzip == NULL)
		return ERR(NO_MEMORY, "no memory to unpack gzip");
	gzip->z.zalloc = take_memory;
	gzip->z.zfree = leave_memory;
	gzip->z.opaque = gzip;
	if (inflateInit2(&gzip->z, MAX_WBITS + GZIP_ONLY) != Z_OK) {
		free(gzip);
		return ERR(NO_MEMORY, "no memory to unpack gzip");
	}
	*out_state = gzip;
	return OK;
}

static void
end(void *state)
{
	struct gzip *gzip = state;

	(void)inflateEnd(&gzip->z);
	free(gzip);
}

/* zlib holds the header, the checksum and the length of a member to be what
 * they say; what is no header behind a member is an error of the next one. */
static struct err
step(void *state, struct span *in, uint8_t *out, size_t len, size_t *out_num)
{
	struct gzip *gzip = state;
	unsigned room = len < UINT_MAX ? (unsigned)len : UINT_MAX;
	unsigned num = in->len < UINT_MAX ? (unsigned)in->len : UINT_MAX;
	int result;

	*out_num = 0;
	if (!gzip->open && num == 0)
		return OK;
	if (!gzip->open && inflateReset(&gzip->z) != Z_OK)
		return ERR(NO_MEMORY, "gzip: no state for a member");
	gzip->open = gzip->begun = true;
	gzip->z.next_in = in->data;
	gzip->z.avail_in = num;
	gzip->z.next_out = out;
	gzip->z.avail_out = room;
	result = inflate(&gzip->z, Z_NO_FLUSH);
	if (result == Z_MEM_ERROR)
		return ERR(NO_MEMORY, "no memory to unpack gzip");
	/* BUF_ERROR: there was nothing that it could do. */
	if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
		return ERR(MALFORMED, "gzip: not as RFC 1952 has it");
	*in = span_sub(*in, num - gzip->z.avail_in, in->len);
	*out_num = room - gzip->z.avail_out;
	gzip->open = result != Z_STREAM_END;
	return OK;
}

static bool
is_whole(const void *state)
{
	const struct gzip *gzip = state;

	return gzip->begun && !gzip->open;
}

const struct unpack_codec unpack_gzip = {make, end, step, is_whole};
