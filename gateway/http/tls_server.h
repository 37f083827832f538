#ifndef GATEHOUSE_TLS_SERVER_H
#define GATEHOUSE_TLS_SERVER_H

#include <openssl/types.h>

#include "gateway/http/tls_remote.h"

/*
 * tls_server: what all connections of a listener share. TLS 1.3, or 1.2 with
 * ECDHE and AEAD; no renegotiation, tickets, resumption, compression or early
 * data; ALPN http/1.1 or none. The private key is elsewhere (tls_remote).
 */
struct tls_server;

enum tls_server_clients {
	TLS_SERVER_CLIENTS_NONE,     /* certificates are not asked for */
	TLS_SERVER_CLIENTS_OPTIONAL, /* verified where there is one */
	TLS_SERVER_CLIENTS_REQUIRED,
};

struct tls_server_config {
	struct span certificate_pem; /* the leaf first, then all that is sent */
	struct span client_ca_pem;   /* one or more; needed unless NONE */
	enum tls_server_clients clients;
	struct tls_remote remote; /* who signs */
	/* Handshakes that can wait for it at once; 0: it is never AGAIN. */
	size_t max_paused;
};

/*
 * tls_server_new: a context, complete: everything is read and fetched, so
 * that it serves from inside a jail.
 *
 * config   borrowed for the call; what remote.context points to, for life
 * Errors   MALFORMED: a PEM; UNSUPPORTED: the kind of key; USAGE: clients
 *          wanted without CA; CRYPTO; NO_MEMORY
 */
MUST_USE struct err tls_server_new(
    struct tls_server **out, const struct tls_server_config *config);
void tls_server_free(struct tls_server *server); /* accepts NULL */

/* tls_server_session: for tls_conn: a new session, or NULL without memory. */
SSL *tls_server_session(const struct tls_server *server);

#endif
