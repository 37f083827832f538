#include "gateway/base/file_text.h"

#include <string.h>

#include "crypto/encode.h"
#include "crypto/hash.h"
#include "policy/literal.h"

static const char SHA256[] = "sha256 ";
enum {
	DAY_S = 86400,
	TIME_LEN = 20, /* "2026-11-28T10:31:39Z" */
};

struct err
file_text_word(struct span *line, struct span *out)
{
	if (!span_take_until(line, out, ' ') || out->len == 0)
		return ERR(MALFORMED, "a part of the line is missing");
	return OK;
}

/* --- Times --- */

/* Two digits below `end`. */
static struct err
take_two(struct span *in, int end, int *out)
{
	struct span digits;

	TRY(span_take(in, &digits, 2));
	for (size_t i = 0; i < 2; i++)
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return ERR(MALFORMED, "not a time");
	*out = (digits.data[0] - '0') * 10 + digits.data[1] - '0';
	return *out < end ? OK : ERR(MALFORMED, "not a time");
}

static struct err
take_char(struct span *in, char expected)
{
	struct span one;

	TRY(span_take(in, &one, 1));
	return one.data[0] == (uint8_t)expected ? OK
						: ERR(MALFORMED, "not a time");
}

struct err
file_text_time(int64_t *out, struct span text)
{
	struct span date;
	int hour, minute, second;
	int32_t day;

	if (text.len != TIME_LEN)
		return ERR(MALFORMED, "not a time");
	TRY(span_take(&text, &date, 10));
	TRY(literal_day(date, &day));
	TRY(take_char(&text, 'T'));
	TRY(take_two(&text, 24, &hour));
	TRY(take_char(&text, ':'));
	TRY(take_two(&text, 60, &minute));
	TRY(take_char(&text, ':'));
	TRY(take_two(&text, 60, &second));
	TRY(take_char(&text, 'Z'));
	*out = (int64_t)day * DAY_S + hour * 3600 + minute * 60 + second;
	return *out >= 0 ? OK : ERR(MALFORMED, "a time before 1970");
}

struct err
file_text_put_time(struct buf *out, int64_t time_s)
{
	int year, month, day, second = (int)(time_s % DAY_S);

	if (time_s < 0 || time_s >= INT64_C(253402300800))
		return ERR(MALFORMED, "a time before 1970 or after 9999");
	literal_civil((int32_t)(time_s / DAY_S), &year, &month, &day);
	return buf_append_format(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", year,
	    month, day, second / 3600, second / 60 % 60, second % 60);
}

/* --- The first line --- */

struct err
file_text_head(struct span line, const char *name, const char *version)
{
	struct span begin = span_str(name);

	if (!span_starts_with(line, begin))
		return ERR(MALFORMED, "it is another file");
	if (span_equal_str(span_sub(line, begin.len, line.len), version))
		return OK;
	return ERR(UNSUPPORTED,
	    "it was written by other programs, in a way that these do "
	    "not know");
}

/* --- The end --- */

/* The digest stands for the bytes before its own line. */
struct err
file_text_check(struct span text, size_t before_len)
{
	uint8_t digest[HASH_SHA256_LEN];
	struct buf hex CLEANUP(buf_done) = {.max = 2 * HASH_SHA256_LEN};
	struct span line, rest = span_sub(text, before_len, text.len);

	TRY(hash_sha256(digest, span_sub(text, 0, before_len)));
	TRY(encode_hex(&hex, span_of(digest, sizeof(digest))));
	if (span_take_line(&rest, &line).code != ERR_OK)
		return ERR(TRUNCATED, "its end is missing: it is torn");
	if (rest.len != 0)
		return ERR(MALFORMED, "there is more behind its end");
	if (!span_equal(
		span_sub(line, strlen(SHA256), line.len), buf_span(&hex)))
		return ERR(MALFORMED,
		    "it is not what was written: its checksum is another");
	return OK;
}

bool
file_text_is_end(struct span line)
{
	return span_starts_with(line, span_str(SHA256));
}

struct err
file_text_seal(struct buf *out, size_t begin)
{
	uint8_t digest[HASH_SHA256_LEN];

	TRY(hash_sha256(digest, span_sub(buf_span(out), begin, out->len)));
	TRY(buf_append_str(out, SHA256));
	TRY(encode_hex(out, span_of(digest, sizeof(digest))));
	return buf_append_str(out, "\n");
}
