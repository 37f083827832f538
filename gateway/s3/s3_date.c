#include "gateway/s3/s3_date.h"

#include <time.h>

#define LAST_SECOND INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static const char weekdays[7][4] = {
    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* `len` decimal digits. */
static struct err
take_number(struct span *in, size_t len, int *out_value)
{
	struct span digits;
	int value = 0;

	TRY(span_take(in, &digits, len));
	for (size_t i = 0; i < len; i++) {
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return ERR(MALFORMED, "date: a digit is missing");
		value = value * 10 + (digits.data[i] - '0');
	}
	*out_value = value;
	return OK;
}

static struct err
take_text(struct span *in, const char *text)
{
	struct span got;

	TRY(span_take(in, &got, span_str(text).len));
	if (!span_equal_str(got, text))
		return ERR(MALFORMED, "date: a separator is wrong");
	return OK;
}

/* One of the three-letter names; its index. */
static struct err
take_name(struct span *in, const char (*names)[4], int num, int *out_index)
{
	struct span got;

	TRY(span_take(in, &got, 3));
	for (int i = 0; i < num; i++) {
		if (span_equal_str(got, names[i])) {
			*out_index = i;
			return OK;
		}
	}
	return ERR(MALFORMED, "date: unknown name of a day or month");
}

/*
 * Days since 1970 of a date, and back, in the Gregorian calendar. By hand: the
 * C library's gmtime_r and timegm read the zone of the machine first, a file,
 * though UTC has none; in a jail that is death. Years are counted from March,
 * so that the leap day is the last of its year.
 */
static int64_t
days_of(int64_t year, int month, int day)
{
	int64_t y = month < 2 ? year - 1 : year;
	int64_t from_march = (month + 10) % 12;
	int64_t leap_days = y / 4 - y / 100 + y / 400;

	return y * 365 + leap_days + (from_march * 153 + 2) / 5 + day - 1 -
	    719468;
}

static struct tm
date_of(int64_t days)
{
	int64_t n = days + 719468;
	/* 400 years have 146,097 days; in them, find the year from March. */
	int64_t era = n / 146097, in_era = n % 146097;
	int64_t year =
	    (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
	int64_t from_march = (5 * in_year + 2) / 153;
	int month = (int)((from_march + 2) % 12);

	return (struct tm){
	    .tm_year = (int)(era * 400 + year) + (month < 2) - 1900,
	    .tm_mon = month,
	    .tm_mday = (int)(in_year - (153 * from_march + 2) / 5) + 1,
	    .tm_wday = (int)((days + 4) % 7), /* 1 January 1970: Thursday */
	};
}

/* To seconds; a day that no month has does not come back as itself. */
static struct err
to_seconds(const struct tm *tm, int64_t *out_s)
{
	if (tm->tm_year < 70 || tm->tm_mon < 0 || tm->tm_mon > 11 ||
	    tm->tm_mday < 1 || tm->tm_mday > 31)
		return ERR(MALFORMED, "date: out of range");
	if (tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 59)
		return ERR(MALFORMED, "date: there is no such time");
	int64_t days =
	    days_of((int64_t)tm->tm_year + 1900, tm->tm_mon, tm->tm_mday);
	struct tm back = date_of(days);

	if (back.tm_mday != tm->tm_mday || back.tm_mon != tm->tm_mon)
		return ERR(MALFORMED, "date: there is no such day");
	*out_s =
	    days * 86400 + tm->tm_hour * 3600 + tm->tm_min * 60 + tm->tm_sec;
	return OK;
}

/* "08:49:37" */
static struct err
take_time(struct span *in, struct tm *tm)
{
	TRY(take_number(in, 2, &tm->tm_hour));
	TRY(take_text(in, ":"));
	TRY(take_number(in, 2, &tm->tm_min));
	TRY(take_text(in, ":"));
	return take_number(in, 2, &tm->tm_sec);
}

/* "06 Nov 1994" */
static struct err
take_date(struct span *in, struct tm *tm)
{
	TRY(take_number(in, 2, &tm->tm_mday));
	TRY(take_text(in, " "));
	TRY(take_name(in, months, 12, &tm->tm_mon));
	TRY(take_text(in, " "));
	TRY(take_number(in, 4, &tm->tm_year));
	tm->tm_year -= 1900;
	return OK;
}

static struct err
parse_http(struct span in, int64_t *out_s)
{
	struct tm tm = {0};
	int weekday;
	int64_t seconds;

	TRY(take_name(&in, weekdays, 7, &weekday));
	TRY(take_text(&in, ", "));
	TRY(take_date(&in, &tm));
	TRY(take_text(&in, " "));
	TRY(take_time(&in, &tm));
	TRY(take_text(&in, " GMT"));
	TRY(span_end(in));
	TRY(to_seconds(&tm, &seconds));
	if ((seconds / 86400 + 4) % 7 != weekday)
		return ERR(MALFORMED, "date: the weekday is wrong");
	*out_s = seconds;
	return OK;
}

static struct err
parse_basic(struct span in, int64_t *out_s)
{
	struct tm tm = {0};
	int year, month;

	TRY(take_number(&in, 4, &year));
	TRY(take_number(&in, 2, &month));
	TRY(take_number(&in, 2, &tm.tm_mday));
	TRY(take_text(&in, "T"));
	TRY(take_number(&in, 2, &tm.tm_hour));
	TRY(take_number(&in, 2, &tm.tm_min));
	TRY(take_number(&in, 2, &tm.tm_sec));
	TRY(take_text(&in, "Z"));
	TRY(span_end(in));
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	return to_seconds(&tm, out_s);
}

/* A date that ends too early is as malformed as any other. */
static struct err
as_malformed(struct err err)
{
	if (err.code == ERR_TRUNCATED)
		return ERR(MALFORMED, "date: it ends too early");
	return err;
}

struct err
s3_date_parse_http(struct span in, int64_t *out_s)
{
	return as_malformed(parse_http(in, out_s));
}

struct err
s3_date_parse_basic(struct span in, int64_t *out_s)
{
	return as_malformed(parse_basic(in, out_s));
}

static struct tm
civil(int64_t time_s)
{
	if (time_s < 0)
		time_s = 0;
	if (time_s > LAST_SECOND)
		time_s = LAST_SECOND;
	int second = (int)(time_s % 86400);
	struct tm tm = date_of(time_s / 86400);

	tm.tm_hour = second / 3600;
	tm.tm_min = second / 60 % 60;
	tm.tm_sec = second % 60;
	return tm;
}

/* By hand, not by strftime or printf: no locale, and every width is fixed. */
static char *
put_number(char *at, int value, int width)
{
	for (int i = width - 1; i >= 0; i--, value /= 10)
		at[i] = (char)('0' + value % 10);
	return at + width;
}

static char *
put_text(char *at, const char *text)
{
	while (*text != '\0')
		*at++ = *text++;
	return at;
}

void
s3_date_format_http(char out[S3_DATE_HTTP_LEN + 1], int64_t time_s)
{
	struct tm tm = civil(time_s);
	char *at = put_text(out, weekdays[tm.tm_wday]);

	at = put_number(put_text(at, ", "), tm.tm_mday, 2);
	at = put_text(put_text(at, " "), months[tm.tm_mon]);
	at = put_number(put_text(at, " "), tm.tm_year + 1900, 4);
	at = put_number(put_text(at, " "), tm.tm_hour, 2);
	at = put_number(put_text(at, ":"), tm.tm_min, 2);
	at = put_number(put_text(at, ":"), tm.tm_sec, 2);
	at = put_text(at, " GMT");
	*at = '\0';
}

void
s3_date_format_basic(char out[S3_DATE_BASIC_LEN + 1], int64_t time_s)
{
	struct tm tm = civil(time_s);
	char *at = put_number(out, tm.tm_year + 1900, 4);

	at = put_number(put_number(at, tm.tm_mon + 1, 2), tm.tm_mday, 2);
	at = put_number(put_text(at, "T"), tm.tm_hour, 2);
	at = put_number(put_number(at, tm.tm_min, 2), tm.tm_sec, 2);
	at = put_text(at, "Z");
	*at = '\0';
}

void
s3_date_format_iso(char out[S3_DATE_ISO_LEN + 1], int64_t time_s)
{
	struct tm tm = civil(time_s);
	char *at = put_number(out, tm.tm_year + 1900, 4);

	at = put_number(put_text(at, "-"), tm.tm_mon + 1, 2);
	at = put_number(put_text(at, "-"), tm.tm_mday, 2);
	at = put_number(put_text(at, "T"), tm.tm_hour, 2);
	at = put_number(put_text(at, ":"), tm.tm_min, 2);
	at = put_number(put_text(at, ":"), tm.tm_sec, 2);
	at = put_text(at, ".000Z");
	*at = '\0';
}
