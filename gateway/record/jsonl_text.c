#include "gateway/record/jsonl_text.h"

#include <string.h>

#include "gateway/base/limits.h"

/* A byte of each of eight, and the top bit of each. */
#define EACH UINT64_C(0x0101010101010101)
#define TOPS UINT64_C(0x8080808080808080)

static bool
is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/*
 * Past the ASCII that needs no thought. A byte of x is zero iff the top bit of
 * (x - EACH) & ~x is set in it or, after a zero byte, perhaps above it: eight
 * bytes are passed only where none is.
 */
static uint8_t *
skip_plain(uint8_t *at)
{
	for (;; at += 8) {
		uint64_t word, quote, escape, control;

		memcpy(&word, at, sizeof(word));
		quote = word ^ (EACH * '"');
		escape = word ^ (EACH * '\\');
		control = word - EACH * 0x20;
		quote = (quote - EACH) & ~quote;
		escape = (escape - EACH) & ~escape;
		if (((quote | escape | (control & ~word) | word) & TOPS) != 0)
			break;
	}
	while (is_plain(*at))
		at++;
	return at;
}

/* Bytes of the character at `at`, 0 if it is no UTF-8. */
static size_t
utf8_len(const uint8_t *at)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t len;

	if (at[0] >= 0xc2 && at[0] <= 0xdf)
		len = 2;
	else if (at[0] >= 0xe0 && at[0] <= 0xef)
		len = 3;
	else if (at[0] >= 0xf0 && at[0] <= 0xf4)
		len = 4;
	else
		return 0;
	/* Longer than needed, a surrogate, above U+10FFFF. */
	if (at[0] == 0xe0)
		low = 0xa0;
	else if (at[0] == 0xed)
		high = 0x9f;
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The four digits of \uXXXX. */
static bool
take_unit(const uint8_t *at, uint32_t *out)
{
	uint32_t unit = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = hex_value(at[i]);

		if (value < 0)
			return false;
		unit = unit << 4 | (uint32_t)value;
	}
	*out = unit;
	return true;
}

/* One character, or both halves of a pair; `at` is behind `\u`. */
static struct err
take_point(uint8_t **at, uint32_t *out)
{
	uint32_t point, low;

	if (!take_unit(*at, &point))
		return ERR(MALFORMED, "json: \\u needs four digits");
	*at += 4;
	if (point >= 0xdc00 && point <= 0xdfff)
		return ERR(MALFORMED, "json: half of a surrogate pair");
	if (point >= 0xd800 && point <= 0xdbff) {
		if ((*at)[0] != '\\' || (*at)[1] != 'u' ||
		    !take_unit(*at + 2, &low) || low < 0xdc00 || low > 0xdfff)
			return ERR(MALFORMED, "json: half of a surrogate pair");
		*at += 6;
		point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
	}
	*out = point;
	return OK;
}

/* At most as many bytes as the escape had. */
static uint8_t *
put_point(uint8_t *to, uint32_t point)
{
	if (point < 0x80) {
		*to++ = (uint8_t)point;
	} else if (point < 0x800) {
		*to++ = (uint8_t)(0xc0 | point >> 6);
		*to++ = (uint8_t)(0x80 | (point & 0x3f));
	} else if (point < 0x10000) {
		*to++ = (uint8_t)(0xe0 | point >> 12);
		*to++ = (uint8_t)(0x80 | (point >> 6 & 0x3f));
		*to++ = (uint8_t)(0x80 | (point & 0x3f));
	} else {
		*to++ = (uint8_t)(0xf0 | point >> 18);
		*to++ = (uint8_t)(0x80 | (point >> 12 & 0x3f));
		*to++ = (uint8_t)(0x80 | (point >> 6 & 0x3f));
		*to++ = (uint8_t)(0x80 | (point & 0x3f));
	}
	return to;
}

/* One escape from *in, which is at its backslash, to *to. */
static struct err
take_escape(uint8_t **in, uint8_t **to)
{
	static const char from[] = "\"\\/bfnrt";
	static const uint8_t means[] = "\"\\/\b\f\n\r\t";
	uint8_t c = (*in)[1];
	const char *found;
	uint32_t point;

	*in += 2;
	if (c == 'u') {
		TRY(take_point(in, &point));
		*to = put_point(*to, point);
		return OK;
	}
	found = memchr(from, c, sizeof(from) - 1);
	if (found == NULL)
		return ERR(MALFORMED, "json: an unknown escape");
	*(*to)++ = means[found - from];
	return OK;
}

struct err
jsonl_text_string(uint8_t **at, struct span *out)
{
	uint8_t *from = *at + 1, *in = from, *to = from;

	for (;;) {
		uint8_t *run = in;
		size_t len;

		/* Text as it is, up to a quote, an escape or an error. */
		for (in = skip_plain(in); *in >= 0x80; in = skip_plain(in)) {
			len = utf8_len(in);
			if (len == 0)
				return ERR(MALFORMED, "json: not UTF-8");
			in += len;
		}
		if (to != run)
			memmove(to, run, (size_t)(in - run));
		to += in - run;
		if (*in == '"')
			break;
		if (*in != '\\')
			return ERR(MALFORMED,
			    "json: a control character or the line's end in a "
			    "string");
		TRY(take_escape(&in, &to));
	}
	if (to - from > JSONL_MAX_STRING)
		return ERR(TOO_BIG, "json: a string is too long");
	*out = span_of(from, (size_t)(to - from));
	*at = in + 1;
	return OK;
}

static const uint8_t *
skip_digits(const uint8_t *at)
{
	while (*at >= '0' && *at <= '9')
		at++;
	return at;
}

/* Behind the number at `at`, or NULL; a byte of no number stands behind it. */
static const uint8_t *
number_end(const uint8_t *at)
{
	const uint8_t *digits;

	if (*at == '-')
		at++;
	digits = at;
	at = skip_digits(at);
	if (at == digits || (*digits == '0' && at != digits + 1))
		return NULL;
	if (*at == '.') {
		digits = ++at;
		at = skip_digits(at);
		if (at == digits)
			return NULL;
	}
	if (*at == 'e' || *at == 'E') {
		at++;
		if (*at == '+' || *at == '-')
			at++;
		digits = at;
		at = skip_digits(at);
		if (at == digits)
			return NULL;
	}
	return at;
}

struct err
jsonl_text_number(uint8_t **at, struct span *out)
{
	const uint8_t *end = number_end(*at);
	size_t len;

	if (end == NULL)
		return ERR(MALFORMED, "json: not a number");
	len = (size_t)(end - *at);
	if (len > JSONL_MAX_STRING)
		return ERR(TOO_BIG, "json: a number is too long");
	*out = span_of(*at, len);
	*at += len;
	return OK;
}

bool
jsonl_text_is_number(struct span text)
{
	uint8_t copy[64];

	/* What a protection makes of a number is short. */
	if (text.len == 0 || text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\n';
	return number_end(copy) == copy + text.len;
}

struct err
jsonl_text_word(uint8_t **at, const char *word, struct span *out)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < len; i++)
		if ((*at)[i] != (uint8_t)word[i])
			return ERR(MALFORMED, "json: not a value");
	*out = span_of(*at, len);
	*at += len;
	return OK;
}
