#include "crypto/memory/span.h"

#include <endian.h>
#include <string.h>
#include <strings.h>

bool
span_equal_fold(struct span a, struct span b)
{
	return a.len == b.len &&
	    (a.len == 0 ||
		strncasecmp(
		    (const char *)a.data, (const char *)b.data, a.len) == 0);
}

bool
span_starts_with(struct span a, struct span prefix)
{
	return span_equal(span_sub(a, 0, prefix.len), prefix);
}

bool
span_ends_with(struct span a, struct span suffix)
{
	return a.len >= suffix.len &&
	    span_equal(span_sub(a, a.len - suffix.len, suffix.len), suffix);
}

int
span_compare(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len == 0 ? 0 : memcmp(a.data, b.data, len);

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

size_t
span_find(struct span in, uint8_t byte)
{
	const uint8_t *at = in.len == 0 ? NULL : memchr(in.data, byte, in.len);

	return at == NULL ? in.len : (size_t)(at - in.data);
}

/* Big-endian, `len` bytes of at most eight. */
static struct err
take_be(struct span *in, uint64_t *out_value, size_t len)
{
	struct span bytes;
	uint64_t value = 0;

	TRY(span_take(in, &bytes, len));
	memcpy((uint8_t *)&value + sizeof(value) - len, bytes.data, len);
	*out_value = be64toh(value);
	return OK;
}

struct err
span_take_u16be(struct span *in, uint16_t *out_value)
{
	uint64_t value;

	TRY(take_be(in, &value, 2));
	*out_value = (uint16_t)value;
	return OK;
}

struct err
span_take_u32be(struct span *in, uint32_t *out_value)
{
	uint64_t value;

	TRY(take_be(in, &value, 4));
	*out_value = (uint32_t)value;
	return OK;
}

struct err
span_take_u64be(struct span *in, uint64_t *out_value)
{
	return take_be(in, out_value, 8);
}

struct err
span_take_i64be(struct span *in, int64_t *out_value)
{
	uint64_t value;

	TRY(take_be(in, &value, 8));
	memcpy(out_value, &value, sizeof(value));
	return OK;
}

struct err
span_take_bool(struct span *in, bool *out_value)
{
	if (in->len > 0 && in->data[0] > 1)
		return ERR(MALFORMED, "span: a truth value is 0 or 1");
	uint8_t value;
	TRY(span_take_u8(in, &value));
	*out_value = value == 1;
	return OK;
}

struct err
span_take_field(struct span *in, struct span *out, size_t max_len)
{
	struct span rest = *in;
	uint32_t len;

	TRY(span_take_u32be(&rest, &len));
	if (len > max_len)
		return ERR(TOO_BIG, "span: a field is over its cap");
	TRY(span_take(&rest, out, len));
	*in = rest;
	return OK;
}

struct err
span_take_line(struct span *in, struct span *out)
{
	size_t len = span_find(*in, '\n');

	if (len == in->len)
		return ERR(TRUNCATED, "span: a line does not end");
	*out = span_of(in->data, len);
	*in = span_of(in->data + len + 1, in->len - len - 1);
	return OK;
}

bool
span_take_until(struct span *in, struct span *out, uint8_t stop)
{
	if (in->data == NULL)
		return false;
	size_t len = span_find(*in, stop);
	*out = span_of(in->data, len);
	if (len == in->len)
		*in = span_of(NULL, 0);
	else
		*in = span_of(in->data + len + 1, in->len - len - 1);
	return true;
}

struct err
span_end(struct span in)
{
	if (in.len != 0)
		return ERR(MALFORMED, "span: bytes after the end");
	return OK;
}

struct err
span_u64(struct span in, uint64_t *out_value, uint64_t max)
{
	uint64_t value = 0;

	if (in.len == 0 || (in.len > 1 && in.data[0] == '0'))
		return ERR(MALFORMED, "span: not a plain decimal number");
	for (size_t i = 0; i < in.len; i++) {
		if (in.data[i] < '0' || in.data[i] > '9')
			return ERR(MALFORMED, "span: not a decimal digit");
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(
			value, (uint64_t)(in.data[i] - '0'), &value) ||
		    value > max)
			return ERR(TOO_BIG, "span: number over its cap");
	}
	*out_value = value;
	return OK;
}

struct err
size_add(size_t a, size_t b, size_t *out_sum)
{
	size_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return ERR(TOO_BIG, "size: sum overflows");
	*out_sum = sum;
	return OK;
}

struct err
size_mul(size_t a, size_t b, size_t *out_product)
{
	size_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return ERR(TOO_BIG, "size: product overflows");
	*out_product = product;
	return OK;
}
