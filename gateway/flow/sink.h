#ifndef GATEHOUSE_SINK_H
#define GATEHOUSE_SINK_H

#include "gateway/transform/codes.h"
#include "policy/model.h"

/*
 * sink: the end of the flow: a file in, bytes of a descriptor out, packed or
 * not, as they are or as an age v1 payload. After an error nothing is written
 * any more. The plaintext is what goes into the payload: packed bytes.
 *
 * Memory: one chunk of 64 KiB, and its seal; with a compression what that
 * needs.
 */
struct sink;

struct sink_options {
	int fd; /* blocking; borrowed */
	bool encrypt;
	uint8_t file_key[16]; /* age only: the nonce must never be used */
	uint8_t nonce[16];    /* with the same file key and other bytes */
	struct span header;   /* written before the payload; may be empty */
	const struct codes *codes; /* settled before any byte that was made
				      of them is written; NULL: none. Borrowed
				      until sink_free */
};

/* What went through so far. */
struct sink_counts {
	uint64_t plain_len;   /* bytes of plaintext */
	uint64_t payload_len; /* bytes of payload written, header left out */
	uint64_t written_len; /* all bytes written */
};

/*
 * sink_new: writes nothing yet.
 *
 * out      owned by the caller; sink_free
 * options  borrowed for the call, but for `header`, borrowed until sink_free
 * Errors   NO_MEMORY, CRYPTO; UNSUPPORTED of pack_new
 */
MUST_USE struct err sink_new(struct sink **out,
    const struct sink_options *options, enum compression compression);
void sink_free(struct sink *sink); /* wipes; accepts NULL */

/* sink_put: take bytes of the file. Errors: IO, NO_SPACE, CLOSED, CRYPTO,
 * NO_MEMORY; those of codes.h. */
MUST_USE struct err sink_put(struct sink *sink, struct span bytes);

/*
 * sink_finish: that was all; the last chunk is written.
 *
 * out_sha256  of all plaintext
 * Errors      as sink_put
 */
MUST_USE struct err sink_finish(struct sink *sink, uint8_t out_sha256[32]);

struct sink_counts sink_counted(const struct sink *sink);

#endif
