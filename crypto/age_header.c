#include "crypto/age_header.h"

#include <sodium.h>
#include <string.h>

#include "crypto/encode.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/memory/secret.h"

enum {
	SHARE = 32,
	BODY = AGE_FILE_KEY + crypto_aead_chacha20poly1305_ietf_ABYTES,
	FULL_LINE = 64,			/* characters of a body's line */
	BASE_LEN = 22 + 3 + 1 + 43 + 1, /* version, "---", SP, MAC, LF */
	STANZA_LEN = 3 + 6 + 1 + 43 + 1 + 43 + 1
};

static const char VERSION_LINE[] = "age-encryption.org/v1\n";
static const char X25519[] = "X25519";
static const char SCRYPT[] = "scrypt";
static const char INFO[] = "age-encryption.org/v1/X25519";
static const char FOOTER[] = "---";

/* A stanza as it lies in the header. All borrowed. */
struct stanza {
	struct span type;
	struct span args;  /* after the type, NULL data when there are none */
	struct span first; /* line of the body */
};

size_t
age_header_len(size_t num_recipients)
{
	return BASE_LEN + STANZA_LEN * num_recipients;
}

/* HMAC-SHA-256 over the header up to and including "---". */
static struct err
header_mac(uint8_t out[32], const uint8_t file_key[16], struct span header)
{
	uint8_t key[32] CLEANUP(secret_wipe32);

	TRY(kdf_hkdf_sha256(key, sizeof(key), span_of(file_key, AGE_FILE_KEY),
	    span_of(NULL, 0), span_str("header")));
	return hash_hmac_sha256(out, span_of(key, sizeof(key)), header);
}

/* The key that wraps the file key, from the shared point and both shares. */
static struct err
wrap_key(uint8_t out[32], const uint8_t shared[32], const uint8_t share[32],
    const uint8_t recipient[32])
{
	uint8_t salt[2 * SHARE];

	memcpy(salt, share, SHARE);
	memcpy(salt + SHARE, recipient, SHARE);
	return kdf_hkdf_sha256(out, 32, span_of(shared, 32),
	    span_of(salt, sizeof(salt)), span_str(INFO));
}

/* --- Write --- */

static struct err
wrap_file_key(uint8_t out_share[SHARE], uint8_t out_body[BODY],
    const struct age_wrap *wrap, const uint8_t file_key[16])
{
	static const uint8_t nonce[12];
	uint8_t shared[32] CLEANUP(secret_wipe32);
	uint8_t key[32] CLEANUP(secret_wipe32);

	if (crypto_scalarmult_curve25519_base(out_share, wrap->ephemeral) != 0)
		return ERR(CRYPTO, "age: X25519 failed");
	/* It answers -1 for the all-zero secret: spec, "X25519". */
	if (crypto_scalarmult_curve25519(
		shared, wrap->ephemeral, wrap->recipient) != 0)
		return ERR(CRYPTO, "age: a recipient of low order");
	TRY(wrap_key(key, shared, out_share, wrap->recipient));
	/* A fixed nonce: the key wraps this one file key, and no other. */
	crypto_aead_chacha20poly1305_ietf_encrypt(
	    out_body, NULL, file_key, AGE_FILE_KEY, NULL, 0, NULL, nonce, key);
	return OK;
}

static struct err
put_stanza(
    struct buf *out, const struct age_wrap *wrap, const uint8_t file_key[16])
{
	uint8_t share[SHARE], body[BODY];

	TRY(wrap_file_key(share, body, wrap, file_key));
	TRY(buf_append_str(out, "-> X25519 "));
	TRY(encode_base64_raw(out, span_of(share, sizeof(share))));
	TRY(buf_append_str(out, "\n"));
	TRY(encode_base64_raw(out, span_of(body, sizeof(body))));
	return buf_append_str(out, "\n");
}

static struct err
put_header(struct buf *out, const uint8_t file_key[16],
    const struct age_wrap *wraps, size_t num)
{
	size_t from = out->len;
	uint8_t mac[32];

	TRY(buf_reserve(out, age_header_len(num)));
	TRY(buf_append_str(out, VERSION_LINE));
	for (size_t i = 0; i < num; i++)
		TRY(put_stanza(out, &wraps[i], file_key));
	TRY(buf_append_str(out, FOOTER));
	TRY(header_mac(
	    mac, file_key, span_of(out->data + from, out->len - from)));
	TRY(buf_append_str(out, " "));
	TRY(encode_base64_raw(out, span_of(mac, sizeof(mac))));
	return buf_append_str(out, "\n");
}

struct err
age_header_write(struct buf *out, const uint8_t file_key[16],
    const struct age_wrap *wraps, size_t num)
{
	size_t before = out->len;

	if (num == 0 || num > AGE_HEADER_RECIPIENTS)
		return ERR(MALFORMED, "age: no recipients, or too many");
	struct err err = put_header(out, file_key, wraps, num);
	if (err.code != ERR_OK)
		out->len = before;
	return err;
}

/* --- Read --- */

static bool
is_visible(struct span in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] < 0x21 || in.data[i] > 0x7e)
			return false;
	return in.len > 0;
}

/* "-> " and arguments with one space between them, none empty. */
static struct err
take_arguments(struct span *in, struct stanza *out)
{
	struct span line, rest, arg;

	TRY(span_take_line(in, &line));
	if (!span_starts_with(line, span_str("-> ")))
		return ERR(MALFORMED, "age: a line is not a stanza");
	line = span_sub(line, 3, line.len);
	rest = line;
	while (span_take_until(&rest, &arg, ' '))
		if (!is_visible(arg))
			return ERR(MALFORMED, "age: a stanza's arguments");
	if (!span_take_until(&line, &out->type, ' '))
		return ERR(MALFORMED, "age: a stanza without a type");
	out->args = line;
	return OK;
}

/* Lines of 64 digits, then one of fewer, which may be empty. */
static struct err
take_body(struct span *in, struct stanza *out)
{
	uint8_t bytes[FULL_LINE / 4 * 3];
	struct span line;

	for (bool is_first = true;; is_first = false) {
		TRY(span_take_line(in, &line));
		if (line.len > FULL_LINE)
			return ERR(MALFORMED, "age: a body's line is long");
		TRY(decode_base64_raw_exact(bytes, line.len * 3 / 4, line));
		if (is_first)
			out->first = line;
		if (line.len < FULL_LINE)
			return OK;
	}
}

static bool
at_footer(struct span rest)
{
	return span_starts_with(rest, span_str(FOOTER));
}

/* True while the bytes so far could become the footer. */
static bool
may_become_footer(struct span rest)
{
	return span_starts_with(span_str(FOOTER), rest);
}

/* False, at the footer; `err` tells whether a stanza was well-formed. */
static bool
next_stanza(struct span *rest, struct stanza *out, struct err *err)
{
	if (at_footer(*rest))
		return false;
	*err = may_become_footer(*rest)
	    ? ERR(TRUNCATED, "age: the header does not end")
	    : take_arguments(rest, out);
	if (err->code == ERR_OK)
		*err = take_body(rest, out);
	return err->code == ERR_OK;
}

/*
 * One argument, the share, and a body of 43 digits, the wrapped key: which
 * leaves no room for a second argument, or a second line.
 */
static struct err
take_x25519(
    const struct stanza *stanza, uint8_t share[SHARE], uint8_t body[BODY])
{
	if (stanza->args.data == NULL)
		return ERR(
		    MALFORMED, "age: an X25519 stanza without its share");
	TRY(decode_base64_raw_exact(share, SHARE, stanza->args));
	return decode_base64_raw_exact(body, BODY, stanza->first);
}

/* scrypt stands alone or not at all; X25519 has one shape. */
static struct err
check_stanza(const struct stanza *stanza, size_t num_before, size_t *num_scrypt)
{
	uint8_t share[SHARE], body[BODY];

	if (span_equal_str(stanza->type, SCRYPT))
		++*num_scrypt;
	if (*num_scrypt > 0 && num_before > 0)
		return ERR(MALFORMED, "age: a passphrase among recipients");
	if (span_equal_str(stanza->type, X25519))
		TRY(take_x25519(stanza, share, body));
	return OK;
}

/* "--- " and the MAC. */
static struct err
take_footer(struct span *rest, uint8_t out_mac[32])
{
	struct span line;

	TRY(span_take_line(rest, &line));
	if (!span_starts_with(line, span_str("--- ")))
		return ERR(MALFORMED, "age: the header's last line");
	return decode_base64_raw_exact(
	    out_mac, 32, span_sub(line, 4, line.len));
}

/* The header in its parts. All borrowed but the MAC. */
struct header {
	struct span stanzas; /* and what follows them */
	struct span signed_bytes;
	uint8_t mac[32];
};

/* The shape of the whole header, before any of it is worked on. */
static struct err
take_header(struct span *in, struct header *out)
{
	const struct span version = span_str(VERSION_LINE);
	struct span rest = *in, line;
	struct stanza stanza = {0};
	struct err err = OK;
	size_t num = 0, num_scrypt = 0;

	if (!span_starts_with(version, span_sub(rest, 0, version.len)))
		return ERR(MALFORMED, "age: not an age v1 file");
	TRY(span_take_line(&rest, &line));
	out->stanzas = rest;
	while (next_stanza(&rest, &stanza, &err)) {
		TRY(check_stanza(&stanza, num, &num_scrypt));
		num++;
	}
	TRY(err);
	if (num == 0)
		return ERR(MALFORMED, "age: a header without recipients");
	out->signed_bytes = span_of(
	    in->data, (size_t)(rest.data - in->data) + sizeof(FOOTER) - 1);
	TRY(take_footer(&rest, out->mac));
	*in = rest;
	return OK;
}

/* NOT_FOUND: the stanza is for somebody else. */
static struct err
unwrap(uint8_t out_file_key[16], const struct stanza *stanza,
    const uint8_t identity[32])
{
	static const uint8_t nonce[12];
	uint8_t share[SHARE], body[BODY], recipient[32];
	uint8_t shared[32] CLEANUP(secret_wipe32);
	uint8_t key[32] CLEANUP(secret_wipe32);

	TRY(take_x25519(stanza, share, body));
	if (crypto_scalarmult_curve25519_base(recipient, identity) != 0)
		return ERR(CRYPTO, "age: X25519 failed");
	if (crypto_scalarmult_curve25519(shared, identity, share) != 0)
		return ERR(CRYPTO, "age: a share of low order");
	TRY(wrap_key(key, shared, share, recipient));
	if (crypto_aead_chacha20poly1305_ietf_decrypt(
		out_file_key, NULL, NULL, body, BODY, NULL, 0, nonce, key) != 0)
		return ERR(NOT_FOUND, "age: a stanza for somebody else");
	return OK;
}

static struct err
find_file_key(uint8_t out[16], struct span stanzas, const uint8_t identity[32])
{
	struct stanza stanza = {0};
	struct err err = OK;

	while (next_stanza(&stanzas, &stanza, &err)) {
		if (!span_equal_str(stanza.type, X25519))
			continue;
		struct err found = unwrap(out, &stanza, identity);
		if (found.code != ERR_NOT_FOUND)
			return found;
	}
	TRY(err);
	return ERR(NOT_FOUND, "age: not encrypted to this identity");
}

struct err
age_header_read_any(struct span *in, uint8_t out_file_key[16],
    const uint8_t (*identities)[32], size_t num)
{
	uint8_t file_key[16] CLEANUP(secret_wipe16);
	uint8_t mac[32];
	struct span rest = span_sub(*in, 0, AGE_HEADER_MAX);
	struct header header;
	struct err err = take_header(&rest, &header);

	if (err.code == ERR_TRUNCATED && in->len >= AGE_HEADER_MAX)
		return ERR(TOO_BIG, "age: the header is over its cap");
	TRY(err);
	err = ERR(NOT_FOUND, "age: not encrypted to these identities");
	for (size_t i = 0; i < num && err.code == ERR_NOT_FOUND; i++)
		err = find_file_key(file_key, header.stanzas, identities[i]);
	TRY(err);
	TRY(header_mac(mac, file_key, header.signed_bytes));
	if (!secret_equal(mac, header.mac, sizeof(mac)))
		return ERR(CRYPTO, "age: the header's MAC is wrong");
	memcpy(out_file_key, file_key, sizeof(file_key));
	size_t len = (size_t)(rest.data - in->data);
	*in = span_of(in->data + len, in->len - len);
	return OK;
}

struct err
age_header_read(
    struct span *in, uint8_t out_file_key[16], const uint8_t identity[32])
{
	uint8_t one[1][32];

	memcpy(one[0], identity, sizeof(one[0]));
	struct err err =
	    age_header_read_any(in, out_file_key, (const uint8_t(*)[32])one, 1);
	secret_wipe32(&one[0]);
	return err;
}
