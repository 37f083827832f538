#include "gateway/s3/s3_date.h"

#include <assert.h>

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
 * To seconds. timegm rolls impossible fields over (30 February becomes 1 or
 * 2 March), so convert back and see that nothing moved.
 */
static struct err
to_seconds(const struct tm *tm, int64_t *out_s)
{
	struct tm copy = *tm, back;
	time_t seconds;

	if (tm->tm_year < 70 || tm->tm_mon < 0 || tm->tm_mon > 11)
		return ERR(MALFORMED, "date: year or month out of range");
	seconds = timegm(&copy);
	if (gmtime_r(&seconds, &back) == NULL || back.tm_mday != tm->tm_mday ||
	    back.tm_mon != tm->tm_mon || back.tm_hour != tm->tm_hour ||
	    back.tm_min != tm->tm_min || back.tm_sec != tm->tm_sec)
		return ERR(MALFORMED, "date: there is no such moment");
	*out_s = seconds;
	return OK;
}

static struct err
parse_http(struct span in, int64_t *out_s)
{
	struct tm tm = {0};
	int weekday, year;
	int64_t seconds;

	TRY(take_name(&in, weekdays, 7, &weekday));
	TRY(take_text(&in, ", "));
	TRY(take_number(&in, 2, &tm.tm_mday));
	TRY(take_text(&in, " "));
	TRY(take_name(&in, months, 12, &tm.tm_mon));
	TRY(take_text(&in, " "));
	TRY(take_number(&in, 4, &year));
	TRY(take_text(&in, " "));
	TRY(take_number(&in, 2, &tm.tm_hour));
	TRY(take_text(&in, ":"));
	TRY(take_number(&in, 2, &tm.tm_min));
	TRY(take_text(&in, ":"));
	TRY(take_number(&in, 2, &tm.tm_sec));
	TRY(take_text(&in, " GMT"));
	TRY(span_end(in));
	tm.tm_year = year - 1900;
	TRY(to_seconds(&tm, &seconds));
	/* 1 January 1970 was a Thursday. */
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
	time_t clipped = time_s < 0 ? 0
	    : time_s > LAST_SECOND  ? LAST_SECOND
				    : time_s;
	struct tm tm = {0};
	struct tm *done = gmtime_r(&clipped, &tm);

	assert(done != NULL);
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
