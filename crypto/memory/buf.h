#ifndef GATEHOUSE_BUF_H
#define GATEHOUSE_BUF_H

#include "crypto/memory/span.h"

/*
 * buf: bytes that we own, under a ceiling given at birth. Appending either
 * appends all of it or nothing. The zero value with `max` set is ready to
 * use; buf_done accepts the zero value.
 */
struct buf {
	uint8_t *data;
	size_t len; /* bytes in use */
	size_t cap; /* bytes allocated */
	size_t max; /* the ceiling of len */
};

/* buf_init: an empty buffer that will never hold more than max_len bytes. */
void buf_init(struct buf *buf, size_t max_len);

/* buf_done: free, and return to the zero value. */
void buf_done(struct buf *buf);

/* buf_wipe: overwrite what was ever held, then buf_done. For secrets. */
void buf_wipe(struct buf *buf);

/* buf_reset: len = 0; the memory is kept. */
void buf_reset(struct buf *buf);

/* buf_span: what is held; valid until the next append or done. */
struct span buf_span(const struct buf *buf);

/* buf_grow: what buf_reserve does when there is no room yet. */
MUST_USE struct err buf_grow(struct buf *buf, size_t len);

/*
 * buf_reserve: room for `len` more bytes without another allocation.
 *
 * Errors   TOO_BIG: over the ceiling; NO_MEMORY
 */
MUST_USE static inline struct err
buf_reserve(struct buf *buf, size_t len)
{
	/* What is allocated never is over the ceiling. */
	return len <= buf->cap - buf->len ? OK : buf_grow(buf, len);
}

/* buf_consume: remove `len` bytes (at most buf->len) from the front. */
void buf_consume(struct buf *buf, size_t len);

/* Append. Errors as buf_reserve. Inline are those that messages are made of. */
MUST_USE static inline struct err
buf_append(struct buf *buf, struct span bytes)
{
	if (bytes.len == 0)
		return OK;
	TRY(buf_reserve(buf, bytes.len));
	memcpy(buf->data + buf->len, bytes.data, bytes.len);
	buf->len += bytes.len;
	return OK;
}

MUST_USE static inline struct err
buf_append_str(struct buf *buf, const char *text)
{
	return buf_append(buf, span_str(text));
}

MUST_USE struct err buf_append_u64(struct buf *buf, uint64_t value);
MUST_USE struct err buf_append_format(struct buf *buf, const char *format, ...)
    PRINTF_LIKE(2, 3);
MUST_USE static inline struct err
buf_put_u8(struct buf *buf, uint8_t value)
{
	TRY(buf_reserve(buf, 1));
	buf->data[buf->len++] = value;
	return OK;
}
MUST_USE struct err buf_put_u16be(struct buf *buf, uint16_t value);
MUST_USE struct err buf_put_u32be(struct buf *buf, uint32_t value);
MUST_USE struct err buf_put_u64be(struct buf *buf, uint64_t value);
MUST_USE struct err buf_put_i64be(struct buf *buf, int64_t value);
MUST_USE struct err buf_put_bool(struct buf *buf, bool value);

/* buf_put_field: a 32-bit big-endian length, then the bytes. */
MUST_USE struct err buf_put_field(struct buf *buf, struct span bytes);

#endif
