#include "tests/harness/tls_pair.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/harness/expect.h"

static struct err
keeper_sign(void *context, void *waiter, enum tls_key_alg alg, struct span in,
    uint8_t out[TLS_KEY_MAX_SIGNATURE], size_t *out_len)
{
	struct tls_pair_keeper *keeper = context;

	(void)waiter;
	keeper->num_asked++;
	if (keeper->refuses)
		return ERR(UNAVAILABLE, "test: away");
	TRY(tls_key_sign(keeper->key, alg, in, out, out_len));
	if (keeper->lies)
		out[*out_len - 1] ^= 1;
	return OK;
}

static void
connect_ends(struct tls_pair *p)
{
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p->fds), 0);
	assert_int_equal(
	    tls_conn_new(&p->conn, p->server, p->fds[0]).code, ERR_OK);
	p->client = SSL_new(p->client_context);
	SSL_set_fd(p->client, p->fds[1]);
	SSL_set_connect_state(p->client);
}

static void
part_ends(struct tls_pair *p)
{
	SSL_free(p->client);
	tls_conn_free(p->conn);
	close(p->fds[0]);
	close(p->fds[1]);
}

void
tls_pair_init(struct tls_pair *p, const struct tls_identity *id,
    enum tls_server_clients clients, const struct tls_identity *ca)
{
	struct tls_server_config config = {
	    .certificate_pem = buf_span(&id->certificate_pem),
	    .clients = clients,
	    .remote = {keeper_sign, &p->keeper}};

	*p = (struct tls_pair){0};
	if (ca != NULL)
		config.client_ca_pem = buf_span(&ca->certificate_pem);
	assert_int_equal(
	    tls_key_parse(&p->keeper.key, buf_span(&id->key_pem)).code, 0);
	assert_int_equal(tls_server_new(&p->server, &config).code, ERR_OK);
	p->client_context = SSL_CTX_new(TLS_client_method());
	connect_ends(p);
}

void
tls_pair_again(struct tls_pair *p)
{
	part_ends(p);
	connect_ends(p);
}

void
tls_pair_done(struct tls_pair *p)
{
	part_ends(p);
	SSL_CTX_free(p->client_context);
	tls_server_free(p->server);
	tls_key_free(p->keeper.key);
}

struct err
tls_pair_shake(struct tls_pair *p)
{
	struct err err = ERR(AGAIN, "test");

	for (int i = 0; i < 20; i++) {
		(void)SSL_do_handshake(p->client);
		if (err.code == ERR_AGAIN)
			err = tls_conn_accept(p->conn);
	}
	return err;
}
