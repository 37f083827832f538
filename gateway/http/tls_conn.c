#include "gateway/http/tls_conn.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include "crypto/hash.h"
#include "gateway/base/limits.h"
#include "gateway/http/tls_pause.h"

struct tls_conn {
	SSL *ssl;
	int fd;
	struct buf out; /* sealed bytes that wait for the socket */
	size_t sent;	/* of them */
	uint64_t total; /* bytes that the socket took */
	bool shut;	/* close_notify was sealed */
	bool dead;	/* the socket or the stream failed: only free it */
	enum tls_conn_wait waits;
	struct tls_remote_turn turn;
};

/* --- what OpenSSL reads from and writes to ----------------------------- */

static int
bio_write(BIO *bio, const char *data, int len)
{
	struct tls_conn *conn = BIO_get_data(bio);
	struct err err;

	BIO_clear_retry_flags(bio);
	if (len <= 0)
		return 0;
	err = buf_append(&conn->out, span_of(data, (size_t)len));
	return err.code == ERR_OK ? len : -1;
}

static int
bio_read(BIO *bio, char *out, int len)
{
	struct tls_conn *conn = BIO_get_data(bio);
	ssize_t got;

	BIO_clear_retry_flags(bio);
	if (len <= 0)
		return 0;
	do {
		got = recv(conn->fd, out, (size_t)len, 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_read(bio);
	return (int)got;
}

static long
bio_control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio, (void)number, (void)pointer;
	/* Flushing is ours: tls_conn_flush. */
	return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static int
bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

static BIO_METHOD *
bio_method(void)
{
	static BIO_METHOD *method; /* one for the process, until exit */

	if (method != NULL)
		return method;
	method = BIO_meth_new(
	    BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gatehouse");
	if (method == NULL || BIO_meth_set_write(method, bio_write) != 1 ||
	    BIO_meth_set_read(method, bio_read) != 1 ||
	    BIO_meth_set_ctrl(method, bio_control) != 1 ||
	    BIO_meth_set_create(method, bio_create) != 1) {
		BIO_meth_free(method);
		method = NULL;
	}
	return method;
}

/* It is empty nearly always, and to see that costs less than to clear it. */
static void
forget_errors(void)
{
	if (ERR_peek_error() != 0)
		ERR_clear_error();
}

/* --- life -------------------------------------------------------------- */

struct err
tls_conn_new(struct tls_conn **out, const struct tls_server *server, int fd)
{
	struct tls_conn *conn = calloc(1, sizeof(*conn));
	BIO_METHOD *method = bio_method();
	BIO *bio = NULL;

	if (conn != NULL && method != NULL) {
		conn->ssl = tls_server_session(server);
		bio = BIO_new(method);
	}
	if (bio == NULL || conn->ssl == NULL) {
		BIO_free(bio);
		tls_conn_free(conn);
		return ERR(NO_MEMORY, "tls: no memory for a connection");
	}
	conn->fd = fd;
	/* One write may begin just under the cap, and adds record frames; a
	 * handshake with its chain has to fit too. */
	buf_init(&conn->out, 2 * TLS_MAX_WRITE);
	BIO_set_data(bio, conn);
	SSL_set_bio(conn->ssl, bio, bio);
	SSL_set_accept_state(conn->ssl);
	*out = conn;
	return OK;
}

/* Who stopped in the middle stands on a stack that is not his: he is let go on
 * to his end, which is near. What he says by that nobody is sent. */
static void
end_handshake(struct tls_conn *conn)
{
	if (conn->waits != TLS_CONN_SIGNATURE)
		return;
	conn->turn.given_up = true;
	tls_remote_enter(&conn->turn);
	(void)SSL_accept(conn->ssl);
	forget_errors();
}

void
tls_conn_wait_by(struct tls_conn *conn, void *waiter)
{
	conn->turn.waiter = waiter;
}

enum tls_conn_wait
tls_conn_waits(const struct tls_conn *conn)
{
	return conn->waits;
}

void
tls_conn_free(struct tls_conn *conn)
{
	if (conn == NULL)
		return;
	end_handshake(conn);
	SSL_free(conn->ssl);
	buf_done(&conn->out);
	free(conn);
}

/* --- sending ----------------------------------------------------------- */

bool
tls_conn_wants_write(const struct tls_conn *conn)
{
	return conn->out.len > conn->sent;
}

uint64_t
tls_conn_sent(const struct tls_conn *conn)
{
	return conn->total;
}

struct err
tls_conn_flush(struct tls_conn *conn)
{
	while (tls_conn_wants_write(conn)) {
		ssize_t n = send(conn->fd, conn->out.data + conn->sent,
		    conn->out.len - conn->sent, MSG_NOSIGNAL);

		if (n >= 0) {
			conn->sent += (size_t)n;
			conn->total += (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return ERR(AGAIN, "tls: the socket is full");
		} else if (errno != EINTR) {
			conn->dead = true;
			return ERR(IO, "tls: the socket failed");
		}
	}
	/* All is sent: give the memory back. */
	size_t max = conn->out.max;
	if (conn->out.cap > 0)
		buf_done(&conn->out);
	buf_init(&conn->out, max);
	conn->sent = 0;
	return OK;
}

/* What an SSL call that did not succeed means. Whatever it made ready to
 * send, an alert too, is sent as far as the socket takes it. */
static struct err
judge(struct tls_conn *conn, int result)
{
	int error = SSL_get_error(conn->ssl, result);
	struct err flushed = tls_conn_flush(conn);

	forget_errors();
	conn->waits = error == SSL_ERROR_WANT_ASYNC ? TLS_CONN_SIGNATURE
	    : error == SSL_ERROR_WANT_ASYNC_JOB	    ? TLS_CONN_STACK
						    : TLS_CONN_PEER;
	if (flushed.code == ERR_IO)
		return flushed;
	switch (error) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return ERR(AGAIN, "tls: wait for the socket");
	case SSL_ERROR_WANT_ASYNC:
	case SSL_ERROR_WANT_ASYNC_JOB:
		return ERR(AGAIN, "tls: wait for a signature");
	case SSL_ERROR_ZERO_RETURN:
		return ERR(CLOSED, "tls: the peer closed");
	case SSL_ERROR_SYSCALL:
		conn->dead = true;
		return ERR(IO, "tls: the socket failed");
	default:
		conn->dead = true;
		return ERR(CRYPTO, "tls: the handshake or stream failed");
	}
}

/* Before a call of OpenSSL, which judges itself by what stands in its queue of
 * errors: what another one left there is not this connection's. */
static struct err
begin(const struct tls_conn *conn)
{
	if (conn->dead)
		return ERR(IO, "tls: used after a failure");
	forget_errors();
	return OK;
}

struct err
tls_conn_accept(struct tls_conn *conn)
{
	TRY(begin(conn));
	if (!SSL_is_init_finished(conn->ssl)) {
		tls_remote_enter(&conn->turn);
		int result = SSL_accept(conn->ssl);
		if (result != 1)
			return judge(conn, result);
		conn->waits = TLS_CONN_PEER;
		tls_pause_forbid(conn->ssl);
	}
	return tls_conn_flush(conn);
}

struct err
tls_conn_read(struct tls_conn *conn, uint8_t *out, size_t len, size_t *out_len)
{
	size_t got = 0;

	TRY(begin(conn));
	int result = SSL_read_ex(conn->ssl, out, len, &got);
	if (result != 1)
		return judge(conn, result);
	*out_len = got;
	return OK;
}

bool
tls_conn_pending(const struct tls_conn *conn)
{
	return SSL_has_pending(conn->ssl) == 1;
}

/* Seal `in` into the buffer, until the buffer has what one call may send. */
static struct err
seal(struct tls_conn *conn, struct span in, size_t *out_len)
{
	size_t taken = 0;

	while (taken < in.len && conn->out.len < TLS_MAX_WRITE) {
		size_t done = 0;
		struct span rest = span_sub(in, taken, in.len);
		int result =
		    SSL_write_ex(conn->ssl, rest.data, rest.len, &done);

		if (result != 1) {
			struct err err = judge(conn, result);

			if (err.code != ERR_AGAIN || taken == 0)
				return err;
			break;
		}
		taken += done;
	}
	*out_len = taken;
	return OK;
}

/* Make the room once, instead of doubling up to it: for a small answer its
 * own size, for a piece of a large one what a send takes. */
static struct err
make_room(struct tls_conn *conn, size_t len)
{
	size_t room = len < TLS_MAX_WRITE / 4 ? len : TLS_MAX_WRITE;
	size_t most = 2 * TLS_MAX_WRITE - conn->out.len;

	if (conn->out.cap - conn->out.len >= len + len / 64 + 64)
		return OK;
	room += room / 64 + 64;
	return buf_reserve(&conn->out, room < most ? room : most);
}

struct err
tls_conn_put(struct tls_conn *conn, struct span in, size_t *out_len)
{
	size_t taken = 0;

	TRY(begin(conn));
	if (in.len == 0)
		return ERR(USAGE, "tls: nothing to write");
	if (conn->out.len >= TLS_MAX_WRITE)
		TRY(tls_conn_flush(conn));
	TRY(make_room(conn, in.len < TLS_MAX_WRITE ? in.len : TLS_MAX_WRITE));
	TRY(seal(conn, in, &taken));
	*out_len = taken;
	return OK;
}

size_t
tls_conn_room(const struct tls_conn *conn)
{
	return conn->out.len < TLS_MAX_WRITE ? TLS_MAX_WRITE - conn->out.len
					     : 0;
}

struct err
tls_conn_write(struct tls_conn *conn, struct span in, size_t *out_len)
{
	size_t taken;

	TRY(tls_conn_put(conn, in, &taken));
	struct err err = tls_conn_flush(conn);
	if (err.code != ERR_OK && err.code != ERR_AGAIN)
		return err;
	*out_len = taken;
	return OK;
}

struct err
tls_conn_shutdown(struct tls_conn *conn)
{
	TRY(begin(conn));
	if (!conn->shut) {
		/* 0: ours is sealed; the peer's is not waited for. */
		conn->shut = SSL_shutdown(conn->ssl) >= 0;
		forget_errors();
	}
	return tls_conn_flush(conn);
}

/* --- the client -------------------------------------------------------- */

static void
free_names(GENERAL_NAMES **names)
{
	GENERAL_NAMES_free(*names);
}

/* The only URI among the alternative names; NULL and 0 where there is none. */
static struct err
only_uri(GENERAL_NAMES *names, struct span *out)
{
	size_t num = 0;

	*out = (struct span){0};
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const ASN1_IA5STRING *uri;

		if (name->type != GEN_URI)
			continue;
		uri = name->d.uniformResourceIdentifier;
		*out = span_of(ASN1_STRING_get0_data(uri),
		    (size_t)ASN1_STRING_length(uri));
		num++;
	}
	if (num > 1 && span_starts_with(*out, span_str("spiffe://")))
		return ERR(DENIED, "tls: several URI names");
	if (num != 1)
		*out = (struct span){0};
	return OK;
}

/* spiffe://trust-domain/path, in the characters of the standard. */
static bool
is_spiffe(struct span id)
{
	struct span scheme = span_str("spiffe://");
	struct span rest = span_sub(id, scheme.len, id.len);
	size_t slash = span_find(rest, '/');

	for (size_t i = 0; i < rest.len; i++) {
		uint8_t b = rest.data[i];

		if (!(b >= 'a' && b <= 'z') && !(b >= '0' && b <= '9') &&
		    !(i > slash && b >= 'A' && b <= 'Z') && b != '.' &&
		    b != '-' && b != '_' && b != '/')
			return false;
	}
	return slash > 0 && slash + 1 < rest.len &&
	    rest.data[rest.len - 1] != '/' && id.len <= TLS_CONN_MAX_SPIFFE;
}

static struct err
read_spiffe(X509 *certificate, struct tls_conn_peer *out)
{
	GENERAL_NAMES *names CLEANUP(free_names) =
	    X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	struct span uri;

	TRY(only_uri(names, &uri));
	if (!span_starts_with(uri, span_str("spiffe://")))
		return OK;
	if (uri.data == NULL || !is_spiffe(uri) ||
	    X509_check_ca(certificate) != 0)
		return ERR(DENIED, "tls: not an X.509-SVID");
	memcpy(out->spiffe, uri.data, uri.len);
	out->spiffe[uri.len] = '\0';
	return OK;
}

static struct err
hash_certificate(X509 *certificate, uint8_t out[32])
{
	unsigned char *der = NULL;
	int len = i2d_X509(certificate, &der);
	struct err err = len < 0
	    ? ERR(CRYPTO, "tls: certificate cannot be encoded")
	    : hash_sha256(out, span_of(der, (size_t)len));

	OPENSSL_free(der);
	return err;
}

struct err
tls_conn_peer(const struct tls_conn *conn, struct tls_conn_peer *out)
{
	X509 *certificate = SSL_get0_peer_certificate(conn->ssl);
	struct tls_conn_peer peer = {.present = certificate != NULL};

	if (certificate != NULL) {
		if (SSL_get_verify_result(conn->ssl) != X509_V_OK)
			return ERR(DENIED, "tls: certificate not verified");
		TRY(hash_certificate(certificate, peer.sha256));
		TRY(read_spiffe(certificate, &peer));
	}
	*out = peer;
	return OK;
}
