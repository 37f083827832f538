/*
 * Methods on low-level keys are deprecated in OpenSSL 3 in favour of a whole
 * provider; they are a tenth of the code and supported in all of 3.x. This is
 * the one file that uses them.
 */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include "gateway/http/tls_remote.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "gateway/http/tls_pause.h"

/* One of each for the process: methods and the slots in which a key carries
 * its struct tls_remote. They live until exit. */
static RSA_METHOD *rsa_method;
static EC_KEY_METHOD *ec_method;
static int rsa_slot = -1, ec_slot = -1;

/* One thread: the handshake that was called last, and, of those that were
 * stopped, the one that is gone on with. */
static const struct tls_remote_turn *now;

void
tls_remote_enter(const struct tls_remote_turn *turn)
{
	now = turn;
}

/* As often as it is not there yet, stop; what is behind tls_pause_here is run
 * when somebody has entered this handshake again. */
static struct err
wait_for(const struct tls_remote *remote, enum tls_key_alg alg, struct span in,
    uint8_t *out, size_t *out_len)
{
	for (;;) {
		struct err err = remote->sign(
		    remote->context, now->waiter, alg, in, out, out_len);

		if (err.code != ERR_AGAIN)
			return err;
		TRY(tls_pause_here());
		if (now->given_up)
			return ERR(CLOSED, "tls: the handshake is given up");
	}
}

static bool
ask(const struct tls_remote *remote, enum tls_key_alg alg, struct span in,
    uint8_t *out, size_t *out_len)
{
	if (remote == NULL || now == NULL)
		return false;
	struct err err = wait_for(remote, alg, in, out, out_len);
	return err.code == ERR_OK && *out_len <= TLS_KEY_MAX_SIGNATURE;
}

/* --- RSA --------------------------------------------------------------- */

/*
 * Sign a block. For PSS OpenSSL has padded it already; PKCS #1 v1.5, which
 * TLS 1.2 clients may want, is padded here.
 */
static int
rsa_private_encrypt(int in_len, const unsigned char *in, unsigned char *out,
    RSA *rsa, int padding)
{
	uint8_t block[TLS_KEY_MAX_INPUT], signature[TLS_KEY_MAX_SIGNATURE];
	int len = RSA_size(rsa);
	size_t signature_len;

	if (len <= 0 || len > (int)sizeof(block) || in_len < 0)
		return -1;
	if (padding == RSA_NO_PADDING && in_len == len)
		memcpy(block, in, (size_t)len);
	else if (padding != RSA_PKCS1_PADDING ||
	    RSA_padding_add_PKCS1_type_1(block, len, in, in_len) != 1)
		return -1;
	if (!ask(RSA_get_ex_data(rsa, rsa_slot), TLS_KEY_RSA_RAW,
		span_of(block, (size_t)len), signature, &signature_len) ||
	    signature_len != (size_t)len)
		return -1;
	memcpy(out, signature, signature_len);
	return len;
}

static struct err
rsa_key(EVP_PKEY *key, EVP_PKEY *public, const struct tls_remote *remote)
{
	RSA *rsa = EVP_PKEY_get1_RSA(public);
	RSA *copy = rsa == NULL ? NULL : RSAPublicKey_dup(rsa);

	RSA_free(rsa);
	if (copy == NULL)
		return ERR(NO_MEMORY, "tls: no memory for an RSA key");
	if (RSA_set_method(copy, rsa_method) != 1 ||
	    RSA_set_ex_data(copy, rsa_slot, (void *)(uintptr_t)remote) != 1 ||
	    EVP_PKEY_assign_RSA(key, copy) != 1) {
		RSA_free(copy);
		return ERR(NO_MEMORY, "tls: no memory for an RSA key");
	}
	return OK;
}

/* --- ECDSA ------------------------------------------------------------- */

/* OpenSSL's signature. NOLINTBEGIN(readability-function-size) */
static int
ec_sign(int type, const unsigned char *digest, int digest_len,
    unsigned char *out, unsigned int *out_len, const BIGNUM *kinv,
    const BIGNUM *r, EC_KEY *key)
{
	uint8_t signature[TLS_KEY_MAX_SIGNATURE];
	size_t len;
	int room = ECDSA_size(key);

	(void)type, (void)kinv, (void)r;
	if (digest_len < 0 ||
	    !ask(EC_KEY_get_ex_data(key, ec_slot), TLS_KEY_ECDSA,
		span_of(digest, (size_t)digest_len), signature, &len) ||
	    room <= 0 || len > (size_t)room)
		return 0;
	memcpy(out, signature, len);
	*out_len = (unsigned int)len;
	return 1;
}
/* NOLINTEND(readability-function-size) */

static ECDSA_SIG *
ec_sign_sig(const unsigned char *digest, int digest_len, const BIGNUM *kinv,
    const BIGNUM *r, EC_KEY *key)
{
	uint8_t signature[TLS_KEY_MAX_SIGNATURE];
	const unsigned char *at = signature;
	unsigned int len;

	if (ECDSA_size(key) > (int)sizeof(signature) ||
	    ec_sign(0, digest, digest_len, signature, &len, kinv, r, key) != 1)
		return NULL;
	return d2i_ECDSA_SIG(NULL, &at, (long)len);
}

static struct err
ec_key(EVP_PKEY *key, EVP_PKEY *public, const struct tls_remote *remote)
{
	EC_KEY *ec = EVP_PKEY_get1_EC_KEY(public);
	EC_KEY *copy = ec == NULL ? NULL : EC_KEY_dup(ec);

	EC_KEY_free(ec);
	if (copy == NULL)
		return ERR(NO_MEMORY, "tls: no memory for an EC key");
	if (EC_KEY_set_method(copy, ec_method) != 1 ||
	    EC_KEY_set_ex_data(copy, ec_slot, (void *)(uintptr_t)remote) != 1 ||
	    EVP_PKEY_assign_EC_KEY(key, copy) != 1) {
		EC_KEY_free(copy);
		return ERR(NO_MEMORY, "tls: no memory for an EC key");
	}
	return OK;
}

/* --- both -------------------------------------------------------------- */

static struct err
make_methods(void)
{
	if (rsa_method != NULL)
		return OK;
	rsa_slot = RSA_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	ec_slot = EC_KEY_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	RSA_METHOD *rsa = RSA_meth_dup(RSA_PKCS1_OpenSSL());
	EC_KEY_METHOD *ec = EC_KEY_METHOD_new(EC_KEY_OpenSSL());

	if (rsa_slot < 0 || ec_slot < 0 || rsa == NULL || ec == NULL) {
		RSA_meth_free(rsa);
		EC_KEY_METHOD_free(ec);
		return ERR(NO_MEMORY, "tls: no memory for key methods");
	}
	/* There is no private half to check against the public one. */
	RSA_meth_set_flags(
	    rsa, RSA_meth_get_flags(rsa) | RSA_METHOD_FLAG_NO_CHECK);
	RSA_meth_set_priv_enc(rsa, rsa_private_encrypt);
	EC_KEY_METHOD_set_sign(ec, ec_sign, NULL, ec_sign_sig);
	rsa_method = rsa;
	ec_method = ec;
	return OK;
}

struct err
tls_remote_key(
    EVP_PKEY **out, X509 *certificate, const struct tls_remote *remote)
{
	EVP_PKEY *public = X509_get0_pubkey(certificate);
	EVP_PKEY *key;
	struct err err;

	TRY(make_methods());
	if (public == NULL)
		return ERR(UNSUPPORTED, "tls: unknown kind of key");
	key = EVP_PKEY_new();
	if (key == NULL)
		return ERR(NO_MEMORY, "tls: no memory for a key");
	if (EVP_PKEY_is_a(public, "RSA"))
		err = rsa_key(key, public, remote);
	else if (EVP_PKEY_is_a(public, "EC"))
		err = ec_key(key, public, remote);
	else
		err = ERR(UNSUPPORTED, "tls: certificate is not EC or RSA");
	ERR_clear_error();
	if (err.code != ERR_OK) {
		EVP_PKEY_free(key);
		return err;
	}
	*out = key;
	return OK;
}
