#include "crypto/hmac_column.h"

#include <sodium.h>
#include <string.h>

static void
one_by_one(const struct hmac *keyed, const struct span *values, size_t num,
    uint8_t (*out)[32])
{
	struct hmac hmac;

	for (size_t i = 0; i < num; i++) {
		hmac = *keyed;
		hmac_final(&hmac, out[i], values[i]);
	}
	hmac_wipe(&hmac);
}

#ifdef __x86_64__

#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw")))

enum {
	LANES = 16,
	BLOCK = 64,
	LENGTH = 8 /* bytes at the end of the last block */
};

/* FIPS 180-4, 4.2.2 */
static const uint32_t K[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
    0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138,
    0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624,
    0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
    0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f,
    0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* Word i of sixteen states, and of sixteen blocks. */
struct states {
	__m512i word[8];
};
struct blocks {
	__m512i word[16];
};

/* FIPS 180-4, 4.1.2; the last argument is the truth table of three inputs. */
#define XOR3(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0x96)
#define CH(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0xca)
#define MAJ(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0xe8)
#define ROT(x, n) _mm512_ror_epi32(x, n)
#define ADD(x, y) _mm512_add_epi32(x, y)
#define BIG_0(x) XOR3(ROT(x, 2), ROT(x, 13), ROT(x, 22))
#define BIG_1(x) XOR3(ROT(x, 6), ROT(x, 11), ROT(x, 25))
#define SMALL_0(x) XOR3(ROT(x, 7), ROT(x, 18), _mm512_srli_epi32(x, 3))
#define SMALL_1(x) XOR3(ROT(x, 17), ROT(x, 19), _mm512_srli_epi32(x, 10))

/* FIPS 180-4, 6.2.2: word t of the schedule takes the place of word t-16. */
WIDE static inline __m512i
schedule(struct blocks *w, unsigned t)
{
	__m512i *word = &w->word[t % 16];

	if (t >= 16)
		*word = ADD(ADD(*word, SMALL_0(w->word[(t - 15) % 16])),
		    ADD(w->word[(t - 7) % 16], SMALL_1(w->word[(t - 2) % 16])));
	return *word;
}

WIDE static void
compress(struct states *states, struct blocks *w)
{
	__m512i a = states->word[0], b = states->word[1], c = states->word[2],
		d = states->word[3], e = states->word[4], f = states->word[5],
		g = states->word[6], h = states->word[7];

#pragma GCC unroll 16
	for (unsigned t = 0; t < 64; t++) {
		__m512i add =
		    ADD(schedule(w, t), _mm512_set1_epi32((int32_t)K[t]));
		__m512i one = ADD(ADD(h, BIG_1(e)), ADD(CH(e, f, g), add));
		__m512i two = ADD(BIG_0(a), MAJ(a, b, c));

		h = g;
		g = f;
		f = e;
		e = ADD(d, one);
		d = c;
		c = b;
		b = a;
		a = ADD(one, two);
	}
	const __m512i end[8] = {a, b, c, d, e, f, g, h};
	for (unsigned i = 0; i < 8; i++)
		states->word[i] = ADD(states->word[i], end[i]);
}

/* The same state in all lanes. */
WIDE static void
spread(struct states *states, const SHA256_CTX *ctx)
{
	for (unsigned i = 0; i < 8; i++)
		states->word[i] = _mm512_set1_epi32((int32_t)ctx->h[i]);
}

/* Words are big-endian: FIPS 180-4, 3.1. */
WIDE static __m512i
swap_words(__m512i x)
{
	const __m512i order =
	    _mm512_set4_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203);

	return _mm512_shuffle_epi8(x, order);
}

/* What is absorbed of the block, a value behind it, and the padding (5.1.1). */
static void
put_block(uint8_t block[BLOCK], const SHA256_CTX *ctx, struct span value)
{
	size_t len = ctx->num + value.len;
	uint64_t bits = __builtin_bswap64((BLOCK + (uint64_t)len) * 8);

	_Static_assert(sizeof(ctx->data) == BLOCK, "OpenSSL's block is ours");
	/* All of the block: what lies behind the value is not known. */
	memset(block, 0, BLOCK);
	memcpy(block, ctx->data, ctx->num);
	if (value.len > 0)
		memcpy(block + ctx->num, value.data, value.len);
	block[len] = 0x80;
	memcpy(block + BLOCK - LENGTH, &bits, LENGTH);
}

WIDE static void
load_blocks(struct blocks *out, const uint8_t *blocks)
{
	const __m512i lane = _mm512_mullo_epi32(_mm512_set1_epi32(BLOCK),
	    _mm512_set_epi32(
		15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));

	/* Without optimization the gather is a macro that converts its mask. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
	for (unsigned i = 0; i < 16; i++)
		out->word[i] = swap_words(
		    _mm512_i32gather_epi32(lane, blocks + i * 4ul, 1));
#pragma GCC diagnostic pop
}

/* The outer hash is over the inner ones, which lie as words already. */
WIDE static void
digests_to_blocks(struct blocks *out, const struct states *digests)
{
	memcpy(out->word, digests->word, sizeof(digests->word));
	for (unsigned i = 8; i < 16; i++)
		out->word[i] = _mm512_setzero_si512();
	out->word[8] = _mm512_set1_epi32((int32_t)0x80000000);
	out->word[15] = _mm512_set1_epi32((BLOCK + 32) * 8);
}

WIDE static void
store(uint8_t (*const *out)[32], size_t num, const struct states *states)
{
	uint8_t words[8][LANES][4];

	for (unsigned i = 0; i < 8; i++)
		_mm512_storeu_si512(words[i], swap_words(states->word[i]));
	for (size_t lane = 0; lane < num; lane++)
		for (unsigned i = 0; i < 8; i++)
			memcpy(*out[lane] + i * 4ul, words[i][lane], 4);
	sodium_memzero(words, sizeof(words));
}

/* Values on their way, sixteen at a time. */
struct lanes {
	uint8_t blocks[LANES][BLOCK];
	uint8_t (*out[LANES])[32];
	size_t num;
};

WIDE static void
run_lanes(struct lanes *lanes, const struct hmac *keyed)
{
	struct states states;
	struct blocks blocks;

	load_blocks(&blocks, lanes->blocks[0]);
	spread(&states, &keyed->inner);
	compress(&states, &blocks);
	digests_to_blocks(&blocks, &states);
	spread(&states, &keyed->outer);
	compress(&states, &blocks);
	store(lanes->out, lanes->num, &states);
	sodium_memzero(&states, sizeof(states));
	sodium_memzero(&blocks, sizeof(blocks));
	lanes->num = 0;
}

/* One block was absorbed, the key's; the rest has to fit into one more. */
static bool
is_short(const struct hmac *keyed, struct span value)
{
	return value.len < BLOCK - LENGTH - keyed->inner.num;
}

static void
side_by_side(const struct hmac *keyed, const struct span *values, size_t num,
    uint8_t (*out)[32])
{
	struct lanes lanes = {0};

	for (size_t i = 0; i < num; i++) {
		if (!is_short(keyed, values[i])) {
			one_by_one(keyed, &values[i], 1, &out[i]);
			continue;
		}
		put_block(lanes.blocks[lanes.num], &keyed->inner, values[i]);
		lanes.out[lanes.num++] = &out[i];
		if (lanes.num == LANES)
			run_lanes(&lanes, keyed);
	}
	if (lanes.num > 0)
		run_lanes(&lanes, keyed);
	sodium_memzero(&lanes, sizeof(lanes));
}

/* Sixteen lanes, and a key in a block of its own with room behind it. */
static bool
is_wide(const struct hmac *keyed)
{
	return __builtin_cpu_supports("avx512f") &&
	    __builtin_cpu_supports("avx512bw") &&
	    keyed->inner.num < BLOCK - LENGTH && keyed->inner.Nh == 0 &&
	    keyed->inner.Nl == (BLOCK + keyed->inner.num) * 8 &&
	    keyed->outer.num == 0 && keyed->outer.Nl == BLOCK * 8;
}

void
hmac_column(const struct hmac *keyed, const struct span *values, size_t num,
    uint8_t (*out)[32])
{
	if (is_wide(keyed))
		side_by_side(keyed, values, num, out);
	else
		one_by_one(keyed, values, num, out);
}

#else

void
hmac_column(const struct hmac *keyed, const struct span *values, size_t num,
    uint8_t (*out)[32])
{
	one_by_one(keyed, values, num, out);
}

#endif
