#include "crypto/age_open.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/age_header.h"
#include "crypto/memory/buf.h"
#include "crypto/memory/secret.h"

enum {
	SEALED_CHUNK = AGE_CHUNK + AGE_TAG
};

enum state {
	STATE_HEADER,
	STATE_NONCE,
	STATE_CHUNKS,
	STATE_ENDED, /* the last chunk has been seen */
	STATE_FAILED
};

struct age_open {
	enum state state;
	struct err failure; /* in STATE_FAILED */
	const uint8_t (*identities)[32];
	size_t num_identities;
	struct buf header;
	size_t line_len;   /* bytes of the header's line so far */
	size_t num_dashes; /* with which it begins */
	uint8_t file_key[AGE_FILE_KEY];
	struct age_stream *stream;
	uint64_t chunk;		    /* the number of the next one */
	size_t held_len;	    /* bytes in `held` */
	uint8_t held[SEALED_CHUNK]; /* the nonce, later a chunk */
	uint8_t plain[AGE_CHUNK];
};

struct err
age_open_new(struct age_open **out, const uint8_t (*identities)[32], size_t num)
{
	struct age_open *open = calloc(1, sizeof(*open));

	if (open == NULL)
		return ERR(NO_MEMORY, "age: no memory");
	open->identities = identities;
	open->num_identities = num;
	buf_init(&open->header, AGE_HEADER_MAX);
	*out = open;
	return OK;
}

void
age_open_free(struct age_open *open)
{
	if (open == NULL)
		return;
	buf_done(&open->header);
	age_stream_free(open->stream);
	sodium_memzero(open, sizeof(*open));
	free(open);
}

/*
 * How many bytes of `in` still belong to the header: its last line is the
 * first that begins with "---", which neither a stanza's first line nor
 * base64 does.
 */
static size_t
scan_header(struct age_open *open, struct span in, bool *out_ends)
{
	*out_ends = false;
	for (size_t i = 0; i < in.len; i++) {
		uint8_t byte = in.data[i];
		if (byte == '\n') {
			*out_ends = open->num_dashes == 3;
			open->line_len = 0;
			open->num_dashes = 0;
			if (*out_ends)
				return i + 1;
			continue;
		}
		if (byte == '-' && open->line_len < 3 &&
		    open->num_dashes == open->line_len)
			open->num_dashes++;
		open->line_len++;
	}
	return in.len;
}

/* OK and STATE_NONCE, or the reason why not. The whole header is held. */
static struct err
read_header(struct age_open *open)
{
	struct span in = buf_span(&open->header);

	TRY(age_header_read_any(
	    &in, open->file_key, open->identities, open->num_identities));
	TRY(span_end(in));
	open->state = STATE_NONCE;
	return OK;
}

static struct err
feed_header(struct age_open *open, struct span *in)
{
	bool ends;
	size_t room = AGE_HEADER_MAX - open->header.len;
	struct span taken =
	    span_sub(*in, 0, scan_header(open, span_sub(*in, 0, room), &ends));

	TRY(buf_append(&open->header, taken));
	*in = span_of(in->data + taken.len, in->len - taken.len);
	/* A full buffer without an end: the reader says what is wrong. */
	if (ends || open->header.len == AGE_HEADER_MAX)
		return read_header(open);
	return OK;
}

/* Take bytes until `len` are held. */
static bool
hold(struct age_open *open, struct span *in, size_t len)
{
	size_t take = len - open->held_len;

	if (take > in->len)
		take = in->len;
	if (take > 0)
		memcpy(open->held + open->held_len, in->data, take);
	open->held_len += take;
	*in = span_sub(*in, take, in->len - take);
	return open->held_len == len;
}

static struct err
feed_nonce(struct age_open *open, struct span *in)
{
	if (!hold(open, in, AGE_NONCE))
		return OK;
	TRY(age_stream_new(&open->stream, open->file_key, open->held));
	open->held_len = 0;
	open->state = STATE_CHUNKS;
	return OK;
}

static struct err
open_held(struct age_open *open, bool last, struct span *out_plain)
{
	struct span sealed = span_of(open->held, open->held_len);

	TRY(age_stream_open(
	    open->stream, open->chunk, last, sealed, open->plain));
	*out_plain = span_of(open->plain, sealed.len - AGE_TAG);
	open->held_len = 0;
	open->chunk++;
	if (last)
		open->state = STATE_ENDED;
	return OK;
}

/*
 * A chunk of full size may be the last or not; nothing but its tag tells. So
 * it is tried as one of the middle first, and what it gives is released
 * before the next one is looked at.
 */
static struct err
feed_chunk(struct age_open *open, struct span *in, struct span *out_plain)
{
	if (!hold(open, in, SEALED_CHUNK))
		return OK;
	if (open_held(open, false, out_plain).code == ERR_OK)
		return OK;
	return open_held(open, true, out_plain);
}

static struct err
feed(struct age_open *open, struct span *in, struct span *out_plain)
{
	switch (open->state) {
	case STATE_HEADER:
		return feed_header(open, in);
	case STATE_NONCE:
		return feed_nonce(open, in);
	case STATE_CHUNKS:
		return feed_chunk(open, in, out_plain);
	case STATE_ENDED:
		return ERR(MALFORMED, "age: bytes after the last chunk");
	case STATE_FAILED:
		return open->failure;
	}
	return ERR(MALFORMED, "age: no such state");
}

/* The first failure stays. */
static struct err
keep(struct age_open *open, struct err err)
{
	if (err.code != ERR_OK) {
		open->state = STATE_FAILED;
		open->failure = err;
	}
	return err;
}

struct err
age_open_feed(struct age_open *open, struct span *in, struct span *out_plain)
{
	struct span plain = {0};

	while (in->len > 0 && plain.len == 0)
		TRY(keep(open, feed(open, in, &plain)));
	*out_plain = plain;
	return OK;
}

static struct err
finish(struct age_open *open, struct span *out_plain)
{
	switch (open->state) {
	case STATE_HEADER: {
		struct err err = read_header(open);
		return err.code == ERR_OK
		    ? ERR(TRUNCATED, "age: the file ends after its header")
		    : err;
	}
	case STATE_NONCE:
		return ERR(TRUNCATED, "age: the file ends in its nonce");
	case STATE_CHUNKS:
		if (open->held_len < AGE_TAG)
			return ERR(TRUNCATED, "age: the last chunk is missing");
		return open_held(open, true, out_plain);
	case STATE_ENDED:
		return OK;
	case STATE_FAILED:
		return open->failure;
	}
	return ERR(MALFORMED, "age: no such state");
}

struct err
age_open_finish(struct age_open *open, struct span *out_plain)
{
	struct span plain = {0};

	TRY(keep(open, finish(open, &plain)));
	*out_plain = plain;
	return OK;
}

struct err
age_open_start(struct span *in, struct age_stream **out,
    const uint8_t (*identities)[32], size_t num)
{
	uint8_t file_key[16] CLEANUP(secret_wipe16);
	struct span rest = *in, nonce;

	TRY(age_header_read_any(&rest, file_key, identities, num));
	TRY(span_take(&rest, &nonce, AGE_NONCE));
	TRY(age_stream_new(out, file_key, nonce.data));
	*in = rest;
	return OK;
}

/* The place of a chunk in a payload of plain_len bytes. */
static struct age_place
place(uint64_t plain_len, uint64_t chunk)
{
	uint64_t from = chunk * AGE_CHUNK;
	uint64_t left = plain_len - from;

	return (struct age_place){
	    .chunk = chunk,
	    .offset = AGE_NONCE + chunk * SEALED_CHUNK,
	    .sealed_len =
		(left < AGE_CHUNK ? (size_t)left : AGE_CHUNK) + AGE_TAG,
	    .last = left <= AGE_CHUNK,
	};
}

struct err
age_place_of(struct age_place *out, uint64_t plain_len, uint64_t at)
{
	if (plain_len > AGE_PLAIN_MAX)
		return ERR(MALFORMED, "age: no payload has this length");
	if (at >= plain_len)
		return ERR(NOT_FOUND, "age: past the end of the plaintext");
	*out = place(plain_len, at / AGE_CHUNK);
	out->skip = at % AGE_CHUNK;
	return OK;
}

struct err
age_place_last(
    struct age_place *out, uint64_t payload_len, uint64_t *out_plain_len)
{
	uint64_t plain_len;

	TRY(age_plain_len(payload_len, &plain_len));
	*out =
	    place(plain_len, plain_len == 0 ? 0 : (plain_len - 1) / AGE_CHUNK);
	*out_plain_len = plain_len;
	return OK;
}
