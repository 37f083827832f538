#include "crypto/age_key.h"

#include <sodium.h>
#include <string.h>

enum {
	CHECKSUM_DIGITS = 6,
	KEY_DIGITS = 52, /* 32 bytes in groups of five bits */
	DIGITS = KEY_DIGITS + CHECKSUM_DIGITS
};

/* The human-readable parts, as the checksum takes them: in lower case. */
static const char RECIPIENT[] = "age";
static const char IDENTITY[] = "age-secret-key-";
static const char ALPHABET[33] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* One step of BIP 173's code: the remainder takes in five more bits. */
static uint32_t
polymod(uint32_t sum, uint8_t value)
{
	static const uint32_t generator[5] = {
	    0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (unsigned i = 0; i < 5; i++)
		sum ^= generator[i] & (0 - (top >> i & 1));
	return sum;
}

static uint32_t
prefix_sum(const char *prefix)
{
	uint32_t sum = 1;

	for (size_t i = 0; prefix[i] != '\0'; i++)
		sum = polymod(sum, (uint8_t)prefix[i] >> 5);
	sum = polymod(sum, 0);
	for (size_t i = 0; prefix[i] != '\0'; i++)
		sum = polymod(sum, (uint8_t)prefix[i] & 31);
	return sum;
}

static struct err
put_text(struct buf *out, const char *prefix, const uint8_t key[32])
{
	uint8_t digits[DIGITS] = {0};

	for (size_t bit = 0; bit < 256; bit++)
		digits[bit / 5] |= (uint8_t)((key[bit / 8] >> (7 - bit % 8) & 1)
		    << (4 - bit % 5));
	uint32_t sum = prefix_sum(prefix);
	for (size_t i = 0; i < DIGITS; i++)
		sum = polymod(sum, digits[i]);
	sum ^= 1;
	for (unsigned i = 0; i < CHECKSUM_DIGITS; i++)
		digits[KEY_DIGITS + i] = sum >> (25 - 5 * i) & 31;
	for (size_t i = 0; i < DIGITS; i++)
		digits[i] = (uint8_t)ALPHABET[digits[i]];
	TRY(buf_reserve(out, strlen(prefix) + 1 + DIGITS));
	TRY(buf_append_str(out, prefix));
	TRY(buf_append_str(out, "1"));
	TRY(buf_append(out, span_of(digits, DIGITS)));
	sodium_memzero(digits, sizeof(digits));
	return OK;
}

/* Lower case, or MALFORMED when the text mixes cases. */
static struct err
fold(uint8_t *out, struct span text)
{
	bool lower = false, upper = false;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t byte = text.data[i];
		bool is_upper = byte >= 'A' && byte <= 'Z';
		lower |= byte >= 'a' && byte <= 'z';
		upper |= is_upper;
		out[i] = is_upper ? (uint8_t)(byte | 0x20) : byte;
	}
	if (lower && upper)
		return ERR(MALFORMED, "age: a key in upper and lower case");
	return OK;
}

/* Characters into values of five bits, with the checksum over all of them. */
static struct err
take_digits(uint8_t digits[DIGITS], const char *prefix)
{
	uint32_t sum = prefix_sum(prefix);

	for (size_t i = 0; i < DIGITS; i++) {
		const char *at = digits[i] == '\0'
		    ? NULL
		    : strchr(ALPHABET, (char)digits[i]);
		if (at == NULL)
			return ERR(MALFORMED, "age: a key is not Bech32");
		digits[i] = (uint8_t)(at - ALPHABET);
		sum = polymod(sum, digits[i]);
	}
	if (sum != 1)
		return ERR(MALFORMED, "age: a key's checksum is wrong");
	/* 52 groups hold 260 bits: the last four are padding. */
	if ((digits[KEY_DIGITS - 1] & 15) != 0)
		return ERR(MALFORMED, "age: a key has bits left over");
	return OK;
}

static struct err
take_text(uint8_t out[32], struct span text, const char *prefix)
{
	uint8_t lower[AGE_IDENTITY_TEXT];
	size_t prefix_len = strlen(prefix);

	if (text.len != prefix_len + 1 + DIGITS)
		return ERR(MALFORMED, "age: a key of another length");
	TRY(fold(lower, text));
	if (memcmp(lower, prefix, prefix_len) != 0 || lower[prefix_len] != '1')
		return ERR(MALFORMED, "age: a key with another prefix");
	uint8_t *digits = lower + prefix_len + 1;
	struct err err = take_digits(digits, prefix);
	if (err.code == ERR_OK) {
		memset(out, 0, 32);
		for (size_t bit = 0; bit < 256; bit++)
			out[bit / 8] |=
			    (uint8_t)((digits[bit / 5] >> (4 - bit % 5) & 1)
				<< (7 - bit % 8));
	}
	sodium_memzero(lower, sizeof(lower));
	return err;
}

struct err
age_recipient_parse(uint8_t out[32], struct span text)
{
	static const uint8_t any[32] = {1};
	uint8_t key[32], shared[32];

	TRY(take_text(key, text, RECIPIENT));
	if (crypto_scalarmult_curve25519(shared, any, key) != 0)
		return ERR(CRYPTO, "age: a recipient of low order");
	memcpy(out, key, sizeof(key));
	return OK;
}

struct err
age_recipient_format(struct buf *out, const uint8_t public_key[32])
{
	return put_text(out, RECIPIENT, public_key);
}

struct err
age_identity_parse(uint8_t out[32], struct span text)
{
	return take_text(out, text, IDENTITY);
}

struct err
age_identity_format(struct buf *out, const uint8_t secret_key[32])
{
	size_t before = out->len;

	TRY(put_text(out, IDENTITY, secret_key));
	/* An identity is written in upper case; digits and '-' have none. */
	for (size_t i = before; i < out->len; i++)
		if (out->data[i] >= 'a' && out->data[i] <= 'z')
			out->data[i] &= (uint8_t)~0x20u;
	return OK;
}

struct err
age_identity_public(uint8_t out_public[32], const uint8_t secret_key[32])
{
	if (crypto_scalarmult_curve25519_base(out_public, secret_key) != 0)
		return ERR(CRYPTO, "age: X25519 failed");
	return OK;
}
