#ifndef GATEHOUSE_CONSOLE_SERVE_H
#define GATEHOUSE_CONSOLE_SERVE_H

#include "gateway/console/console_view.h"
#include "gateway/http/http_head.h"

/*
 * console_serve: HTTP/1.1 without TLS, at a loopback address:
 *
 *   GET, HEAD  /metrics   what is counted
 *              /livez     200: this process lives
 *              /readyz    200: the gateway serves; else 503
 *
 * 404 for the rest, 405 for other methods. A connection has one answer, and is
 * closed. Who is slow has a limit; when CONSOLE_SERVE_MAX are there, the one
 * that has been there for longest makes room.
 */
enum {
	CONSOLE_SERVE_MAX = 16,
	CONSOLE_SERVE_HEAD_MS = 5000,
	CONSOLE_SERVE_ANSWER_MS = 10000,
	CONSOLE_SERVE_LINGER_MS = 1000,
};

enum console_state {
	CONSOLE_HEAD,
	CONSOLE_ANSWER,
	CONSOLE_LINGER, /* lets the client read before the socket goes */
};

struct console_client {
	int fd; /* -1: this place is free */
	enum console_state state;
	uint64_t since_ms, deadline_ms;
	uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
	struct http_head head;
	struct buf out;
	size_t sent;
};

struct console_serve {
	struct console_view *view; /* borrowed */
	struct channel control;
	int listener; /* -1: no more is accepted */
	uint64_t paused_until_ms;
	struct console_client clients[CONSOLE_SERVE_MAX];
};

/* console_serve_init: both descriptors are taken over. */
void console_serve_init(struct console_serve *serve, struct console_view *view,
    int control, int listener);

/*
 * console_serve_run: until it is drained, or the supervisor is gone.
 *
 * Errors   CLOSED: so; MALFORMED, TRUNCATED, TOO_BIG: the supervisor broke the
 *          protocol; IO
 */
MUST_USE struct err console_serve_run(struct console_serve *serve);

#endif
