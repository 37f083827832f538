#ifndef GATEHOUSE_AGE_OPEN_H
#define GATEHOUSE_AGE_OPEN_H

#include "crypto/age_stream.h"

/*
 * age_open: a whole age v1 file, from bytes that come in pieces.
 *
 *     TRY(age_open_new(&open, identities, num));
 *     while (more input) {
 *             struct span in = ..., plain;
 *             while (in.len > 0) {
 *                     TRY(age_open_feed(open, &in, &plain));
 *                     use(plain);
 *             }
 *     }
 *     TRY(age_open_finish(open, &plain));
 *     use(plain);
 *
 * Plaintext comes out chunk by chunk, each authenticated, so all of it is
 * known to be whole only when age_open_finish has returned OK.
 *
 * Memory: a chunk sealed and a chunk open, whatever the file.
 */
struct age_open;

/*
 * age_open_new
 *
 * out         owned by the caller; age_open_free
 * identities  borrowed until age_open_free
 * Errors      NO_MEMORY
 */
MUST_USE struct err age_open_new(
    struct age_open **out, const uint8_t (*identities)[32], size_t num);
void age_open_free(struct age_open *open); /* wipes; accepts NULL */

/*
 * age_open_feed: take bytes from the front of `in`, until a chunk of plain is
 * ready or `in` is empty.
 *
 * out_plain   valid until the next call; may be empty
 * Errors      as age_header_read (never TRUNCATED), and of the payload:
 *             CRYPTO: a chunk is not authentic; MALFORMED: bytes after the
 *             last chunk. After an error every call returns it again.
 */
MUST_USE struct err age_open_feed(
    struct age_open *open, struct span *in, struct span *out_plain);

/*
 * age_open_finish: there is no more input.
 *
 * out_plain   the rest of the plaintext; valid until age_open_free
 * Errors      as age_open_feed; TRUNCATED: the file ends in its header, or
 *             before its last chunk
 */
MUST_USE struct err age_open_finish(
    struct age_open *open, struct span *out_plain);

/*
 * age_open_start: for a file that can be read anywhere: the header and nonce
 * at the front of `in` give the stream that opens its chunks.
 *
 * in          the file's first bytes; on success shortened to the first chunk
 * out         owned by the caller; age_stream_free
 * Errors      as age_header_read; NO_MEMORY
 */
MUST_USE struct err age_open_start(struct span *in, struct age_stream **out,
    const uint8_t (*identities)[32], size_t num);

/* Where one chunk lies. */
struct age_place {
	uint64_t chunk;	   /* its number */
	uint64_t offset;   /* of its first sealed byte in the payload, which
			      begins with the nonce */
	size_t sealed_len; /* bytes */
	size_t skip;	   /* plain bytes before the one that was asked for */
	bool last;	   /* to be opened as the last */
};

/*
 * age_place_of: where plain byte `at` lies in a payload of plain_len bytes.
 * plain_len must be true: either our own record, or age_place_last of the
 * file's length followed by an age_stream_open of that chunk as the last. A
 * length taken on trust would let a file that lost its end answer a request
 * relative to its end.
 *
 * Errors   MALFORMED: plain_len is over AGE_PLAIN_MAX
 *          NOT_FOUND: `at` is not before plain_len
 */
MUST_USE struct err age_place_of(
    struct age_place *out, uint64_t plain_len, uint64_t at);

/*
 * age_place_last: where the last chunk of a payload lies; `skip` is 0.
 *
 * Errors   MALFORMED: no payload has this length
 */
MUST_USE struct err age_place_last(
    struct age_place *out, uint64_t payload_len, uint64_t *out_plain_len);

#endif
