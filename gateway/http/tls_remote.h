#ifndef GATEHOUSE_TLS_REMOTE_H
#define GATEHOUSE_TLS_REMOTE_H

#include <openssl/types.h>

#include "crypto/tls_key.h"

/*
 * tls_remote: a private key that is not in this process. OpenSSL gets an
 * EVP_PKEY with the public half of the certificate and methods that ask
 * somebody else, here the keeper, for each signature.
 */

/*
 * The question. `in` and `out` are those of tls_key_sign. It may block; it
 * is called in the middle of a handshake.
 */
typedef struct err tls_remote_sign(void *context, enum tls_key_alg alg,
    struct span in, uint8_t out[TLS_KEY_MAX_SIGNATURE], size_t *out_len);

struct tls_remote {
	tls_remote_sign *sign;
	void *context;
};

/*
 * tls_remote_key: the key of a certificate.
 *
 * remote   must outlive the key
 * out      free with EVP_PKEY_free
 * Errors   UNSUPPORTED: neither EC nor RSA; NO_MEMORY
 */
MUST_USE struct err tls_remote_key(
    EVP_PKEY **out, X509 *certificate, const struct tls_remote *remote);

#endif
