#include "tests/harness/sshsigner.h"

#include <sodium.h>

#include "crypto/encode.h"
#include "tests/harness/expect.h"

static const char TYPE[] = "ssh-ed25519";

struct pair {
	uint8_t public[crypto_sign_PUBLICKEYBYTES];
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

static struct pair
make(uint8_t seed)
{
	uint8_t bytes[crypto_sign_SEEDBYTES];
	struct pair pair;

	memset(bytes, seed, sizeof(bytes));
	assert_int_equal(
	    crypto_sign_seed_keypair(pair.public, pair.secret, bytes), 0);
	return pair;
}

static void
put_key(struct buf *out, const struct pair *pair)
{
	expect_ok(buf_put_field(out, span_str(TYPE)));
	expect_ok(
	    buf_put_field(out, span_of(pair->public, sizeof(pair->public))));
}

void
sshsigner_key(struct buf *out, uint8_t seed)
{
	struct buf key CLEANUP(buf_done) = {.max = 1024};
	struct pair pair = make(seed);

	put_key(&key, &pair);
	expect_ok(buf_append_str(out, TYPE));
	expect_ok(buf_append_str(out, " "));
	expect_ok(encode_base64(out, buf_span(&key)));
}

/* What the signature is of, from the namespace on. */
static void
put_use(struct buf *out, const char *name_space)
{
	expect_ok(buf_put_field(out, span_str(name_space)));
	expect_ok(buf_put_field(out, span_str("")));
	expect_ok(buf_put_field(out, span_str("sha512")));
}

void
sshsigner_sign(
    struct buf *out, uint8_t seed, const char *name_space, struct span message)
{
	struct buf signed_ CLEANUP(buf_done) = {.max = 1024};
	struct buf part CLEANUP(buf_done) = {.max = 1024};
	struct buf whole CLEANUP(buf_done) = {.max = 1024};
	uint8_t hash[crypto_hash_sha512_BYTES], bytes[crypto_sign_BYTES];
	struct pair pair = make(seed);

	crypto_hash_sha512(hash, message.data, message.len);
	expect_ok(buf_append_str(&signed_, "SSHSIG"));
	put_use(&signed_, name_space);
	expect_ok(buf_put_field(&signed_, span_of(hash, sizeof(hash))));
	assert_int_equal(crypto_sign_detached(bytes, NULL, signed_.data,
			     signed_.len, pair.secret),
	    0);

	expect_ok(buf_append_str(&whole, "SSHSIG"));
	expect_ok(buf_put_u32be(&whole, 1));
	put_key(&part, &pair);
	expect_ok(buf_put_field(&whole, buf_span(&part)));
	put_use(&whole, name_space);
	buf_reset(&part);
	expect_ok(buf_put_field(&part, span_str(TYPE)));
	expect_ok(buf_put_field(&part, span_of(bytes, sizeof(bytes))));
	expect_ok(buf_put_field(&whole, buf_span(&part)));
	expect_ok(buf_append_str(out, "-----BEGIN SSH SIGNATURE-----\n"));
	expect_ok(encode_base64(out, buf_span(&whole)));
	expect_ok(buf_append_str(out, "\n-----END SSH SIGNATURE-----\n"));
}
