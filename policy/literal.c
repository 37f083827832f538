#include "policy/literal.h"

#include <arpa/inet.h>
#include <string.h>

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int
literal_days_of_month(int year, int month)
{
	static const uint8_t days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days before 1 January of the year, counted from 0001-01-01. */
static int
days_before_year(int year)
{
	int past = year - 1;

	return past * 365 + past / 4 - past / 100 + past / 400;
}

enum {
	DAYS_TO_1970 = 719162
};

static struct err
take_digits(struct span *in, size_t num, int *out)
{
	struct span digits;
	int value = 0;

	TRY(span_take(in, &digits, num));
	for (size_t i = 0; i < num; i++) {
		if (!is_digit(digits.data[i]))
			return ERR(MALFORMED, "a date is YYYY-MM-DD");
		value = value * 10 + (digits.data[i] - '0');
	}
	*out = value;
	return OK;
}

struct err
literal_day(struct span text, int32_t *out_day)
{
	int year, month, mday;

	if (text.len != 10 || text.data[4] != '-' || text.data[7] != '-')
		return ERR(MALFORMED, "a date is YYYY-MM-DD");
	TRY(take_digits(&text, 4, &year));
	text = span_sub(text, 1, text.len);
	TRY(take_digits(&text, 2, &month));
	text = span_sub(text, 1, text.len);
	TRY(take_digits(&text, 2, &mday));
	if (year < 1 || month < 1 || month > 12 || mday < 1 ||
	    mday > literal_days_of_month(year, month))
		return ERR(MALFORMED, "there is no such day");
	*out_day = literal_day_of(year, month, mday);
	return OK;
}

int32_t
literal_day_of(int year, int month, int mday)
{
	int days = days_before_year(year) + mday - 1 - DAYS_TO_1970;

	for (int m = 1; m < month; m++)
		days += literal_days_of_month(year, m);
	return days;
}

void
literal_civil(int32_t day, int *out_year, int *out_month, int *out_mday)
{
	int days = day + DAYS_TO_1970, year = days / 366 + 1, month = 1;

	while (days_before_year(year + 1) <= days)
		year++;
	days -= days_before_year(year);
	while (days >= literal_days_of_month(year, month))
		days -= literal_days_of_month(year, month++);
	*out_year = year;
	*out_month = month;
	*out_mday = days + 1;
}

struct err
literal_decimal(struct span text, struct decimal *out)
{
	struct decimal number = {0};
	bool negative = text.len > 0 && text.data[0] == '-', point = false;
	size_t digits = 0, i;

	for (i = negative ? 1 : 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c == '.' && !point && digits > 0) {
			point = true;
			continue;
		}
		if (!is_digit(c) || ++digits > 15 || number.scale == 9)
			return ERR(MALFORMED, "not a decimal number");
		number.value = number.value * 10 + (c - '0');
		number.scale = (uint8_t)(number.scale + (point ? 1 : 0));
	}
	if (digits == 0 || text.data[text.len - 1] == '.')
		return ERR(MALFORMED, "not a decimal number");
	if (negative)
		number.value = -number.value;
	*out = number;
	return OK;
}

/* Scaled by 10^9; 15 digits times 10^9 need 80 bits. */
__extension__ typedef __int128 wide;

static wide
widen(struct decimal a)
{
	wide value = a.value;

	for (int i = a.scale; i < 9; i++)
		value *= 10;
	return value;
}

int
literal_compare(struct decimal a, struct decimal b)
{
	wide x = widen(a), y = widen(b);

	return x < y ? -1 : x > y;
}

bool
literal_is_multiple(struct decimal a, struct decimal step)
{
	return widen(a) % widen(step) == 0;
}

/* Whether the pair of letters stands at an even place of the list. */
static bool
in_list(struct span text, const char *list)
{
	if (text.len != 2)
		return false;
	for (const char *at = list; *at != '\0'; at += 2)
		if (memcmp(at, text.data, 2) == 0)
			return true;
	return false;
}

/* ISO 3166-1 alpha-2, all 249. */
static const char countries[] =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZ"
    "CACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFO"
    "FRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJE"
    "JMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMO"
    "MPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPW"
    "PYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTM"
    "TNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

/* The 50 states, the District of Columbia, the inhabited territories. */
static const char us_states[] =
    "ALAKAZARCACOCTDEDCFLGAHIIDILINIAKSKYLAMEMDMAMIMNMSMOMTNENVNHNJNMNYNCNDOHOK"
    "ORPARISCSDTNTXUTVTVAWAWVWIWYASGUMPPRVI";

struct err
literal_country(struct span text, uint8_t out[2])
{
	if (!in_list(text, countries))
		return ERR(MALFORMED, "not a country code of ISO 3166-1");
	memcpy(out, text.data, 2);
	return OK;
}

bool
literal_is_us_state(struct span text)
{
	return in_list(text, us_states);
}

/* The first `bits` bits of two addresses are the same. */
static bool
same_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++)
		if (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1) != 0)
			return false;
	return true;
}

static bool
tail_is_zero(const uint8_t address[16], unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		if ((address[i / 8] >> (7 - i % 8) & 1) != 0)
			return false;
	return true;
}

struct err
literal_network(struct span text, struct network *out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct network network = {0};
	char address[INET6_ADDRSTRLEN] = {0};
	size_t slash = span_find(text, '/');
	uint64_t bits;
	bool v6 = span_find(text, ':') != text.len;

	if (slash >= sizeof(address))
		return ERR(MALFORMED, "not an address and prefix");
	TRY(span_u64(
	    span_sub(text, slash + 1, text.len), &bits, v6 ? 128 : 32));
	if (slash > 0)
		memcpy(address, text.data, slash);
	if (!v6)
		memcpy(network.address, mapped, sizeof(mapped));
	if (inet_pton(v6 ? AF_INET6 : AF_INET, address,
		network.address + (v6 ? 0 : 12)) != 1)
		return ERR(MALFORMED, "not an address and prefix");
	network.prefix_bits = (uint8_t)(bits + (v6 ? 0 : 96));
	if (!tail_is_zero(network.address, network.prefix_bits))
		return ERR(MALFORMED, "bits after the prefix are set");
	*out = network;
	return OK;
}

#define V4(a, b)                                                               \
	{                                                                      \
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b                 \
	}

bool
literal_is_private(const struct network *network)
{
	static const struct network ranges[] = {
	    {V4(10, 0), 96 + 8},
	    {V4(172, 16), 96 + 12},
	    {V4(192, 168), 96 + 16},
	    {V4(100, 64), 96 + 10},
	    {V4(169, 254), 96 + 16},
	    {{0xfc}, 7},
	    {{0xfe, 0x80}, 10},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		unsigned bits = ranges[i].prefix_bits < network->prefix_bits
		    ? ranges[i].prefix_bits
		    : network->prefix_bits;

		if (same_prefix(network->address, ranges[i].address, bits))
			return true;
	}
	return false;
}

bool
literal_is_id(struct span text)
{
	if (text.len == 0 || text.len > 63 || text.data[0] == '-' ||
	    text.data[text.len - 1] == '-')
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (!is_digit(c) && (c < 'a' || c > 'z') && c != '-')
			return false;
	}
	return true;
}
