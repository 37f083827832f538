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
 * The question. `in` and `out` are those of tls_key_sign; `waiter` is that of
 * the handshake which is in need of it (tls_conn_wait_by).
 *
 * Errors   AGAIN: it is being made. The handshake stops there, if it can be
 *          stopped (tls_pause.h), and asks again when it is gone on with
 *          others: the handshake fails
 */
typedef struct err tls_remote_sign(void *context, void *waiter,
    enum tls_key_alg alg, struct span in, uint8_t out[TLS_KEY_MAX_SIGNATURE],
    size_t *out_len);

struct tls_remote {
	tls_remote_sign *sign;
	void *context;
};

/* Whose handshake it is that runs. */
struct tls_remote_turn {
	void *waiter;
	bool given_up; /* it is gone on with only to come to its end */
};

/* tls_remote_enter: before each call that goes on with a handshake; it borrows
 * `turn` until the next one. */
void tls_remote_enter(const struct tls_remote_turn *turn);

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
