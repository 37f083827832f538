#include "policy/day.h"

#include <time.h>

enum {
	SECONDS_PER_DAY = 86400,
	DAY_MIN = -719528, /* 0000-01-01 */
	DAY_MAX = 2932896, /* 9999-12-31 */
};

struct err
day_append(struct buf *out, int64_t day)
{
	struct tm date;

	if (day < DAY_MIN || day > DAY_MAX)
		return ERR(TOO_BIG, "day: outside the calendar");
	time_t second = day * SECONDS_PER_DAY;
	if (gmtime_r(&second, &date) == NULL)
		return ERR(TOO_BIG, "day: outside the calendar");
	return buf_append_format(out, "%04d-%02d-%02d", date.tm_year + 1900,
	    date.tm_mon + 1, date.tm_mday);
}
