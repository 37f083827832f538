#ifndef GATEHOUSE_SPAN_H
#define GATEHOUSE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "crypto/memory/err.h"

/*
 * span: bytes that somebody else owns. Hostile bytes are read only through
 * span_take_*, which shorten the span from the front and account for every
 * byte. A span is valid as long as its owner's bytes are.
 */
struct span {
	const uint8_t *data; /* may be NULL when len is 0 */
	size_t len;	     /* bytes */
};

/* span_of: a view of `len` bytes at `data`. */
static inline struct span
span_of(const void *data, size_t len)
{
	return (struct span){.data = data, .len = len};
}

/* span_str: a view of a NUL-terminated string, without the NUL. */
static inline struct span
span_str(const char *text)
{
	return span_of(text, strlen(text));
}

/* span_sub: bytes [from, from + len) of `in`, clipped to what `in` holds. */
static inline struct span
span_sub(struct span in, size_t from, size_t len)
{
	if (from > in.len)
		from = in.len;
	if (len > in.len - from)
		len = in.len - from;
	/* NULL has nothing behind it to point to. */
	return span_of(from == 0 ? in.data : in.data + from, len);
}

/* span_equal: same length, same bytes. Not for secrets. */
static inline bool
span_equal(struct span a, struct span b)
{
	return a.len == b.len &&
	    (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* span_equal_str: the bytes are exactly those of the string. */
static inline bool
span_equal_str(struct span a, const char *text)
{
	return span_equal(a, span_str(text));
}

/* span_equal_fold: equal but for ASCII case. */
bool span_equal_fold(struct span a, struct span b);

/* span_starts_with: the first bytes of `a` are those of `prefix`. */
bool span_starts_with(struct span a, struct span prefix);

/* span_ends_with: the last bytes of `a` are those of `suffix`. */
bool span_ends_with(struct span a, struct span suffix);

/* span_compare: <0, 0, >0 by byte order, a prefix before what it begins. */
int span_compare(struct span a, struct span b);

/* span_find: index of the first `byte`, or in.len where there is none. */
size_t span_find(struct span in, uint8_t byte);

/* span_trim: without leading and trailing SP and HTAB. */
static inline struct span
span_trim(struct span in)
{
	while (in.len > 0 && (in.data[0] == ' ' || in.data[0] == '\t'))
		in = span_of(in.data + 1, in.len - 1);
	while (in.len > 0 &&
	    (in.data[in.len - 1] == ' ' || in.data[in.len - 1] == '\t'))
		in.len--;
	return in;
}

/*
 * span_take: remove `len` bytes from the front of `in`.
 *
 * in       borrowed; shortened on success, else untouched
 * out      borrowed from the same owner; written on success only
 * Errors   TRUNCATED: fewer than `len` bytes remain
 */
MUST_USE static inline struct err
span_take(struct span *in, struct span *out, size_t len)
{
	if (in->len < len)
		return ERR(TRUNCATED, "span: fewer bytes than announced");
	*out = span_of(in->data, len);
	if (len > 0)
		*in = span_of(in->data + len, in->len - len);
	return OK;
}

/* The fixed widths, big-endian (RFC 4251 s.5). Errors as span_take. */
MUST_USE static inline struct err
span_take_u8(struct span *in, uint8_t *out_value)
{
	struct span byte;

	TRY(span_take(in, &byte, 1));
	*out_value = byte.data[0];
	return OK;
}
MUST_USE struct err span_take_u16be(struct span *in, uint16_t *out_value);
MUST_USE struct err span_take_u32be(struct span *in, uint32_t *out_value);
MUST_USE struct err span_take_u64be(struct span *in, uint64_t *out_value);

/* span_take_i64be: two's complement. Errors as span_take. */
MUST_USE struct err span_take_i64be(struct span *in, int64_t *out_value);

/* span_take_bool: one byte, 0 or 1. Errors: TRUNCATED, MALFORMED. */
MUST_USE struct err span_take_bool(struct span *in, bool *out_value);

/*
 * span_take_field: a 32-bit big-endian length, then that many bytes.
 *
 * Errors   TRUNCATED; TOO_BIG: the length is over `max_len`
 */
MUST_USE struct err span_take_field(
    struct span *in, struct span *out, size_t max_len);

/*
 * span_take_line: the bytes before the first LF; the LF goes too.
 *
 * Errors   TRUNCATED: there is no LF
 */
MUST_USE struct err span_take_line(struct span *in, struct span *out);

/*
 * span_take_until: the bytes before the first `stop`; the stop goes too.
 * Without a stop the whole rest is taken and `in` becomes empty with
 * data == NULL, which tells "no more pieces" from "a last empty piece".
 * Returns false, touching nothing, when in->data is NULL.
 */
bool span_take_until(struct span *in, struct span *out, uint8_t stop);

/* span_end: every byte was accounted for. Errors: MALFORMED. */
MUST_USE struct err span_end(struct span in);

/*
 * span_u64: the whole span as decimal digits, no sign, no leading zero.
 *
 * Errors   MALFORMED: empty, or another character, or a leading zero
 *          TOO_BIG: over `max`
 */
MUST_USE struct err span_u64(struct span in, uint64_t *out_value, uint64_t max);

/* size_add, size_mul: sizes from outside. Errors: TOO_BIG on overflow. */
MUST_USE struct err size_add(size_t a, size_t b, size_t *out_sum);
MUST_USE struct err size_mul(size_t a, size_t b, size_t *out_product);

#endif
