#include "gateway/flow/sink.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>

#include "crypto/age_stream.h"
#include "crypto/hash.h"
#include "gateway/pipe/pack.h"

struct sink {
	int fd;
	struct age_stream *stream; /* NULL: plaintext */
	struct pack *pack;	   /* NULL: not compressed */
	const struct codes *codes; /* NULL: it holds none */
	struct hash_stream *hash;
	struct span header; /* what of it is not yet written */
	uint8_t nonce[AGE_NONCE];
	uint64_t chunk; /* the number of the one at hand */
	size_t len;	/* bytes in it */
	struct sink_counts counts;
	bool begun;
	struct err failed;
	uint8_t bytes[AGE_CHUNK + AGE_TAG];
};

struct err
sink_new(struct sink **out, const struct sink_options *options,
    enum compression compression)
{
	struct sink *sink = calloc(1, sizeof(*sink));
	struct err err;

	if (sink == NULL)
		return ERR(NO_MEMORY, "no memory for a sink");
	sink->fd = options->fd;
	sink->header = options->header;
	sink->codes = options->codes;
	memcpy(sink->nonce, options->nonce, sizeof(sink->nonce));
	err = hash_stream_new(&sink->hash);
	if (err.code == ERR_OK && options->encrypt)
		err = age_stream_new(
		    &sink->stream, options->file_key, options->nonce);
	if (err.code == ERR_OK && compression != COMPRESSION_NONE)
		err = pack_new(&sink->pack, compression);
	if (err.code != ERR_OK) {
		sink_free(sink);
		return err;
	}
	*out = sink;
	return OK;
}

void
sink_free(struct sink *sink)
{
	if (sink == NULL)
		return;
	age_stream_free(sink->stream);
	hash_stream_free(sink->hash);
	pack_free(sink->pack);
	OPENSSL_cleanse(sink->bytes, sizeof(sink->bytes));
	free(sink);
}

static struct err
write_all(struct sink *sink, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t num = write(sink->fd, bytes.data, bytes.len);

		if (num < 0 && errno == EINTR)
			continue;
		if (num < 0 &&
		    (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
			return ERR(NO_SPACE, "no room for the output");
		if (num < 0 && errno == EPIPE)
			return ERR(CLOSED, "nobody reads the output");
		if (num <= 0)
			return ERR(IO, "the output cannot be written");
		bytes = span_sub(bytes, (size_t)num, bytes.len);
		sink->counts.written_len += (uint64_t)num;
	}
	return OK;
}

/* Header and nonce go out with the first chunk, not before. */
static struct err
write_front(struct sink *sink)
{
	if (sink->begun)
		return OK;
	sink->begun = true;
	TRY(write_all(sink, sink->header));
	if (sink->stream == NULL)
		return OK;
	TRY(write_all(sink, span_of(sink->nonce, sizeof(sink->nonce))));
	sink->counts.payload_len += sizeof(sink->nonce);
	return OK;
}

static struct err
write_chunk(struct sink *sink, bool last)
{
	struct span plain = span_of(sink->bytes, sink->len);
	size_t len = sink->len;

	/* A code that left may not be forgotten: somebody joins on it. */
	if (sink->codes != NULL)
		TRY(sink->codes->settle(sink->codes->context));
	TRY(write_front(sink));
	TRY(hash_stream_update(sink->hash, plain));
	if (sink->stream != NULL) {
		TRY(age_stream_seal(
		    sink->stream, sink->chunk, last, plain, sink->bytes));
		len += AGE_TAG;
	}
	TRY(write_all(sink, span_of(sink->bytes, len)));
	sink->counts.payload_len += len;
	sink->chunk++;
	sink->len = 0;
	return OK;
}

/* Bytes of the file become plaintext of the chunk, as far as it has room. */
static struct err
add(struct sink *sink, struct span *bytes, size_t *out_num)
{
	uint8_t *to = sink->bytes + sink->len;
	size_t room = AGE_CHUNK - sink->len;
	struct span part;

	if (sink->pack != NULL)
		return pack_put(sink->pack, bytes, to, room, out_num);
	part = span_sub(*bytes, 0, room);
	if (part.data != NULL)
		memcpy(to, part.data, part.len);
	*bytes = span_sub(*bytes, part.len, bytes->len);
	*out_num = part.len;
	return OK;
}

static void
count(struct sink *sink, size_t num)
{
	sink->len += num;
	sink->counts.plain_len += num;
}

/* A full chunk waits: it may be the last one, which is sealed otherwise. */
static struct err
put(struct sink *sink, struct span bytes)
{
	while (bytes.len > 0) {
		size_t num;

		if (sink->len == AGE_CHUNK)
			TRY(write_chunk(sink, false));
		TRY(add(sink, &bytes, &num));
		count(sink, num);
	}
	return OK;
}

struct err
sink_put(struct sink *sink, struct span bytes)
{
	TRY(sink->failed);
	sink->failed = put(sink, bytes);
	return sink->failed;
}

/* What the compressor still has. It is asked before a full chunk goes out, for
 * there is no chunk without bytes behind another. */
static struct err
put_rest(struct sink *sink)
{
	bool done = sink->pack == NULL;
	size_t num;

	while (!done) {
		TRY(pack_finish(sink->pack, sink->bytes + sink->len,
		    AGE_CHUNK - sink->len, &num, &done));
		count(sink, num);
		assert(done || sink->len == AGE_CHUNK);
		if (!done)
			TRY(write_chunk(sink, false));
	}
	return OK;
}

static struct err
finish(struct sink *sink, uint8_t out_sha256[32])
{
	TRY(put_rest(sink));
	TRY(write_chunk(sink, true));
	return hash_stream_final(sink->hash, out_sha256);
}

struct err
sink_finish(struct sink *sink, uint8_t out_sha256[32])
{
	struct err err;

	TRY(sink->failed);
	err = finish(sink, out_sha256);
	sink->failed =
	    err.code != ERR_OK ? err : ERR(CLOSED, "the output is finished");
	return err;
}

struct sink_counts
sink_counted(const struct sink *sink)
{
	return sink->counts;
}
