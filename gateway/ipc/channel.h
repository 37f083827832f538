#ifndef GATEHOUSE_CHANNEL_H
#define GATEHOUSE_CHANNEL_H

#include <sys/queue.h>

#include "gateway/base/limits.h"
#include "gateway/ipc/frame.h"

/*
 * channel: one end of a seam between two roles. What the peer may say is a
 * table of {type, states, once, length, descriptors, handler}; anything else
 * is an error, after which the caller ends the peer. What we say is queued
 * under a cap when the peer is slow, so that no role waits for another.
 */
enum {
	CHANNEL_ANY_STATE = 0xff, /* of channel_rule.states */
};

struct channel;

struct channel_rule {
	uint16_t type;	/* 1 … 63 */
	uint8_t states; /* bit per value of channel.state */
	bool once;
	uint32_t max_len; /* bytes of the body */
	uint8_t num_fds;
	struct err (*handler)(
	    void *context, struct channel *channel, struct frame *frame);
};

struct channel_waiting {
	STAILQ_ENTRY(channel_waiting) next;
	struct frame frame; /* owns its body and its descriptors */
	uint8_t body[];
};

struct channel {
	int fd;		/* -1: no peer */
	uint8_t state;	/* 0 … 7 */
	uint64_t seen;	/* bit per type, for `once` */
	void *context;	/* given to the handlers */
	uint32_t index; /* the caller's: which of several peers */
	const struct channel_rule *rules;
	size_t num_rules;
	STAILQ_HEAD(, channel_waiting) queue;
	size_t num_queued;
	size_t queued_len; /* bytes of their bodies */
	bool held;	   /* channel_hold, channel_pack */
	bool packs;	   /* channel_pack */
	bool due;	   /* of what is queued, something is not patient */
};

/* channel_init: takes over `fd`, which may be -1. */
void channel_init(struct channel *channel, int fd,
    const struct channel_rule *rules, size_t num_rules, void *context);

/* channel_done: close it and drop what was queued. Accepts the zero state. */
void channel_done(struct channel *channel);

/* channel_events: POLLIN, and POLLOUT while something is queued. */
short channel_events(const struct channel *channel);

/*
 * channel_send: send, or queue.
 *
 * frame     its body is copied if need be; its descriptors are taken over in
 *           every case, also on failure
 * Errors    CLOSED: no peer; TOO_BIG: the queue is full; NO_MEMORY; IO
 */
MUST_USE struct err channel_send(struct channel *channel, struct frame *frame);

/* channel_send_body: the same for a message without descriptors. */
MUST_USE struct err channel_send_body(
    struct channel *channel, uint16_t type, uint64_t id, struct span body);

/*
 * channel_hold: from now on messages are queued until channel_flush, but for
 * CHANNEL_HELD of them, which go at once. Sent one behind the other they wake
 * a peer that sleeps once, not each time.
 */
void channel_hold(struct channel *channel);

/*
 * channel_pack: as channel_hold, and a flush sends several messages as one pack
 * (frame.h): for a peer that hears by channel_receive.
 */
void channel_pack(struct channel *channel);

/*
 * channel_send_patient: as channel_send_body, on a channel that is held: for
 * what may wait a little for another message to travel with. It goes with the
 * next flush; how long it waits for that is the caller's.
 */
MUST_USE struct err channel_send_patient(
    struct channel *channel, uint16_t type, uint64_t id, struct span body);

/* channel_is_due: something is queued, and not all of it is patient. */
bool channel_is_due(const struct channel *channel);

/* channel_hurry: what is queued is patient no longer. */
void channel_hurry(struct channel *channel);

/* channel_flush: what is queued, as far as it goes. Errors: CLOSED, IO. */
MUST_USE struct err channel_flush(struct channel *channel);

/*
 * channel_receive: one frame, or pack of them, through the table. Descriptors
 * that a handler does not take are closed. After an error, or when a handler
 * ends the peer, the rest of a pack is dropped.
 *
 * Errors   AGAIN: none is there; CLOSED; MALFORMED: not permitted now;
 *          or what the handler returns, which ends the peer too
 */
MUST_USE struct err channel_receive(struct channel *channel);

/* channel_drain: receive until AGAIN, at most `num` times. Errors: others. */
MUST_USE struct err channel_drain(struct channel *channel, size_t num);

#endif
