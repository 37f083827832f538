#include "crypto/siv.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "crypto/aes.h"
#include "crypto/memory/secret.h"

enum {
	LANES = AES_WAVE, /* values, or blocks of key stream, side by side */
};

struct siv {
	struct aes *mac, *stream; /* K1 and K2 of RFC 5297, s.2.6 */
	struct secret *key;
	size_t half; /* bytes of each */
	/* Between siv_begin and siv_end. */
	uint8_t subkeys[2][AES_BLOCK]; /* of CMAC: for whole and cut blocks */
	uint8_t d[AES_BLOCK];	       /* S2V after the associated data */
};

/*
 * The last string of S2V, made ready for CMAC: whole blocks of the value, and
 * at its end what D went into. Nothing is copied but the end.
 */
struct lane {
	struct span value;
	size_t num_whole; /* blocks that are taken as they are */
	uint8_t end[2 * AES_BLOCK];
	size_t num_end; /* blocks */
	uint8_t state[AES_BLOCK];
};

struct err
siv_new(struct siv **out, struct span key)
{
	struct siv *siv;
	struct err err;

	if (key.len != 32 && key.len != 48 && key.len != 64)
		return ERR(MALFORMED, "siv: no key has this length");
	siv = calloc(1, sizeof(*siv));
	if (siv == NULL)
		return ERR(NO_MEMORY, "siv: no memory");
	siv->half = key.len / 2;
	err = aes_new(&siv->mac, siv->half);
	if (err.code == ERR_OK)
		err = aes_new(&siv->stream, siv->half);
	if (err.code == ERR_OK)
		err = secret_new(&siv->key, key.len);
	if (err.code != ERR_OK) {
		siv_free(siv);
		return err;
	}
	memcpy(secret_open(siv->key), key.data, key.len);
	secret_close(siv->key);
	*out = siv;
	return OK;
}

void
siv_free(struct siv *siv)
{
	if (siv == NULL)
		return;
	aes_free(siv->mac);
	aes_free(siv->stream);
	secret_free(siv->key);
	sodium_memzero(siv, sizeof(*siv));
	free(siv);
}

/* --- CMAC, NIST SP 800-38B --- */

static void
xor_block(uint8_t out[AES_BLOCK], const uint8_t *in)
{
	for (unsigned i = 0; i < AES_BLOCK; i++)
		out[i] ^= in[i];
}

/* Times x in GF(2^128). No branch on a bit of a key. */
static void
dbl(uint8_t block[AES_BLOCK])
{
	uint8_t carry = block[0] >> 7;

	for (unsigned i = 0; i + 1 < AES_BLOCK; i++)
		block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
	block[AES_BLOCK - 1] =
	    (uint8_t)(block[AES_BLOCK - 1] << 1 ^ (0x87 & (0 - carry)));
}

/* The rest of a string that is no whole block: 80, then zeros. */
static void
pad(uint8_t block[AES_BLOCK], const uint8_t *bytes, size_t len)
{
	memset(block, 0, AES_BLOCK);
	if (len > 0)
		memcpy(block, bytes, len);
	block[len] = 0x80;
}

/* Of one string; associated data is short, and comes once per column. */
static void
cmac(const struct siv *siv, uint8_t out[AES_BLOCK], struct span in)
{
	uint8_t last[AES_BLOCK];
	size_t at = 0;

	memset(out, 0, AES_BLOCK);
	for (; in.len > at + AES_BLOCK; at += AES_BLOCK) {
		xor_block(out, in.data + at);
		aes_blocks(siv->mac, out, out, 1);
	}
	if (in.len == at + AES_BLOCK) {
		memcpy(last, in.data + at, AES_BLOCK);
		xor_block(last, siv->subkeys[0]);
	} else {
		pad(last, in.len == 0 ? NULL : in.data + at, in.len - at);
		xor_block(last, siv->subkeys[1]);
	}
	xor_block(out, last);
	aes_blocks(siv->mac, out, out, 1);
}

/* --- S2V, RFC 5297 s.2.4 --- */

void
siv_begin(struct siv *siv, const struct span *ads, size_t num_ads)
{
	static const uint8_t zero[AES_BLOCK];
	const uint8_t *key = secret_open(siv->key);
	uint8_t part[AES_BLOCK];

	assert(num_ads <= SIV_MAX_ADS);
	aes_key(siv->mac, key);
	aes_key(siv->stream, key + siv->half);
	secret_close(siv->key);
	aes_blocks(siv->mac, siv->subkeys[0], zero, 1);
	dbl(siv->subkeys[0]);
	memcpy(siv->subkeys[1], siv->subkeys[0], AES_BLOCK);
	dbl(siv->subkeys[1]);
	cmac(siv, siv->d, span_of(zero, AES_BLOCK));
	for (size_t i = 0; i < num_ads; i++) {
		dbl(siv->d);
		cmac(siv, part, ads[i]);
		xor_block(siv->d, part);
	}
}

void
siv_end(struct siv *siv)
{
	aes_forget(siv->mac);
	aes_forget(siv->stream);
	sodium_memzero(siv->subkeys, sizeof(siv->subkeys));
	sodium_memzero(siv->d, sizeof(siv->d));
}

/* T = value xorend D: D goes into the last sixteen bytes, which may lie over
 * two blocks; the second of them then is a cut one. */
static void
end_long(const struct siv *siv, struct lane *lane)
{
	size_t len = lane->value.len;
	size_t cut = len % AES_BLOCK;
	size_t from = len - AES_BLOCK - cut; /* of the block before, if cut */
	uint8_t *d = lane->end + cut;

	if (cut == 0)
		from = len - AES_BLOCK;
	lane->num_whole = from / AES_BLOCK;
	lane->num_end = cut == 0 ? 1 : 2;
	memset(lane->end, 0, sizeof(lane->end));
	memcpy(lane->end, lane->value.data + from, len - from);
	xor_block(d, siv->d);
	if (cut == 0) {
		xor_block(lane->end, siv->subkeys[0]);
		return;
	}
	lane->end[AES_BLOCK + cut] = 0x80;
	xor_block(lane->end + AES_BLOCK, siv->subkeys[1]);
}

/* T = dbl(D) xor pad(value): one whole block. */
static void
end_short(const struct siv *siv, struct lane *lane)
{
	uint8_t d[AES_BLOCK];

	memcpy(d, siv->d, AES_BLOCK);
	dbl(d);
	lane->num_whole = 0;
	lane->num_end = 1;
	pad(lane->end, lane->value.data, lane->value.len);
	xor_block(lane->end, d);
	xor_block(lane->end, siv->subkeys[0]);
}

/* Block n of what CMAC is over; NULL behind the last one. */
static const uint8_t *
block_of(const struct lane *lane, size_t n)
{
	if (n < lane->num_whole)
		return lane->value.data + n * AES_BLOCK;
	n -= lane->num_whole;
	return n < lane->num_end ? lane->end + n * AES_BLOCK : NULL;
}

static bool
step_mac(const struct siv *siv, struct lane *lanes, size_t num, size_t n)
{
	struct aes_wave wave = {.num = 0};

	for (size_t l = 0; l < num; l++) {
		const uint8_t *block = block_of(&lanes[l], n);

		if (block != NULL)
			aes_wave_put(
			    &wave, lanes[l].state, lanes[l].state, block);
	}
	return aes_wave_run(&wave, siv->mac);
}

/* V of up to LANES values, side by side, into their lanes' states. */
static void
authenticate(const struct siv *siv, struct lane *lanes,
    const struct span *values, size_t num)
{
	for (size_t l = 0; l < num; l++) {
		lanes[l].value = values[l];
		memset(lanes[l].state, 0, AES_BLOCK);
		if (values[l].len < AES_BLOCK)
			end_short(siv, &lanes[l]);
		else
			end_long(siv, &lanes[l]);
	}
	for (size_t n = 0; step_mac(siv, lanes, num, n); n++)
		;
}

/* --- The counter mode, s.2.5 --- */

/* Blocks of key stream to come, and where they belong. */
struct stream {
	struct aes *aes;
	uint8_t blocks[LANES][AES_BLOCK];
	struct span from[LANES];
	uint8_t *to[LANES];
	size_t num;
};

static void
stream_run(struct stream *stream)
{
	aes_blocks(
	    stream->aes, stream->blocks[0], stream->blocks[0], stream->num);
	for (size_t k = 0; k < stream->num; k++)
		for (size_t i = 0; i < stream->from[k].len; i++)
			stream->to[k][i] =
			    stream->from[k].data[i] ^ stream->blocks[k][i];
	stream->num = 0;
}

/* Bits 31 and 63 from the right are cleared, so that 32 bits can count. */
static void
stream_put(struct stream *stream, const uint8_t v[SIV_TAG], struct span in,
    uint8_t *out)
{
	uint8_t q[AES_BLOCK];

	memcpy(q, v, AES_BLOCK);
	q[8] &= 0x7f;
	q[12] &= 0x7f;
	for (size_t at = 0; at < in.len; at += AES_BLOCK) {
		memcpy(stream->blocks[stream->num], q, AES_BLOCK);
		stream->from[stream->num] = span_sub(in, at, AES_BLOCK);
		stream->to[stream->num++] = out + at;
		if (stream->num == LANES)
			stream_run(stream);
		for (unsigned i = AES_BLOCK; ++q[--i] == 0;)
			;
	}
}

static void
seal_lanes(struct siv *siv, const struct span *plains, uint8_t *const *outs,
    size_t num)
{
	struct stream stream = {.aes = siv->stream};
	struct lane lanes[LANES];

	authenticate(siv, lanes, plains, num);
	for (size_t l = 0; l < num; l++) {
		memcpy(outs[l], lanes[l].state, SIV_TAG);
		stream_put(&stream, outs[l], plains[l], outs[l] + SIV_TAG);
	}
	stream_run(&stream);
}

void
siv_seal(struct siv *siv, const struct span *plains, uint8_t *const *outs,
    size_t num)
{
	for (size_t i = 0; i < num; i++)
		assert(plains[i].len <= SIV_MAX_LEN);
	for (size_t at = 0; at < num; at += LANES)
		seal_lanes(siv, plains + at, outs + at,
		    num - at < LANES ? num - at : LANES);
}

struct err
siv_open(struct siv *siv, struct span sealed, uint8_t *out)
{
	struct stream stream = {.aes = siv->stream};
	struct lane lane;
	struct span v, plain;

	if (sealed.len < SIV_TAG)
		return ERR(TRUNCATED, "siv: shorter than its tag");
	if (sealed.len > SIV_TAG + SIV_MAX_LEN)
		return ERR(TOO_BIG, "siv: longer than what is sealed");
	TRY(span_take(&sealed, &v, SIV_TAG));
	stream_put(&stream, v.data, sealed, out);
	stream_run(&stream);
	plain = span_of(out, sealed.len);
	authenticate(siv, &lane, &plain, 1);
	if (secret_equal(lane.state, v.data, SIV_TAG))
		return OK;
	sodium_memzero(out, sealed.len);
	return ERR(CRYPTO, "siv: not sealed with this key and place");
}
