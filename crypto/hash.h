#ifndef GATEHOUSE_HASH_H
#define GATEHOUSE_HASH_H

#include "crypto/memory/span.h"

/* SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104). */
enum {
	HASH_SHA256_LEN = 32,
	SHA256_LEN = HASH_SHA256_LEN
};

/*
 * hash_sha256: of `in`, at once.
 *
 * out      32 bytes, written on success only
 * Errors   CRYPTO: the primitive failed. It allocates nothing.
 */
MUST_USE struct err hash_sha256(uint8_t out[32], struct span in);

/* hash_sha256_two: of `first` and `second` as if joined. Errors: CRYPTO. */
MUST_USE struct err hash_sha256_two(
    uint8_t out[32], struct span first, struct span second);

/*
 * hash_hmac_sha256: of `in` under a key of any length. Keeps no copy of the
 * key. For a column of fields under one key see pseudonym.h.
 *
 * Errors   none today; the caller checks as for every primitive
 */
MUST_USE struct err hash_hmac_sha256(
    uint8_t out[32], struct span key, struct span in);

/* hash_stream: SHA-256 of bytes that come in pieces. */
struct hash_stream;

/*
 * hash_stream_new: of no bytes yet.
 *
 * out      owned by the caller; hash_stream_free
 * Errors   NO_MEMORY
 */
MUST_USE struct err hash_stream_new(struct hash_stream **out);
void hash_stream_free(struct hash_stream *hash); /* accepts NULL */

/* hash_stream_update: add the bytes. Errors: CRYPTO. */
MUST_USE struct err hash_stream_update(
    struct hash_stream *hash, struct span bytes);

/*
 * hash_stream_final: the hash of all that was added; the stream then holds
 * no bytes again and may be used for the next ones.
 *
 * Errors   CRYPTO: the stream must not be used further
 */
MUST_USE struct err hash_stream_final(
    struct hash_stream *hash, uint8_t out[32]);

#endif
