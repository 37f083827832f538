#include "gateway/worker/slot.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <unistd.h>

enum {
	SEALED = AGE_CHUNK + AGE_TAG
};

void
slot_init(struct slot *slot, const struct ask_answer *answer, int fd)
{
	*slot = (struct slot){.fd = fd,
	    .age = answer->age,
	    .header = answer->header,
	    .payload_at = answer->payload_at,
	    .complete = answer->kind == ASK_OBJECT};
	if (slot->complete)
		slot->payload_len = answer->payload_len;
	if (!slot->age)
		memcpy(slot->file_key, answer->file_key, 16);
}

void
slot_done(struct slot *slot)
{
	age_stream_free(slot->stream);
	sodium_memzero(slot, sizeof(*slot));
}

struct err
slot_progress(struct slot *slot, const struct ask_progress *progress)
{
	if (slot->complete)
		return OK;
	if (progress->growth == ASK_SPOILT)
		return ERR(CHANGED, "slot: it is spoilt");
	if (progress->payload_len > slot->payload_len)
		slot->payload_len = progress->payload_len;
	slot->complete = progress->growth == ASK_FULL;
	return OK;
}

struct err
slot_len(const struct slot *slot, uint64_t *out_len)
{
	if (!slot->complete)
		return ERR(AGAIN, "slot: it still grows");
	if (!slot->age)
		return age_plain_len(slot->payload_len, out_len);
	*out_len = slot->header.len + slot->payload_len;
	return OK;
}

/* All of it, or an error. */
static struct err
read_at(const struct slot *slot, uint64_t at, uint8_t *out, size_t len)
{
	uint64_t offset;

	if (__builtin_add_overflow(slot->payload_at, at, &offset) ||
	    offset > INT64_MAX - len)
		return ERR(CHANGED, "slot: no file is so long");
	while (len > 0) {
		ssize_t n = pread(slot->fd, out, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR(CHANGED, "slot: shorter than was said");
		out += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return OK;
}

/* --- encrypt: age ------------------------------------------------------ */

static struct err
read_age(struct slot *slot, uint64_t offset, uint8_t *out, size_t max_len,
    size_t *out_len)
{
	uint64_t header_len = slot->header.len;

	if (offset < header_len) {
		struct span rest =
		    span_sub(slot->header, (size_t)offset, max_len);

		memcpy(out, rest.data, rest.len);
		*out_len = rest.len;
		return OK;
	}
	uint64_t at = offset - header_len;
	if (at >= slot->payload_len)
		return slot->complete ? ERR(CLOSED, "slot: the end")
				      : ERR(AGAIN, "slot: it still grows");
	uint64_t left = slot->payload_len - at;
	if (left < max_len)
		max_len = (size_t)left;
	TRY(read_at(slot, at, out, max_len));
	*out_len = max_len;
	return OK;
}

/* --- encrypt: tls ------------------------------------------------------ */

static struct err
open_stream(struct slot *slot, const uint8_t nonce[AGE_NONCE])
{
	TRY(age_stream_new(&slot->stream, slot->file_key, nonce));
	sodium_memzero(slot->file_key, sizeof(slot->file_key));
	return OK;
}

/*
 * How long chunk `number` is, and whether it is the last. Of a growing slot
 * a chunk may be opened only when a byte behind it is there: until then it
 * could be the last one, which is sealed otherwise.
 */
static struct err
find_chunk(
    const struct slot *slot, uint64_t number, size_t *out_len, bool *out_last)
{
	uint64_t chunks_len =
	    slot->payload_len < AGE_NONCE ? 0 : slot->payload_len - AGE_NONCE;
	uint64_t begin = number * SEALED;

	if (begin < chunks_len && chunks_len - begin > SEALED) {
		*out_len = SEALED;
		*out_last = false;
		return OK;
	}
	if (!slot->complete)
		return ERR(AGAIN, "slot: it still grows");
	if (chunks_len == 0)
		return ERR(CHANGED, "slot: shorter than any payload");
	if (begin >= chunks_len)
		return ERR(CLOSED, "slot: the end");
	*out_len = (size_t)(chunks_len - begin);
	*out_last = true;
	return OK;
}

/*
 * Sealed, into `out`. The nonce stands before the first chunk: of a small
 * object one read has both.
 */
static struct err
read_chunk(struct slot *slot, uint64_t number, uint8_t *out, size_t sealed_len)
{
	uint8_t nonce[AGE_NONCE];

	if (slot->stream != NULL)
		return read_at(
		    slot, AGE_NONCE + number * SEALED, out, sealed_len);
	if (number == 0 && sealed_len <= SEALED - AGE_NONCE) {
		TRY(read_at(slot, 0, out, AGE_NONCE + sealed_len));
		TRY(open_stream(slot, out));
		memmove(out, out + AGE_NONCE, sealed_len);
		return OK;
	}
	TRY(read_at(slot, 0, nonce, sizeof(nonce)));
	TRY(open_stream(slot, nonce));
	return read_at(slot, AGE_NONCE + number * SEALED, out, sealed_len);
}

static struct err
read_tls(struct slot *slot, uint64_t offset, uint8_t *out, size_t max_len,
    size_t *out_len)
{
	uint64_t number = offset / AGE_CHUNK;
	size_t from = (size_t)(offset % AGE_CHUNK), sealed_len;
	bool last;

	TRY(find_chunk(slot, number, &sealed_len, &last));
	TRY(read_chunk(slot, number, out, sealed_len));
	TRY(age_stream_open(
	    slot->stream, number, last, span_of(out, sealed_len), out));
	size_t len = sealed_len - AGE_TAG;
	if (from >= len)
		return ERR(CLOSED, "slot: the end");
	len -= from;
	if (len > max_len)
		len = max_len;
	if (from > 0)
		memmove(out, out + from, len);
	*out_len = len;
	return OK;
}

struct err
slot_read(struct slot *slot, uint64_t offset, uint8_t *out, size_t max_len,
    size_t *out_len)
{
	assert(max_len > 0 && max_len <= AGE_CHUNK);
	/* Offsets are below the length, or follow the last byte sent. */
	if (offset > INT64_MAX / 2)
		return ERR(CHANGED, "slot: no object is so long");
	if (slot->age)
		return read_age(slot, offset, out, max_len, out_len);
	return read_tls(slot, offset, out, max_len, out_len);
}
