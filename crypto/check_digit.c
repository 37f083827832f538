#include "crypto/check_digit.h"

enum {
	COUNTRY = 2, /* letters, then as many check digits */
	IBAN_FRONT = 4,
	MODULUS = 97,
};

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(uint8_t c)
{
	uint8_t small = c | 0x20;

	return small >= 'a' && small <= 'z';
}

static bool
is_symbol(uint8_t c)
{
	return is_digit(c) || is_letter(c);
}

/* Where the symbol of that number stands; value.len if it has fewer. */
static size_t
place_of(struct span value, size_t symbol)
{
	for (size_t i = 0; i < value.len; i++)
		if (is_symbol(value.data[i]) && symbol-- == 0)
			return i;
	return value.len;
}

/* Where the last symbol stands; value.len if there is none. */
static size_t
last_place(struct span value)
{
	for (size_t i = value.len; i > 0; i--)
		if (is_symbol(value.data[i - 1]))
			return i - 1;
	return value.len;
}

/* The last digit, by those before it: every second one counts twice, from the
 * right, and of the double the sum of its digits. */
static unsigned int
luhn(struct span before)
{
	bool twice = true;
	unsigned int sum = 0;

	for (size_t i = before.len; i > 0; i--) {
		unsigned int digit = before.data[i - 1] - (unsigned int)'0';

		if (!is_symbol(before.data[i - 1]))
			continue;
		if (twice)
			digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
		sum += digit;
		twice = !twice;
	}
	return (10 - sum % 10) % 10;
}

/* A letter counts as two digits, 10 to 35. */
static unsigned int
append(unsigned int rest, uint8_t c)
{
	if (!is_symbol(c))
		return rest;
	if (is_digit(c))
		return (rest * 10 + (c - (unsigned int)'0')) % MODULUS;
	return (rest * 100 + 10 + ((c | 0x20u) - 'a')) % MODULUS;
}

/* The two digits, by all behind them, then the country, then 00. */
static unsigned int
mod97(struct span value)
{
	unsigned int rest = 0;

	for (size_t i = place_of(value, IBAN_FRONT); i < value.len; i++)
		rest = append(rest, value.data[i]);
	for (size_t i = 0; i < place_of(value, COUNTRY); i++)
		rest = append(rest, value.data[i]);
	return MODULUS + 1 - rest * 100 % MODULUS;
}

static bool
luhn_holds(struct span value)
{
	size_t last = last_place(value);

	for (size_t i = 0; i < value.len; i++)
		if (is_letter(value.data[i]))
			return false;
	return last < value.len &&
	    luhn(span_sub(value, 0, last)) == value.data[last] - (uint32_t)'0';
}

static bool
mod97_holds(struct span value)
{
	size_t place[IBAN_FRONT];

	for (size_t i = 0; i < IBAN_FRONT; i++) {
		place[i] = place_of(value, i);
		if (place[i] == value.len ||
		    is_letter(value.data[place[i]]) != (i < COUNTRY))
			return false;
	}
	return mod97(value) ==
	    (value.data[place[2]] - (uint32_t)'0') * 10 +
	    (value.data[place[3]] - (uint32_t)'0');
}

bool
check_digit_holds(enum check_digit rule, struct span value)
{
	switch (rule) {
	case CHECK_DIGIT_NONE:
		return true;
	case CHECK_DIGIT_LUHN:
		return luhn_holds(value);
	case CHECK_DIGIT_MOD97:
		return mod97_holds(value);
	}
	return false;
}

struct span
check_digit_payload(enum check_digit rule, struct span value)
{
	switch (rule) {
	case CHECK_DIGIT_NONE:
		break;
	case CHECK_DIGIT_LUHN:
		return span_sub(value, 0, last_place(value));
	case CHECK_DIGIT_MOD97:
		return span_sub(value, place_of(value, IBAN_FRONT), value.len);
	}
	return value;
}

size_t
check_digit_mark(enum check_digit rule, struct span value, uint8_t *out)
{
	switch (rule) {
	case CHECK_DIGIT_NONE:
		break;
	case CHECK_DIGIT_LUHN:
		out[0] = 'L';
		return 1;
	case CHECK_DIGIT_MOD97:
		out[0] = 'I';
		for (size_t i = 0; i < COUNTRY; i++)
			out[1 + i] = value.data[place_of(value, i)] & 0xdf;
		return 1 + COUNTRY;
	}
	return 0;
}

void
check_digit_put(enum check_digit rule, uint8_t *value, size_t len)
{
	struct span whole = span_of(value, len);
	unsigned int two;

	switch (rule) {
	case CHECK_DIGIT_NONE:
		return;
	case CHECK_DIGIT_LUHN:
		value[last_place(whole)] = (uint8_t)('0' +
		    luhn(span_sub(whole, 0, last_place(whole))));
		return;
	case CHECK_DIGIT_MOD97:
		two = mod97(whole);
		value[place_of(whole, 2)] = (uint8_t)('0' + two / 10);
		value[place_of(whole, 3)] = (uint8_t)('0' + two % 10);
		return;
	}
}
