#include "gateway/s3/s3_uri.h"

static bool
is_unreserved(uint8_t byte)
{
	return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
	    (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' ||
	    byte == '_' || byte == '~';
}

struct err
s3_uri_encode(struct buf *out, struct span in, bool keep_slash)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t before = out->len;

	for (size_t i = 0; i < in.len; i++) {
		uint8_t b = in.data[i];
		bool plain = is_unreserved(b) || (keep_slash && b == '/');
		char hex[3] = {'%', digits[b >> 4], digits[b & 15]};
		struct err err = plain ? buf_put_u8(out, b)
				       : buf_append(out, span_of(hex, 3));

		if (err.code != ERR_OK) {
			out->len = before;
			return err;
		}
	}
	return OK;
}

static bool
hex_value(uint8_t byte, uint8_t *out)
{
	if (byte >= '0' && byte <= '9')
		*out = (uint8_t)(byte - '0');
	else if (byte >= 'A' && byte <= 'F')
		*out = (uint8_t)(byte - 'A' + 10);
	else if (byte >= 'a' && byte <= 'f')
		*out = (uint8_t)(byte - 'a' + 10);
	else
		return false;
	return true;
}

/* Remove one byte, percent-encoded or plain, from the front of `in`. */
static struct err
take_octet(struct span *in, uint8_t *out_byte, bool *out_encoded)
{
	struct span rest = *in;
	uint8_t byte, high, low;

	TRY(span_take_u8(&rest, &byte));
	*out_encoded = byte == '%';
	if (byte == '%') {
		if (rest.len < 2 || !hex_value(rest.data[0], &high) ||
		    !hex_value(rest.data[1], &low))
			return ERR(
			    MALFORMED, "uri: '%' without two hex digits");
		rest = span_sub(rest, 2, rest.len);
		byte = (uint8_t)(high << 4 | low);
	}
	*out_byte = byte;
	*in = rest;
	return OK;
}

struct err
s3_uri_decode(struct buf *out, struct span in)
{
	while (in.len > 0) {
		uint8_t byte;
		bool encoded;

		TRY(take_octet(&in, &byte, &encoded));
		TRY(buf_put_u8(out, byte));
	}
	return OK;
}

bool
s3_uri_is_canonical(struct span in, bool keep_slash)
{
	while (in.len > 0) {
		struct span before = in;
		uint8_t byte;
		bool encoded;
		struct err err = take_octet(&in, &byte, &encoded);

		if (err.code != ERR_OK)
			return false;
		bool plain = is_unreserved(byte) ||
		    (keep_slash && byte == '/' && !encoded);
		if (plain == encoded)
			return false; /* needless, or missing */
		for (size_t i = 1; encoded && i < 3; i++)
			if (before.data[i] >= 'a' && before.data[i] <= 'f')
				return false;
	}
	return true;
}

/* How many bytes follow, what the first gives, and the least code point that
 * needs this length: a smaller one is overlong. */
static struct err
rune_shape(uint8_t first, size_t *more, uint32_t *rune, uint32_t *least)
{
	if (first < 0x80) {
		*more = 0, *rune = first, *least = 0;
	} else if (first >= 0xc2 && first < 0xe0) {
		*more = 1, *rune = first & 0x1f, *least = 0x80;
	} else if (first >= 0xe0 && first < 0xf0) {
		*more = 2, *rune = first & 0x0f, *least = 0x800;
	} else if (first >= 0xf0 && first < 0xf5) {
		*more = 3, *rune = first & 0x07, *least = 0x10000;
	} else {
		return ERR(MALFORMED, "utf-8: no character begins so");
	}
	return OK;
}

struct err
s3_uri_take_rune(struct span *in, uint32_t *out_rune)
{
	struct span rest = *in;
	uint32_t rune, least;
	size_t more;
	uint8_t byte;

	TRY(span_take_u8(&rest, &byte));
	TRY(rune_shape(byte, &more, &rune, &least));
	for (; more > 0; more--) {
		TRY(span_take_u8(&rest, &byte));
		if ((byte & 0xc0) != 0x80)
			return ERR(MALFORMED, "utf-8: a character ends early");
		rune = rune << 6 | (byte & 0x3f);
	}
	if (rune < least || rune > 0x10ffff ||
	    (rune >= 0xd800 && rune <= 0xdfff))
		return ERR(MALFORMED, "utf-8: overlong, surrogate or too big");
	*out_rune = rune;
	*in = rest;
	return OK;
}

bool
s3_uri_is_text(struct span in)
{
	while (in.len > 0) {
		uint32_t rune;
		struct err err = s3_uri_take_rune(&in, &rune);

		if (err.code != ERR_OK || rune < 0x20 ||
		    (rune >= 0x7f && rune < 0xa0) || rune == 0xfffe ||
		    rune == 0xffff)
			return false;
	}
	return true;
}
