#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/init.h"
#include "crypto/tls_key.h"
#include "gateway/base/limits.h"
#include "tests/harness/tls_pair.h"

static void
expect_shake(bool rsa, int version, const char *signatures)
{
	struct tls_identity id;
	struct tls_pair p;

	tls_identity_init(&id, rsa, NULL, false, NULL);
	tls_pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	SSL_set_min_proto_version(p.client, version);
	SSL_set_max_proto_version(p.client, version);
	if (signatures != NULL) {
		char copy[64];

		snprintf(copy, sizeof(copy), "%s", signatures);
		assert_int_equal(SSL_set1_sigalgs_list(p.client, copy), 1);
	}
	struct err err = tls_pair_shake(&p);
	if (err.code != ERR_OK)
		fail_msg("rsa %d version %x: %s", rsa, version, err.why);
	assert_int_equal(SSL_is_init_finished(p.client), 1);
	assert_int_equal(p.keeper.num_asked, 1);
	assert_int_equal(SSL_version(p.client), version);
	tls_pair_done(&p);
	tls_identity_done(&id);
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
		struct tls_identity id;
		struct tls_pair p;

		tls_identity_init(&id, i % 2 == 0, NULL, false, NULL);
		tls_pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
		p.keeper.refuses = i < 2;
		p.keeper.lies = i >= 2;
		assert_int_not_equal(tls_pair_shake(&p).code, ERR_OK);
		assert_int_equal(SSL_is_init_finished(p.client), 0);
		tls_pair_done(&p);
		tls_identity_done(&id);
	}
}

static void
tls_conn_accept__refuses_old_and_other_protocols(void **state)
{
	static const unsigned char h2[] = "\x02h2";
	static const unsigned char both[] = "\x02h2\x08http/1.1";
	struct tls_identity id;
	struct tls_pair p;
	const unsigned char *chosen;
	unsigned chosen_len;
	uint8_t ticket[64];

	(void)state;
	tls_identity_init(&id, false, NULL, false, NULL);
	tls_pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	SSL_set_security_level(p.client, 0);
	SSL_set_min_proto_version(p.client, TLS1_VERSION);
	SSL_set_max_proto_version(p.client, TLS1_1_VERSION);
	assert_int_equal(tls_pair_shake(&p).code, ERR_CRYPTO);
	tls_pair_done(&p);

	tls_pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	SSL_set_max_proto_version(p.client, TLS1_2_VERSION);
	SSL_set_cipher_list(p.client, "ECDHE-ECDSA-AES128-SHA256:AES128-SHA");
	assert_int_equal(tls_pair_shake(&p).code, ERR_CRYPTO);
	tls_pair_done(&p);

	tls_pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	SSL_set_alpn_protos(p.client, h2, sizeof(h2) - 1);
	assert_int_equal(tls_pair_shake(&p).code, ERR_CRYPTO);
	tls_pair_done(&p);

	tls_pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	SSL_set_alpn_protos(p.client, both, sizeof(both) - 1);
	assert_int_equal(tls_pair_shake(&p).code, ERR_OK);
	SSL_get0_alpn_selected(p.client, &chosen, &chosen_len);
	assert_int_equal(chosen_len, 8);
	assert_memory_equal(chosen, "http/1.1", 8);
	/* No ticket, so nothing to resume and no early data. */
	assert_true(SSL_read(p.client, ticket, sizeof(ticket)) < 0);
	assert_int_equal(
	    SSL_SESSION_is_resumable(SSL_get0_session(p.client)), 0);
	tls_pair_done(&p);

	tls_pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	assert_int_equal(write(p.fds[1], "GET / HTTP/1.1\r\n\r\n", 18), 18);
	assert_int_equal(tls_conn_accept(p.conn).code, ERR_CRYPTO);
	assert_int_equal(tls_conn_accept(p.conn).code, ERR_IO);
	tls_pair_done(&p);
	tls_identity_done(&id);
}

/* --- client certificates ----------------------------------------------- */

static struct err
shake_as(enum tls_server_clients clients, const struct tls_identity *server_id,
    const struct tls_identity *ca, const struct tls_identity *client,
    struct tls_conn_peer *out)
{
	struct tls_pair p;

	tls_pair_init(&p, server_id, clients, ca);
	if (client != NULL) {
		SSL_use_certificate(p.client, client->certificate);
		SSL_use_PrivateKey(p.client, client->key);
	}
	struct err err = tls_pair_shake(&p);
	if (err.code == ERR_OK)
		err = tls_conn_peer(p.conn, out);
	tls_pair_done(&p);
	return err;
}

static void
tls_conn_peer__knows_the_verified_client(void **state)
{
	struct tls_identity ca, other_ca, server_id, spiffe, plain, stranger;
	struct tls_conn_peer peer;
	uint8_t hash[32];
	unsigned hash_len;

	(void)state;
	tls_identity_init(&ca, false, NULL, true, NULL);
	tls_identity_init(&other_ca, false, NULL, true, NULL);
	tls_identity_init(&server_id, false, NULL, false, NULL);
	tls_identity_init(&spiffe, false,
	    "URI:spiffe://bank.example/Train_2/job-1,DNS:x", false, &ca);
	tls_identity_init(
	    &plain, false, "DNS:a,URI:https://x/,URI:https://y/", false, &ca);
	tls_identity_init(&stranger, false, "URI:spiffe://bank.example/job",
	    false, &other_ca);

	assert_int_equal(shake_as(TLS_SERVER_CLIENTS_OPTIONAL, &server_id, &ca,
			     &spiffe, &peer)
			     .code,
	    ERR_OK);
	assert_true(peer.present);
	assert_string_equal(peer.spiffe, "spiffe://bank.example/Train_2/job-1");
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
	tls_identity_done(&ca);
	tls_identity_done(&other_ca);
	tls_identity_done(&server_id);
	tls_identity_done(&spiffe);
	tls_identity_done(&plain);
	tls_identity_done(&stranger);
}

static void
tls_conn_peer__refuses_what_is_no_svid(void **state)
{
	static char longest[sizeof("URI:") + TLS_CONN_MAX_SPIFFE + 1];
	static const char *const bad[] = {"URI:spiffe://a/b,URI:spiffe://a/c",
	    "URI:https://x/,URI:spiffe://a/b", "URI:spiffe://a",
	    "URI:spiffe://a/", "URI:spiffe:///b", "URI:spiffe://A/b",
	    "URI:spiffe://a/b%2f", "URI:spiffe://a/b c", "URI:spiffe://a@b/c",
	    "URI:spiffe://a/{b}", "URI:spiffe://a:1/b", "URI:spiffe://a/b[c]",
	    "URI:spiffe://a/b`c", "URI:spiffe://a/b/", "URI:spiffe://a/b~c",
	    longest};
	struct tls_identity ca, server_id;
	struct tls_conn_peer peer;

	(void)state;
	/* One byte more than an identity may have. */
	(void)snprintf(longest, sizeof(longest), "URI:spiffe://a/%0*d",
	    TLS_CONN_MAX_SPIFFE + 1 - (int)strlen("spiffe://a/"), 7);
	tls_identity_init(&ca, false, NULL, true, NULL);
	tls_identity_init(&server_id, false, NULL, false, NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct tls_identity wrong;

		tls_identity_init(&wrong, false, bad[i], false, &ca);
		if (shake_as(TLS_SERVER_CLIENTS_OPTIONAL, &server_id, &ca,
			&wrong, &peer)
			.code != ERR_DENIED)
			fail_msg("accepted: %s", bad[i]);
		tls_identity_done(&wrong);
	}
	/* A certificate that can sign others is nobody's identity. */
	struct tls_identity client;

	tls_identity_init(&client, false, "URI:spiffe://a/b", true, &ca);
	assert_int_equal(shake_as(TLS_SERVER_CLIENTS_OPTIONAL, &server_id, &ca,
			     &client, &peer)
			     .code,
	    ERR_DENIED);
	tls_identity_done(&client);
	tls_identity_done(&ca);
	tls_identity_done(&server_id);
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
	struct tls_identity id;
	struct tls_pair p;
	uint8_t *data = malloc(TOTAL), in[4096];
	size_t sent = 0, got = 0, num_full = 0, most = 0;

	(void)state;
	for (size_t i = 0; i < TOTAL; i++)
		data[i] = byte_at(i);
	tls_identity_init(&id, false, NULL, false, NULL);
	tls_pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	assert_int_equal(tls_pair_shake(&p).code, ERR_OK);
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
	tls_pair_done(&p);
	tls_identity_done(&id);
	free(data);
}

static void
tls_conn_put__keeps_what_belongs_together(void **state)
{
	static uint8_t piece[64 * 1024];
	struct tls_identity id;
	struct tls_pair p;
	size_t taken;
	char in[8];

	(void)state;
	tls_identity_init(&id, false, NULL, false, NULL);
	tls_pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	assert_int_equal(tls_pair_shake(&p).code, ERR_OK);
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
	tls_pair_done(&p);
	tls_identity_done(&id);
}

static void
tls_conn_read__tells_an_end_from_a_cut(void **state)
{
	struct tls_identity id;
	struct tls_pair p;
	uint8_t in[64];
	size_t len;

	(void)state;
	tls_identity_init(&id, false, NULL, false, NULL);
	tls_pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	assert_int_equal(tls_pair_shake(&p).code, ERR_OK);
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
	tls_pair_done(&p);

	tls_pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	assert_int_equal(tls_pair_shake(&p).code, ERR_OK);
	shutdown(p.fds[1], SHUT_WR);
	assert_int_equal(tls_conn_read(p.conn, in, 64, &len).code, ERR_IO);
	tls_pair_done(&p);
	tls_identity_done(&id);
}

static void
tls_conn__refuses_renegotiation(void **state)
{
	struct tls_identity id;
	struct tls_pair p;
	uint8_t in[64];
	size_t len;

	(void)state;
	tls_identity_init(&id, false, NULL, false, NULL);
	tls_pair_init(&p, &id, TLS_SERVER_CLIENTS_NONE, NULL);
	SSL_set_max_proto_version(p.client, TLS1_2_VERSION);
	assert_int_equal(tls_pair_shake(&p).code, ERR_OK);
	assert_int_equal(SSL_renegotiate(p.client), 1);
	(void)SSL_do_handshake(p.client);
	assert_int_equal(tls_conn_read(p.conn, in, 64, &len).code, ERR_AGAIN);
	assert_int_equal(p.keeper.num_asked, 1);
	assert_true(SSL_do_handshake(p.client) <= 0);
	tls_pair_done(&p);
	tls_identity_done(&id);
}

/* --- tls_key ----------------------------------------------------------- */

static void
tls_key__signs_only_what_is_a_signature(void **state)
{
	struct tls_identity ec, rsa;
	struct tls_key *ec_key, *rsa_key, *none = NULL;
	uint8_t out[TLS_KEY_MAX_SIGNATURE], block[256] = {0};
	size_t len;

	(void)state;
	tls_identity_init(&ec, false, NULL, false, NULL);
	tls_identity_init(&rsa, true, NULL, false, NULL);
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
	tls_identity_done(&ec);
	tls_identity_done(&rsa);
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
