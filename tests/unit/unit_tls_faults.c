/*
 * TLS when something is missing: a configuration that is none, memory, the
 * peer, the socket. What fails is an error, nothing is sent after it, and all
 * of it is given back.
 */
#include "tests/harness/expect.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/base/limits.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/tls_pair.h"

static struct tls_identity ca, server_id, rsa_id;

static int
prepare(void **state)
{
	(void)state;
	if (crypto_init().code != ERR_OK)
		return -1;
	tls_identity_init(&ca, false, NULL, true, NULL);
	tls_identity_init(&server_id, false, NULL, false, &ca);
	tls_identity_init(&rsa_id, true, NULL, false, &ca);
	return 0;
}

static int
clear(void **state)
{
	(void)state;
	tls_identity_done(&ca);
	tls_identity_done(&server_id);
	tls_identity_done(&rsa_id);
	return 0;
}

/* --- what a server is made of -------------------------------------------- */

static struct err
sign_nothing(void *context, void *waiter, enum tls_key_alg alg, struct span in,
    uint8_t out[TLS_KEY_MAX_SIGNATURE], size_t *out_len)
{
	(void)context, (void)waiter, (void)alg, (void)in, (void)out,
	    (void)out_len;
	return ERR(UNAVAILABLE, "test: nobody signs");
}

static struct tls_server_config
good_config(void)
{
	return (struct tls_server_config){
	    .certificate_pem = buf_span(&server_id.certificate_pem),
	    .client_ca_pem = buf_span(&ca.certificate_pem),
	    .clients = TLS_SERVER_CLIENTS_REQUIRED,
	    .remote = {.sign = sign_nothing}};
}

/* A certificate, in PEM, for a key of this kind. */
static void
make_pem(struct buf *out, const char *kind)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
	X509 *certificate = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;

	assert_non_null(key);
	X509_set_version(certificate, 2);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	assert_int_equal(X509_set_pubkey(certificate, key), 1);
	assert_true(X509_sign(certificate, key, NULL) > 0);
	assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
	long len = BIO_get_mem_data(bio, &data);
	buf_init(out, 65536);
	expect_ok(buf_append(out, span_of(data, (size_t)len)));
	BIO_free(bio);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void
tls_server_new__refuses_what_cannot_serve(void **state)
{
	struct tls_server_config config = good_config();
	struct tls_server *server = NULL;
	struct buf ed25519;

	(void)state;
	config.certificate_pem = span_str("");
	expect_err(MALFORMED, tls_server_new(&server, &config));
	config.certificate_pem = buf_span(&server_id.key_pem);
	expect_err(MALFORMED, tls_server_new(&server, &config));
	make_pem(&ed25519, "ED25519");
	config.certificate_pem = buf_span(&ed25519);
	expect_err(UNSUPPORTED, tls_server_new(&server, &config));
	buf_done(&ed25519);
	config = good_config();
	config.client_ca_pem = span_str("no certificate");
	expect_err(USAGE, tls_server_new(&server, &config));
	assert_null(server);
	config.clients = TLS_SERVER_CLIENTS_NONE;
	expect_ok(tls_server_new(&server, &config));
	tls_server_free(server);
	tls_server_free(NULL);
}

/* The whole chain is sent, in its order. */
static void
tls_server_new__sends_the_chain(void **state)
{
	struct tls_identity both = server_id;
	struct tls_pair p;

	(void)state;
	buf_init(&both.certificate_pem, 65536);
	expect_ok(buf_append(
	    &both.certificate_pem, buf_span(&server_id.certificate_pem)));
	expect_ok(
	    buf_append(&both.certificate_pem, buf_span(&ca.certificate_pem)));
	tls_pair_init(&p, &both, TLS_SERVER_CLIENTS_NONE, NULL);
	expect_ok(tls_pair_shake(&p));
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(p.client);
	assert_int_equal(sk_X509_num(chain), 2);
	assert_int_equal(X509_cmp(sk_X509_value(chain, 1), ca.certificate), 0);
	tls_pair_done(&p);
	buf_done(&both.certificate_pem);
}

/* And no certificate that the file lacks, known to us as it may be. */
static void
tls_server_new__adds_nothing_to_the_chain(void **state)
{
	struct tls_pair p;

	(void)state;
	tls_pair_init(&p, &server_id, TLS_SERVER_CLIENTS_OPTIONAL, &ca);
	expect_ok(tls_pair_shake(&p));
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(p.client);
	assert_int_equal(sk_X509_num(chain), 1);
	tls_pair_done(&p);
}

/* --- memory -------------------------------------------------------------- */

/*
 * OpenSSL says of a failed allocation what it likes, and does without some:
 * so any error is right, and the whole thing. It keeps what it makes once, on
 * whatever way it first comes by: so a way that leaves something is gone
 * again, and what is left then is a leak.
 */
static void
sweep(bool (*go)(void *context, size_t n), void *context)
{
	bool failed = true;

	for (size_t n = 0; failed; n++)
		for (int round = 0; round < 2; round++) {
			size_t live = failalloc_live();

			failed = go(context, n);
			ERR_clear_error(); /* it keeps some, with their texts */
			if (failalloc_live() <= live)
				break;
			if (round == 1)
				fail_msg("allocation %zu: a leak", n);
		}
}

static bool
make_server(void *context, size_t n)
{
	const struct tls_server_config *config = context;
	struct tls_server *server = NULL;

	failalloc_arm(n);
	struct err err = tls_server_new(&server, config);
	bool failed = failalloc_disarm();
	assert_int_equal(err.code == ERR_OK, server != NULL);
	assert_true(failed || err.code == ERR_OK);
	tls_server_free(server);
	return failed;
}

/* Comes first: what is made once for the process is not there yet. */
static void
tls_server_new__survives_every_failed_allocation(void **state)
{
	const struct tls_identity *ids[] = {&server_id, &rsa_id};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct tls_server_config config = good_config();
		struct buf chain = {.max = 65536};

		expect_ok(
		    buf_append(&chain, buf_span(&ids[i]->certificate_pem)));
		expect_ok(buf_append(&chain, buf_span(&ca.certificate_pem)));
		config.certificate_pem = buf_span(&chain);
		sweep(make_server, &config);
		buf_done(&chain);
	}
}

static bool
make_conn(void *context, size_t n)
{
	struct tls_conn *conn = NULL;

	failalloc_arm(n);
	struct err err = tls_conn_new(&conn, context, -1);
	bool failed = failalloc_disarm();
	assert_int_equal(err.code, failed ? ERR_NO_MEMORY : ERR_OK);
	assert_int_equal(conn == NULL, failed);
	tls_conn_free(conn);
	return failed;
}

static void
tls_conn_new__survives_every_failed_allocation(void **state)
{
	const struct tls_server_config config = good_config();
	struct tls_server *server;

	(void)state;
	expect_ok(tls_server_new(&server, &config));
	sweep(make_conn, server);
	tls_server_free(server);
}

/* Only what happens on our side is made to fail. */
static struct err
shake_without(struct tls_pair *p, size_t n, bool *out_failed)
{
	struct err err = ERR(AGAIN, "test");

	failalloc_arm(n);
	for (int i = 0; i < 20; i++) {
		failalloc_pause();
		(void)SSL_do_handshake(p->client);
		failalloc_resume();
		if (err.code == ERR_AGAIN)
			err = tls_conn_accept(p->conn);
	}
	*out_failed = failalloc_disarm();
	return err;
}

static bool
accept_conn(void *context, size_t n)
{
	struct tls_pair *p = context;
	size_t taken;
	bool failed;

	tls_pair_again(p);
	struct err err = shake_without(p, n, &failed);
	assert_true(failed || err.code == ERR_OK);
	/* Nothing goes on with what failed. */
	if (err.code != ERR_OK)
		assert_int_not_equal(
		    tls_conn_put(p->conn, span_str("x"), &taken).code, ERR_OK);
	return failed;
}

static bool
read_and_write(void *context, size_t n)
{
	static const uint8_t piece[4096];
	struct tls_pair *p = context;
	size_t taken = 0, got = 0;
	uint8_t in[8];

	tls_pair_again(p);
	expect_ok(tls_pair_shake(p));
	assert_int_equal(SSL_write(p->client, "ask", 3), 3);
	failalloc_arm(n);
	struct err read = tls_conn_read(p->conn, in, sizeof(in), &got);
	struct err err =
	    tls_conn_write(p->conn, span_of(piece, sizeof(piece)), &taken);
	bool failed = failalloc_disarm();
	if (read.code == ERR_OK)
		assert_memory_equal(in, "ask", 3);
	assert_int_equal(taken, err.code == ERR_OK ? sizeof(piece) : 0);
	assert_true(failed || (read.code == ERR_OK && err.code == ERR_OK));
	return failed;
}

static void
tls_conn__survives_every_failed_allocation(void **state)
{
	struct tls_pair p;

	(void)state;
	tls_pair_init(&p, &server_id, TLS_SERVER_CLIENTS_NONE, NULL);
	sweep(accept_conn, &p);
	sweep(read_and_write, &p);
	tls_pair_done(&p);
}

/* --- the peer and the socket --------------------------------------------- */

static void
tls_conn_write__ends_with_the_socket(void **state)
{
	static uint8_t piece[TLS_MAX_WRITE];
	struct tls_pair p;
	struct err err = OK;
	size_t taken;
	uint8_t in[8];

	(void)state;
	tls_pair_init(&p, &server_id, TLS_SERVER_CLIENTS_NONE, NULL);
	expect_ok(tls_pair_shake(&p));
	expect_err(USAGE, tls_conn_write(p.conn, span_of(NULL, 0), &taken));
	/* As much as the socket takes, and what is kept behind it. */
	while (err.code == ERR_OK)
		err = tls_conn_write(
		    p.conn, span_of(piece, sizeof(piece)), &taken);
	assert_int_equal(err.code, ERR_AGAIN);
	assert_int_equal(tls_conn_room(p.conn), 0);
	assert_true(tls_conn_wants_write(p.conn));
	close(p.fds[1]);
	expect_err(IO, tls_conn_flush(p.conn));
	expect_err(IO, tls_conn_write(p.conn, span_str("x"), &taken));
	expect_err(IO, tls_conn_read(p.conn, in, sizeof(in), &taken));
	expect_err(IO, tls_conn_accept(p.conn));
	expect_err(IO, tls_conn_shutdown(p.conn));
	p.fds[1] = dup(p.fds[0]);
	tls_pair_done(&p);
}

static void
tls_conn_write__tells_that_the_peer_is_gone(void **state)
{
	struct tls_pair p;
	size_t taken = 0;

	(void)state;
	tls_pair_init(&p, &server_id, TLS_SERVER_CLIENTS_NONE, NULL);
	expect_ok(tls_pair_shake(&p));
	expect_ok(tls_conn_accept(p.conn)); /* nothing is left to do */
	close(p.fds[1]);
	expect_err(IO, tls_conn_write(p.conn, span_str("x"), &taken));
	assert_int_equal(taken, 0);
	p.fds[1] = dup(p.fds[0]);
	tls_pair_done(&p);
}

/* More than a send takes is kept, as far as there is room. */
static void
tls_conn_put__keeps_no_more_than_its_room(void **state)
{
	static uint8_t piece[TLS_MAX_WRITE - 1000];
	struct tls_pair p;
	size_t taken;

	(void)state;
	tls_pair_init(&p, &server_id, TLS_SERVER_CLIENTS_NONE, NULL);
	expect_ok(tls_pair_shake(&p));
	expect_ok(tls_conn_put(p.conn, span_of(piece, sizeof(piece)), &taken));
	assert_int_equal(taken, sizeof(piece));
	expect_ok(tls_conn_put(p.conn, span_of(piece, sizeof(piece)), &taken));
	assert_true(taken > 0 && taken <= sizeof(piece));
	assert_int_equal(tls_conn_room(p.conn), 0);
	tls_pair_done(&p);
}

static void
tls_conn_read__ends_with_the_socket(void **state)
{
	struct tls_pair p;
	size_t len;
	uint8_t in[8];

	(void)state;
	/* Reset: the peer left with bytes that it had not read. */
	tls_pair_init(&p, &server_id, TLS_SERVER_CLIENTS_NONE, NULL);
	expect_ok(tls_pair_shake(&p));
	expect_ok(tls_conn_write(p.conn, span_str("unread"), &len));
	close(p.fds[1]);
	expect_err(IO, tls_conn_read(p.conn, in, sizeof(in), &len));
	p.fds[1] = dup(p.fds[0]);
	tls_pair_done(&p);

	tls_pair_init(&p, &server_id, TLS_SERVER_CLIENTS_NONE, NULL);
	expect_ok(tls_pair_shake(&p));
	/* What is no record at all. */
	assert_int_equal(write(p.fds[1], "0123456789", 10), 10);
	expect_err(CRYPTO, tls_conn_read(p.conn, in, sizeof(in), &len));
	tls_pair_done(&p);

	/* An alert that has nowhere to go. */
	tls_pair_init(&p, &server_id, TLS_SERVER_CLIENTS_NONE, NULL);
	expect_ok(tls_pair_shake(&p));
	assert_int_equal(write(p.fds[1], "0123456789", 10), 10);
	close(p.fds[1]);
	expect_err(IO, tls_conn_read(p.conn, in, sizeof(in), &len));
	p.fds[1] = dup(p.fds[0]);
	tls_pair_done(&p);
}

/* What failed elsewhere, and is in OpenSSL's queue yet. */
static void
tls_conn__is_judged_by_its_own_errors(void **state)
{
	struct tls_pair p;
	size_t len;
	uint8_t in[8];

	(void)state;
	tls_pair_init(&p, &server_id, TLS_SERVER_CLIENTS_NONE, NULL);
	ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
	expect_err(AGAIN, tls_conn_accept(p.conn));
	expect_ok(tls_pair_shake(&p));
	ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
	expect_err(AGAIN, tls_conn_read(p.conn, in, sizeof(in), &len));
	ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
	expect_ok(tls_conn_write(p.conn, span_str("x"), &len));
	assert_int_equal(SSL_read(p.client, in, sizeof(in)), 1);
	tls_pair_done(&p);
}

static void
tls_conn_shutdown__says_so_once(void **state)
{
	struct tls_conn_peer peer = {.present = true};
	struct tls_pair p;
	uint8_t in[8];

	(void)state;
	tls_pair_init(&p, &server_id, TLS_SERVER_CLIENTS_NONE, NULL);
	expect_ok(tls_pair_shake(&p));
	expect_ok(tls_conn_peer(p.conn, &peer));
	assert_false(peer.present);
	uint64_t before = tls_conn_sent(p.conn);
	expect_ok(tls_conn_shutdown(p.conn));
	uint64_t after = tls_conn_sent(p.conn);
	assert_true(after > before);
	expect_ok(tls_conn_shutdown(p.conn));
	assert_int_equal(tls_conn_sent(p.conn), after);
	assert_int_equal(SSL_read(p.client, in, sizeof(in)), 0);
	tls_pair_done(&p);
	tls_conn_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tls_server_new__survives_every_failed_allocation),
	    cmocka_unit_test(tls_conn_new__survives_every_failed_allocation),
	    cmocka_unit_test(tls_server_new__refuses_what_cannot_serve),
	    cmocka_unit_test(tls_server_new__sends_the_chain),
	    cmocka_unit_test(tls_server_new__adds_nothing_to_the_chain),
	    cmocka_unit_test(tls_conn__survives_every_failed_allocation),
	    cmocka_unit_test(tls_conn_write__ends_with_the_socket),
	    cmocka_unit_test(tls_conn_write__tells_that_the_peer_is_gone),
	    cmocka_unit_test(tls_conn_put__keeps_no_more_than_its_room),
	    cmocka_unit_test(tls_conn_read__ends_with_the_socket),
	    cmocka_unit_test(tls_conn__is_judged_by_its_own_errors),
	    cmocka_unit_test(tls_conn_shutdown__says_so_once),
	};

	return cmocka_run_group_tests(tests, prepare, clear);
}
