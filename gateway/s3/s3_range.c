#include "gateway/s3/s3_range.h"

#include "gateway/s3/s3_date.h"

/* --- Range ------------------------------------------------------------- */

/* Decimal digits, leading zeros allowed (RFC 9110 says 1*DIGIT); a number
 * that is too big for any object is as good as the biggest. */
static bool
parse_position(struct span in, uint64_t *out)
{
	uint64_t value = 0;
	bool too_big = false;

	for (size_t i = 0; i < in.len; i++) {
		uint8_t b = in.data[i];

		if (b < '0' || b > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(b - '0'), &value))
			too_big = true;
	}
	*out = too_big ? UINT64_MAX : value;
	return in.len > 0;
}

static struct s3_range
part(uint64_t first, uint64_t len)
{
	return (struct s3_range){
	    .kind = S3_RANGE_PART, .first = first, .len = len};
}

static struct s3_range
suffix(uint64_t len, uint64_t size)
{
	if (len == 0 || size == 0)
		return (struct s3_range){.kind = S3_RANGE_UNSATISFIABLE};
	if (len > size)
		len = size;
	return part(size - len, len);
}

static struct s3_range
from_to(uint64_t first, uint64_t last, uint64_t size)
{
	if (first >= size)
		return (struct s3_range){.kind = S3_RANGE_UNSATISFIABLE};
	if (last >= size)
		last = size - 1;
	return part(first, last - first + 1);
}

struct s3_range
s3_range_resolve(struct span value, uint64_t size)
{
	struct s3_range whole = {.kind = S3_RANGE_WHOLE, .len = size};
	struct span unit = span_str("bytes=");
	uint64_t first = 0, last = UINT64_MAX;

	value = span_trim(value);
	if (!span_equal_fold(span_sub(value, 0, unit.len), unit))
		return whole;
	value = span_trim(span_sub(value, unit.len, value.len));
	size_t dash = span_find(value, '-');
	struct span left = span_sub(value, 0, dash);
	struct span right = span_sub(value, dash + 1, value.len);

	if (dash == value.len ||
	    (left.len > 0 && !parse_position(left, &first)) ||
	    (right.len > 0 && !parse_position(right, &last)) ||
	    (left.len == 0 && right.len == 0))
		return whole;
	if (left.len == 0)
		return suffix(last, size);
	if (last < first)
		return whole; /* breaks the grammar, so it is ignored */
	return from_to(first, last, size);
}

/* --- conditions -------------------------------------------------------- */

static struct span
unquote(struct span etag)
{
	if (etag.len >= 2 && etag.data[0] == '"' &&
	    etag.data[etag.len - 1] == '"')
		return span_sub(etag, 1, etag.len - 2);
	return etag;
}

/* One of a list of entity tags. Ours hold no comma, so that splitting at
 * commas cannot cut one in two. */
static bool
matches(struct span list, struct span etag, bool weak_too)
{
	struct span one;

	if (span_equal_str(span_trim(list), "*"))
		return true;
	while (span_take_until(&list, &one, ',')) {
		one = span_trim(one);
		if (span_starts_with(one, span_str("W/"))) {
			if (!weak_too)
				continue;
			one = span_sub(one, 2, one.len);
		}
		if (span_equal(unquote(one), unquote(etag)))
			return true;
	}
	return false;
}

static bool
parse_date(struct span value, int64_t *out)
{
	struct err err;

	if (value.data == NULL)
		return false;
	err = s3_date_parse_http(span_trim(value), out);
	return err.code == ERR_OK;
}

enum s3_verdict
s3_range_check(
    const struct s3_conditions *conditions, struct span etag, int64_t time_s)
{
	const struct s3_conditions *c = conditions;
	int64_t since;

	if (c->if_match.data != NULL) {
		if (!matches(c->if_match, etag, false))
			return S3_VERDICT_FAILED;
	} else if (parse_date(c->if_unmodified_since, &since) &&
	    time_s > since) {
		return S3_VERDICT_FAILED;
	}
	if (c->if_none_match.data != NULL) {
		if (matches(c->if_none_match, etag, true))
			return S3_VERDICT_NOT_MODIFIED;
	} else if (parse_date(c->if_modified_since, &since) &&
	    time_s <= since) {
		return S3_VERDICT_NOT_MODIFIED;
	}
	return S3_VERDICT_SERVE;
}

bool
s3_range_applies(
    const struct s3_conditions *conditions, struct span etag, int64_t time_s)
{
	struct span value = conditions->if_range;
	int64_t date;

	if (value.data == NULL)
		return true;
	if (parse_date(value, &date))
		return date == time_s;
	/* One strong tag; neither a list nor "*" has a meaning here. */
	return span_equal(unquote(span_trim(value)), unquote(etag));
}

struct s3_range
s3_range_select(const struct s3_conditions *conditions, struct span value,
    struct span etag, int64_t time_s, uint64_t size)
{
	if (!s3_range_applies(conditions, etag, time_s))
		value = (struct span){0};
	return s3_range_resolve(value, size);
}
