#ifndef GATEHOUSE_TLS_IDENTITY_H
#define GATEHOUSE_TLS_IDENTITY_H

#include <openssl/types.h>

#include "crypto/memory/buf.h"

/* tls_identity: a key and its certificate, made for a test. */
struct tls_identity {
	EVP_PKEY *key;
	X509 *certificate;
	struct buf key_pem, certificate_pem;
};

/*
 * tls_identity_init: a certificate for a new key, signed by `issuer`, or by
 * itself where that is NULL. Else the test fails.
 *
 * rsa     RSA of 2048 bits; else EC on P-256
 * names   the alternative names, as in openssl.cnf; or NULL
 */
void tls_identity_init(struct tls_identity *id, bool rsa, const char *names,
    bool ca, const struct tls_identity *issuer);
void tls_identity_done(struct tls_identity *id);

#endif
