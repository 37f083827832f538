#include "crypto/tls_key.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

struct tls_key {
	EVP_PKEY *pkey;
	enum tls_key_alg alg;
	size_t block_len; /* of RSA: the modulus in bytes */
};

static void
free_bio(BIO **bio)
{
	BIO_free_all(*bio);
}

static void
free_pkey(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}

static void
free_context(EVP_PKEY_CTX **context)
{
	EVP_PKEY_CTX_free(*context);
}

static void
free_x509(X509 **certificate)
{
	X509_free(*certificate);
}

/* An encrypted key would make OpenSSL ask on the terminal: never. */
static int
no_passphrase(char *out, int size, int writing, void *context)
{
	(void)out, (void)size, (void)writing, (void)context;
	return -1;
}

static struct err
open_pem(struct span pem, BIO **out)
{
	if (pem.len > INT_MAX)
		return ERR(MALFORMED, "tls: PEM too long");
	*out = BIO_new_mem_buf(pem.data, (int)pem.len);
	if (*out == NULL)
		return ERR(NO_MEMORY, "tls: no memory for PEM");
	return OK;
}

/* Which algorithm fits, if the key is of a kind and size that we serve. */
static struct err
judge(struct tls_key *key)
{
	int bits = EVP_PKEY_get_bits(key->pkey);

	if (EVP_PKEY_is_a(key->pkey, "EC") && (bits == 256 || bits == 384)) {
		key->alg = TLS_KEY_ECDSA;
		return OK;
	}
	if (EVP_PKEY_is_a(key->pkey, "RSA") && bits >= 2048 &&
	    bits <= 8 * TLS_KEY_MAX_INPUT) {
		key->alg = TLS_KEY_RSA_RAW;
		key->block_len = ((size_t)bits + 7) / 8;
		return OK;
	}
	return ERR(UNSUPPORTED, "tls: key is not EC P-256/384 or RSA 2048+");
}

static struct err
try_once(const struct tls_key *key)
{
	uint8_t in[TLS_KEY_MAX_INPUT] = {0}, out[TLS_KEY_MAX_SIGNATURE];
	size_t len = key->alg == TLS_KEY_ECDSA ? 32 : key->block_len, out_len;

	in[len - 1] = 0xbc;
	return tls_key_sign(key, key->alg, span_of(in, len), out, &out_len);
}

struct err
tls_key_parse(struct tls_key **out, struct span pem)
{
	BIO *bio CLEANUP(free_bio) = NULL;
	struct tls_key *key;
	struct err err;

	TRY(open_pem(pem, &bio));
	key = calloc(1, sizeof(*key));
	if (key == NULL)
		return ERR(NO_MEMORY, "tls: no memory for a key");
	key->pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	err = key->pkey == NULL ? ERR(MALFORMED, "tls: no PEM private key")
				: judge(key);
	if (err.code == ERR_OK)
		err = try_once(key);
	ERR_clear_error();
	if (err.code != ERR_OK) {
		tls_key_free(key);
		return err;
	}
	*out = key;
	return OK;
}

void
tls_key_free(struct tls_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

struct err
tls_key_matches(const struct tls_key *key, struct span certificate_pem)
{
	BIO *bio CLEANUP(free_bio) = NULL;
	X509 *certificate CLEANUP(free_x509) = NULL;
	EVP_PKEY *public CLEANUP(free_pkey) = NULL;

	TRY(open_pem(certificate_pem, &bio));
	certificate = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	if (certificate != NULL)
	public = X509_get_pubkey(certificate);
	ERR_clear_error();
	if (public == NULL)
		return ERR(MALFORMED, "tls: no PEM certificate");
	if (EVP_PKEY_eq(public, key->pkey) != 1)
		return ERR(DENIED, "tls: the certificate is for another key");
	return OK;
}

/* EMSA-PSS ends with 0xbc and has its top bit clear; EMSA-PKCS1-v1_5 begins
 * with 00 01 ff (RFC 8017 s.9). */
static bool
looks_padded(struct span block)
{
	return (block.data[block.len - 1] == 0xbc && block.data[0] < 0x80) ||
	    (block.data[0] == 0 && block.data[1] == 1 && block.data[2] == 0xff);
}

static struct err
check_input(const struct tls_key *key, enum tls_key_alg alg, struct span in)
{
	if (alg != key->alg)
		return ERR(UNSUPPORTED, "tls: the key is of another kind");
	if (alg == TLS_KEY_ECDSA && in.len != 32 && in.len != 48 &&
	    in.len != 64)
		return ERR(MALFORMED, "tls: not the length of a digest");
	if (alg == TLS_KEY_RSA_RAW &&
	    (in.len != key->block_len || !looks_padded(in)))
		return ERR(MALFORMED, "tls: not a padded block");
	return OK;
}

struct err
tls_key_sign(const struct tls_key *key, enum tls_key_alg alg, struct span in,
    uint8_t *out, size_t *out_len)
{
	EVP_PKEY_CTX *context CLEANUP(free_context) = NULL;
	size_t len = TLS_KEY_MAX_SIGNATURE;
	int done;

	TRY(check_input(key, alg, in));
	context = EVP_PKEY_CTX_new(key->pkey, NULL);
	if (context == NULL)
		return ERR(NO_MEMORY, "tls: no memory for a signature");
	done = EVP_PKEY_sign_init(context);
	if (done == 1 && alg == TLS_KEY_RSA_RAW)
		done = EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING);
	if (done == 1)
		done = EVP_PKEY_sign(context, out, &len, in.data, in.len);
	ERR_clear_error();
	if (done != 1)
		return ERR(CRYPTO, "tls: OpenSSL does not sign");
	*out_len = len;
	return OK;
}
