#include "gateway/pipe/unpack.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/pipe/unpack_budget.h"
#include "gateway/pipe/unpack_codec.h"

struct unpack {
	const struct unpack_codec *codec;
	void *state;
	enum compression compression;
	struct span in; /* given, and not yet used */
	uint64_t given_len, taken_len;
	bool finished;
	struct err failed;
};

static const struct unpack_codec *const codecs[NUM_COMPRESSIONS] = {
    [COMPRESSION_GZIP] = &unpack_gzip,
    [COMPRESSION_ZSTD] = &unpack_zstd,
};

struct err
unpack_new(struct unpack **out, enum compression compression)
{
	struct unpack *unpack;
	struct err err;

	assert(compression < NUM_COMPRESSIONS && codecs[compression] != NULL);
	unpack = calloc(1, sizeof(*unpack));
	if (unpack == NULL)
		return ERR(NO_MEMORY, "no memory to unpack");
	unpack->codec = codecs[compression];
	unpack->compression = compression;
	err = unpack->codec->make(&unpack->state);
	if (err.code != ERR_OK) {
		free(unpack);
		return err;
	}
	*out = unpack;
	return OK;
}

void
unpack_free(struct unpack *unpack)
{
	if (unpack == NULL)
		return;
	unpack->codec->end(unpack->state);
	free(unpack);
}

void
unpack_give(struct unpack *unpack, struct span bytes)
{
	assert(unpack->in.len == 0 && !unpack->finished);
	unpack->in = bytes;
	unpack->given_len += bytes.len;
}

void
unpack_finish(struct unpack *unpack)
{
	assert(unpack->in.len == 0 && !unpack->finished);
	unpack->finished = true;
}

/* Headers and checksums are bytes in without bytes out. */
static struct err
step(struct unpack *unpack, uint8_t *out, size_t len, size_t *out_num)
{
	size_t before;

	*out_num = 0;
	do {
		before = unpack->in.len;
		TRY(unpack->codec->step(
		    unpack->state, &unpack->in, out, len, out_num));
	} while (*out_num == 0 && unpack->in.len < before);
	/*
	 * The budget is that of the blocks given, not of the bytes that the
	 * decoder has looked at: the same source ends at the same byte.
	 */
	unpack->taken_len += *out_num;
	if (unpack->taken_len >
	    unpack_budget(unpack->compression, unpack->given_len))
		return ERR(TOO_BIG, "unpack: it swells over its budget");
	return OK;
}

static struct err
at_end(const struct unpack *unpack)
{
	if (unpack->codec->is_whole(unpack->state))
		return ERR(CLOSED, "unpack: that was all");
	return ERR(TRUNCATED, "unpack: the packed bytes end too early");
}

struct err
unpack_take(struct unpack *unpack, uint8_t *out, size_t len, size_t *out_num)
{
	size_t num;

	assert(len > 0);
	TRY(unpack->failed);
	unpack->failed = step(unpack, out, len, &num);
	TRY(unpack->failed);
	if (num > 0) {
		*out_num = num;
		return OK;
	}
	if (unpack->in.len > 0)
		unpack->failed = ERR(MALFORMED, "unpack: it leads nowhere");
	else if (unpack->finished)
		unpack->failed = at_end(unpack);
	else
		return ERR(AGAIN, "unpack: more bytes are needed");
	return unpack->failed;
}
