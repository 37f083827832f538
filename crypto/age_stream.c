#include "crypto/age_stream.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/age_header.h"
#include "crypto/algorithm.h"
#include "crypto/kdf.h"
#include "crypto/memory/secret.h"

enum {
	SEALED_CHUNK = AGE_CHUNK + AGE_TAG,
	CHUNK_NONCE = 12
};

/* The key lies in the context, which OpenSSL wipes when it frees it. */
struct age_stream {
	EVP_CIPHER_CTX *ctx;
};

static struct err
set_key(
    EVP_CIPHER_CTX *ctx, const uint8_t file_key[16], const uint8_t nonce[16])
{
	uint8_t key[32] CLEANUP(secret_wipe32);

	TRY(kdf_hkdf_sha256(key, sizeof(key), span_of(file_key, AGE_FILE_KEY),
	    span_of(nonce, AGE_NONCE), span_str("payload")));
	if (EVP_EncryptInit_ex2(
		ctx, algorithm_chunk_cipher(), key, NULL, NULL) != 1)
		return ERR(CRYPTO, "age: the chunk cipher does not start");
	return OK;
}

/* The cipher gave the right answer once, in this process. */
static bool proven;

/* A sealed chunk must open again, and not open once a bit has changed. */
static struct err
check_chunk(struct age_stream *stream)
{
	uint8_t sealed[3 + AGE_TAG], plain[3];

	TRY(age_stream_seal(stream, 0, true, span_str("abc"), sealed));
	struct span in = span_of(sealed, sizeof(sealed));
	TRY(age_stream_open(stream, 0, true, in, plain));
	if (!secret_equal(plain, "abc", sizeof(plain)))
		return ERR(CRYPTO, "age: ChaCha20-Poly1305 answers wrongly");
	sealed[0] ^= 1;
	if (age_stream_open(stream, 0, true, in, plain).code != ERR_CRYPTO)
		return ERR(CRYPTO, "age: ChaCha20-Poly1305 does not check");
	return OK;
}

static struct err
check_stream(void)
{
	static const uint8_t key[16] = {1};
	static const uint8_t nonce[AGE_NONCE] = {2};
	struct age_stream *stream;

	TRY(age_stream_new(&stream, key, nonce));
	struct err err = check_chunk(stream);
	age_stream_free(stream);
	return err;
}

struct err
age_stream_new(struct age_stream **out, const uint8_t file_key[16],
    const uint8_t nonce[16])
{
	if (!proven) {
		proven = true; /* the proof makes a stream of its own */
		struct err proof = check_stream();
		proven = proof.code == ERR_OK;
		TRY(proof);
	}
	struct age_stream *stream = calloc(1, sizeof(*stream));
	if (stream == NULL)
		return ERR(NO_MEMORY, "age: no memory");
	stream->ctx = EVP_CIPHER_CTX_new();
	struct err err = stream->ctx == NULL
	    ? ERR(NO_MEMORY, "age: no memory")
	    : set_key(stream->ctx, file_key, nonce);
	if (err.code != ERR_OK) {
		age_stream_free(stream);
		return err;
	}
	*out = stream;
	return OK;
}

void
age_stream_free(struct age_stream *stream)
{
	if (stream == NULL)
		return;
	EVP_CIPHER_CTX_free(stream->ctx);
	free(stream);
}

/* Only the last chunk is short, and only that of an empty file is empty. */
static struct err
check_len(uint64_t chunk, bool last, size_t plain_len)
{
	if (plain_len > AGE_CHUNK || (!last && plain_len != AGE_CHUNK) ||
	    (plain_len == 0 && chunk != 0))
		return ERR(MALFORMED, "age: no chunk has this length");
	return OK;
}

/* The chunk's number in eleven bytes, big-endian; then 01 in the last. */
static void
chunk_nonce(uint8_t nonce[CHUNK_NONCE], uint64_t chunk, bool last)
{
	memset(nonce, 0, CHUNK_NONCE);
	for (unsigned i = 0; i < 8; i++)
		nonce[10 - i] = (uint8_t)(chunk >> (8 * i));
	nonce[11] = last ? 1 : 0;
}

struct err
age_stream_seal(struct age_stream *stream, uint64_t chunk, bool last,
    struct span plain, uint8_t *out)
{
	uint8_t nonce[CHUNK_NONCE];
	int len = 0, rest = 0;

	TRY(check_len(chunk, last, plain.len));
	chunk_nonce(nonce, chunk, last);
	if (EVP_EncryptInit_ex2(stream->ctx, NULL, NULL, nonce, NULL) != 1 ||
	    (plain.len > 0 &&
		EVP_EncryptUpdate(
		    stream->ctx, out, &len, plain.data, (int)plain.len) != 1) ||
	    EVP_EncryptFinal_ex(stream->ctx, out + len, &rest) != 1 ||
	    EVP_CIPHER_CTX_ctrl(stream->ctx, EVP_CTRL_AEAD_GET_TAG, AGE_TAG,
		out + plain.len) != 1)
		return ERR(CRYPTO, "age: a chunk could not be sealed");
	return OK;
}

/* Plaintext before its tag is verified: the caller wipes it on failure. */
static bool
open_chunk(EVP_CIPHER_CTX *ctx, const uint8_t nonce[CHUNK_NONCE],
    struct span body, const uint8_t *tag, uint8_t *out)
{
	uint8_t tag_copy[AGE_TAG], none[1];
	int len = 0, rest = 0;

	memcpy(tag_copy, tag, AGE_TAG); /* OpenSSL takes it without const */
	if (body.len == 0)
		out = none;
	return EVP_DecryptInit_ex2(ctx, NULL, NULL, nonce, NULL) == 1 &&
	    EVP_CIPHER_CTX_ctrl(
		ctx, EVP_CTRL_AEAD_SET_TAG, AGE_TAG, tag_copy) == 1 &&
	    (body.len == 0 ||
		EVP_DecryptUpdate(ctx, out, &len, body.data, (int)body.len) ==
		    1) &&
	    EVP_DecryptFinal_ex(ctx, out + len, &rest) == 1;
}

struct err
age_stream_open(struct age_stream *stream, uint64_t chunk, bool last,
    struct span sealed, uint8_t *out)
{
	uint8_t nonce[CHUNK_NONCE];

	if (sealed.len < AGE_TAG || sealed.len > SEALED_CHUNK)
		return ERR(MALFORMED, "age: no chunk has this length");
	struct span body = span_sub(sealed, 0, sealed.len - AGE_TAG);
	TRY(check_len(chunk, last, body.len));
	chunk_nonce(nonce, chunk, last);
	if (!open_chunk(
		stream->ctx, nonce, body, sealed.data + body.len, out)) {
		sodium_memzero(out, body.len);
		return ERR(CRYPTO, "age: a chunk is not authentic");
	}
	return OK;
}

uint64_t
age_payload_len(uint64_t plain_len)
{
	uint64_t num_chunks =
	    plain_len / AGE_CHUNK + (plain_len % AGE_CHUNK != 0);

	if (num_chunks == 0)
		num_chunks = 1;
	return AGE_NONCE + plain_len + num_chunks * AGE_TAG;
}

struct err
age_plain_len(uint64_t payload_len, uint64_t *out)
{
	if (payload_len < AGE_NONCE + AGE_TAG ||
	    payload_len > age_payload_len(AGE_PLAIN_MAX))
		return ERR(MALFORMED, "age: no payload has this length");
	uint64_t sealed_len = payload_len - AGE_NONCE;
	uint64_t num_chunks =
	    sealed_len / SEALED_CHUNK + (sealed_len % SEALED_CHUNK != 0);
	uint64_t last_len = sealed_len - (num_chunks - 1) * SEALED_CHUNK;
	if (last_len < AGE_TAG || (last_len == AGE_TAG && num_chunks > 1))
		return ERR(MALFORMED, "age: no payload has this length");
	*out = sealed_len - num_chunks * AGE_TAG;
	return OK;
}
