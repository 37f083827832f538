#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/init.h"
#include "crypto/tls_key.h"
#include "gateway/base/limits.h"
#include "gateway/http/tls_conn.h"

/* --- certificates made here -------------------------------------------- */

struct identity {
	EVP_PKEY *key;
	X509 *certificate;
	struct buf key_pem, certificate_pem;
};

static void
take_bio(BIO *bio, struct buf *out)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	buf_init(out, 65536);
	assert_int_equal(
	    buf_append(out, span_of(data, (size_t)len)).code, ERR_OK);
	BIO_free(bio);
}

static void
add_extension(X509 *certificate, int nid, const char *value)
{
	X509V3_CTX context = {0};
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

/* A certificate for a new key, signed by `issuer` or by itself. */
static void
identity_init(struct identity *id, bool rsa, const char *names, bool ca,
    const struct identity *issuer)
{
	static long serial = 1;
	X509_NAME *name;
	BIO *bio = BIO_new(BIO_s_mem());

	id->key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	assert_non_null(id->key);
	id->certificate = X509_new();
	X509_set_version(id->certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(id->certificate), serial++);
	X509_gmtime_adj(X509_getm_notBefore(id->certificate), -60);
	X509_gmtime_adj(X509_getm_notAfter(id->certificate), 3600);
	X509_set_pubkey(id->certificate, id->key);
	name = X509_get_subject_name(id->certificate);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)(issuer == NULL ? "ca" : "leaf"), -1, -1, 0);
	X509_set_issuer_name(id->certificate,
	    X509_get_subject_name(
		issuer == NULL ? id->certificate : issuer->certificate));
	add_extension(id->certificate, NID_basic_constraints,
	    ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (names != NULL)
		add_extension(id->certificate, NID_subject_alt_name, names);
	assert_true(
	    X509_sign(id->certificate, issuer == NULL ? id->key : issuer->key,
		EVP_sha256()) > 0);
	PEM_write_bio_PrivateKey(bio, id->key, NULL, NULL, 0, NULL, NULL);
	take_bio(bio, &id->key_pem);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(bio, id->certificate);
	take_bio(bio, &id->certificate_pem);
}

static void
identity_done(struct identity *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->certificate);
	buf_done(&id->key_pem);
	buf_done(&id->certificate_pem);
}

/* --- the keeper's half, counted ---------------------------------------- */

struct keeper {
	struct tls_key *key;
	int num_asked;
	bool refuses, lies;
};

static struct err
keeper_sign(void *context, enum tls_key_alg alg, struct span in,
    uint8_t out[TLS_KEY_MAX_SIGNATURE], size_t *out_len)
{
	struct keeper *keeper = context;

	keeper->num_asked++;
	if (keeper->refuses)
		return ERR(UNAVAILABLE, "test: away");
	TRY(tls_key_sign(keeper->key, alg, in, out, out_len));
	if (keeper->lies)
		out[*out_len - 1] ^= 1;
	return OK;
}

/* --- a pair of ends ---------------------------------------------------- */

struct pair_of_ends {
	struct keeper keeper;
	struct tls_server *server;
	struct tls_conn *conn;
	SSL_CTX *client_context;
	SSL *client;
	int fds[2];
};

static void
pair_init(struct pair_of_ends *p, const struct identity *id,
    enum tls_server_clients clients, const struct identity *ca)
{
	struct tls_server_config config = {
	    .certificate_pem = buf_span(&id->certificate_pem),
	    .clients = clients,
	    .remote = {keeper_sign, &p->keeper}};

	*p = (struct pair_of_ends){0};
	if (ca != NULL)
		config.client_ca_pem = buf_span(&ca->certificate_pem);
	assert_int_equal(
	    tls_key_parse(&p->keeper.key, buf_span(&id->key_pem)).code, 0);
	assert_int_equal(tls_server_new(&p->server, &config).code, ERR_OK);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p->fds), 0);
	assert_int_equal(
	    tls_conn_new(&p->conn, p->server, p->fds[0]).code, ERR_OK);
	p->client_context = SSL_CTX_new(TLS_client_method());
	p->client = SSL_new(p->client_context);
	SSL_set_fd(p->client, p->fds[1]);
	SSL_set_connect_state(p->client);
}

static void
pair_done(struct pair_of_ends *p)
{
	SSL_free(p->client);
	SSL_CTX_free(p->client_context);
	tls_conn_free(p->conn);
	tls_server_free(p->server);
	tls_key_free(p->keeper.key);
	close(p->fds[0]);
	close(p->fds[1]);
}

/* Both ends take turns until the server's is done or failed. */
static struct err
shake(struct pair_of_ends *p)
{
	struct err err = ERR(AGAIN, "test");

	for (int i = 0; i < 20; i++) {
		(void)SSL_do_handshake(p->client);
		if (err.code == ERR_AGAIN)
			err = tls_conn_accept(p->conn);
	}
	return err;
}

static void
expect_shake(bool rsa, int version, const char *signatures)
{
	struct identity id;
	struct pair_of_ends p;

	identity_init(&id, rsa, NULL, false, NULL);
	pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	SSL_set_min_proto_version(p.client, version);
	SSL_set_max_proto_version(p.client, version);
	if (signatures != NULL) {
		char copy[64];

		snprintf(copy, sizeof(copy), "%s", signatures);
		assert_int_equal(SSL_set1_sigalgs_list(p.client, copy), 1);
	}
	struct err err = shake(&p);
	if (err.code != ERR_OK)
		fail_msg("rsa %d version %x: %s", rsa, version, err.why);
	assert_int_equal(SSL_is_init_finished(p.client), 1);
	assert_int_equal(p.keeper.num_asked, 1);
	assert_int_equal(SSL_version(p.client), version);
	pair_done(&p);
	identity_done(&id);
}

static void
tls_conn_accept__signs_elsewhere(void **state)
{
	(void)state;
	expect_shake(false, TLS1_3_VERSION, NULL);
	expect_shake(false, TLS1_2_VERSION, NULL);
	expect_shake(true, TLS1_3_VERSION, NULL);
	expect_shake(true, TLS1_2_VERSION, NULL);
	expect_shake(true, TLS1_2_VERSION, "RSA+SHA256"); /* PKCS #1 */
	expect_shake(true, TLS1_3_VERSION, "RSA-PSS+SHA384");
}

static void
tls_conn_accept__fails_without_a_good_signature(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct identity id;
		struct pair_of_ends p;

		identity_init(&id, i % 2 == 0, NULL, false, NULL);
		pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
		p.keeper.refuses = i < 2;
		p.keeper.lies = i >= 2;
		assert_int_not_equal(shake(&p).code, ERR_OK);
		assert_int_equal(SSL_is_init_finished(p.client), 0);
		pair_done(&p);
		identity_done(&id);
	}
}

static void
tls_conn_accept__refuses_old_and_other_protocols(void **state)
{
	static const unsigned char h2[] = "\x02h2";
	static const unsigned char both[] = "\x02h2\x08http/1.1";
	struct identity id;
	struct pair_of_ends p;
	const unsigned char *chosen;
	unsigned chosen_len;
	uint8_t ticket[64];

	(void)state;
	identity_init(&id, false, NULL, false, NULL);
	pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	SSL_set_security_level(p.client, 0);
	SSL_set_min_proto_version(p.client, TLS1_VERSION);
	SSL_set_max_proto_version(p.client, TLS1_1_VERSION);
	assert_int_equal(shake(&p).code, ERR_CRYPTO);
	pair_done(&p);

	pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	SSL_set_max_proto_version(p.client, TLS1_2_VERSION);
	SSL_set_cipher_list(p.client, "ECDHE-ECDSA-AES128-SHA256:AES128-SHA");
	assert_int_equal(shake(&p).code, ERR_CRYPTO);
	pair_done(&p);

	pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	SSL_set_alpn_protos(p.client, h2, sizeof(h2) - 1);
	assert_int_equal(shake(&p).code, ERR_CRYPTO);
	pair_done(&p);

	pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	SSL_set_alpn_protos(p.client, both, sizeof(both) - 1);
	assert_int_equal(shake(&p).code, ERR_OK);
	SSL_get0_alpn_selected(p.client, &chosen, &chosen_len);
	assert_int_equal(chosen_len, 8);
	assert_memory_equal(chosen, "http/1.1", 8);
	/* No ticket, so nothing to resume and no early data. */
	assert_true(SSL_read(p.client, ticket, sizeof(ticket)) < 0);
	assert_int_equal(
	    SSL_SESSION_is_resumable(SSL_get0_session(p.client)), 0);
	pair_done(&p);

	pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	assert_int_equal(write(p.fds[1], "GET / HTTP/1.1\r\n\r\n", 18), 18);
	assert_int_equal(tls_conn_accept(p.conn).code, ERR_CRYPTO);
	assert_int_equal(tls_conn_accept(p.conn).code, ERR_IO);
	pair_done(&p);
	identity_done(&id);
}

/* --- client certificates ----------------------------------------------- */

static struct err
shake_as(enum tls_server_clients clients, const struct identity *server_id,
    const struct identity *ca, const struct identity *client,
    struct tls_conn_peer *out)
{
	struct pair_of_ends p;

	pair_init(&p, server_id, clients, ca);
	if (client != NULL) {
		SSL_use_certificate(p.client, client->certificate);
		SSL_use_PrivateKey(p.client, client->key);
	}
	struct err err = shake(&p);
	if (err.code == ERR_OK)
		err = tls_conn_peer(p.conn, out);
	pair_done(&p);
	return err;
}

static void
tls_conn_peer__knows_the_verified_client(void **state)
{
	struct identity ca, other_ca, server_id, spiffe, plain, stranger;
	struct tls_conn_peer peer;
	uint8_t hash[32];
	unsigned hash_len;

	(void)state;
	identity_init(&ca, false, NULL, true, NULL);
	identity_init(&other_ca, false, NULL, true, NULL);
	identity_init(&server_id, false, NULL, false, NULL);
	identity_init(&spiffe, false,
	    "URI:spiffe://bank.example/Train/job-1,DNS:x", false, &ca);
	identity_init(
	    &plain, false, "DNS:a,URI:https://x/,URI:https://y/", false, &ca);
	identity_init(&stranger, false, "URI:spiffe://bank.example/job", false,
	    &other_ca);

	assert_int_equal(shake_as(TLS_SERVER_CLIENTS_OPTIONAL, &server_id, &ca,
			     &spiffe, &peer)
			     .code,
	    ERR_OK);
	assert_true(peer.present);
	assert_string_equal(peer.spiffe, "spiffe://bank.example/Train/job-1");
	X509_digest(spiffe.certificate, EVP_sha256(), hash, &hash_len);
	assert_memory_equal(peer.sha256, hash, 32);

	assert_int_equal(shake_as(TLS_SERVER_CLIENTS_REQUIRED, &server_id, &ca,
			     &plain, &peer)
			     .code,
	    ERR_OK);
	assert_true(peer.present);
	assert_string_equal(peer.spiffe, "");

	assert_int_equal(
	    shake_as(TLS_SERVER_CLIENTS_OPTIONAL, &server_id, &ca, NULL, &peer)
		.code,
	    ERR_OK);
	assert_false(peer.present);
	assert_int_equal(
	    shake_as(TLS_SERVER_CLIENTS_REQUIRED, &server_id, &ca, NULL, &peer)
		.code,
	    ERR_CRYPTO);
	assert_int_equal(shake_as(TLS_SERVER_CLIENTS_OPTIONAL, &server_id, &ca,
			     &stranger, &peer)
			     .code,
	    ERR_CRYPTO);
	assert_int_equal(shake_as(TLS_SERVER_CLIENTS_NONE, &server_id, NULL,
			     &stranger, &peer)
			     .code,
	    ERR_OK);
	assert_false(peer.present);
	identity_done(&ca);
	identity_done(&other_ca);
	identity_done(&server_id);
	identity_done(&spiffe);
	identity_done(&plain);
	identity_done(&stranger);
}

static void
tls_conn_peer__refuses_what_is_no_svid(void **state)
{
	static const char *const bad[] = {"URI:spiffe://a/b,URI:spiffe://a/c",
	    "URI:https://x/,URI:spiffe://a/b", "URI:spiffe://a",
	    "URI:spiffe://a/", "URI:spiffe:///b", "URI:spiffe://A/b",
	    "URI:spiffe://a/b%2f", "URI:spiffe://a/b c", "URI:spiffe://a@b/c"};
	struct identity ca, server_id;
	struct tls_conn_peer peer;

	(void)state;
	identity_init(&ca, false, NULL, true, NULL);
	identity_init(&server_id, false, NULL, false, NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct identity wrong;

		identity_init(&wrong, false, bad[i], false, &ca);
		if (shake_as(TLS_SERVER_CLIENTS_OPTIONAL, &server_id, &ca,
			&wrong, &peer)
			.code != ERR_DENIED)
			fail_msg("accepted: %s", bad[i]);
		identity_done(&wrong);
	}
	/* A certificate that can sign others is nobody's identity. */
	struct identity client;

	identity_init(&client, false, "URI:spiffe://a/b", true, &ca);
	assert_int_equal(shake_as(TLS_SERVER_CLIENTS_OPTIONAL, &server_id, &ca,
			     &client, &peer)
			     .code,
	    ERR_DENIED);
	identity_done(&client);
	identity_done(&ca);
	identity_done(&server_id);
}

/* --- bytes ------------------------------------------------------------- */

static uint8_t
byte_at(size_t i)
{
	return (uint8_t)(i * 31 + (i >> 8));
}

static void
tls_conn_write__sends_all_in_order_through_a_full_socket(void **state)
{
	enum {
		TOTAL = 3 * 1024 * 1024 + 17
	};
	struct identity id;
	struct pair_of_ends p;
	uint8_t *data = malloc(TOTAL), in[4096];
	size_t sent = 0, got = 0, num_full = 0, most = 0;

	(void)state;
	for (size_t i = 0; i < TOTAL; i++)
		data[i] = byte_at(i);
	identity_init(&id, false, NULL, false, NULL);
	pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	assert_int_equal(shake(&p).code, ERR_OK);
	while (got < TOTAL) {
		struct err err = OK;
		size_t n = 0;

		while (sent < TOTAL && err.code == ERR_OK) {
			err = tls_conn_write(
			    p.conn, span_of(data + sent, TOTAL - sent), &n);
			if (err.code == ERR_OK)
				sent += n;
			if (n > most)
				most = n;
		}
		if (sent == TOTAL)
			err = tls_conn_flush(p.conn);
		if (err.code == ERR_AGAIN) {
			assert_true(tls_conn_wants_write(p.conn));
			num_full++;
		}
		int read_len = SSL_read(p.client, in, sizeof(in));
		assert_true(read_len > 0);
		for (int i = 0; i < read_len; i++)
			if (in[i] != byte_at(got + (size_t)i))
				fail_msg("byte %zu", got + (size_t)i);
		got += (size_t)read_len;
	}
	assert_int_equal(got, TOTAL);
	assert_true(num_full > 10);
	assert_true(most >= TLS_MAX_WRITE && most < 2 * TLS_MAX_WRITE);
	assert_false(tls_conn_wants_write(p.conn));
	pair_done(&p);
	identity_done(&id);
	free(data);
}

static void
tls_conn_put__keeps_what_belongs_together(void **state)
{
	static uint8_t piece[64 * 1024];
	struct identity id;
	struct pair_of_ends p;
	size_t taken;
	char in[8];

	(void)state;
	identity_init(&id, false, NULL, false, NULL);
	pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	assert_int_equal(shake(&p).code, ERR_OK);
	uint64_t before = tls_conn_sent(p.conn);
	assert_int_equal(
	    tls_conn_put(p.conn, span_str("head"), &taken).code, ERR_OK);
	assert_int_equal(taken, 4);
	assert_int_equal(
	    tls_conn_put(p.conn, span_str("body"), &taken).code, ERR_OK);
	assert_int_equal(taken, 4);
	assert_int_equal(tls_conn_sent(p.conn), before);
	assert_true(tls_conn_wants_write(p.conn));
	assert_int_equal(tls_conn_flush(p.conn).code, ERR_OK);
	assert_true(tls_conn_sent(p.conn) > before);
	assert_int_equal(SSL_read(p.client, in, 4), 4);
	assert_int_equal(SSL_read(p.client, in + 4, 4), 4);
	assert_memory_equal(in, "headbody", 8);
	/* Two pieces of a slot fit behind a head, each taken whole. */
	assert_int_equal(
	    tls_conn_put(p.conn, span_str("head"), &taken).code, ERR_OK);
	for (int i = 0; i < 2; i++) {
		assert_true(tls_conn_room(p.conn) >
		    sizeof(piece) + sizeof(piece) / 64 + 64);
		assert_int_equal(
		    tls_conn_put(p.conn, span_of(piece, sizeof(piece)), &taken)
			.code,
		    ERR_OK);
		assert_int_equal(taken, sizeof(piece));
	}
	pair_done(&p);
	identity_done(&id);
}

static void
tls_conn_read__tells_an_end_from_a_cut(void **state)
{
	struct identity id;
	struct pair_of_ends p;
	uint8_t in[64];
	size_t len;

	(void)state;
	identity_init(&id, false, NULL, false, NULL);
	pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	assert_int_equal(shake(&p).code, ERR_OK);
	assert_int_equal(tls_conn_read(p.conn, in, 64, &len).code, ERR_AGAIN);
	assert_false(tls_conn_wants_write(p.conn));
	assert_int_equal(SSL_write(p.client, "hello", 5), 5);
	assert_int_equal(tls_conn_read(p.conn, in, 2, &len).code, ERR_OK);
	assert_int_equal(len, 2);
	assert_true(tls_conn_pending(p.conn));
	assert_int_equal(tls_conn_read(p.conn, in, 64, &len).code, ERR_OK);
	assert_int_equal(len, 3);
	assert_false(tls_conn_pending(p.conn));
	SSL_shutdown(p.client);
	assert_int_equal(tls_conn_read(p.conn, in, 64, &len).code, ERR_CLOSED);
	assert_int_equal(tls_conn_shutdown(p.conn).code, ERR_OK);
	assert_int_equal(SSL_read(p.client, in, 64), 0);
	assert_int_equal(SSL_get_error(p.client, 0), SSL_ERROR_ZERO_RETURN);
	pair_done(&p);

	pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	assert_int_equal(shake(&p).code, ERR_OK);
	shutdown(p.fds[1], SHUT_WR);
	assert_int_equal(tls_conn_read(p.conn, in, 64, &len).code, ERR_IO);
	pair_done(&p);
	identity_done(&id);
}

static void
tls_conn__refuses_renegotiation(void **state)
{
	struct identity id;
	struct pair_of_ends p;
	uint8_t in[64];
	size_t len;

	(void)state;
	identity_init(&id, false, NULL, false, NULL);
	pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	SSL_set_max_proto_version(p.client, TLS1_2_VERSION);
	assert_int_equal(shake(&p).code, ERR_OK);
	assert_int_equal(SSL_renegotiate(p.client), 1);
	(void)SSL_do_handshake(p.client);
	assert_int_equal(tls_conn_read(p.conn, in, 64, &len).code, ERR_AGAIN);
	assert_int_equal(p.keeper.num_asked, 1);
	assert_true(SSL_do_handshake(p.client) <= 0);
	pair_done(&p);
	identity_done(&id);
}

/* --- tls_key ----------------------------------------------------------- */

static void
tls_key__signs_only_what_is_a_signature(void **state)
{
	struct identity ec, rsa;
	struct tls_key *ec_key, *rsa_key, *none = NULL;
	uint8_t out[TLS_KEY_MAX_SIGNATURE], block[256] = {0};
	size_t len;

	(void)state;
	identity_init(&ec, false, NULL, false, NULL);
	identity_init(&rsa, true, NULL, false, NULL);
	assert_int_equal(tls_key_parse(&ec_key, buf_span(&ec.key_pem)).code, 0);
	assert_int_equal(
	    tls_key_parse(&rsa_key, buf_span(&rsa.key_pem)).code, 0);
	assert_int_equal(
	    tls_key_matches(ec_key, buf_span(&ec.certificate_pem)).code,
	    ERR_OK);
	assert_int_equal(
	    tls_key_matches(ec_key, buf_span(&rsa.certificate_pem)).code,
	    ERR_DENIED);
	assert_int_equal(
	    tls_key_matches(ec_key, span_str("x")).code, ERR_MALFORMED);
	assert_int_equal(
	    tls_key_parse(&none, span_str("nothing")).code, ERR_MALFORMED);
	assert_int_equal(
	    tls_key_parse(&none, buf_span(&ec.certificate_pem)).code,
	    ERR_MALFORMED);
	assert_null(none);

	assert_int_equal(
	    tls_key_sign(ec_key, TLS_KEY_ECDSA, span_of(block, 32), out, &len)
		.code,
	    ERR_OK);
	assert_int_equal(
	    tls_key_sign(ec_key, TLS_KEY_ECDSA, span_of(block, 31), out, &len)
		.code,
	    ERR_MALFORMED);
	assert_int_equal(tls_key_sign(ec_key, TLS_KEY_RSA_RAW,
			     span_of(block, 256), out, &len)
			     .code,
	    ERR_UNSUPPORTED);
	/* A block that is no padded signature could be a ciphertext. */
	assert_int_equal(tls_key_sign(rsa_key, TLS_KEY_RSA_RAW,
			     span_of(block, 256), out, &len)
			     .code,
	    ERR_MALFORMED);
	block[1] = 2, block[2] = 0xff; /* PKCS #1 type 2: encryption */
	assert_int_equal(tls_key_sign(rsa_key, TLS_KEY_RSA_RAW,
			     span_of(block, 256), out, &len)
			     .code,
	    ERR_MALFORMED);
	block[1] = 1;
	assert_int_equal(tls_key_sign(rsa_key, TLS_KEY_RSA_RAW,
			     span_of(block, 256), out, &len)
			     .code,
	    ERR_OK);
	assert_int_equal(len, 256);
	assert_int_equal(tls_key_sign(rsa_key, TLS_KEY_RSA_RAW,
			     span_of(block, 255), out, &len)
			     .code,
	    ERR_MALFORMED);
	tls_key_free(ec_key);
	tls_key_free(rsa_key);
	identity_done(&ec);
	identity_done(&rsa);
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tls_conn_accept__signs_elsewhere),
	    cmocka_unit_test(tls_conn_accept__fails_without_a_good_signature),
	    cmocka_unit_test(tls_conn_accept__refuses_old_and_other_protocols),
	    cmocka_unit_test(tls_conn_peer__knows_the_verified_client),
	    cmocka_unit_test(tls_conn_peer__refuses_what_is_no_svid),
	    cmocka_unit_test(
		tls_conn_write__sends_all_in_order_through_a_full_socket),
	    cmocka_unit_test(tls_conn_put__keeps_what_belongs_together),
	    cmocka_unit_test(tls_conn_read__tells_an_end_from_a_cut),
	    cmocka_unit_test(tls_conn__refuses_renegotiation),
	    cmocka_unit_test(tls_key__signs_only_what_is_a_signature),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
