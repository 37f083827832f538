#ifndef GATEHOUSE_CONNECTION_H
#define GATEHOUSE_CONNECTION_H

#include "gateway/worker/front.h"

/*
 * connection: one client. Handshake, then heads and requests in turn, then
 * the end. Only connection.c and front.c look inside.
 */
enum connection_state {
	CONNECTION_HANDSHAKE,
	CONNECTION_HEAD,    /* waits for a head, or its rest */
	CONNECTION_REQUEST, /* answers it; the next one waits in the socket */
	CONNECTION_CLOSING, /* sends close_notify */
	CONNECTION_LINGER,  /* lets the client read before the socket goes */
};

struct connection {
	TAILQ_ENTRY(connection) next, next_starved;
	struct front *front;
	struct crowd_guest guest;
	enum connection_state state;
	int fd;
	uint8_t address[16];
	uint16_t port;
	struct tls_conn *tls;
	struct tls_conn_peer *peer; /* NULL: no certificate */
	struct http_head head;
	struct buf rest; /* bytes that came behind the head */
	struct request *request;
	unsigned events; /* that the loop watches for */
	bool hears_more; /* there is something to read, and no time for it */
	int64_t rate_since_ms; /* REQUEST: the window of the send rate */
	uint64_t rate_from;
	size_t lingered;
	struct signer_wait signature; /* of its handshake */
	bool starved;		      /* it is among front->starved */
	bool running;		      /* inside connection_run */
	bool has_served; /* a request; its client may expect that we close */
	bool is_trusted; /* a request of it was granted */
};

struct connection_source {
	int fd; /* taken over, also on failure */
	uint8_t address[16];
	uint16_t port;
};

/* connection_new: Errors: NO_MEMORY; as loop_add. */
MUST_USE struct err connection_new(
    struct front *front, const struct connection_source *source);

/* connection_free: at once, without close_notify: a client that still waits
 * for something sees a cut. */
void connection_free(struct connection *connection);

/* connection_oust: the same, to make room; `why` is one of METRIC_CROWD_…. */
void connection_oust(struct connection *connection, unsigned why);

/* connection_tick: about every second: what lasts too long ends. May free
 * the connection. */
void connection_tick(struct connection *connection);

/* connection_drain: no other request is served on it. One that waits between
 * two is closed; one that has begun something, were it by connecting, is
 * answered first. May free the connection. */
void connection_drain(struct connection *connection);

/* connection_feed: handshakes that wait for a stack go on, the oldest first,
 * while there is one. May free connections. */
void connection_feed(struct front *front);

#endif
