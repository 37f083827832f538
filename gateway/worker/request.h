#ifndef GATEHOUSE_REQUEST_H
#define GATEHOUSE_REQUEST_H

#include "gateway/http/http_head.h"
#include "gateway/worker/asker.h"
#include "gateway/worker/reply.h"
#include "gateway/worker/request_log.h"

/*
 * request: what happens between a request's head and the end of its answer,
 * as a table of steps: head, identity, route, ask, serve, complete.
 */

/* What all requests of a worker use. */
struct request_service {
	struct asker *asker;
	struct span region;
	struct s3_hosts hosts;
	uint8_t *scratch; /* REPLY_SCRATCH bytes */
	int64_t now_ms;	  /* monotonic */
	int64_t now_s;	  /* the wall clock, for Date only */
	bool draining;	  /* no request begins any more */
	bool sealed;	  /* the keeper has no root: it serves nobody */
	struct request_log *log;
	struct tally *refused; /* without asking the keeper, who counts them */
};

/* Where it came from. All borrowed, and outlive the request. */
struct request_source {
	const struct http_head *head; /* complete, or refused */
	struct tls_conn *tls;
	const struct tls_conn_peer *peer; /* NULL: no certificate */
	uint8_t address[16];
	uint16_t port;
	void (*wake)(void *context); /* something came: run it */
	void *context;
};

struct request;

/* request_new: Errors: NO_MEMORY. `service` outlives it. */
MUST_USE struct err request_new(struct request **out,
    const struct request_service *service, const struct request_source *source);

/* request_free: a request that was not run to its end is completed as one
 * whose client left. Accepts NULL. */
void request_free(struct request *request);

/*
 * request_run: go on, as far as it goes.
 *
 * Errors   AGAIN: wait for the socket, for `wake`, or for the next turn
 *          others: cut the connection now, without close_notify
 */
MUST_USE struct err request_run(struct request *request);

/* request_cut: it is ended by us, because the client is too slow. Free it
 * next. */
void request_cut(struct request *request);

/* request_wants_turn: AGAIN, but nothing is waited for. */
bool request_wants_turn(const struct request *request);

/* request_was_granted: by the keeper; whoever asks so has proved who it is. */
bool request_was_granted(const struct request *request);

/* request_keeps_alive: it was answered, and another may follow. */
bool request_keeps_alive(const struct request *request);

#endif
