#ifndef GATEHOUSE_TLS_PAIR_H
#define GATEHOUSE_TLS_PAIR_H

#include "crypto/tls_key.h"
#include "gateway/http/tls_conn.h"
#include "tests/harness/tls_identity.h"

/* tls_pair: a connection of ours, and a client of OpenSSL at the other end. */

/* Who signs, as the keeper would; counted. */
struct tls_pair_keeper {
	struct tls_key *key;
	int num_asked;
	bool refuses, lies;
};

struct tls_pair {
	struct tls_pair_keeper keeper;
	struct tls_server *server;
	struct tls_conn *conn;
	SSL_CTX *client_context;
	SSL *client;
	int fds[2]; /* ours, the client's */
};

/* tls_pair_init: nothing is said yet. `ca` may be NULL. Else the test fails. */
void tls_pair_init(struct tls_pair *p, const struct tls_identity *id,
    enum tls_server_clients clients, const struct tls_identity *ca);
void tls_pair_done(struct tls_pair *p);

/* tls_pair_again: another connection to the same server. */
void tls_pair_again(struct tls_pair *p);

/* tls_pair_shake: both ends take turns until ours is done or failed. */
struct err tls_pair_shake(struct tls_pair *p);

#endif
