#include "crypto/encode.h"

#include <endian.h>
#include <sodium.h>
#include <string.h>

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

/* One of each eight bytes. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * Five bytes are eight digits, one in each byte of a word: the bits are spread
 * by halves, and all eight are made letters at once. No table, so that the
 * time tells nothing of what a code is made of.
 */
static inline void
put_base32(uint8_t out[8], const uint8_t in[5])
{
	uint64_t bits = (uint64_t)in[0] << 32 | (uint64_t)in[1] << 24 |
	    (uint64_t)in[2] << 16 | (uint64_t)in[3] << 8 | in[4];
	uint64_t over;

	bits = (bits << 12 & UINT64_C(0xfffff00000000)) | (bits & 0xfffff);
	bits = (bits << 6 & UINT64_C(0x03ff000003ff0000)) |
	    (bits & UINT64_C(0x000003ff000003ff));
	bits = (bits << 3 & EACH(0x1f) & UINT64_C(0xff00ff00ff00ff00)) |
	    (bits & UINT64_C(0x001f001f001f001f));
	/* From 26 on a digit is none of the letters, but '2' and so on. */
	over = (bits + EACH(0x80 - 26)) >> 7 & EACH(1);
	bits += EACH('a') - over * ('a' + 26 - '2');
	bits = htobe64(bits);
	memcpy(out, &bits, sizeof(bits));
}

void
encode_base32(char *out, struct span in)
{
	uint8_t last[5] = {0}, digits[8];
	size_t num = encode_base32_len(in.len % 5);

	for (; in.len >= 5; in = span_sub(in, 5, in.len), out += 8)
		put_base32((uint8_t *)out, in.data);
	/* What is over is filled up by zeros. */
	if (in.len > 0)
		memcpy(last, in.data, in.len);
	put_base32(digits, last);
	memcpy(out, digits, num);
}

static int
base32_digit(uint8_t c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

struct err
decode_base32(uint8_t *out, size_t out_len, struct span in)
{
	uint64_t bits = 0;
	unsigned num_bits = 0;

	if (in.len != encode_base32_len(out_len))
		return ERR(MALFORMED, "encode: base32 of another length");
	for (size_t i = 0; i < in.len; i++) {
		int digit = base32_digit(in.data[i]);

		if (digit < 0)
			return ERR(MALFORMED, "encode: not a base32 digit");
		bits = (bits << 5 | (unsigned)digit) & 0xfff;
		num_bits += 5;
		if (num_bits < 8)
			continue;
		num_bits -= 8;
		*out++ = (uint8_t)(bits >> num_bits);
	}
	if ((bits & ((1u << num_bits) - 1)) != 0)
		return ERR(MALFORMED, "encode: bits are left over");
	return OK;
}
