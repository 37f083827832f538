#include "tests/harness/workerbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/control.h"
#include "tests/harness/expect.h"

enum {
	LIMIT_MS = 20000,
};

/* --- starting ---------------------------------------------------------- */

static void
to_buf(BIO *bio, struct buf *out)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	buf_init(out, 65536);
	expect_ok(buf_append(out, span_of(data, (size_t)len)));
	BIO_free(bio);
}

/* A self-signed certificate; its PEM, and its key for our keeper's part. */
static void
make_certificate(struct workerbox *box, struct buf *out_pem)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	struct buf key_pem;

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)"gate", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	PEM_write_bio_X509(bio, x);
	to_buf(bio, out_pem);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	to_buf(bio, &key_pem);
	expect_ok(tls_key_parse(&box->key, buf_span(&key_pem)));
	buf_done(&key_pem);
	X509_free(x);
	EVP_PKEY_free(key);
}

static int
make_listener(uint16_t *out_port)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*out_port = ntohs(address.sin_port);
	return fd;
}

/* The worker that was built with this test: beside its folder. */
static void
exec_worker(void)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 64);

	if (len <= 0)
		_exit(99);
	path[len] = '\0';
	for (int i = 0; i < 2; i++)
		*strrchr(path, '/') = '\0';
	memcpy(path + strlen(path), "/libexec/gatehouse/gatehouse-worker",
	    sizeof("/libexec/gatehouse/gatehouse-worker"));
	execl(path, path, (char *)NULL);
	_exit(98);
}

static void
send_keeper(struct workerbox *box)
{
	int ask[2], sign[2];

	expect_ok(frame_pair(ask));
	expect_ok(frame_pair(sign));
	box->ask = ask[0];
	box->sign = sign[0];
	expect_ok(
	    control_send_item(box->control, "ask", 0, span_str(""), ask[1]));
	expect_ok(
	    control_send_item(box->control, "sign", 0, span_str(""), sign[1]));
	close(ask[1]);
	close(sign[1]);
}

static void
wait_ready(struct workerbox *box)
{
	struct pollfd poll_fd = {.fd = box->control, .events = POLLIN};
	struct frame frame;

	assert_int_equal(poll(&poll_fd, 1, LIMIT_MS), 1);
	expect_ok(frame_recv(box->control, box->frame, &frame));
	assert_int_equal(frame.type, CONTROL_READY);
}

void
workerbox_start(struct workerbox *box)
{
	workerbox_start_in(box, exec_worker);
}

void
workerbox_start_in(struct workerbox *box, void (*program)(void))
{
	struct buf pem;
	int pair[2], listener;

	*box = (struct workerbox){.pid = -1};
	expect_ok(crypto_init());
	(void)signal(SIGPIPE, SIG_IGN);
	make_certificate(box, &pem);
	listener = make_listener(&box->port);
	expect_ok(frame_pair(pair));
	box->control = pair[0];
	box->log = memfd_create("log", MFD_CLOEXEC);
	assert_true(box->log >= 0);
	box->pid = fork();
	assert_true(box->pid >= 0);
	if (box->pid == 0) {
		if (dup2(pair[1], CONTROL_FD) >= 0 &&
		    dup2(box->log, STDERR_FILENO) >= 0)
			program();
		_exit(97);
	}
	close(pair[1]);
	expect_ok(control_send_item(
	    box->control, "certificate", 0, buf_span(&pem), -1));
	expect_ok(control_send_item(
	    box->control, "clients", 0, span_str("none"), -1));
	expect_ok(control_send_item(
	    box->control, "region", 0, span_str("eu-central-1"), -1));
	expect_ok(control_send_item(
	    box->control, "host", 0, span_str("gate.example"), -1));
	expect_ok(control_send_item(
	    box->control, "allow-degraded", 0, span_str(""), -1));
	expect_ok(control_send_item(
	    box->control, "log-requests", 0, span_str(""), -1));
	expect_ok(control_send_item(
	    box->control, "listener", 0, span_str(""), listener));
	send_keeper(box);
	expect_ok(control_send_go(box->control));
	close(listener);
	buf_done(&pem);
	wait_ready(box);
	expect_ok(control_send_serve(box->control));
}

void
workerbox_stop(struct workerbox *box)
{
	int status = -1;

	close(box->control);
	for (int i = 0; i < LIMIT_MS / 10; i++) {
		if (waitpid(box->pid, &status, WNOHANG) == box->pid)
			break;
		usleep(10000);
	}
	sysio_close(&box->ask);
	inbox_done(&box->inbox);
	sysio_close(&box->sign);
	tls_key_free(box->key);
	char *log = workerbox_log(box);
	sysio_close(&box->log);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the worker ended with status %x: %s",
		    (unsigned)status, log);
	free(log);
}

void
workerbox_drain(struct workerbox *box)
{
	expect_ok(control_send_drain(box->control));
}

void
workerbox_ended(struct workerbox *box)
{
	siginfo_t info = {.si_pid = 0};

	for (int i = 0; i < LIMIT_MS / 10 && info.si_pid == 0; i++) {
		assert_int_equal(waitid(P_PID, (id_t)box->pid, &info,
				     WEXITED | WNOHANG | WNOWAIT),
		    0);
		usleep(10000);
	}
	assert_int_equal(info.si_pid, box->pid);
}

void
workerbox_lose_keeper(struct workerbox *box)
{
	sysio_close(&box->ask);
	inbox_done(&box->inbox);
	sysio_close(&box->sign);
}

/* Until the worker has read all that we said: who connects then finds it so. */
static void
wait_told(const struct workerbox *box)
{
	int unread = 1;

	for (int i = 0; i < LIMIT_MS && unread > 0; i++) {
		assert_int_equal(ioctl(box->control, SIOCOUTQ, &unread), 0);
		if (unread > 0)
			usleep(1000);
	}
	assert_int_equal(unread, 0);
}

void
workerbox_new_keeper(struct workerbox *box)
{
	workerbox_lose_keeper(box);
	send_keeper(box);
	wait_told(box);
}

/* --- moving bytes ------------------------------------------------------ */

static void
sign_one(struct workerbox *box)
{
	uint8_t signature[TLS_KEY_MAX_SIGNATURE], alg;
	static uint8_t buffer[FRAME_MAX];
	struct frame frame;
	size_t len;

	if (box->sign < 0 || box->signs_nothing ||
	    frame_recv(box->sign, buffer, &frame).code != ERR_OK)
		return;
	assert_int_equal(frame.type, SIGN_DIGEST);
	expect_ok(span_take_u8(&frame.body, &alg));
	expect_ok(tls_key_sign(
	    box->key, (enum tls_key_alg)alg, frame.body, signature, &len));
	struct frame answer = {.type = SIGN_RESULT,
	    .id = frame.id,
	    .body = span_of(signature, len)};
	expect_ok(frame_send(box->sign, &answer));
}

static void
read_some(struct workerbox_client *client)
{
	uint8_t bytes[16384];
	size_t len;

	while (!client->ended && !client->cut && client->in.len < 1 << 20) {
		int result =
		    SSL_read_ex(client->ssl, bytes, sizeof(bytes), &len);

		if (result == 1) {
			expect_ok(buf_append(&client->in, span_of(bytes, len)));
			continue;
		}
		int error = SSL_get_error(client->ssl, result);
		client->ended = error == SSL_ERROR_ZERO_RETURN;
		client->cut =
		    error == SSL_ERROR_SYSCALL || error == SSL_ERROR_SSL;
		ERR_clear_error();
		break;
	}
}

/* One turn: a signature, and what came for the client. */
static void
turn(struct workerbox *box, struct workerbox_client *client)
{
	struct pollfd fds[3] = {{.fd = box->ask, .events = POLLIN},
	    {.fd = box->sign, .events = POLLIN},
	    {.fd = client == NULL ? -1 : client->fd, .events = POLLIN}};

	(void)poll(fds, 3, 10);
	sign_one(box);
	if (client != NULL && SSL_is_init_finished(client->ssl))
		read_some(client);
}

/* One step of the handshake; true: it is over. */
static bool
shake_once(struct workerbox_client *client)
{
	int done = SSL_connect(client->ssl);

	if (done == 1)
		return true;
	int error = SSL_get_error(client->ssl, done);
	ERR_clear_error();
	client->cut = error == SSL_ERROR_SSL ||
	    (error == SSL_ERROR_SYSCALL && errno != ENOTCONN);
	return client->cut;
}

void
workerbox_begin(struct workerbox *box, struct workerbox_client *client)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(box->port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct pollfd connected = {.events = POLLOUT};

	*client = (struct workerbox_client){0};
	buf_init(&client->in, 1 << 24);
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	(void)connect(client->fd, (struct sockaddr *)&to, sizeof(to));
	connected.fd = client->fd;
	assert_int_equal(poll(&connected, 1, LIMIT_MS), 1);
	client->context = SSL_CTX_new(TLS_client_method());
	client->ssl = SSL_new(client->context);
	SSL_set_fd(client->ssl, client->fd);
	(void)shake_once(client);
}

void
workerbox_shake(struct workerbox *box, struct workerbox_client *client)
{
	uint64_t limit = sysio_monotonic_ms() + LIMIT_MS;

	while (!client->cut && !shake_once(client)) {
		assert_true(sysio_monotonic_ms() < limit);
		turn(box, client);
	}
}

void
workerbox_connect(struct workerbox *box, struct workerbox_client *client)
{
	workerbox_begin(box, client);
	workerbox_shake(box, client);
}

void
workerbox_close(struct workerbox_client *client)
{
	SSL_free(client->ssl);
	SSL_CTX_free(client->context);
	close(client->fd);
	buf_done(&client->in);
}

void
workerbox_send(
    struct workerbox *box, struct workerbox_client *client, const char *text)
{
	int len = (int)strlen(text);

	assert_int_equal(SSL_write(client->ssl, text, len), len);
	turn(box, client);
}

void
workerbox_read(
    struct workerbox *box, struct workerbox_client *client, size_t len)
{
	uint64_t limit = sysio_monotonic_ms() + LIMIT_MS;

	while (client->in.len < len && !client->ended && !client->cut) {
		assert_true(sysio_monotonic_ms() < limit);
		turn(box, client);
	}
}

void
workerbox_until(
    struct workerbox *box, struct workerbox_client *client, const char *text)
{
	uint64_t limit = sysio_monotonic_ms() + LIMIT_MS;

	while (!workerbox_has(client, text) && !client->ended && !client->cut) {
		assert_true(sysio_monotonic_ms() < limit);
		turn(box, client);
	}
}

/* Where the body begins; 0: the head is not complete. */
static size_t
body_at(const struct workerbox_client *client)
{
	const void *end = client->in.len == 0
	    ? NULL
	    : memmem(client->in.data, client->in.len, "\r\n\r\n", 4);

	return end == NULL
	    ? 0
	    : (size_t)((const uint8_t *)end - client->in.data) + 4;
}

static bool
is_complete(const struct workerbox_client *client, bool has_body)
{
	size_t at = body_at(client);
	struct span all = buf_span(&client->in);
	struct span head = span_sub(all, 0, at);
	const char *name = "Content-Length: ";
	const uint8_t *length;

	if (at == 0 || !has_body)
		return at > 0;
	length = memmem(head.data, head.len, name, strlen(name));
	if (length != NULL)
		return all.len - at >=
		    strtoull((const char *)length + strlen(name), NULL, 10);
	if (memmem(head.data, head.len, "chunked", 7) != NULL)
		return all.len - at >= 5 &&
		    memcmp(all.data + all.len - 5, "0\r\n\r\n", 5) == 0;
	return true;
}

void
workerbox_response(
    struct workerbox *box, struct workerbox_client *client, bool has_body)
{
	uint64_t limit = sysio_monotonic_ms() + LIMIT_MS;

	while (
	    !is_complete(client, has_body) && !client->ended && !client->cut) {
		assert_true(sysio_monotonic_ms() < limit);
		turn(box, client);
	}
}

struct span
workerbox_body(const struct workerbox_client *client, struct buf *out)
{
	struct span rest =
	    span_sub(buf_span(&client->in), body_at(client), client->in.len);

	buf_init(out, 1 << 24);
	if (!workerbox_has(client, "Transfer-Encoding: chunked")) {
		expect_ok(buf_append(out, rest));
		return buf_span(out);
	}
	for (;;) {
		struct span line, data;

		if (span_take_line(&rest, &line).code != ERR_OK)
			break; /* it was cut */
		size_t len = strtoull((const char *)line.data, NULL, 16);
		if (len == 0 || span_take(&rest, &data, len).code != ERR_OK)
			break;
		expect_ok(buf_append(out, data));
		expect_ok(span_take(&rest, &data, 2));
	}
	return buf_span(out);
}

bool
workerbox_has(const struct workerbox_client *client, const char *text)
{
	return client->in.len > 0 &&
	    memmem(client->in.data, client->in.len, text, strlen(text)) != NULL;
}

/* --- the log ----------------------------------------------------------- */

char *
workerbox_log(const struct workerbox *box)
{
	off_t len = lseek(box->log, 0, SEEK_END);
	char *text = malloc((size_t)len + 1);
	size_t got;

	assert_true(len >= 0);
	assert_non_null(text);
	expect_ok(sysio_pread(box->log, text, (size_t)len, 0, &got));
	text[got] = '\0';
	return text;
}

char *
workerbox_logged(struct workerbox *box, const char *text)
{
	uint64_t limit = sysio_monotonic_ms() + LIMIT_MS;

	for (;;) {
		char *log = workerbox_log(box);

		if (strstr(log, text) != NULL)
			return log;
		if (sysio_monotonic_ms() > limit)
			fail_msg("not in the log: %s; but: %s", text, log);
		free(log);
		turn(box, NULL);
	}
}

/* --- the keeper -------------------------------------------------------- */

/* A keeper only counts those. */
static struct err
next(struct workerbox *box, struct frame *out)
{
	struct tally refused;

	TRY(inbox_next(&box->inbox, box->ask, out));
	if (out->type != ASK_REFUSALS)
		return OK;
	assert_int_equal(out->id, 0);
	expect_ok(ask_take_refusals(&refused, out->body));
	assert_true(refused.num_places == 1 && refused.others == 0);
	box->num_refused += refused.places[0].count;
	return ERR(AGAIN, "workerbox: it was not asked");
}

void
workerbox_refused(struct workerbox *box, uint64_t num)
{
	uint64_t limit = sysio_monotonic_ms() + LIMIT_MS;
	struct frame frame;

	while (box->num_refused < num) {
		assert_int_equal(next(box, &frame).code, ERR_AGAIN);
		assert_true(sysio_monotonic_ms() < limit);
		turn(box, NULL);
	}
	assert_int_equal(box->num_refused, num);
}

static void
receive(struct workerbox *box, struct workerbox_client *client,
    enum ask_type type, struct frame *out)
{
	uint64_t limit = sysio_monotonic_ms() + LIMIT_MS;

	for (;;) {
		struct err err = next(box, out);

		if (err.code == ERR_OK)
			break;
		assert_int_equal(err.code, ERR_AGAIN);
		if (sysio_monotonic_ms() > limit)
			fail_msg("the worker does not say %d", (int)type);
		turn(box, client);
	}
	assert_int_equal(out->type, type);
}

void
workerbox_question(struct workerbox *box, struct workerbox_client *client)
{
	struct frame frame;

	receive(box, client, ASK_READ, &frame);
	box->id = frame.id;
	expect_ok(ask_take_request(&box->question, frame.body));
}

bool
workerbox_hears(struct workerbox *box, struct workerbox_client *client,
    enum ask_type type, struct frame *out)
{
	uint64_t limit = sysio_monotonic_ms() + LIMIT_MS;

	for (;;) {
		struct err err = next(box, out);
		if (err.code == ERR_OK && out->type == type)
			return true;
		if (err.code == ERR_OK)
			continue;
		if (err.code != ERR_AGAIN || client->ended || client->cut ||
		    is_complete(client, true))
			return false;
		assert_true(sysio_monotonic_ms() < limit);
		turn(box, client);
	}
}

void
workerbox_ask(
    struct workerbox *box, struct workerbox_client *client, const char *text)
{
	workerbox_connect(box, client);
	workerbox_send(box, client, text);
	workerbox_question(box, client);
}

void
workerbox_say(struct workerbox *box, enum ask_type type, struct span body)
{
	struct frame frame = {
	    .type = (uint16_t)type, .id = box->id, .body = body};

	expect_ok(frame_send(box->ask, &frame));
}

void
workerbox_answer(struct workerbox *box, const struct ask_answer *answer, int fd)
{
	struct buf body = {.max = FRAME_MAX_BODY};
	struct frame frame = {.type = ASK_ANSWER, .id = box->id};
	struct ask_answer whole = *answer;

	/* Unless it says so, all of it may be sent. */
	if (whole.bytes_most == 0)
		whole.bytes_most = UINT64_MAX;
	expect_ok(ask_put_answer(&body, &whole));
	frame.body = buf_span(&body);
	if (fd >= 0) {
		frame.fds[0] = fd;
		frame.num_fds = 1;
	}
	expect_ok(frame_send(box->ask, &frame));
	buf_done(&body);
}

void
workerbox_done(struct workerbox *box, struct workerbox_client *client,
    struct ask_done *out)
{
	struct frame frame;

	receive(box, client, ASK_DONE, &frame);
	assert_int_equal(frame.id, box->id);
	expect_ok(ask_take_done(out, frame.body));
}

void
workerbox_cancelled(struct workerbox *box)
{
	struct frame frame;

	receive(box, NULL, ASK_CANCEL, &frame);
	assert_int_equal(frame.id, box->id);
}
