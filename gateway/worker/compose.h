#ifndef GATEHOUSE_COMPOSE_H
#define GATEHOUSE_COMPOSE_H

#include "gateway/http/http_trace.h"
#include "gateway/worker/request.h"

/*
 * compose: what is said to a client, out of what the keeper said. Here lies
 * the inside of struct request, for request.c, compose.c and request_log.c
 * alone.
 */
struct request {
	const struct request_service *service;
	struct request_source source;
	size_t step;
	bool wants_turn;
	int64_t waits_since_ms;
	uint64_t waited_for; /* changes with every progress */

	char request_id[17]; /* x-amz-request-id; the keeper's once it spoke */
	uint64_t begun_us;   /* monotonic */
	bool has_trace;	     /* trace_id is what the client claims */
	uint8_t trace_id[HTTP_TRACE_ID];
	const char *health; /* of a health check: which */
	bool routed;	    /* `route` is there */
	struct arena arena;
	struct buf canonical;
	struct span authorization;
	struct s3_route route;
	struct asker_call call;
	struct slot slot;
	struct reply reply;

	enum s3_error error;	 /* what it was refused with */
	struct span asked_range; /* of a 416, and the object's size */
	uint64_t object_size;
	uint64_t counted; /* of reply.body_sent, in request_count.c */
	bool asked, failed, cut, completed;
	bool no_data; /* 304, 400, 404, 412, 416: nothing of it was told */
};

/* compose_refusal: the S3 code for a keeper's refusal. */
enum s3_error compose_refusal(enum ask_refusal refusal);

/*
 * compose_health, compose_error: make r->reply.
 * compose_granted: the same out of a grant.
 *
 * Errors   AGAIN: a growing slot has nothing yet
 *          DENIED: r->error says what to answer instead
 *          MALFORMED, TOO_BIG, NO_MEMORY
 */
MUST_USE struct err compose_health(struct request *r, bool healthy);
MUST_USE struct err compose_error(struct request *r);
MUST_USE struct err compose_granted(struct request *r);

#endif
