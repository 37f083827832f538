#ifndef GATEHOUSE_TLS_KEY_H
#define GATEHOUSE_TLS_KEY_H

#include "crypto/memory/span.h"

/*
 * tls_key: the private key of the TLS certificate, in the keeper. The worker
 * that speaks TLS holds the certificate only and asks for one signature per
 * handshake.
 */
struct tls_key;

enum {
	TLS_KEY_MAX_INPUT = 1024,     /* RSA of 8,192 bits */
	TLS_KEY_MAX_SIGNATURE = 1024, /* the same */
};

/* What is asked for. The numbers go over the wire. */
enum tls_key_alg {
	TLS_KEY_ECDSA = 1,   /* of a digest; the signature is DER */
	TLS_KEY_RSA_RAW = 2, /* of a block as long as the modulus */
};

/*
 * tls_key_parse: read an unencrypted PEM private key, EC (P-256, P-384) or
 * RSA (2,048 to 8,192 bits), and sign once with it, so that whatever OpenSSL
 * loads late is loaded before the jail.
 *
 * Errors   MALFORMED: no such key; UNSUPPORTED: another kind or size;
 *          CRYPTO; NO_MEMORY
 */
MUST_USE struct err tls_key_parse(struct tls_key **out, struct span pem);
void tls_key_free(struct tls_key *key); /* accepts NULL */

/*
 * tls_key_matches: the first certificate of `pem` is for this key.
 *
 * Errors   MALFORMED: no certificate; DENIED: it is for another key
 */
MUST_USE struct err tls_key_matches(
    const struct tls_key *key, struct span certificate_pem);

/*
 * tls_key_sign: one signature.
 *
 * in        ECDSA: a digest of 32, 48 or 64 bytes; RSA_RAW: a padded block,
 *           which has to look like PSS or PKCS #1 type 1, so that the answer
 *           is a signature and never a decryption
 * out       room for TLS_KEY_MAX_SIGNATURE bytes
 * Errors    UNSUPPORTED: the key is of another kind; MALFORMED: `in`; CRYPTO
 */
MUST_USE struct err tls_key_sign(const struct tls_key *key,
    enum tls_key_alg alg, struct span in, uint8_t *out, size_t *out_len);

#endif
