#include "gateway/http/tls_server.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "gateway/http/tls_pause.h"

struct tls_server {
	SSL_CTX *context;
	struct tls_remote remote; /* the key points here */
	bool pauses;
};

static void
free_bio(BIO **bio)
{
	BIO_free_all(*bio);
}

static void
free_x509(X509 **certificate)
{
	X509_free(*certificate);
}

/* http/1.1 or nothing. A client that offers only other protocols would talk
 * HTTP/2 to us: it gets an alert (RFC 7301 s.3.2). */
static int
select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned int in_len, void *context)
{
	static const unsigned char ours[] = "http/1.1";
	struct span offers = span_of(in, in_len), offer;
	uint8_t len;

	(void)ssl, (void)context;
	while (offers.len > 0) {
		struct err err = span_take_u8(&offers, &len);

		if (err.code == ERR_OK)
			err = span_take(&offers, &offer, len);
		if (err.code != ERR_OK)
			break;
		if (span_equal_str(offer, (const char *)ours)) {
			*out = ours;
			*out_len = sizeof(ours) - 1;
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static struct err
set_protocol(SSL_CTX *context)
{
	/* Not const: OpenSSL's macros cast it away. */
	static char groups[] = "X25519:P-256:P-384";
	static char signatures[] =
	    "ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256:RSA-PSS+SHA384:"
	    "RSA+SHA256:RSA+SHA384";

	SSL_CTX_set_options(context,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
		SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	/* Idle connections give their buffers back. What is sent of a chain is
	 * what the file has: else OpenSSL looks for the rest among the CAs of
	 * clients, and verifies our own certificate in each handshake. */
	SSL_CTX_set_mode(context,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
	/* One call takes a record's head and body, and what follows. */
	SSL_CTX_set_read_ahead(context, 1);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_security_level(context, 2);
	SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
	if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_num_tickets(context, 0) != 1 ||
	    SSL_CTX_set_max_early_data(context, 0) != 1 ||
	    SSL_CTX_set_cipher_list(
		context, "ECDHE+AESGCM:ECDHE+CHACHA20:!SHA1") != 1 ||
	    SSL_CTX_set1_groups_list(context, groups) != 1 ||
	    SSL_CTX_set1_sigalgs_list(context, signatures) != 1)
		return ERR(CRYPTO, "tls: OpenSSL refuses the settings");
	return OK;
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

/* The next certificate; false at the end. */
static bool
next_certificate(BIO *bio, X509 **out)
{
	*out = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	ERR_clear_error();
	return *out != NULL;
}

static struct err
use_key(struct tls_server *server, X509 *leaf)
{
	EVP_PKEY *key;
	int done;

	TRY(tls_remote_key(&key, leaf, &server->remote));
	done = SSL_CTX_use_certificate(server->context, leaf) == 1 &&
	    SSL_CTX_use_PrivateKey(server->context, key) == 1;
	EVP_PKEY_free(key);
	if (!done)
		return ERR(CRYPTO, "tls: OpenSSL refuses the certificate");
	return OK;
}

static struct err
use_certificates(struct tls_server *server, struct span pem)
{
	BIO *bio CLEANUP(free_bio) = NULL;
	X509 *leaf CLEANUP(free_x509) = NULL, *next = NULL;

	TRY(open_pem(pem, &bio));
	if (!next_certificate(bio, &leaf))
		return ERR(MALFORMED, "tls: no PEM certificate");
	TRY(use_key(server, leaf));
	while (next_certificate(bio, &next)) {
		/* add0 takes it over when it succeeds */
		if (SSL_CTX_add0_chain_cert(server->context, next) != 1) {
			X509_free(next);
			return ERR(CRYPTO, "tls: certificate of the chain");
		}
	}
	return OK;
}

static struct err
trust(SSL_CTX *context, X509 *ca)
{
	X509_STORE *store = SSL_CTX_get_cert_store(context);

	if (X509_STORE_add_cert(store, ca) != 1 ||
	    SSL_CTX_add_client_CA(context, ca) != 1)
		return ERR(CRYPTO, "tls: client CA is refused");
	return OK;
}

static struct err
ask_clients(SSL_CTX *context, const struct tls_server_config *config)
{
	BIO *bio CLEANUP(free_bio) = NULL;
	X509 *ca = NULL;
	size_t num = 0;

	if (config->clients == TLS_SERVER_CLIENTS_NONE)
		return OK;
	TRY(open_pem(config->client_ca_pem, &bio));
	for (; next_certificate(bio, &ca); num++) {
		struct err err = trust(context, ca);

		X509_free(ca);
		TRY(err);
	}
	if (num == 0)
		return ERR(USAGE, "tls: client certificates without a CA");
	SSL_CTX_set_verify_depth(context, 4);
	SSL_CTX_set_verify(context,
	    SSL_VERIFY_PEER |
		(config->clients == TLS_SERVER_CLIENTS_REQUIRED
			? SSL_VERIFY_FAIL_IF_NO_PEER_CERT
			: 0),
	    NULL);
	return OK;
}

static struct err
fill(struct tls_server *server, const struct tls_server_config *config)
{
	server->context = SSL_CTX_new(TLS_server_method());
	if (server->context == NULL)
		return ERR(NO_MEMORY, "tls: no memory for a context");
	server->pauses = config->max_paused > 0;
	if (server->pauses)
		TRY(tls_pause_prepare(config->max_paused));
	TRY(set_protocol(server->context));
	TRY(use_certificates(server, config->certificate_pem));
	return ask_clients(server->context, config);
}

struct err
tls_server_new(struct tls_server **out, const struct tls_server_config *config)
{
	struct tls_server *server = calloc(1, sizeof(*server));
	struct err err;

	if (server == NULL)
		return ERR(NO_MEMORY, "tls: no memory for a server");
	server->remote = config->remote;
	err = fill(server, config);
	ERR_clear_error();
	if (err.code != ERR_OK) {
		tls_server_free(server);
		return err;
	}
	*out = server;
	return OK;
}

void
tls_server_free(struct tls_server *server)
{
	if (server == NULL)
		return;
	SSL_CTX_free(server->context);
	free(server);
}

SSL *
tls_server_session(const struct tls_server *server)
{
	SSL *ssl = SSL_new(server->context);

	if (ssl != NULL && server->pauses)
		tls_pause_allow(ssl);
	return ssl;
}
