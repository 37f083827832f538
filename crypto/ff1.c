#include "crypto/ff1.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "crypto/aes.h"
#include "crypto/memory/secret.h"

enum {
	ROUNDS = 10,
	LANES = AES_WAVE,	    /* strings side by side */
	MAX_HALF = FF1_MAX_LEN / 2, /* numerals */
	MAX_LIMBS = MAX_HALF / 2,   /* of two numerals at least */
	MAX_BYTES = MAX_HALF * 2,   /* b: of a half as a number */
	MAX_WORDS = MAX_BYTES / 4 + 2,
	/* The end of Q: under a block of tweak, padding, round, b bytes. */
	MAX_TAIL = (15 + 15 + 1 + MAX_BYTES) / AES_BLOCK,
	MAX_S = (MAX_BYTES + 8 + AES_BLOCK - 1) / AES_BLOCK,
};

struct ff1 {
	struct aes *aes;
	struct secret *key;
};

/* A radix, and as many numerals of it as a limb of 32 bits holds. */
struct radix {
	uint32_t radix;
	unsigned per_limb;
	uint64_t limb;		     /* radix^per_limb, at most 2^32 */
	uint8_t bytes[MAX_HALF + 1]; /* b of so many numerals; 0: not known */
};

/* Half a string: a number, in limbs of radix^per_limb, the lowest first. */
struct half {
	uint32_t limbs[MAX_LIMBS];
	unsigned num_limbs;
	uint64_t top; /* what the last limb is below */
	unsigned num; /* numerals: u or v */
};

/* One string on its way. Letters are those of SP 800-38G, algorithm 7. */
struct lane {
	struct half halves[2]; /* A and B; which is which, the round says */
	unsigned b, d;
	uint8_t start[AES_BLOCK]; /* MAC of P and the tweak's whole blocks */
	uint8_t tail[MAX_TAIL * AES_BLOCK]; /* of Q */
	unsigned num_tail;		    /* blocks */
	uint8_t s[MAX_S * AES_BLOCK];	    /* R, and what follows it */
	unsigned num_s;			    /* blocks */
};

struct err
ff1_new(struct ff1 **out, struct span key)
{
	struct ff1 *ff1;
	struct err err;

	if (key.len != 16 && key.len != 24 && key.len != 32)
		return ERR(MALFORMED, "ff1: no key of AES has this length");
	ff1 = calloc(1, sizeof(*ff1));
	if (ff1 == NULL)
		return ERR(NO_MEMORY, "ff1: no memory");
	err = aes_new(&ff1->aes, key.len);
	if (err.code == ERR_OK)
		err = secret_new(&ff1->key, key.len);
	if (err.code != ERR_OK) {
		ff1_free(ff1);
		return err;
	}
	memcpy(secret_open(ff1->key), key.data, key.len);
	secret_close(ff1->key);
	*out = ff1;
	return OK;
}

void
ff1_free(struct ff1 *ff1)
{
	if (ff1 == NULL)
		return;
	aes_free(ff1->aes);
	secret_free(ff1->key);
	free(ff1);
}

void
ff1_begin(struct ff1 *ff1)
{
	aes_key(ff1->aes, secret_open(ff1->key));
	secret_close(ff1->key);
}

void
ff1_end(struct ff1 *ff1)
{
	aes_forget(ff1->aes);
}

bool
ff1_fits(uint32_t radix, size_t len)
{
	uint64_t domain = 1;

	if (radix < 2 || radix > FF1_MAX_RADIX || len < 2 || len > FF1_MAX_LEN)
		return false;
	for (size_t i = 0; i < len && domain < FF1_MIN_DOMAIN; i++)
		domain *= radix;
	return domain >= FF1_MIN_DOMAIN;
}

/* --- Numbers --- */

static struct radix
make_radix(uint32_t radix)
{
	struct radix r = {.radix = radix, .limb = radix, .per_limb = 1};

	while (r.limb * radix <= UINT64_C(1) << 32) {
		r.limb *= radix;
		r.per_limb++;
	}
	return r;
}

/* NUM_radix of `num` numerals, the first the highest. */
static void
take_half(const struct radix *r, struct half *half, const uint16_t *numerals,
    unsigned num)
{
	half->num = num;
	half->num_limbs = 0;
	for (unsigned end = num; end > 0;) {
		unsigned from = end > r->per_limb ? end - r->per_limb : 0;
		uint64_t limb = 0;

		half->top = 1;
		for (unsigned i = from; i < end; i++) {
			limb = limb * r->radix + numerals[i];
			half->top *= r->radix;
		}
		half->limbs[half->num_limbs++] = (uint32_t)limb;
		end = from;
	}
}

/* STR_radix. */
static void
put_half(const struct radix *r, const struct half *half, uint16_t *numerals)
{
	unsigned end = half->num;

	for (unsigned i = 0; i < half->num_limbs; i++) {
		uint32_t limb = half->limbs[i];

		for (unsigned k = 0; k < r->per_limb && end > 0; k++) {
			numerals[--end] = (uint16_t)(limb % r->radix);
			limb /= r->radix;
		}
	}
}

/* The number in `len` bytes, big-endian. */
static void
put_bytes(
    const struct radix *r, const struct half *half, uint8_t *out, unsigned len)
{
	uint32_t words[MAX_WORDS];
	unsigned num = 0;

	for (unsigned i = half->num_limbs; i-- > 0;) {
		uint64_t carry = half->limbs[i];

		for (unsigned w = 0; w < num; w++) {
			carry += words[w] * r->limb;
			words[w] = (uint32_t)carry;
			carry >>= 32;
		}
		if (carry > 0)
			words[num++] = (uint32_t)carry;
	}
	for (unsigned i = 0; i < len; i++) {
		uint32_t word = i / 4 < num ? words[i / 4] : 0;

		out[len - 1 - i] = (uint8_t)(word >> (8 * (i % 4)));
	}
}

/* y mod radix^num: NUM of `len` bytes, a multiple of four, as limbs. */
static void
take_bytes(const struct radix *r, struct half *y, const struct half *like,
    const uint8_t *in, unsigned len)
{
	uint32_t words[MAX_WORDS]; /* the highest first */
	unsigned num = len / 4;

	for (unsigned w = 0; w < num; w++)
		words[w] = (uint32_t)in[4 * w] << 24 |
		    (uint32_t)in[4 * w + 1] << 16 |
		    (uint32_t)in[4 * w + 2] << 8 | in[4 * w + 3];
	for (unsigned i = 0; i < like->num_limbs; i++) {
		uint64_t base = i + 1 < like->num_limbs ? r->limb : like->top;
		uint64_t rest = 0;

		for (unsigned w = 0; w < num; w++) {
			rest = rest << 32 | words[w];
			words[w] = (uint32_t)(rest / base);
			rest %= base;
		}
		y->limbs[i] = (uint32_t)rest;
	}
}

/* a + y or a - y mod radix^num, into a. */
static void
move_half(
    const struct radix *r, struct half *a, const struct half *y, bool back)
{
	uint64_t carry = 0;

	for (unsigned i = 0; i < a->num_limbs; i++) {
		uint64_t base = i + 1 < a->num_limbs ? r->limb : a->top;
		uint64_t limb = back ? base + a->limbs[i] - y->limbs[i] - carry
				     : carry + a->limbs[i] + y->limbs[i];

		carry = (limb >= base) != back;
		a->limbs[i] = (uint32_t)(limb >= base ? limb - base : limb);
	}
}

/* Bytes of radix^num - 1, exactly: no logarithm decides it. */
static unsigned
len_of_half(struct radix *r, unsigned num)
{
	uint16_t most[MAX_HALF];
	uint8_t bytes[MAX_BYTES];
	struct half half;
	unsigned zeros = 0;

	if (r->bytes[num] != 0)
		return r->bytes[num];
	for (unsigned i = 0; i < num; i++)
		most[i] = (uint16_t)(r->radix - 1);
	take_half(r, &half, most, num);
	put_bytes(r, &half, bytes, sizeof(bytes));
	while (bytes[zeros] == 0)
		zeros++;
	r->bytes[num] = (uint8_t)(MAX_BYTES - zeros);
	return r->bytes[num];
}

/* --- A string in its lane --- */

static void
put_u32be(uint8_t *out, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Step 5: P, and what of Q is the same in each round. */
static void
put_p(const struct radix *r, struct lane *lane, const struct ff1_string *string)
{
	uint8_t p[AES_BLOCK] = {1, 2, 1, (uint8_t)(r->radix >> 16),
	    (uint8_t)(r->radix >> 8), (uint8_t)r->radix, ROUNDS,
	    (uint8_t)(string->len / 2)};

	put_u32be(p + 8, (uint32_t)string->len);
	put_u32be(p + 12, (uint32_t)string->tweak.len);
	memcpy(lane->start, p, sizeof(p));
}

static void
put_tail(struct lane *lane, struct span tweak)
{
	size_t whole = tweak.len / AES_BLOCK * AES_BLOCK;
	size_t rest = tweak.len - whole;

	lane->num_tail =
	    (unsigned)((rest + 1 + lane->b + AES_BLOCK - 1) / AES_BLOCK);
	memset(lane->tail, 0, sizeof(lane->tail));
	if (rest > 0)
		memcpy(lane->tail, tweak.data + whole, rest);
}

static void
start_lane(struct radix *r, struct lane *lane, const struct ff1_string *string)
{
	unsigned u = (unsigned)string->len / 2;
	unsigned v = (unsigned)string->len - u;

	take_half(r, &lane->halves[0], string->numerals, u);
	take_half(r, &lane->halves[1], string->numerals + u, v);
	lane->b = len_of_half(r, v);
	lane->d = (lane->b + 3) / 4 * 4 + 4;
	lane->num_s = (lane->d + AES_BLOCK - 1) / AES_BLOCK;
	put_p(r, lane, string);
	put_tail(lane, string->tweak);
}

static void
put_round(const struct radix *r, struct lane *lane, unsigned round,
    const struct half *b)
{
	uint8_t *number = lane->tail + lane->num_tail * AES_BLOCK - lane->b;

	number[-1] = (uint8_t)round;
	put_bytes(r, b, number, lane->b);
	memcpy(lane->s, lane->start, AES_BLOCK);
}

/* --- All lanes at once --- */

/* Step n of the MAC of P and the whole blocks of the tweaks. */
static bool
step_start(struct aes *aes, struct lane *lanes,
    const struct ff1_string *strings, size_t num, size_t n)
{
	static const uint8_t zero[AES_BLOCK];
	struct aes_wave wave = {.num = 0};

	for (size_t l = 0; l < num; l++)
		if (n == 0)
			aes_wave_put(
			    &wave, lanes[l].start, lanes[l].start, zero);
		else if (n * AES_BLOCK <= strings[l].tweak.len)
			aes_wave_put(&wave, lanes[l].start, lanes[l].start,
			    strings[l].tweak.data + (n - 1) * AES_BLOCK);
	return aes_wave_run(&wave, aes);
}

/* Block n of Q: after the last one, s is R. */
static bool
step_mac(struct aes *aes, struct lane *lanes, size_t num, unsigned n)
{
	struct aes_wave wave = {.num = 0};

	for (size_t l = 0; l < num; l++)
		if (n < lanes[l].num_tail)
			aes_wave_put(&wave, lanes[l].s, lanes[l].s,
			    lanes[l].tail + n * AES_BLOCK);
	return aes_wave_run(&wave, aes);
}

/* Block n of S, which is the encryption of R xor n. */
static bool
step_stretch(struct aes *aes, struct lane *lanes, size_t num, uint8_t n)
{
	const uint8_t number[AES_BLOCK] = {[AES_BLOCK - 1] = n};
	struct aes_wave wave = {.num = 0};

	for (size_t l = 0; l < num; l++)
		if (n < lanes[l].num_s)
			aes_wave_put(&wave, lanes[l].s + n * AES_BLOCK,
			    lanes[l].s, number);
	return aes_wave_run(&wave, aes);
}

/*
 * Step 6, and backwards algorithm 8's. In an even round the first half moves
 * by what the second one gives, in an odd one the second by the first: that is
 * the swap of A and B.
 */
static void
run_round(struct aes *aes, const struct radix *r, struct lane *lanes,
    size_t num, unsigned round, bool back)
{
	struct half y;

	for (size_t l = 0; l < num; l++)
		put_round(r, &lanes[l], round, &lanes[l].halves[1 - round % 2]);
	for (unsigned n = 0; step_mac(aes, lanes, num, n); n++)
		;
	for (uint8_t n = 1; step_stretch(aes, lanes, num, n); n++)
		;
	for (size_t l = 0; l < num; l++) {
		struct half *moved = &lanes[l].halves[round % 2];

		take_bytes(r, &y, moved, lanes[l].s, lanes[l].d);
		move_half(r, moved, &y, back);
	}
}

static void
run_lanes(struct aes *aes, struct radix *r, struct ff1_string *strings,
    size_t num, bool back)
{
	struct lane lanes[LANES];

	for (size_t l = 0; l < num; l++)
		start_lane(r, &lanes[l], &strings[l]);
	for (size_t n = 0; step_start(aes, lanes, strings, num, n); n++)
		;
	for (unsigned i = 0; i < ROUNDS; i++)
		run_round(aes, r, lanes, num, back ? ROUNDS - 1 - i : i, back);
	for (size_t l = 0; l < num; l++) {
		put_half(r, &lanes[l].halves[0], strings[l].numerals);
		put_half(r, &lanes[l].halves[1],
		    strings[l].numerals + lanes[l].halves[0].num);
	}
	sodium_memzero(lanes, num * sizeof(lanes[0]));
}

static struct err
check(uint32_t radix, const struct ff1_string *strings, size_t num)
{
	for (size_t s = 0; s < num; s++) {
		if (!ff1_fits(radix, strings[s].len) ||
		    strings[s].tweak.len > UINT32_MAX)
			return ERR(MALFORMED, "ff1: not a length to encrypt");
		for (size_t i = 0; i < strings[s].len; i++)
			if (strings[s].numerals[i] >= radix)
				return ERR(MALFORMED,
				    "ff1: a numeral is none of the radix");
	}
	return OK;
}

static struct err
run(struct ff1 *ff1, uint32_t radix, struct ff1_string *strings, size_t num,
    bool back)
{
	struct radix r;

	TRY(check(radix, strings, num));
	if (num == 0)
		return OK;
	r = make_radix(radix);
	for (size_t at = 0; at < num; at += LANES)
		run_lanes(ff1->aes, &r, strings + at,
		    num - at < LANES ? num - at : LANES, back);
	return OK;
}

struct err
ff1_encrypt(
    struct ff1 *ff1, uint32_t radix, struct ff1_string *strings, size_t num)
{
	return run(ff1, radix, strings, num, false);
}

struct err
ff1_decrypt(
    struct ff1 *ff1, uint32_t radix, struct ff1_string *strings, size_t num)
{
	return run(ff1, radix, strings, num, true);
}
