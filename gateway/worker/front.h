#ifndef GATEHOUSE_FRONT_H
#define GATEHOUSE_FRONT_H

#include <sys/queue.h>

#include "gateway/base/loop.h"
#include "gateway/worker/crowd.h"
#include "gateway/worker/request.h"
#include "gateway/worker/signer.h"

/*
 * front: the worker's listeners and all of its connections. When there are
 * too many, the one that has waited longest for its next request goes, so
 * that clients who do nothing cannot keep out one who does.
 */
struct connection;

enum {
	FRONT_MAX_TIMERS = 2,
};

struct front {
	struct loop *loop;
	struct tls_server *tls; /* borrowed */
	struct asker asker;
	struct tls_signer signer;
	void (*drained)(void); /* of front_options */
	struct request_service service;
	struct request_log log;
	struct tally refused; /* since the keeper was told */
	uint8_t scratch[REPLY_SCRATCH];

	int listeners[WORKER_MAX_LISTENERS]; /* owned */
	size_t num_listeners;
	bool paused; /* nothing is accepted, for so many ticks: */
	unsigned pause_left, pause_next; /* now, and the next time */
	struct loop_timer tick;
	unsigned num_slices, slices_left; /* in a second, and until its end */
	size_t share_left; /* of the slice: connections to be looked at */
	struct loop_timer patience; /* when reports go without a question */
	unsigned asker_events, signer_events; /* that the loop watches for */

	/* Who was looked at longest ago first. */
	TAILQ_HEAD(connections, connection) connections;
	size_t num_connections, max_connections;
	struct connections starved; /* handshakes that wait for a stack */
	size_t num_starved;
	struct crowd crowd;
};

/* All borrowed, for the front's life. */
struct front_options {
	struct loop *loop; /* with room for FRONT_MAX_TIMERS */
	struct span region;
	struct s3_hosts hosts;
	size_t max_connections; /* WORKER_MAX_CONNECTIONS caps it */
	bool log_requests;	/* a line for each */
	bool sealed;		/* see request_service */
	/* Told, after front_drain, when nothing is left to do; NULL: nobody. */
	void (*drained)(void);
};

/*
 * front_init: with nothing to listen on and no keeper. front->tls is set by
 * the caller before front_listen; it signs with signer_sign(&front->signer).
 *
 * Errors   TOO_BIG: no timer is free
 */
MUST_USE struct err front_init(
    struct front *front, const struct front_options *options);
void front_done(struct front *front);

/* front_listen: take over a listening, non-blocking socket. Errors: TOO_BIG;
 * as loop_add: it was closed then. */
MUST_USE struct err front_listen(struct front *front, int fd);

/* front_attach: take over the sockets to a keeper. Errors: as loop_add. */
MUST_USE struct err front_attach(struct front *front, int ask_fd, int sign_fd);

/* front_drain: accept nothing more, begin no request; what was begun goes on.
 */
void front_drain(struct front *front);

/* front_gave_back: a descriptor is closed, so that there is one to be had. */
void front_gave_back(struct front *front);

/* front_touch: read the clocks; at the begin of each event. */
void front_touch(struct front *front);

#endif
