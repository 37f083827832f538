#include "gateway/flow/source.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "gateway/base/limits.h"
#include "gateway/pipe/unpack.h"

struct source {
	int fd;
	struct unpack *unpack; /* NULL: bytes are read where they go */
	uint64_t read_len;
	size_t len; /* bytes gathered in the block */
	uint8_t block[UNPACK_BLOCK];
};

struct err
source_new(struct source **out, int fd, enum compression compression)
{
	struct source *source = calloc(1, sizeof(*source));
	struct err err = OK;

	if (source == NULL)
		return ERR(NO_MEMORY, "no memory for a source");
	source->fd = fd;
	if (compression != COMPRESSION_NONE)
		err = unpack_new(&source->unpack, compression);
	if (err.code != ERR_OK) {
		free(source);
		return err;
	}
	*out = source;
	return OK;
}

void
source_free(struct source *source)
{
	if (source == NULL)
		return;
	unpack_free(source->unpack);
	OPENSSL_cleanse(source->block, sizeof(source->block));
	free(source);
}

uint64_t
source_read_len(const struct source *source)
{
	return source->read_len;
}

static struct err
read_some(struct source *source, uint8_t *out, size_t len, size_t *out_num)
{
	ssize_t num;

	do
		num = read(source->fd, out, len);
	while (num < 0 && errno == EINTR);
	if (num < 0 && errno == EAGAIN)
		return ERR(AGAIN, "the source has nothing yet");
	if (num < 0)
		return ERR(IO, "the source cannot be read");
	source->read_len += (uint64_t)num;
	*out_num = (size_t)num;
	return OK;
}

/* A whole block, or the last one, however the bytes come in: what unpack_take
 * finds over its budget shall not hang on the sizes of reads. */
static struct err
feed(struct source *source)
{
	size_t num = 1;

	while (source->len < sizeof(source->block)) {
		TRY(read_some(source, source->block + source->len,
		    sizeof(source->block) - source->len, &num));
		if (num == 0)
			break;
		source->len += num;
	}
	if (source->len > 0)
		unpack_give(
		    source->unpack, span_of(source->block, source->len));
	else
		unpack_finish(source->unpack);
	source->len = 0;
	return OK;
}

struct err
source_read(struct source *source, uint8_t *out, size_t len, size_t *out_num)
{
	struct err err;

	if (source->unpack == NULL)
		return read_some(source, out, len, out_num);
	for (;;) {
		err = unpack_take(source->unpack, out, len, out_num);
		if (err.code == ERR_CLOSED) {
			*out_num = 0;
			return OK;
		}
		if (err.code != ERR_AGAIN)
			return err;
		TRY(feed(source));
	}
}
