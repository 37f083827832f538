#include "crypto/memory/buf.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_CAPACITY = 256
};

void
buf_init(struct buf *buf, size_t max_len)
{
	*buf = (struct buf){.max = max_len};
}

void
buf_done(struct buf *buf)
{
	if (buf == NULL)
		return;
	free(buf->data);
	*buf = (struct buf){.max = buf->max};
}

void
buf_wipe(struct buf *buf)
{
	if (buf != NULL && buf->data != NULL)
		explicit_bzero(buf->data, buf->cap);
	buf_done(buf);
}

void
buf_reset(struct buf *buf)
{
	buf->len = 0;
}

struct span
buf_span(const struct buf *buf)
{
	return span_of(buf->data, buf->len);
}

struct err
buf_grow(struct buf *buf, size_t len)
{
	size_t need;

	TRY(size_add(buf->len, len, &need));
	if (need > buf->max)
		return ERR(TOO_BIG, "buf: over its ceiling");
	size_t cap = buf->cap < FIRST_CAPACITY ? FIRST_CAPACITY : buf->cap;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	if (cap > buf->max)
		cap = buf->max;
	/* Not realloc: the old bytes may be secret, and must not linger. */
	uint8_t *data = malloc(cap);
	if (data == NULL)
		return ERR(NO_MEMORY, "buf: no memory");
	if (buf->data != NULL) {
		memcpy(data, buf->data, buf->len);
		explicit_bzero(buf->data, buf->cap);
		free(buf->data);
	}
	buf->data = data;
	buf->cap = cap;
	return OK;
}

void
buf_consume(struct buf *buf, size_t len)
{
	if (len >= buf->len) {
		buf->len = 0;
		return;
	}
	memmove(buf->data, buf->data + len, buf->len - len);
	buf->len -= len;
}

struct err
buf_append_u64(struct buf *buf, uint64_t value)
{
	uint8_t digits[20]; /* of UINT64_MAX */
	size_t at = sizeof(digits);

	do
		digits[--at] = (uint8_t)('0' + value % 10);
	while ((value /= 10) > 0);
	return buf_append(buf, span_of(digits + at, sizeof(digits) - at));
}

struct err
buf_append_format(struct buf *buf, const char *format, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return ERR(NO_MEMORY, "buf: no memory to format");
	struct err err = buf_append(buf, span_of(text, (size_t)len));
	free(text);
	return err;
}

/* The last `len` bytes of eight. */
static struct err
put_be(struct buf *buf, uint64_t value, size_t len)
{
	uint64_t bytes = htobe64(value);

	return buf_append(
	    buf, span_of((uint8_t *)&bytes + sizeof(bytes) - len, len));
}

struct err
buf_put_u16be(struct buf *buf, uint16_t value)
{
	return put_be(buf, value, 2);
}

struct err
buf_put_u32be(struct buf *buf, uint32_t value)
{
	return put_be(buf, value, 4);
}

struct err
buf_put_u64be(struct buf *buf, uint64_t value)
{
	return put_be(buf, value, 8);
}

struct err
buf_put_i64be(struct buf *buf, int64_t value)
{
	return put_be(buf, (uint64_t)value, 8);
}

struct err
buf_put_bool(struct buf *buf, bool value)
{
	return buf_put_u8(buf, value ? 1 : 0);
}

struct err
buf_put_field(struct buf *buf, struct span bytes)
{
	size_t before = buf->len;

	if (bytes.len > UINT32_MAX)
		return ERR(TOO_BIG, "buf: a field is over 32 bits");
	TRY(buf_put_u32be(buf, (uint32_t)bytes.len));
	struct err err = buf_append(buf, bytes);
	if (err.code != ERR_OK)
		buf->len = before;
	return err;
}
