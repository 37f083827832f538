#include "gateway/origin/file_hash.h"

#include "crypto/hash.h"
#include "gateway/base/sysio.h"

enum {
	STEP = 64 * 1024
};

static void
free_hash(struct hash_stream **hash)
{
	hash_stream_free(*hash);
}

struct err
file_hash(int fd, uint8_t out_hash[32], uint64_t *out_size)
{
	struct hash_stream *CLEANUP(free_hash) hash = NULL;
	static uint8_t bytes[STEP]; /* one thread, one file at a time */
	uint64_t at = 0;
	size_t len = STEP;

	TRY(hash_stream_new(&hash));
	while (len == STEP) {
		TRY(sysio_pread(fd, bytes, STEP, at, &len));
		TRY(hash_stream_update(hash, span_of(bytes, len)));
		at += len;
	}
	TRY(hash_stream_final(hash, out_hash));
	*out_size = at;
	return OK;
}
