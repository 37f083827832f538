#ifndef GATEHOUSE_TLS_CONN_H
#define GATEHOUSE_TLS_CONN_H

#include "crypto/memory/buf.h"
#include "gateway/http/tls_server.h"

/*
 * tls_conn: one connection over a non-blocking socket. What is written is
 * sealed into one buffer of up to TLS_MAX_WRITE bytes and goes out in one
 * system call; an idle connection holds no buffer.
 *
 * AGAIN means: wait for tls_conn_wants_write ? writable : readable; but for a
 * handshake that waits for something else (tls_conn_waits).
 */
struct tls_conn;

/* What a handshake may wait for besides its peer. */
enum tls_conn_wait {
	TLS_CONN_PEER,
	TLS_CONN_SIGNATURE, /* whoever makes it knows when */
	TLS_CONN_STACK, /* tls_pause.h has none left: until another one ends */
};

/*
 * tls_conn_new: a server's side of a connection; nothing is sent yet.
 *
 * fd       stays the caller's, who closes it after tls_conn_free
 * Errors   NO_MEMORY
 */
MUST_USE struct err tls_conn_new(
    struct tls_conn **out, const struct tls_server *server, int fd);
void tls_conn_free(struct tls_conn *conn); /* accepts NULL */

/* tls_conn_wait_by: what a tls_remote_sign is given as its waiter; NULL, unless
 * told. */
void tls_conn_wait_by(struct tls_conn *conn, void *waiter);

/* tls_conn_waits: what for, after AGAIN. */
enum tls_conn_wait tls_conn_waits(const struct tls_conn *conn);

/*
 * tls_conn_accept: go on with the handshake.
 *
 * Errors   AGAIN; CLOSED: the peer went; CRYPTO: it failed; IO; NO_MEMORY
 */
MUST_USE struct err tls_conn_accept(struct tls_conn *conn);

/*
 * tls_conn_read: up to `len` bytes.
 *
 * out_len  at least 1 on success
 * Errors   AGAIN; CLOSED: close_notify, the orderly end; CRYPTO: the stream
 *          is damaged; IO: the socket failed, or ended without close_notify
 */
MUST_USE struct err tls_conn_read(
    struct tls_conn *conn, uint8_t *out, size_t len, size_t *out_len);

/*
 * tls_conn_write: take some of `in`, in front first, and send what the socket
 * takes. What was taken is gone from the caller's view and will be sent.
 *
 * out_len  at least 1 on success
 * Errors   AGAIN: the buffer is full and the socket takes nothing; IO;
 *          CRYPTO; NO_MEMORY
 */
MUST_USE struct err tls_conn_write(
    struct tls_conn *conn, struct span in, size_t *out_len);

/*
 * tls_conn_put: the same, but nothing is sent before the buffer is full or
 * tls_conn_flush is called: what belongs together goes in one send.
 */
MUST_USE struct err tls_conn_put(
    struct tls_conn *conn, struct span in, size_t *out_len);

/*
 * tls_conn_room: how many bytes the buffer has left. Of fewer than that by
 * 1/64 and 64, tls_conn_put takes all.
 */
size_t tls_conn_room(const struct tls_conn *conn);

/* tls_conn_flush: send what was taken. Errors: AGAIN, IO. */
MUST_USE struct err tls_conn_flush(struct tls_conn *conn);

/* tls_conn_wants_write: bytes wait for the socket. */
bool tls_conn_wants_write(const struct tls_conn *conn);

/* tls_conn_sent: bytes that the socket took so far, to judge a rate by. */
uint64_t tls_conn_sent(const struct tls_conn *conn);

/* tls_conn_pending: bytes that are decrypted and not read; epoll does not
 * know of them. */
bool tls_conn_pending(const struct tls_conn *conn);

/*
 * tls_conn_shutdown: send close_notify, which says that all was sent. For a
 * body that was cut do not call it, and the client knows.
 *
 * Errors   AGAIN: call again; IO
 */
MUST_USE struct err tls_conn_shutdown(struct tls_conn *conn);

enum {
	TLS_CONN_MAX_SPIFFE = 1024, /* bytes of a SPIFFE ID */
};

/* Who the client is, by its verified certificate. */
struct tls_conn_peer {
	bool present;
	uint8_t sha256[32]; /* of the certificate's DER: x5t#S256 */
	char spiffe[TLS_CONN_MAX_SPIFFE + 1]; /* or "" */
};

/*
 * tls_conn_peer: after the handshake.
 *
 * out      present is false where the client sent no certificate
 * Errors   DENIED: a certificate that did not verify, or one with
 *            spiffe:// that is no X.509-SVID: several URI names, a CA, a
 *            bad character; CRYPTO
 * Source   SPIFFE X.509-SVID s.2 to s.5
 */
MUST_USE struct err tls_conn_peer(
    const struct tls_conn *conn, struct tls_conn_peer *out);

#endif
