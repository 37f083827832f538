#include <string.h>

#include "gateway/ledger/record.h"

/* Digits, with zeros in front, so many of them. */
static void
put_digits(char *out, unsigned value, size_t num)
{
	for (size_t i = num; i-- > 0; value /= 10)
		out[i] = (char)('0' + value % 10);
}

/*
 * The date of a day since 1970. A year begins here with March, so that the day
 * that comes and goes is its last, and 400 of them are always 146,097 days.
 */
static void
put_date(char out[10], unsigned day)
{
	day += 719468; /* since the first of March of the year 0 */
	unsigned era = day / 146097, of_era = day % 146097;
	unsigned year =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * of_year + 2) / 153; /* of March: 0 */

	put_digits(out, era * 400 + year + (month >= 10 ? 1 : 0), 4);
	out[4] = '-';
	put_digits(out + 5, month < 10 ? month + 3 : month - 9, 2);
	out[7] = '-';
	put_digits(out + 8, of_year - (153 * month + 2) / 5 + 1, 2);
}

/*
 * By arithmetic, not by the C library, which takes many times as long: each
 * record that is read back is held against it.
 */
struct err
record_format_time(char out[RECORD_TIME_LEN], uint64_t time_ms)
{
	if (time_ms > UINT64_C(253402300799999))
		return ERR(MALFORMED, "record: a time after the year 9999");
	unsigned day = (unsigned)(time_ms / 86400000);
	unsigned ms = (unsigned)(time_ms % 86400000);
	memcpy(out, "0000-00-00T00:00:00.000Z", RECORD_TIME_LEN);
	put_date(out, day);
	put_digits(out + 11, ms / 3600000, 2);
	put_digits(out + 14, ms / 60000 % 60, 2);
	put_digits(out + 17, ms / 1000 % 60, 2);
	put_digits(out + 20, ms % 1000, 3);
	return OK;
}
