#include "crypto/sshsig.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium.h>

#include "crypto/encode.h"
#include "crypto/hash.h"

enum {
	MAX_KEY = 1024, /* bytes of a key, decoded */
	ED25519_KEY = 32,
	ED25519_SIGNATURE = 64,
	P256_POINT = 65,  /* uncompressed */
	P256_NUMBER = 33, /* with a zero in front */
	TOUCHED = 1,	  /* user presence (PROTOCOL.u2f) */
};

/* --- Keys --- */

/* What they differ in. */
static const struct kind {
	const char *name;
	bool is_ecdsa;
	bool is_hardware;
} kinds[] = {
    {"ssh-ed25519", false, false},
    {"ecdsa-sha2-nistp256", true, false},
    {"sk-ssh-ed25519@openssh.com", false, true},
    {"sk-ecdsa-sha2-nistp256@openssh.com", true, true},
};

struct key {
	const struct kind *kind;
	struct span point;
	struct span application; /* of a security key */
};

static const struct kind *
find_kind(struct span name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (span_equal_str(name, kinds[i].name))
			return &kinds[i];
	return NULL;
}

/* The bytes of a key, which begin with its type (RFC 4253 s.6.6). */
static struct err
take_key(struct key *out, struct span bytes)
{
	struct key key = {.kind = NULL};
	struct span name, curve;

	TRY(span_take_field(&bytes, &name, MAX_KEY));
	key.kind = find_kind(name);
	if (key.kind == NULL)
		return ERR(UNSUPPORTED, "sshsig: a key of another type");
	if (key.kind->is_ecdsa) {
		TRY(span_take_field(&bytes, &curve, MAX_KEY));
		if (!span_equal_str(curve, "nistp256"))
			return ERR(MALFORMED, "sshsig: a key of another curve");
	}
	TRY(span_take_field(&bytes, &key.point, MAX_KEY));
	if (key.kind->is_hardware)
		TRY(span_take_field(&bytes, &key.application, MAX_KEY));
	TRY(span_end(bytes));
	if (key.point.len != (key.kind->is_ecdsa ? P256_POINT : ED25519_KEY))
		return ERR(MALFORMED, "sshsig: a key of another length");
	*out = key;
	return OK;
}

/* Of the line of a .pub file. */
static struct err
decode_key(struct buf *out, struct span line)
{
	struct span name, encoded;
	struct key key;

	if (!span_take_until(&line, &name, ' ') ||
	    !span_take_until(&line, &encoded, ' '))
		return ERR(MALFORMED, "sshsig: not the line of a public key");
	TRY(decode_base64(out, encoded));
	TRY(take_key(&key, buf_span(out)));
	if (!span_equal_str(name, key.kind->name))
		return ERR(MALFORMED, "sshsig: a key of two types");
	return OK;
}

bool
sshsig_is_key(struct span line)
{
	uint8_t room[MAX_KEY];
	/* No memory is asked for: want of it would be no fault of the key. */
	struct buf bytes = {
	    .data = room, .cap = sizeof(room), .max = sizeof(room)};

	return decode_key(&bytes, line).code == ERR_OK;
}

/* --- The signature --- */

struct signature {
	struct span key;
	struct span name_space;
	struct span reserved;
	struct span hash;
	struct span bytes; /* by the key's algorithm */
};

/* Between two lines, base64 in lines of any length. */
static struct err
take_armor(struct buf *out, struct span in)
{
	struct buf digits CLEANUP(buf_done) = {.max = SSHSIG_MAX};
	struct span line;

	if (in.len > SSHSIG_MAX)
		return ERR(TOO_BIG, "sshsig: a signature over its cap");
	TRY(span_take_line(&in, &line));
	if (!span_equal_str(line, "-----BEGIN SSH SIGNATURE-----"))
		return ERR(MALFORMED, "sshsig: not a signature of ssh-keygen");
	for (;;) {
		TRY(span_take_line(&in, &line));
		if (span_starts_with(line, span_str("-")))
			break;
		TRY(buf_append(&digits, line));
	}
	if (!span_equal_str(line, "-----END SSH SIGNATURE-----"))
		return ERR(MALFORMED, "sshsig: it has no end");
	TRY(span_end(in));
	return decode_base64(out, buf_span(&digits));
}

static struct err
take_signature(struct signature *out, struct span in)
{
	struct span magic;
	uint32_t version;

	TRY(span_take(&in, &magic, 6));
	TRY(span_take_u32be(&in, &version));
	if (!span_equal_str(magic, "SSHSIG"))
		return ERR(MALFORMED, "sshsig: not a signature");
	if (version != 1)
		return ERR(UNSUPPORTED, "sshsig: of another version");
	TRY(span_take_field(&in, &out->key, SSHSIG_MAX));
	TRY(span_take_field(&in, &out->name_space, SSHSIG_MAX));
	TRY(span_take_field(&in, &out->reserved, SSHSIG_MAX));
	TRY(span_take_field(&in, &out->hash, SSHSIG_MAX));
	TRY(span_take_field(&in, &out->bytes, SSHSIG_MAX));
	return span_end(in);
}

/* What was signed: not the message, but its hash and what it is for. */
static struct err
put_signed(
    struct buf *out, const struct signature *signature, struct span message)
{
	uint8_t hash[crypto_hash_sha512_BYTES];
	size_t len = sizeof(hash);

	if (span_equal_str(signature->hash, "sha512")) {
		crypto_hash_sha512(hash, message.data, message.len);
	} else if (span_equal_str(signature->hash, "sha256")) {
		len = HASH_SHA256_LEN;
		TRY(hash_sha256(hash, message));
	} else {
		return ERR(UNSUPPORTED, "sshsig: of another hash");
	}
	TRY(buf_append_str(out, "SSHSIG"));
	TRY(buf_put_field(out, signature->name_space));
	TRY(buf_put_field(out, signature->reserved));
	TRY(buf_put_field(out, signature->hash));
	return buf_put_field(out, span_of(hash, len));
}

/* --- Ed25519 --- */

static struct err
verify_ed25519(struct span point, struct span bytes, struct span message)
{
	if (bytes.len != ED25519_SIGNATURE)
		return ERR(MALFORMED, "sshsig: a signature of another length");
	return crypto_sign_verify_detached(
		   bytes.data, message.data, message.len, point.data) == 0
	    ? OK
	    : ERR(DENIED, "sshsig: not signed by this key");
}

/* --- ECDSA, by OpenSSL --- */

/* RFC 5656 s.3.1.2: two numbers as SSH writes them; DER writes them alike. */
static struct err
put_der(struct buf *out, struct span in)
{
	struct span numbers[2];

	for (size_t i = 0; i < 2; i++) {
		TRY(span_take_field(&in, &numbers[i], P256_NUMBER));
		if (numbers[i].len == 0)
			return ERR(MALFORMED, "sshsig: a number of no bytes");
	}
	TRY(span_end(in));
	TRY(buf_put_u8(out, 0x30));
	TRY(buf_put_u8(out, (uint8_t)(4 + numbers[0].len + numbers[1].len)));
	for (size_t i = 0; i < 2; i++) {
		TRY(buf_put_u8(out, 0x02));
		TRY(buf_put_u8(out, (uint8_t)numbers[i].len));
		TRY(buf_append(out, numbers[i]));
	}
	return OK;
}

static void
free_pkey(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void
free_pkey_ctx(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

static void
free_md_ctx(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

/* Errors: MALFORMED: no point of the curve. */
static struct err
make_p256(EVP_PKEY **out, struct span point)
{
	EVP_PKEY_CTX *ctx CLEANUP(free_pkey_ctx) =
	    EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	uint8_t copy[P256_POINT];
	char group[] = "prime256v1";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(
		OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	    OSSL_PARAM_construct_octet_string(
		OSSL_PKEY_PARAM_PUB_KEY, copy, sizeof(copy)),
	    OSSL_PARAM_construct_end(),
	};

	memcpy(copy, point.data, sizeof(copy));
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		return ERR(CRYPTO, "sshsig: OpenSSL has no P-256");
	if (EVP_PKEY_fromdata(ctx, out, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return ERR(MALFORMED, "sshsig: not a point of the curve");
	return OK;
}

static struct err
verify_ecdsa(struct span point, struct span bytes, struct span message)
{
	struct buf der CLEANUP(buf_done) = {.max = 2 * P256_NUMBER + 6};
	EVP_PKEY *key CLEANUP(free_pkey) = NULL;
	EVP_MD_CTX *ctx CLEANUP(free_md_ctx) = EVP_MD_CTX_new();

	TRY(put_der(&der, bytes));
	TRY(make_p256(&key, point));
	if (ctx == NULL ||
	    EVP_DigestVerifyInit_ex(
		ctx, NULL, "SHA256", NULL, NULL, key, NULL) != 1)
		return ERR(CRYPTO, "sshsig: OpenSSL does not verify");
	return EVP_DigestVerify(
		   ctx, der.data, der.len, message.data, message.len) == 1
	    ? OK
	    : ERR(DENIED, "sshsig: not signed by this key");
}

/* A signature that nobody made, by the key whose point is the curve's base. */
struct err
sshsig_init(void)
{
	static const uint8_t base[P256_POINT] = {0x04, 0x6b, 0x17, 0xd1, 0xf2,
	    0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40,
	    0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1,
	    0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe,
	    0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16,
	    0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40,
	    0x68, 0x37, 0xbf, 0x51, 0xf5};
	static const uint8_t ones[] = {0, 0, 0, 1, 1, 0, 0, 0, 1, 1};
	struct err err = verify_ecdsa(span_of(base, sizeof(base)),
	    span_of(ones, sizeof(ones)), span_str("policy"));

	if (err.code == ERR_DENIED)
		return OK;
	return err.code == ERR_OK
	    ? ERR(CRYPTO, "sshsig: OpenSSL verifies what nobody signed")
	    : err;
}

/* --- Both --- */

/* PROTOCOL.u2f: what a security key signs: its application, that it was
 * touched, how often it has signed, and the hash of what it was given. */
static struct err
put_touched(struct buf *out, const struct key *key, struct span rest,
    struct span signed_)
{
	uint8_t hash[HASH_SHA256_LEN];
	struct span left = rest;
	uint8_t flags;
	uint32_t counter;

	TRY(span_take_u8(&left, &flags));
	TRY(span_take_u32be(&left, &counter));
	TRY(span_end(left));
	if ((flags & TOUCHED) == 0)
		return ERR(DENIED, "sshsig: the security key was not touched");
	TRY(hash_sha256(hash, key->application));
	TRY(buf_append(out, span_of(hash, sizeof(hash))));
	TRY(buf_append(out, rest));
	TRY(hash_sha256(hash, signed_));
	return buf_append(out, span_of(hash, sizeof(hash)));
}

static struct err
verify_bytes(const struct key *key, struct span in, struct span signed_)
{
	struct buf touched CLEANUP(buf_done) = {.max = 2 * HASH_SHA256_LEN + 5};
	struct span name, bytes;

	TRY(span_take_field(&in, &name, MAX_KEY));
	if (!span_equal_str(name, key->kind->name))
		return ERR(MALFORMED, "sshsig: not of the key's algorithm");
	TRY(span_take_field(&in, &bytes, SSHSIG_MAX));
	if (key->kind->is_hardware) {
		TRY(put_touched(&touched, key, in, signed_));
		signed_ = buf_span(&touched);
	} else {
		TRY(span_end(in));
	}
	return key->kind->is_ecdsa ? verify_ecdsa(key->point, bytes, signed_)
				   : verify_ed25519(key->point, bytes, signed_);
}

struct err
sshsig_verify(struct span armored, struct span line, struct span name_space,
    struct span message)
{
	struct buf key_bytes CLEANUP(buf_done) = {.max = MAX_KEY};
	struct buf bytes CLEANUP(buf_done) = {.max = SSHSIG_MAX};
	struct buf signed_ CLEANUP(buf_done) = {.max = 2 * SSHSIG_MAX};
	struct signature signature;
	struct key key;

	TRY(decode_key(&key_bytes, line));
	TRY(take_key(&key, buf_span(&key_bytes)));
	TRY(take_armor(&bytes, armored));
	TRY(take_signature(&signature, buf_span(&bytes)));
	if (!span_equal(signature.name_space, name_space))
		return ERR(UNSUPPORTED, "sshsig: made for something else");
	if (!span_equal(signature.key, buf_span(&key_bytes)))
		return ERR(DENIED, "sshsig: signed by another key");
	TRY(put_signed(&signed_, &signature, message));
	return verify_bytes(&key, signature.bytes, buf_span(&signed_));
}
