#include "crypto/shape.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/ff1.h"
#include "crypto/hmac.h"

enum {
	KEY = 32,
	LOT = 32, /* values at once */
	NUM_DIGITS = 10,
	NUM_LETTERS = 26,
	BITS = 2, /* the radix of a shape that has digits and letters */
};

/* Where no secret can be made, hmac_key_reserve has made them. */
_Static_assert(KEY <= sizeof(struct hmac), "a reserved secret is enough");

/* How many values have a shape: at most 2^128 - 1. */
__extension__ typedef unsigned __int128 wide;

struct shape_key {
	struct ff1 *ff1;
	enum check_digit rule;
};

/* A value on its way. */
struct job {
	struct span value; /* its payload, where there are check digits */
	uint32_t radix;
	wide domain; /* of a shape of digits and letters */
	uint16_t numerals[FF1_MAX_LEN];
	size_t num_numerals;
	size_t num_symbols;
	/* The mark of the rule, then a character for each symbol. */
	uint8_t tweak[CHECK_DIGIT_MAX_MARK + FF1_MAX_LEN];
	size_t tweak_len;
	bool done;
};

struct err
shape_key_new(
    struct shape_key **out, const uint8_t key[KEY], enum check_digit rule)
{
	struct shape_key *made = calloc(1, sizeof(*made));
	struct err err;

	if (made == NULL)
		return ERR(NO_MEMORY, "shape: no memory");
	err = ff1_new(&made->ff1, span_of(key, KEY));
	if (err.code != ERR_OK) {
		free(made);
		return err;
	}
	made->rule = rule;
	*out = made;
	return OK;
}

void
shape_key_free(struct shape_key *key)
{
	if (key == NULL)
		return;
	ff1_free(key->ff1);
	free(key);
}

/* --- Shapes --- */

static bool
is_letter(uint8_t c)
{
	uint8_t small = c | 0x20;

	return small >= 'a' && small <= 'z';
}

/* How many symbols could stand in its place; 1: it stays. */
static uint32_t
choices(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return NUM_DIGITS;
	return is_letter(c) ? NUM_LETTERS : 1;
}

static uint32_t
index_of(uint8_t c)
{
	return is_letter(c) ? (c | 0x20u) - 'a' : c - (uint32_t)'0';
}

/* The symbol of that index, of the class and case that `like` has. */
static uint8_t
symbol(uint8_t like, uint32_t index)
{
	if (!is_letter(like))
		return (uint8_t)('0' + index);
	return (uint8_t)((like & 0x20) + 'A' + index);
}

/* The radix of a value's numerals, and the domain where it is BITS. 0: it does
 * not fit. */
static uint32_t
measure(struct span value, wide *out_domain)
{
	size_t num_digits = 0, num_letters = 0;
	bool too_many = false;
	wide domain = 1;

	for (size_t i = 0; i < value.len; i++) {
		uint32_t n = choices(value.data[i]);

		num_digits += n == NUM_DIGITS;
		num_letters += n == NUM_LETTERS;
		too_many = too_many ||
		    __builtin_mul_overflow(domain, (wide)n, &domain);
	}
	if (num_letters == 0)
		return ff1_fits(NUM_DIGITS, num_digits) ? NUM_DIGITS : 0;
	if (num_digits == 0)
		return ff1_fits(NUM_LETTERS, num_letters) ? NUM_LETTERS : 0;
	*out_domain = domain;
	return too_many || domain < FF1_MIN_DOMAIN ? 0 : BITS;
}

bool
shape_checks(const struct shape_key *key, struct span value)
{
	return check_digit_holds(key->rule, value);
}

bool
shape_fits(const struct shape_key *key, struct span value)
{
	wide domain;

	return shape_checks(key, value) &&
	    measure(check_digit_payload(key->rule, value), &domain) != 0;
}

/* --- Digits and letters together: a number below the domain, in bits --- */

static size_t
bits_of(wide most)
{
	size_t num = 0;

	for (; most > 0; most >>= 1)
		num++;
	return num;
}

static void
put_rank(struct job *job, wide rank)
{
	job->num_numerals = bits_of(job->domain - 1);
	for (size_t i = job->num_numerals; i > 0; rank >>= 1)
		job->numerals[--i] = (uint16_t)(rank & 1);
}

static wide
rank_of(const struct job *job)
{
	wide rank = 0;

	for (size_t i = 0; i < job->num_numerals; i++)
		rank = rank << 1 | job->numerals[i];
	return rank;
}

/* --- A value in its job, and out of it --- */

static uint8_t
tweak_of(uint8_t c, enum shape_case fold)
{
	if (!is_letter(c))
		return '9';
	return fold == SHAPE_CASE_FOLDED ? 'A' : (uint8_t)((c & 0x20) + 'A');
}

static void
start(struct job *job, struct span whole, enum check_digit rule,
    enum shape_case fold)
{
	struct span value = check_digit_payload(rule, whole);
	wide rank = 0;

	job->value = value;
	job->radix = measure(value, &job->domain);
	job->num_symbols = 0;
	job->tweak_len = check_digit_mark(rule, whole, job->tweak);
	job->done = false;
	assert(job->radix != 0);
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.data[i];
		uint32_t n = choices(c);

		if (n == 1)
			continue;
		rank = rank * n + index_of(c);
		job->numerals[job->num_symbols++] = (uint16_t)index_of(c);
		job->tweak[job->tweak_len++] = tweak_of(c, fold);
	}
	job->num_numerals = job->num_symbols;
	if (job->radix == BITS)
		put_rank(job, rank);
}

static void
finish(const struct job *job, uint8_t *out)
{
	wide rank = job->radix == BITS ? rank_of(job) : 0;
	size_t left = job->num_symbols;

	for (size_t i = job->value.len; i > 0;) {
		uint8_t c = job->value.data[--i];
		uint32_t n = choices(c), index;

		if (n == 1) {
			out[i] = c;
			continue;
		}
		left--;
		if (job->radix == BITS) {
			index = (uint32_t)(rank % n);
			rank /= n;
		} else {
			index = job->numerals[left];
		}
		out[i] = symbol(c, index);
	}
}

/*
 * The jobs of one radix. Bits can come to a number that the domain does not
 * have; it is encrypted again until it comes back into it, which a permutation
 * does, on the average before the second time.
 */
static void
run_radix(struct shape_key *key, struct job *jobs, size_t num, uint32_t radix,
    bool back)
{
	struct ff1_string strings[LOT];
	size_t num_strings;

	do {
		struct err err;

		num_strings = 0;
		for (size_t i = 0; i < num; i++)
			if (jobs[i].radix == radix && !jobs[i].done)
				strings[num_strings++] = (struct ff1_string){
				    jobs[i].numerals, jobs[i].num_numerals,
				    span_of(jobs[i].tweak, jobs[i].tweak_len)};
		err = back ? ff1_decrypt(key->ff1, radix, strings, num_strings)
			   : ff1_encrypt(key->ff1, radix, strings, num_strings);
		assert(err.code == ERR_OK);
		for (size_t i = 0; i < num; i++)
			if (jobs[i].radix == radix)
				jobs[i].done = radix != BITS ||
				    rank_of(&jobs[i]) < jobs[i].domain;
	} while (num_strings > 0);
}

/* The payload's code, between what stays of the value, and its check digits. */
static void
finish_whole(const struct job *job, struct span value, enum check_digit rule,
    uint8_t *out)
{
	size_t before = (size_t)(job->value.data - value.data);

	if (out != value.data)
		memcpy(out, value.data, value.len);
	finish(job, out + before);
	check_digit_put(rule, out, value.len);
}

static void
run(struct shape_key *key, enum shape_case fold, const struct span *values,
    uint8_t *const *outs, size_t num, bool back)
{
	struct job jobs[LOT];

	ff1_begin(key->ff1);
	for (size_t at = 0; at < num; at += LOT) {
		size_t lot = num - at < LOT ? num - at : LOT;

		for (size_t i = 0; i < lot; i++)
			start(&jobs[i], values[at + i], key->rule, fold);
		run_radix(key, jobs, lot, NUM_DIGITS, back);
		run_radix(key, jobs, lot, NUM_LETTERS, back);
		run_radix(key, jobs, lot, BITS, back);
		for (size_t i = 0; i < lot; i++)
			finish_whole(
			    &jobs[i], values[at + i], key->rule, outs[at + i]);
	}
	ff1_end(key->ff1);
	sodium_memzero(jobs, sizeof(jobs));
}

void
shape_encrypt(struct shape_key *key, enum shape_case fold,
    const struct span *values, uint8_t *const *outs, size_t num)
{
	run(key, fold, values, outs, num, false);
}

void
shape_decrypt(struct shape_key *key, enum shape_case fold,
    const struct span *values, uint8_t *const *outs, size_t num)
{
	run(key, fold, values, outs, num, true);
}
