#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "gateway/base/limits.h"
#include "gateway/pipe/unpack_codec.h"

enum {
	MAGIC_LEN = 4,
	HEAD_MAX = 18, /* RFC 8878 s.3.1.1: magic and frame header */
};

struct zstd {
	ZSTD_DCtx *context;
	bool open;	  /* within a frame */
	bool begun;	  /* there was one */
	uint64_t len;	  /* that came out of the frame so far */
	size_t num_magic; /* bytes of the frame's magic that were seen */
	size_t num_head;
	uint8_t head[HEAD_MAX]; /* its first bytes */
};

static struct err
error_of(size_t result)
{
	ZSTD_ErrorCode code = ZSTD_getErrorCode(result);

	if (code == ZSTD_error_memory_allocation)
		return ERR(NO_MEMORY, "no memory to unpack zstd");
	if (code == ZSTD_error_frameParameter_windowTooLarge)
		return ERR(MALFORMED, "zstd: its window is over 8 MiB");
	if (code == ZSTD_error_dictionary_wrong)
		return ERR(MALFORMED, "zstd: it needs a dictionary");
	return ERR(MALFORMED, "zstd: not as RFC 8878 has it");
}

/*
 * The decoder takes its memory when it sees the window of a frame. It sees the
 * largest one here: magic, a descriptor without options, 2^23 bytes.
 */
static struct err
take_memory(ZSTD_DCtx *context)
{
	static const uint8_t frame[] = {
	    0x28, 0xb5, 0x2f, 0xfd, 0x00, (UNPACK_WINDOW_LOG - 10) << 3};
	ZSTD_inBuffer in = {frame, sizeof(frame), 0};
	uint8_t byte;
	ZSTD_outBuffer out = {&byte, 1, 0};
	size_t result = ZSTD_DCtx_setParameter(
	    context, ZSTD_d_windowLogMax, UNPACK_WINDOW_LOG);

	if (ZSTD_isError(result))
		return error_of(result);
	result = ZSTD_decompressStream(context, &out, &in);
	if (ZSTD_isError(result))
		return error_of(result);
	result = ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
	return ZSTD_isError(result) ? error_of(result) : OK;
}

static void
end(void *state)
{
	struct zstd *zstd = state;

	(void)ZSTD_freeDCtx(zstd->context);
	free(zstd);
}

static struct err
make(void **out_state)
{
	struct zstd *zstd = calloc(1, sizeof(*zstd));
	struct err err;

	if (zstd == NULL)
		return ERR(NO_MEMORY, "no memory to unpack zstd");
	zstd->context = ZSTD_createDCtx();
	err = zstd->context == NULL ? ERR(NO_MEMORY, "no memory to unpack zstd")
				    : take_memory(zstd->context);
	if (err.code != ERR_OK) {
		end(zstd);
		return err;
	}
	*out_state = zstd;
	return OK;
}

/*
 * A frame of RFC 8878, or one to skip: the library may be built to read
 * formats of before the standard as well, which nobody should have to trust.
 */
static struct err
check_magic(struct zstd *zstd, struct span in)
{
	static const uint8_t frame[MAGIC_LEN] = {0x28, 0xb5, 0x2f, 0xfd};
	static const uint8_t skipped[MAGIC_LEN] = {0x50, 0x2a, 0x4d, 0x18};

	for (; zstd->num_magic < MAGIC_LEN && in.len > 0;
	     in = span_sub(in, 1, in.len)) {
		size_t i = zstd->num_magic++;
		uint8_t mask = i == 0 ? 0xf0 : 0xff;

		if (in.data[0] != frame[i] && (in.data[0] & mask) != skipped[i])
			return ERR(MALFORMED, "zstd: not a frame of RFC 8878");
	}
	return OK;
}

static void
keep_head(struct zstd *zstd, struct span used)
{
	struct span part = span_sub(used, 0, HEAD_MAX - zstd->num_head);

	if (part.data != NULL)
		memcpy(zstd->head + zstd->num_head, part.data, part.len);
	zstd->num_head += part.len;
}

/*
 * The library compares the length that a frame tells with what came out only
 * on some of its ways, as room and pieces fall. We do it on all of them.
 */
static struct err
check_len(const struct zstd *zstd)
{
	unsigned long long len =
	    ZSTD_getFrameContentSize(zstd->head, zstd->num_head);

	if (len != ZSTD_CONTENTSIZE_UNKNOWN && len != zstd->len)
		return ERR(MALFORMED, "zstd: not as long as it says");
	return OK;
}

/*
 * A frame that the library has before it as a whole it reads on a way of its
 * own, which refuses an empty block that the other one passes over. So it never
 * has: of a new frame it is given the first byte alone.
 */
static void
begin_frame(struct zstd *zstd, ZSTD_inBuffer *from)
{
	zstd->len = zstd->num_magic = zstd->num_head = 0;
	zstd->open = zstd->begun = true;
	from->size = 1;
}

static struct err
step(void *state, struct span *in, uint8_t *out, size_t len, size_t *out_num)
{
	struct zstd *zstd = state;
	ZSTD_inBuffer from = {in->data, in->len, 0};
	ZSTD_outBuffer to = {out, len, 0};
	size_t result;

	*out_num = 0;
	if (!zstd->open && in->len == 0)
		return OK;
	if (!zstd->open)
		begin_frame(zstd, &from);
	TRY(check_magic(zstd, span_sub(*in, 0, from.size)));
	result = ZSTD_decompressStream(zstd->context, &to, &from);
	if (ZSTD_isError(result))
		return error_of(result);
	keep_head(zstd, span_sub(*in, 0, from.pos));
	*in = span_sub(*in, from.pos, in->len);
	*out_num = to.pos;
	zstd->len += to.pos;
	zstd->open = result != 0; /* 0: read to its end, and given out */
	return zstd->open ? OK : check_len(zstd);
}

static bool
is_whole(const void *state)
{
	const struct zstd *zstd = state;

	return zstd->begun && !zstd->open;
}

const struct unpack_codec unpack_zstd = {make, end, step, is_whole};
