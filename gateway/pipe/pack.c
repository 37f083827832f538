#include "gateway/pipe/pack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "gateway/base/limits.h"
#include "gateway/pipe/pack_codec.h"

struct pack {
	const struct pack_codec *codec;
	void *state;
	size_t len;	  /* bytes gathered in the block */
	struct span left; /* of a full block, what is not yet compressed */
	uint8_t block[PACK_BLOCK];
};

static const struct pack_codec *const codecs[NUM_COMPRESSIONS] = {
    [COMPRESSION_GZIP] = &pack_gzip,
    [COMPRESSION_ZSTD] = &pack_zstd,
};

struct err
pack_new(struct pack **out, enum compression compression)
{
	struct pack *pack;
	struct err err;

	assert(compression < NUM_COMPRESSIONS && codecs[compression] != NULL);
	pack = calloc(1, sizeof(*pack));
	if (pack == NULL)
		return ERR(NO_MEMORY, "no memory to pack");
	pack->codec = codecs[compression];
	err = pack->codec->make(&pack->state);
	if (err.code != ERR_OK) {
		free(pack);
		return err;
	}
	*out = pack;
	return OK;
}

void
pack_free(struct pack *pack)
{
	if (pack == NULL)
		return;
	pack->codec->end(pack->state);
	OPENSSL_cleanse(pack->block, sizeof(pack->block));
	free(pack);
}

/* Room for more is there when the last full block has gone through. */
static void
gather(struct pack *pack, struct span *in)
{
	struct span part = span_sub(*in, 0, sizeof(pack->block) - pack->len);

	if (part.data != NULL)
		memcpy(pack->block + pack->len, part.data, part.len);
	pack->len += part.len;
	*in = span_sub(*in, part.len, in->len);
	if (pack->len == sizeof(pack->block)) {
		pack->left = span_of(pack->block, pack->len);
		pack->len = 0;
	}
}

struct err
pack_put(struct pack *pack, struct span *in, uint8_t *out, size_t len,
    size_t *out_num)
{
	struct pack_room room = {out, len};

	while (room.len > 0 && (in->len > 0 || pack->left.len > 0)) {
		if (pack->left.len == 0)
			gather(pack, in);
		else
			TRY(pack->codec->step(pack->state, &pack->left, &room));
	}
	*out_num = len - room.len;
	return OK;
}

struct err
pack_finish(struct pack *pack, uint8_t *out, size_t len, size_t *out_num,
    bool *out_done)
{
	struct pack_room room = {out, len};
	bool done = false;

	/* What is in a block that will not be full any more. */
	if (pack->left.len == 0 && pack->len > 0) {
		pack->left = span_of(pack->block, pack->len);
		pack->len = 0;
	}
	if (pack->left.len > 0)
		TRY(pack->codec->step(pack->state, &pack->left, &room));
	if (pack->left.len == 0)
		TRY(pack->codec->last(pack->state, &room, &done));
	*out_num = len - room.len;
	*out_done = done;
	return OK;
}
