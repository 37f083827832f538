#include "gateway/transform/cell_date.h"

#include "policy/literal.h"

static bool
take_char(struct span *in, const char *any)
{
	if (in->len == 0)
		return false;
	for (; *any != 0; any++)
		if (in->data[0] == (uint8_t)*any) {
			*in = span_sub(*in, 1, in->len);
			return true;
		}
	return false;
}

/* Exactly num digits, within low..high. */
static bool
take_digits(struct span *in, size_t num, int low, int high, int *out)
{
	int value = 0;

	if (in->len < num)
		return false;
	for (size_t i = 0; i < num; i++) {
		if (in->data[i] < '0' || in->data[i] > '9')
			return false;
		value = value * 10 + (in->data[i] - '0');
	}
	if (value < low || value > high)
		return false;
	*in = span_sub(*in, num, in->len);
	*out = value;
	return true;
}

static int
days_of_month(int year, int month)
{
	static const int days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static bool
take_zone(struct span *in)
{
	int ignored;

	if (in->len == 0 || take_char(in, "Zz"))
		return true;
	if (!take_char(in, "+-") || !take_digits(in, 2, 0, 23, &ignored))
		return false;
	take_char(in, ":");
	return take_digits(in, 2, 0, 59, &ignored);
}

static bool
take_time(struct span *in)
{
	int ignored;

	if (!take_digits(in, 2, 0, 23, &ignored) || !take_char(in, ":") ||
	    !take_digits(in, 2, 0, 59, &ignored))
		return false;
	if (take_char(in, ":")) {
		/* 60 is a leap second. */
		if (!take_digits(in, 2, 0, 60, &ignored))
			return false;
		if (take_char(in, ".,")) {
			if (!take_digits(in, 1, 0, 9, &ignored))
				return false;
			while (take_char(in, "0123456789"))
				;
		}
	}
	return take_zone(in);
}

bool
cell_date_parse(struct span text, struct cell_date *out)
{
	struct span in = span_trim(text);
	struct cell_date date;

	if (!take_digits(&in, 4, 1, 9999, &date.year) || !take_char(&in, "-") ||
	    !take_digits(&in, 2, 1, 12, &date.month) || !take_char(&in, "-") ||
	    !take_digits(
		&in, 2, 1, days_of_month(date.year, date.month), &date.day))
		return false;
	if (in.len > 0 && (!take_char(&in, "Tt ") || !take_time(&in)))
		return false;
	if (in.len > 0)
		return false;
	*out = date;
	return true;
}

int32_t
cell_date_days(const struct cell_date *date)
{
	/* Years that begin in March have their leap day at the end. */
	int year = date->month > 2 ? date->year : date->year - 1;
	int month = date->month > 2 ? date->month - 3 : date->month + 9;
	int day_of_year = (153 * month + 2) / 5 + date->day - 1;
	int days = year * 365 + year / 4 - year / 100 + year / 400;

	/* 719468: the days from 0000-03-01 to 1970-01-01. */
	return days + day_of_year - 719468;
}

bool
cell_date_of_days(int32_t days, struct cell_date *out)
{
	const struct cell_date first = {1, 1, 1}, last = {9999, 12, 31};

	if (days < cell_date_days(&first) || days > cell_date_days(&last))
		return false;
	literal_civil(days, &out->year, &out->month, &out->day);
	return true;
}
