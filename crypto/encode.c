#include "crypto/encode.h"

#include <sodium.h>

/*
 * libsodium ends each text with a NUL, for which a full buf has no room: so
 * the text is made in pieces, and each copied without its NUL.
 */
enum {
	PIECE = 48, /* bytes: whole groups of three, padding only at the end */
	PIECE_TEXT = 2 * PIECE + 1
};

struct err
encode_hex(struct buf *out, struct span in)
{
	char text[PIECE_TEXT];
	size_t len;

	TRY(size_mul(in.len, 2, &len));
	TRY(buf_reserve(out, len));
	for (size_t at = 0; at < in.len; at += PIECE) {
		struct span piece = span_sub(in, at, PIECE);
		sodium_bin2hex(text, sizeof(text), piece.data, piece.len);
		TRY(buf_append(out, span_of(text, 2 * piece.len)));
	}
	return OK;
}

struct err
decode_hex(struct buf *out, struct span in)
{
	size_t len = in.len / 2;

	if (in.len % 2 != 0)
		return ERR(MALFORMED, "encode: hex in an odd length");
	for (size_t i = 0; i < in.len; i++)
		if (!((in.data[i] >= '0' && in.data[i] <= '9') ||
			(in.data[i] >= 'a' && in.data[i] <= 'f')))
			return ERR(MALFORMED, "encode: not a hex digit");
	if (len == 0)
		return OK;
	TRY(buf_reserve(out, len));
	if (sodium_hex2bin(out->data + out->len, len, (const char *)in.data,
		in.len, NULL, NULL, NULL) != 0)
		return ERR(MALFORMED, "encode: not hex");
	out->len += len;
	return OK;
}

static struct err
put_base64(struct buf *out, struct span in, int variant)
{
	char text[PIECE_TEXT];
	size_t len;

	TRY(size_mul(in.len, 2, &len)); /* then 4/3 of it cannot wrap */
	TRY(buf_reserve(out, sodium_base64_encoded_len(in.len, variant) - 1));
	for (size_t at = 0; at < in.len; at += PIECE) {
		struct span piece = span_sub(in, at, PIECE);
		sodium_bin2base64(
		    text, sizeof(text), piece.data, piece.len, variant);
		TRY(buf_append(out, span_str(text)));
	}
	return OK;
}

/*
 * libsodium refuses other characters, bits left over, and padding that is
 * missing or not asked for. But it compares characters as signed numbers, and
 * (up to 1.0.18) so takes the bytes ab and af for '+' and '/': those are
 * refused here. `out_len` is the length that it must reach.
 */
static struct err
take_base64(uint8_t *out, size_t out_len, struct span in, int variant)
{
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] > 0x7f)
			return ERR(MALFORMED, "encode: not a base64 digit");
	if (sodium_base642bin(out, out_len, (const char *)in.data, in.len, NULL,
		&len, NULL, variant) != 0 ||
	    len != out_len)
		return ERR(MALFORMED, "encode: not canonical base64");
	return OK;
}

static struct err
append_base64(struct buf *out, struct span in, size_t digits, int variant)
{
	size_t len = digits / 4 * 3 + digits % 4 * 3 / 4;

	if (in.len == 0)
		return OK;
	TRY(buf_reserve(out, len));
	uint8_t none[1];
	TRY(take_base64(
	    len == 0 ? none : out->data + out->len, len, in, variant));
	out->len += len;
	return OK;
}

struct err
encode_base64(struct buf *out, struct span in)
{
	return put_base64(out, in, sodium_base64_VARIANT_ORIGINAL);
}

struct err
decode_base64(struct buf *out, struct span in)
{
	size_t digits = in.len;

	if (in.len % 4 != 0)
		return ERR(MALFORMED, "encode: base64 without its padding");
	for (size_t i = 0; i < 2 && digits > 0; i++)
		if (in.data[digits - 1] == '=')
			digits--;
	return append_base64(out, in, digits, sodium_base64_VARIANT_ORIGINAL);
}

struct err
encode_base64_raw(struct buf *out, struct span in)
{
	return put_base64(out, in, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

struct err
decode_base64_raw(struct buf *out, struct span in)
{
	return append_base64(
	    out, in, in.len, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

struct err
decode_base64_raw_exact(uint8_t *out, size_t out_len, struct span in)
{
	return take_base64(
	    out, out_len, in, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

size_t
encode_base32_len(size_t len)
{
	return len / 5 * 8 + (len % 5 * 8 + 4) / 5;
}

void
encode_base32(char *out, struct span in)
{
	static const char digits[32] = "abcdefghijklmnopqrstuvwxyz234567";
	uint64_t bits;
	size_t i = 0;

	/* Five bytes are eight digits; what is over is filled up by zeros. */
	for (; i + 5 <= in.len; i += 5) {
		bits = 0;
		for (unsigned k = 0; k < 5; k++)
			bits = bits << 8 | in.data[i + k];
		for (unsigned k = 0; k < 8; k++)
			*out++ = digits[bits >> (35 - 5 * k) & 31];
	}
	size_t num = encode_base32_len(in.len - i);
	bits = 0;
	for (unsigned k = 0; k < 5; k++)
		bits = bits << 8 | (i + k < in.len ? in.data[i + k] : 0);
	for (unsigned k = 0; k < num; k++)
		*out++ = digits[bits >> (35 - 5 * k) & 31];
}
