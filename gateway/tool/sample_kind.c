#include "gateway/tool/sample_kind.h"

#include <arpa/inet.h>

#include "gateway/transform/cell_date.h"
#include "gateway/transform/cell_number.h"
#include "policy/literal.h"

enum {
	MAX_SHAPED = 64, /* bytes of a value that has a shape */
};

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Digits, and perhaps some of `between`; returns how many, 0 for others. */
static size_t
take_digits(char out[MAX_SHAPED], struct span value, const char *between)
{
	size_t num = 0;

	if (value.len >= MAX_SHAPED)
		return 0;
	for (size_t i = 0; i < value.len; i++) {
		if (is_digit(value.data[i]))
			out[num++] = (char)value.data[i];
		else if (strchr(between, value.data[i]) == NULL)
			return 0;
	}
	return num;
}

/* ISO/IEC 7812-1: the last digit checks the others. */
static bool
is_card(struct span value)
{
	char digits[MAX_SHAPED];
	size_t num = take_digits(digits, value, " -");
	unsigned sum = 0;

	if (num < 13 || num > 19)
		return false;
	for (size_t i = 0; i < num; i++) {
		unsigned d = (unsigned)(digits[num - 1 - i] - '0');

		d = i % 2 == 1 ? 2 * d : d;
		sum += d > 9 ? d - 9 : d;
	}
	return sum % 10 == 0;
}

/* ISO 13616: country, two digits that check, up to 30 more. */
static bool
is_iban(struct span value)
{
	uint8_t text[MAX_SHAPED];
	size_t len = 0;
	unsigned rest = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] == ' ')
			continue;
		if (len == 34 ||
		    (!is_digit(value.data[i]) && !is_letter(value.data[i])))
			return false;
		text[len++] = value.data[i];
	}
	if (len < 15 || !is_letter(text[0]) || !is_letter(text[1]) ||
	    !is_digit(text[2]) || !is_digit(text[3]))
		return false;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = text[(i + 4) % len];

		if (is_digit(c))
			rest = (rest * 10 + (unsigned)(c - '0')) % 97;
		else
			rest =
			    (rest * 100 + (unsigned)((c | 0x20) - 'a') + 10) %
			    97;
	}
	return rest == 1;
}

/* Something, one @, and behind it a name with a point in it. */
static bool
is_email(struct span value)
{
	size_t at = span_find(value, '@');
	struct span host = span_sub(value, at + 1, value.len);

	if (at == 0 || at == value.len || value.len > 254 ||
	    span_find(host, '@') != host.len)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] <= ' ' || value.data[i] == ',')
			return false;
	at = span_find(host, '.');
	return at > 0 && at + 1 < host.len;
}

static bool
is_ip(struct span value)
{
	char text[MAX_SHAPED];
	uint8_t address[16];

	if (value.len >= sizeof(text) || span_find(value, 0) != value.len)
		return false;
	if (value.len > 0)
		memcpy(text, value.data, value.len);
	text[value.len] = '\0';
	return inet_pton(AF_INET, text, address) == 1 ||
	    inet_pton(AF_INET6, text, address) == 1;
}

static bool
is_url(struct span value)
{
	return span_starts_with(value, span_str("http://")) ||
	    span_starts_with(value, span_str("https://"));
}

/* 078-05-1120, as it is written; nine digits alone may be anything. */
static bool
is_written_ssn(struct span value)
{
	char digits[MAX_SHAPED];

	return value.len == 11 && value.data[3] == '-' &&
	    value.data[6] == '-' && take_digits(digits, value, "-") == 9;
}

/* With a plus: digits alone may be anything. */
static bool
is_written_phone(struct span value)
{
	char digits[MAX_SHAPED];
	size_t num = take_digits(digits, value, " -./()+");

	return value.len > 0 && value.data[0] == '+' && num >= 8 && num <= 15;
}

static bool
has_digits(struct span value, const char *between, size_t least, size_t most)
{
	char digits[MAX_SHAPED];
	size_t num = take_digits(digits, value, between);

	return num >= least && num <= most;
}

static bool
is_flag(struct span value)
{
	static const char *const words[] = {
	    "0", "1", "y", "n", "t", "f", "yes", "no", "true", "false"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_equal_fold(value, span_str(words[i])))
			return true;
	return false;
}

static bool
is_number(struct span value)
{
	struct decimal number;

	return cell_number_parse(value, &number);
}

static bool
is_date(struct span value)
{
	struct cell_date date;

	return cell_date_parse(value, &date);
}

static bool
is_country(struct span value)
{
	uint8_t code[2];

	return literal_country(value, code).code == ERR_OK;
}

/* "52.52, 13.40", or one of the two. */
static bool
is_geo(struct span value)
{
	struct span part;
	size_t num = 0;

	while (span_take_until(&value, &part, ',')) {
		if (!is_number(part))
			return false;
		num++;
	}
	return num == 1 || num == 2;
}

bool
sample_kind_fits(enum column_kind kind, struct span value)
{
	value = span_trim(value);
	switch (kind) {
	case KIND_DATE:
	case KIND_DATETIME:
		return is_date(value);
	case KIND_AGE:
	case KIND_INTERVAL:
	case KIND_AMOUNT:
	case KIND_NUMBER:
		return is_number(value);
	case KIND_FLAG:
		return is_flag(value);
	case KIND_EMAIL:
		return is_email(value);
	case KIND_IBAN:
		return is_iban(value);
	case KIND_CARD:
		return is_card(value);
	case KIND_CARD_SECRET:
		return has_digits(value, "", 3, 4);
	case KIND_SSN:
		return has_digits(value, " -", 9, 9);
	case KIND_PHONE:
	case KIND_FAX:
		return has_digits(value, " -./()+", 5, 15);
	case KIND_IP:
		return is_ip(value);
	case KIND_URL:
		return is_url(value);
	case KIND_US_ZIP:
		return has_digits(value, "-", 5, 5) ||
		    has_digits(value, "-", 9, 9);
	case KIND_US_STATE:
		return literal_is_us_state(value);
	case KIND_COUNTRY:
		return is_country(value);
	case KIND_GEO:
		return is_geo(value);
	case KIND_NONE:
	case KIND_NAME:
	case KIND_RECORD_NUMBER:
	case KIND_PLAN_NUMBER:
	case KIND_ACCOUNT:
	case KIND_NATIONAL_ID:
	case KIND_LICENCE:
	case KIND_VEHICLE:
	case KIND_DEVICE:
	case KIND_OTHER_ID:
	case KIND_BIOMETRIC:
	case KIND_PHOTO:
	case KIND_VOICE:
	case KIND_GENOMIC:
	case KIND_ADDRESS:
	case KIND_CITY:
	case KIND_COUNTY:
	case KIND_POSTCODE:
	case KIND_FACILITY:
	case KIND_STATE:
	case KIND_CODE:
	case KIND_TEXT:
	case NUM_KINDS:
		break;
	}
	return true;
}

enum column_kind
sample_kind_guess(struct span value)
{
	static const struct {
		enum column_kind kind;
		bool (*is)(struct span value);
	} shapes[] = {{KIND_EMAIL, is_email}, {KIND_IBAN, is_iban},
	    {KIND_CARD, is_card}, {KIND_SSN, is_written_ssn},
	    {KIND_PHONE, is_written_phone}, {KIND_IP, is_ip},
	    {KIND_URL, is_url}};

	value = span_trim(value);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (shapes[i].is(value))
			return shapes[i].kind;
	return KIND_NONE;
}
