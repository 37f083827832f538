/*
 * tls_pause: handshakes that stop for their signature. Whoever is gone on with
 * is the right one, none is left standing on a stack, and no handshake takes
 * more of a stack than half.
 */
/* In this file, for its stacks are looked at. */
#include "gateway/http/tls_pause.c"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/init.h"
#include "crypto/tls_key.h"
#include "gateway/http/tls_conn.h"
#include "tests/harness/tls_identity.h"
#include "tests/harness/expect.h"

enum {
	PAUSED = 4,
	STACK = 32768, /* OpenSSL's */
};

/* Stacks grow downwards, and nobody has written to their beginning. */
static size_t
most_used(void)
{
	size_t most = 0;

	for (size_t i = 0; i < num_places; i++) {
		size_t left = 0;
		while (left < STACK && places[i].stack[left] == 0)
			left++;
		if (STACK - left > most)
			most = STACK - left;
	}
	return most;
}

/* --- A pair of ends ------------------------------------------------------- */

struct pair_of_ends {
	struct tls_key *key;
	struct tls_server *server;
	struct tls_conn *conn;
	SSL_CTX *client_context;
	SSL *client;
	int fds[2];
	bool signs; /* else it is being made */
	unsigned num_asked;
};

/* The waiter is the pair: each is asked for its own. */
static struct err
keeper_sign(void *context, void *waiter, enum tls_key_alg alg, struct span in,
    uint8_t out[TLS_KEY_MAX_SIGNATURE], size_t *out_len)
{
	struct pair_of_ends *p = waiter;

	(void)context;
	p->num_asked++;
	if (!p->signs)
		return ERR(AGAIN, "test: it is being made");
	return tls_key_sign(p->key, alg, in, out, out_len);
}

struct ends {
	bool rsa;
	int version;
	char *groups; /* not const: OpenSSL's macro casts it away */
	const struct tls_identity *ca, *client; /* or NULL */
};

static void
pair_init(struct pair_of_ends *p, const struct ends *ends)
{
	struct tls_identity id;
	struct tls_server_config config = {
	    .remote = {keeper_sign, NULL}, .max_paused = PAUSED};

	*p = (struct pair_of_ends){.signs = false};
	tls_identity_init(&id, ends->rsa, NULL, false, NULL);
	config.certificate_pem = buf_span(&id.certificate_pem);
	if (ends->ca != NULL) {
		config.client_ca_pem = buf_span(&ends->ca->certificate_pem);
		config.clients = TLS_SERVER_CLIENTS_REQUIRED;
	}
	expect_ok(tls_key_parse(&p->key, buf_span(&id.key_pem)));
	expect_ok(tls_server_new(&p->server, &config));
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p->fds), 0);
	expect_ok(tls_conn_new(&p->conn, p->server, p->fds[0]));
	tls_conn_wait_by(p->conn, p);
	p->client_context = SSL_CTX_new(TLS_client_method());
	p->client = SSL_new(p->client_context);
	SSL_set_min_proto_version(p->client, ends->version);
	SSL_set_max_proto_version(p->client, ends->version);
	if (ends->groups != NULL)
		assert_int_equal(
		    SSL_set1_groups_list(p->client, ends->groups), 1);
	if (ends->client != NULL) {
		SSL_use_certificate(p->client, ends->client->certificate);
		SSL_use_PrivateKey(p->client, ends->client->key);
	}
	SSL_set_fd(p->client, p->fds[1]);
	SSL_set_connect_state(p->client);
	tls_identity_done(&id);
}

static void
pair_done(struct pair_of_ends *p)
{
	tls_conn_free(p->conn);
	SSL_free(p->client);
	SSL_CTX_free(p->client_context);
	tls_server_free(p->server);
	tls_key_free(p->key);
	close(p->fds[0]);
	close(p->fds[1]);
}

/* Both ends take turns, as far as it goes. */
static struct err
shake(struct pair_of_ends *p)
{
	struct err err = ERR(AGAIN, "test");

	for (int i = 0; i < 10; i++) {
		(void)SSL_do_handshake(p->client);
		if (err.code == ERR_AGAIN)
			err = tls_conn_accept(p->conn);
	}
	return err;
}

static void
expect_stopped(struct pair_of_ends *p, enum tls_conn_wait wait)
{
	expect_err(AGAIN, shake(p));
	assert_int_equal(tls_conn_waits(p->conn), wait);
	assert_int_equal(SSL_is_init_finished(p->client), 0);
}

static void
expect_shaken(struct pair_of_ends *p)
{
	uint8_t byte;
	size_t len;

	p->signs = true;
	expect_ok(shake(p));
	assert_int_equal(tls_conn_waits(p->conn), TLS_CONN_PEER);
	/* What is written and read then needs no stack. */
	assert_int_equal(SSL_write(p->client, "x", 1), 1);
	expect_ok(tls_conn_read(p->conn, &byte, 1, &len));
	assert_int_equal(byte, 'x');
	expect_err(AGAIN, tls_conn_read(p->conn, &byte, 1, &len));
	assert_int_equal(tls_conn_waits(p->conn), TLS_CONN_PEER);
}

/* --- Tests ------------------------------------------------------------------
 */

static const struct ends plain = {.version = TLS1_3_VERSION};

static void
tls_conn_accept__stops_for_a_signature(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		const struct ends ends = {.rsa = i / 2 == 1,
		    .version = i % 2 == 0 ? TLS1_3_VERSION : TLS1_2_VERSION};
		struct pair_of_ends p;

		pair_init(&p, &ends);
		expect_stopped(&p, TLS_CONN_SIGNATURE);
		assert_true(p.num_asked > 1);
		expect_shaken(&p);
		pair_done(&p);
	}
}

/* They stop in one order and go on in another; each gets its own signature,
 * which no other client would take. */
static void
tls_conn_accept__goes_on_with_whom_it_is_called_for(void **state)
{
	static const unsigned order[PAUSED] = {2, 0, 3, 1};
	struct pair_of_ends pairs[PAUSED];

	(void)state;
	for (size_t i = 0; i < PAUSED; i++) {
		pair_init(&pairs[i], &plain);
		expect_stopped(&pairs[i], TLS_CONN_SIGNATURE);
	}
	for (size_t i = 0; i < PAUSED; i++)
		expect_shaken(&pairs[order[i]]);
	for (size_t i = 0; i < PAUSED; i++)
		pair_done(&pairs[i]);
}

/* One more than there are stacks waits for one, also to begin; who is over, or
 * given up in the middle, leaves his. A thousand times: none is lost. */
static void
tls_conn_free__leaves_the_stack_to_others(void **state)
{
	struct pair_of_ends pairs[PAUSED], more;

	(void)state;
	for (size_t i = 0; i < PAUSED; i++) {
		pair_init(&pairs[i], &plain);
		expect_stopped(&pairs[i], TLS_CONN_SIGNATURE);
	}
	pair_init(&more, &plain);
	expect_stopped(&more, TLS_CONN_STACK);
	assert_int_equal(more.num_asked, 0);
	unsigned asked = pairs[1].num_asked;
	tls_conn_free(pairs[1].conn);
	pairs[1].conn = NULL;
	assert_int_equal(pairs[1].num_asked, asked);
	expect_stopped(&more, TLS_CONN_SIGNATURE);
	for (size_t i = 0; i < 1000; i++) {
		tls_conn_free(more.conn);
		SSL_clear(more.client);
		close(more.fds[0]);
		close(more.fds[1]);
		assert_int_equal(socketpair(AF_UNIX,
				     SOCK_STREAM | SOCK_NONBLOCK, 0, more.fds),
		    0);
		expect_ok(tls_conn_new(&more.conn, more.server, more.fds[0]));
		tls_conn_wait_by(more.conn, &more);
		SSL_set_fd(more.client, more.fds[1]);
		SSL_set_connect_state(more.client);
		expect_stopped(&more, TLS_CONN_SIGNATURE);
	}
	expect_shaken(&more);
	expect_shaken(&pairs[3]);
	for (size_t i = 0; i < PAUSED; i++)
		pair_done(&pairs[i]);
	pair_done(&more);
}

/* All of it runs on that stack: also what a client's certificate costs. */
static void
tls_conn_accept__leaves_a_third_of_its_stack(void **state)
{
	static char groups[][8] = {"X25519", "P-256", "P-384"};
	struct tls_identity ca, clients[2];

	(void)state;
	tls_identity_init(&ca, true, NULL, true, NULL);
	for (unsigned i = 0; i < 2; i++)
		tls_identity_init(&clients[i], i == 1,
		    "URI:spiffe://st-anna/ml/trainer", false, &ca);
	for (unsigned i = 0; i < 24; i++) {
		bool old = i / 2 % 2 == 1;
		/* The older version wants the group of an EC key. */
		const struct ends ends = {.rsa = old || i % 2 == 1,
		    .version = old ? TLS1_2_VERSION : TLS1_3_VERSION,
		    .groups = groups[i / 4 % 3],
		    .ca = &ca,
		    .client = &clients[old || i / 12 == 1]};
		struct pair_of_ends p;

		pair_init(&p, &ends);
		expect_stopped(&p, TLS_CONN_SIGNATURE);
		expect_shaken(&p);
		pair_done(&p);
	}
	size_t used = most_used();
	print_message("# %zu of %d bytes of a stack\n", used, STACK);
	assert_int_equal(num_taken, PAUSED);
	assert_in_range(used, 1000, STACK / 3 * 2);
	tls_identity_done(&ca);
	for (unsigned i = 0; i < 2; i++)
		tls_identity_done(&clients[i]);
}

/* --- A stack that is too short
 * ------------------------------------------------ */

/* Down to the address, and beyond. */
__attribute__((noinline)) static int
descend(uintptr_t to)
{
	volatile uint8_t frame[256];

	frame[0] = 1;
	return (uintptr_t)frame < to ? 0 : frame[0] + descend(to);
}

static int
overflow(void *unused)
{
	volatile uint8_t here = 0;

	(void)unused;
	/* Below the first place lies nothing anyhow: on another one. */
	if ((uintptr_t)&here < (uintptr_t)&places[1])
		return ASYNC_pause_job();
	return descend((uintptr_t)&here - STACK - 2 * PAGE);
}

/* In the child, whose fault is not the sanitizer's business. */
_Noreturn static void
run_overflow(void)
{
	ASYNC_WAIT_CTX *wait = ASYNC_WAIT_CTX_new();
	ASYNC_JOB *first = NULL, *second = NULL;
	int result;

	(void)signal(SIGSEGV, SIG_DFL);
	(void)ASYNC_start_job(&first, wait, &result, overflow, NULL, 0);
	(void)ASYNC_start_job(&second, wait, &result, overflow, NULL, 0);
	_exit(0);
}

static void
tls_pause__ends_the_process_where_a_stack_ends(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	expect_ok(tls_pause_prepare(PAUSED));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		run_overflow();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
}

/* Before any stack is made. */
static void
tls_pause__says_no_where_nothing_can_stop(void **state)
{
	(void)state;
	expect_err(TOO_BIG, tls_pause_prepare(TLS_PAUSE_MAX + 1));
	expect_err(UNAVAILABLE, tls_pause_here());
	expect_ok(tls_pause_guard());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tls_pause__says_no_where_nothing_can_stop),
	    cmocka_unit_test(tls_conn_accept__stops_for_a_signature),
	    cmocka_unit_test(
		tls_conn_accept__goes_on_with_whom_it_is_called_for),
	    cmocka_unit_test(tls_conn_free__leaves_the_stack_to_others),
	    cmocka_unit_test(tls_conn_accept__leaves_a_third_of_its_stack),
	    cmocka_unit_test(tls_pause__ends_the_process_where_a_stack_ends),
	};

	if (tls_pause_guard().code != ERR_OK || crypto_init().code != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
