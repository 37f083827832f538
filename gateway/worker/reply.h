#ifndef GATEHOUSE_REPLY_H
#define GATEHOUSE_REPLY_H

#include "gateway/http/http_response.h"
#include "gateway/http/tls_conn.h"
#include "gateway/s3/s3_xml.h"
#include "gateway/worker/slot.h"

/*
 * reply: one answer on its way to the client: a head, and a body out of
 * memory or out of a slot. It is composed once and then sent as the socket
 * takes it.
 */
enum {
	REPLY_FRAME = 16, /* room for the size line of a chunk */
	/* What sending needs besides, once per worker. */
	REPLY_SCRATCH = REPLY_FRAME + AGE_CHUNK + AGE_TAG + 2,
	/* What the connection must have left for a piece to fit, sealed. */
	REPLY_ROOM = REPLY_SCRATCH + REPLY_SCRATCH / 32,
	REPLY_MAX_HEADERS = 20,
	REPLY_BUDGET = 8, /* pieces per turn, so that all get theirs */
};

struct reply {
	bool composed;
	bool started;	/* bytes of it may be with the client */
	bool no_body;	/* of HEAD: the head as of GET, and that is all */
	bool close;	/* no other request follows */
	struct buf out; /* head, and the body when it is not a slot */
	size_t out_sent;

	struct slot *slot; /* NULL: the body is in `out` */
	bool chunked;
	uint64_t first, end; /* of the slot's bytes; end UINT64_MAX: all */
	uint64_t body_sent;  /* bytes of body, handed to the socket */
	size_t memory_len;   /* of the body in `out` */
	bool ended;	     /* everything was handed over */

	unsigned status;      /* of its head */
	uint64_t sent_before; /* by the connection, when it was started */
	uint64_t first_us;    /* monotonic: its first byte went; 0: not yet */
};

/* The head of an answer. */
struct reply_frame {
	unsigned status;
	int64_t now_s;
	struct span request_id;
	const struct pair *headers;
	size_t num_headers;
};

/* reply_init, reply_done: done accepts the zero state. */
void reply_init(struct reply *reply);
void reply_done(struct reply *reply);

/*
 * reply_memory: compose an answer with a body of ours, which may be empty.
 *
 * Errors   as http_response_head; the reply is then as before
 */
MUST_USE struct err reply_memory(
    struct reply *reply, const struct reply_frame *frame, struct span body);

/*
 * reply_slot: compose an answer with bytes [first, end) of a slot, or all of
 * a growing one in chunks when `end` is UINT64_MAX.
 *
 * slot     borrowed until reply_done
 * Errors   as reply_memory
 */
MUST_USE struct err reply_slot(struct reply *reply,
    const struct reply_frame *frame, struct slot *slot, uint64_t first,
    uint64_t end);

/*
 * reply_send: send as much as there is, the socket takes, and one turn may.
 *
 * scratch   REPLY_SCRATCH bytes, of no meaning between calls
 * out_turn  true: there is more to do, though nothing is waited for
 * Errors    AGAIN: for the socket, or for the slot to grow, or for the next
 *           turn; others: of slot_read or the socket: the client has to see
 *           a cut
 */
MUST_USE struct err reply_send(struct reply *reply, struct tls_conn *tls,
    uint8_t *scratch, bool *out_turn);

#endif
