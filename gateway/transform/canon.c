#include "gateway/transform/canon.h"

#include <string.h>

enum form {
	FORM_EXACT,
	FORM_DIGITS,
	FORM_UPPER, /* letters and digits */
	FORM_LOWER,
	FORM_NAME
};

static enum form
form_of(enum column_kind kind)
{
	switch (kind) {
	case KIND_PHONE:
	case KIND_FAX:
	case KIND_SSN:
	case KIND_CARD:
	case KIND_CARD_SECRET:
		return FORM_DIGITS;
	case KIND_IBAN:
	case KIND_ACCOUNT:
		return FORM_UPPER;
	case KIND_EMAIL:
	case KIND_IP:
		return FORM_LOWER;
	case KIND_NAME:
		return FORM_NAME;
	case KIND_NONE:
	case KIND_RECORD_NUMBER:
	case KIND_PLAN_NUMBER:
	case KIND_NATIONAL_ID:
	case KIND_LICENCE:
	case KIND_VEHICLE:
	case KIND_DEVICE:
	case KIND_URL:
	case KIND_OTHER_ID:
	case KIND_BIOMETRIC:
	case KIND_PHOTO:
	case KIND_VOICE:
	case KIND_GENOMIC:
	case KIND_ADDRESS:
	case KIND_CITY:
	case KIND_COUNTY:
	case KIND_POSTCODE:
	case KIND_US_ZIP:
	case KIND_FACILITY:
	case KIND_GEO:
	case KIND_US_STATE:
	case KIND_STATE:
	case KIND_COUNTRY:
	case KIND_DATE:
	case KIND_DATETIME:
	case KIND_AGE:
	case KIND_INTERVAL:
	case KIND_CODE:
	case KIND_AMOUNT:
	case KIND_NUMBER:
	case KIND_FLAG:
	case KIND_TEXT:
	case NUM_KINDS:
		break;
	}
	return FORM_EXACT;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct span
trim_blanks(struct span in)
{
	while (in.len > 0 && is_blank(in.data[0]))
		in = span_sub(in, 1, in.len);
	while (in.len > 0 && is_blank(in.data[in.len - 1]))
		in.len--;
	return in;
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* One byte of a number: kept, skipped, or foreign. */
static bool
put_number(enum form form, uint8_t c, uint8_t *to, size_t *len)
{
	uint8_t small = lower(c);

	if (c >= '0' && c <= '9')
		to[(*len)++] = c;
	else if (form == FORM_UPPER && small >= 'a' && small <= 'z')
		to[(*len)++] = (uint8_t)(small - 32);
	else if (c == '-' || c == '.' || c == '/' || is_blank(c))
		return true;
	else
		return form == FORM_DIGITS &&
		    (c == '(' || c == ')' || c == '+');
	return true;
}

/* Eight digits at once; most numbers are little else. */
static bool
are_digits(const uint8_t eight[8])
{
	uint64_t high = UINT64_C(0xf0f0f0f0f0f0f0f0);
	uint64_t threes = UINT64_C(0x3030303030303030), in;

	memcpy(&in, eight, sizeof(in));
	/* From ':' on, six more carry into the upper half of the byte. */
	return (in & high) == threes &&
	    ((in + UINT64_C(0x0606060606060606)) & high) == threes;
}

/* The number without what only parts it. */
static bool
put_digits(enum form form, struct span in, uint8_t *to, size_t *len)
{
	for (size_t i = 0; i < in.len;) {
		if (in.len - i >= 8 && are_digits(in.data + i)) {
			memcpy(to + *len, in.data + i, 8);
			*len += 8;
			i += 8;
		} else if (!put_number(form, in.data[i++], to, len)) {
			return false;
		}
	}
	return true;
}

/* Lower case; in a name, one space for any number of them. */
static size_t
put_text(enum form form, struct span in, uint8_t *to)
{
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.data[i];

		if (form != FORM_NAME || !is_blank(c))
			to[len++] = lower(c);
		else if (to[len - 1] != ' ')
			to[len++] = ' ';
	}
	return len;
}

bool
canon_value(struct cells *cells, enum column_kind kind, struct span value,
    struct span *out)
{
	enum form form = form_of(kind);
	struct span in = trim_blanks(value);
	size_t len = 0;
	uint8_t *to;

	if (in.len == 0)
		return false;
	if (form == FORM_EXACT) {
		*out = in;
		return true;
	}
	to = cells_take(cells, in.len);
	if (form == FORM_LOWER || form == FORM_NAME)
		len = put_text(form, in, to);
	else if (!put_digits(form, in, to, &len))
		return false;
	*out = span_of(to, len);
	return len > 0;
}

static bool
is_alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

bool
canon_shape(
    enum column_kind kind, struct span value, struct span *out, bool *out_case)
{
	enum form form = form_of(kind);
	struct span in = trim_blanks(value);

	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.data[i], put[1];
		size_t ignored = 0;
		bool stands = form == FORM_DIGITS || form == FORM_UPPER
		    ? put_number(form, c, put, &ignored)
		    : is_alphanumeric(c) || (c >= ' ' && c <= '~');

		if (!stands)
			return false;
	}
	*out = in;
	*out_case = form == FORM_EXACT;
	return in.len > 0;
}
