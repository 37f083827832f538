#ifndef GATEHOUSE_ASKER_H
#define GATEHOUSE_ASKER_H

#include "gateway/ipc/ask.h"

/*
 * asker: the worker's end of the seam to the keeper (gateway/ipc/ask.h):
 * questions that are open.
 */
enum {
	ASKER_BUCKETS = 256, /* of the table of open calls */
};

/*
 * One question. It lies in the request that asks; the asker holds a pointer
 * from asker_ask until asker_finish. What comes is written here, and `wake`
 * is called, which may finish the call.
 */
struct asker_call {
	LIST_ENTRY(asker_call) next;
	uint64_t id; /* 0: not open */
	void (*wake)(void *context);
	void *context;

	bool answered;		  /* `answer` is there */
	bool complete;		  /* of a listing: all parts are there */
	bool lost;		  /* the keeper is away: grants are void */
	struct ask_answer answer; /* its spans point into `text` */
	struct buf text;
	int fd;		  /* the slot; owned; -1: none */
	struct buf items; /* of the parts, one after the other */
	uint32_t num_items;
	bool truncated;
	struct buf token;
	struct ask_progress progress; /* of a growing slot */
};

struct asker {
	struct channel channel;
	uint64_t last_id;
	LIST_HEAD(, asker_call) open[ASKER_BUCKETS];
};

/* asker_init: without a keeper. It ends with asker_lose. */
void asker_init(struct asker *asker);

/* asker_attach: take over the socket to a keeper; calls that are open at
 * another one are lost. */
void asker_attach(struct asker *asker, int fd);

/* asker_connected: there is a keeper to ask. */
bool asker_connected(const struct asker *asker);

/*
 * asker_ready: read and write what there is.
 *
 * Errors   the keeper is away, or says what it must not: asker_lose is next
 */
MUST_USE struct err asker_ready(struct asker *asker);

/* asker_flush: send what was said since, as far as the keeper reads. */
void asker_flush(struct asker *asker);

/* asker_can_wait: all that was said since are reports, which a question can
 * take along; asker_hurry: they wait no longer. */
bool asker_can_wait(const struct asker *asker);
void asker_hurry(struct asker *asker);

/* asker_lose: close the socket; every open call is lost, and woken. */
void asker_lose(struct asker *asker);

/* asker_call_init: a call that is not open. */
void asker_call_init(
    struct asker_call *call, void (*wake)(void *context), void *context);

/*
 * asker_ask: send the question.
 *
 * Errors   UNAVAILABLE: no keeper, or it does not read; TOO_BIG, NO_MEMORY
 */
MUST_USE struct err asker_ask(struct asker *asker, struct asker_call *call,
    const struct ask_request *question);

/*
 * asker_finish: the call ends. If it was granted, `done` is reported; if it
 * was not answered yet, it is cancelled. Frees what the call owns, wipes its
 * key. Accepts a call that never was open.
 */
void asker_finish(
    struct asker *asker, struct asker_call *call, const struct ask_done *done);

/*
 * asker_refusals: what was refused without asking.
 *
 * Errors   UNAVAILABLE: no keeper, or it does not read; NO_MEMORY
 */
MUST_USE struct err asker_refusals(
    struct asker *asker, const struct tally *refusals);

#endif
