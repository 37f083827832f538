#include "gateway/ledger/jcs_read.h"

#include "gateway/ledger/codepoint.h"
#include "gateway/ledger/jcs.h"
#include "gateway/ledger/plain.h"

static struct err take_value(struct span *in, unsigned depth);

/* --- Strings --- */

static struct err
take_literal(struct span *in, const char *text)
{
	struct span expected = span_str(text);

	if (!span_starts_with(*in, expected))
		return ERR(MALFORMED, "json: not a canonical value");
	*in = span_sub(*in, expected.len, in->len);
	return OK;
}

/* The value of a lower-case hexadecimal digit; 16: it is none. */
static unsigned
hex_digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return (unsigned)(byte - '0');
	if (byte >= 'a' && byte <= 'f')
		return (unsigned)(byte - 'a') + 10;
	return 16;
}

/* After "\u": canonical text needs it for controls without a short form. */
static struct err
take_control(struct span *in, uint32_t *out)
{
	TRY(take_literal(in, "00"));
	if (in->len < 2)
		return ERR(TRUNCATED, "json: an escape ends early");
	unsigned high = hex_digit(in->data[0]), low = hex_digit(in->data[1]);
	uint32_t value = high * 16 + low;
	if (high > 1 || low > 15 || value == 8 || value == 9 || value == 10 ||
	    value == 12 || value == 13)
		return ERR(MALFORMED, "json: not the canonical escape");
	*in = span_sub(*in, 2, in->len);
	*out = value;
	return OK;
}

/* After the backslash. */
static struct err
take_escape(struct span *in, uint32_t *out)
{
	static const char SHORT[] = "b\bt\tn\nf\fr\r\"\"\\\\";
	uint8_t byte;

	TRY(span_take_u8(in, &byte));
	if (byte == 'u')
		return take_control(in, out);
	for (size_t i = 0; i < sizeof(SHORT) - 1; i += 2)
		if (byte == (uint8_t)SHORT[i]) {
			*out = (uint8_t)SHORT[i + 1];
			return OK;
		}
	return ERR(MALFORMED, "json: not the canonical escape");
}

/* One character of a string, whatever way it is written. */
static struct err
take_character(struct span *in, uint32_t *out)
{
	TRY(codepoint_take(in, out));
	if (*out < 0x20)
		return ERR(MALFORMED, "json: a control character in a string");
	return *out == '\\' ? take_escape(in, out) : OK;
}

/* One byte that must be there. Records are walked often: no call, no copy. */
static inline bool
take_byte(struct span *in, uint8_t byte)
{
	if (in->len == 0 || in->data[0] != byte)
		return false;
	in->data++;
	in->len--;
	return true;
}

/* What is left of a string whose first special byte is no quote. */
static struct err
skip_special(struct span *in)
{
	struct span rest = *in;
	uint32_t value;

	for (;;) {
		if (rest.len == 0)
			return ERR(TRUNCATED, "json: a string ends early");
		if (rest.data[0] == '"')
			break;
		TRY(take_character(&rest, &value));
		rest = span_sub(rest, plain_count(rest), rest.len);
	}
	*in = rest;
	return OK;
}

/*
 * A string with its quotes; `out` is what lies between them. Inline, so that
 * the span that goes along stays in registers: written as two words and read
 * back as one it would cost more than the text.
 */
static inline struct err
take_string(struct span *in, struct span *out)
{
	if (!take_byte(in, '"'))
		return ERR(MALFORMED, "json: not a string");
	const uint8_t *from = in->data;
	size_t len = plain_count(*in);
	in->data += len;
	in->len -= len;
	if (in->len == 0 || in->data[0] != '"')
		TRY(skip_special(in));
	out->data = from;
	out->len = (size_t)(in->data - from);
	in->data++;
	in->len--;
	return OK;
}

/* --- Values --- */

/*
 * Names compare by their characters. Written, they differ from those only in
 * escapes, and a name of ours needs none: it is refused instead of decoded.
 */
static struct err
check_name(struct span name)
{
	if (span_find(name, '\\') < name.len)
		return ERR(MALFORMED, "json: an escape in a name");
	if (name.len > JCS_NAME_MAX)
		return ERR(MALFORMED, "json: a name is over its cap");
	return OK;
}

static struct err
take_object(struct span *in, unsigned depth)
{
	struct span name, before = {0};

	if (!take_byte(in, '{'))
		return ERR(MALFORMED, "json: not an object");
	for (bool first = true; !take_byte(in, '}'); first = false) {
		if (!first && !take_byte(in, ','))
			return ERR(MALFORMED, "json: no comma in an object");
		TRY(take_string(in, &name));
		TRY(check_name(name));
		if (!first && jcs_compare(before, name) >= 0)
			return ERR(MALFORMED, "json: names out of order");
		if (!take_byte(in, ':'))
			return ERR(MALFORMED, "json: no colon after a name");
		TRY(take_value(in, depth));
		before = name;
	}
	return OK;
}

static struct err
take_array(struct span *in, unsigned depth)
{
	if (!take_byte(in, '['))
		return ERR(MALFORMED, "json: not an array");
	for (bool first = true; !take_byte(in, ']'); first = false) {
		if (!first && !take_byte(in, ','))
			return ERR(MALFORMED, "json: no comma in an array");
		TRY(take_value(in, depth));
	}
	return OK;
}

/* -0, fractions and exponents are not how a canonical integer looks. */
static struct err
take_number(struct span *in)
{
	struct span digits = *in;
	uint64_t value;
	bool negative = span_starts_with(digits, span_str("-"));

	if (negative)
		digits = span_sub(digits, 1, digits.len);
	size_t len = 0;
	while (len < digits.len && digits.data[len] >= '0' &&
	    digits.data[len] <= '9')
		len++;
	TRY(span_u64(span_sub(digits, 0, len), &value, JCS_INT_MAX));
	if (negative && value == 0)
		return ERR(MALFORMED, "json: a negative zero");
	*in = span_sub(digits, len, digits.len);
	return OK;
}

/* Recursion ends at JCS_DEPTH. */
static struct err
take_value(struct span *in, unsigned depth)
{
	struct span string;

	if (in->len == 0)
		return ERR(TRUNCATED, "json: a value is missing");
	switch (in->data[0]) {
	case '{':
	case '[':
		if (depth == JCS_DEPTH)
			return ERR(TOO_BIG, "json: too deep");
		return in->data[0] == '{' ? take_object(in, depth + 1)
					  : take_array(in, depth + 1);
	case '"':
		return take_string(in, &string);
	case 't':
		return take_literal(in, "true");
	case 'f':
		return take_literal(in, "false");
	case 'n':
		return take_literal(in, "null");
	default:
		return take_number(in);
	}
}

struct err
jcs_read_check(struct span text)
{
	TRY(take_value(&text, 0));
	return span_end(text);
}

/* --- Access --- */

static struct err
read_between(struct span value, uint8_t open, uint8_t close, struct span *out)
{
	if (value.len < 2 || value.data[0] != open ||
	    value.data[value.len - 1] != close)
		return ERR(MALFORMED, "json: a value of another kind");
	*out = span_sub(value, 1, value.len - 2);
	return OK;
}

struct err
jcs_read_object(struct span value, struct span *out)
{
	return read_between(value, '{', '}', out);
}

struct err
jcs_read_array(struct span value, struct span *out)
{
	return read_between(value, '[', ']', out);
}

/* The value, and the comma after it; a comma with nothing after is wrong. */
static struct err
read_value(struct span *rest, struct span *out)
{
	const uint8_t *from = rest->data;
	struct span string;

	if (rest->len > 0 && rest->data[0] == '"')
		TRY(take_string(rest, &string));
	else
		TRY(take_value(rest, 1));
	*out = (struct span){from, (size_t)(rest->data - from)};
	if (rest->len == 0)
		return OK;
	if (!take_byte(rest, ','))
		return ERR(MALFORMED, "json: no comma between values");
	return rest->len > 0 ? OK : ERR(MALFORMED, "json: a comma too many");
}

struct err
jcs_read_member(
    struct span *members, struct span *out_name, struct span *out_value)
{
	struct span rest = *members, name, value;

	if (rest.len == 0)
		return ERR(NOT_FOUND, "json: no member is left");
	TRY(take_string(&rest, &name));
	if (!take_byte(&rest, ':'))
		return ERR(MALFORMED, "json: no colon after a name");
	TRY(read_value(&rest, &value));
	*members = rest;
	*out_name = name;
	*out_value = value;
	return OK;
}

struct err
jcs_read_item(struct span *items, struct span *out_value)
{
	struct span rest = *items, value;

	if (rest.len == 0)
		return ERR(NOT_FOUND, "json: no item is left");
	TRY(read_value(&rest, &value));
	*items = rest;
	*out_value = value;
	return OK;
}

struct err
jcs_read_find(struct span object, const char *name, struct span *out_value)
{
	struct span members, found, value, wanted = span_str(name);

	TRY(jcs_read_object(object, &members));
	for (;;) {
		TRY(jcs_read_member(&members, &found, &value));
		int order = jcs_compare(found, wanted);
		if (order > 0)
			return ERR(NOT_FOUND, "json: no such member");
		if (order == 0)
			break;
	}
	*out_value = value;
	return OK;
}

struct err
jcs_read_string(struct span value, struct span *out)
{
	return read_between(value, '"', '"', out);
}

struct err
jcs_read_text(struct span value, struct buf *out)
{
	struct span rest;
	uint32_t character;

	TRY(jcs_read_string(value, &rest));
	while (rest.len > 0) {
		TRY(take_character(&rest, &character));
		TRY(codepoint_put(out, character));
	}
	return OK;
}

struct err
jcs_read_u64(struct span value, uint64_t *out)
{
	return span_u64(value, out, JCS_INT_MAX);
}

struct err
jcs_read_find_string(struct span object, const char *name, struct span *out)
{
	struct span value;

	TRY(jcs_read_find(object, name, &value));
	return jcs_read_string(value, out);
}

struct err
jcs_read_find_u64(struct span object, const char *name, uint64_t *out)
{
	struct span value;

	TRY(jcs_read_find(object, name, &value));
	return jcs_read_u64(value, out);
}
