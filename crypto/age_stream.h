#ifndef GATEHOUSE_AGE_STREAM_H
#define GATEHOUSE_AGE_STREAM_H

#include "crypto/memory/span.h"

/*
 * age_stream: the payload of an age v1 file: a 16-byte nonce, then chunks of
 * 64 KiB under ChaCha20-Poly1305, each addressed by its number. The nonce of
 * a chunk is its number and whether it is the last, so chunks can neither be
 * moved nor dropped unseen, and any of them opens without the others.
 *
 * Source   c2sp.org/age, "Payload"
 */
enum {
	AGE_CHUNK = 65536,
	AGE_TAG = 16,
	AGE_NONCE = 16
};

struct age_stream;

/*
 * age_stream_new: the payload key is HKDF(file_key, salt = nonce, "payload").
 *
 * out      owned by the caller; age_stream_free
 * Errors   NO_MEMORY, CRYPTO
 */
MUST_USE struct err age_stream_new(struct age_stream **out,
    const uint8_t file_key[16], const uint8_t nonce[16]);
void age_stream_free(struct age_stream *stream); /* wipes; accepts NULL */

/*
 * age_stream_seal: one chunk. Allocates nothing. The caller seals a number at
 * most once per stream: the same number twice with other bytes gives both away.
 *
 * plain    AGE_CHUNK bytes, or fewer in the last chunk; none only in a last
 *          chunk 0
 * out      plain.len + AGE_TAG bytes; may be plain.data itself
 * Errors   MALFORMED: another length; CRYPTO
 */
MUST_USE struct err age_stream_seal(struct age_stream *stream, uint64_t chunk,
    bool last, struct span plain, uint8_t *out);

/*
 * age_stream_open: one chunk. Allocates nothing.
 *
 * sealed   lengths as in age_stream_seal, and AGE_TAG more
 * out      sealed.len - AGE_TAG bytes; wiped when the chunk is not authentic;
 *          may be sealed.data itself
 * Errors   MALFORMED: a length that a chunk cannot have
 *          CRYPTO: not this chunk, not in this place, or not the last
 */
MUST_USE struct err age_stream_open(struct age_stream *stream, uint64_t chunk,
    bool last, struct span sealed, uint8_t *out);

/*
 * age_payload_len: bytes of the payload, nonce included, of so much plain.
 * plain_len is at most AGE_PLAIN_MAX.
 */
#define AGE_PLAIN_MAX (UINT64_C(1) << 62)
uint64_t age_payload_len(uint64_t plain_len);

/*
 * age_plain_len: the reverse.
 *
 * Errors   MALFORMED: no payload has this length
 */
MUST_USE struct err age_plain_len(uint64_t payload_len, uint64_t *out);

#endif
