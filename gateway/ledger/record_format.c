#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "gateway/ledger/record.h"

struct err
record_format_time(char out[RECORD_TIME_LEN], uint64_t time_ms)
{
	char text[RECORD_TIME_LEN + 1];
	struct tm tm;

	if (time_ms > UINT64_C(253402300799999))
		return ERR(MALFORMED, "record: a time after the year 9999");
	time_t seconds = (time_t)(time_ms / 1000);
	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) != 19)
		return ERR(MALFORMED, "record: a time that has no name");
	unsigned ms = (unsigned)(time_ms % 1000);
	text[19] = '.';
	text[20] = (char)('0' + ms / 100);
	text[21] = (char)('0' + ms / 10 % 10);
	text[22] = (char)('0' + ms % 10);
	text[23] = 'Z';
	memcpy(out, text, RECORD_TIME_LEN);
	return OK;
}
