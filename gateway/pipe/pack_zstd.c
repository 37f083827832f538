#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "gateway/pipe/pack_codec.h"
#include "gateway/pipe/pack_name.h"

/* Where all there is to go wrong is that memory is missing. */
static struct err
check(size_t result)
{
	return ZSTD_isError(result) ? ERR(NO_MEMORY, "no memory to pack zstd")
				    : OK;
}

static struct err
run(ZSTD_CCtx *context, struct span *in, struct pack_room *room,
    ZSTD_EndDirective directive, size_t *out_left)
{
	ZSTD_inBuffer from = {in->data, in->len, 0};
	ZSTD_outBuffer to = {room->at, room->len, 0};
	size_t left = ZSTD_compressStream2(context, &to, &from, directive);

	TRY(check(left));
	*in = span_sub(*in, from.pos, in->len);
	room->at += to.pos;
	room->len -= to.pos;
	*out_left = left;
	return OK;
}

static struct err
step(void *state, struct span *in, struct pack_room *room)
{
	size_t left;

	return run(state, in, room, ZSTD_e_continue, &left);
}

/* As the zstd command makes them: a checksum, and no length in front. */
static struct err
prepare(ZSTD_CCtx *context)
{
	struct span nothing = {0};
	uint8_t none;
	struct pack_room room = {&none, 0};

	TRY(check(ZSTD_CCtx_setParameter(
	    context, ZSTD_c_compressionLevel, PACK_ZSTD_LEVEL)));
	TRY(check(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)));
	/* The first step takes the memory; it knows of no end, so this is a
	   frame of unknown length for every content. */
	return step(context, &nothing, &room);
}

static void
end(void *state)
{
	(void)ZSTD_freeCCtx(state);
}

static struct err
make(void **out_state)
{
	ZSTD_CCtx *context;
	struct err err;

	if (strcmp(ZSTD_versionString(), ZSTD_VERSION_STRING) != 0)
		return ERR(UNSUPPORTED, "zstd: another one than built with");
	context = ZSTD_createCCtx();
	if (context == NULL)
		return ERR(NO_MEMORY, "no memory to pack zstd");
	err = prepare(context);
	if (err.code != ERR_OK) {
		end(context);
		return err;
	}
	*out_state = context;
	return OK;
}

static struct err
last(void *state, struct pack_room *room, bool *out_done)
{
	struct span nothing = {0};
	size_t left;

	TRY(run(state, &nothing, room, ZSTD_e_end, &left));
	*out_done = left == 0;
	return OK;
}

const struct pack_codec pack_zstd = {make, end, step, last};
