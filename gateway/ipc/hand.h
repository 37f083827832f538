#ifndef GATEHOUSE_HAND_H
#define GATEHOUSE_HAND_H

#include "gateway/ipc/frame.h"

/*
 * hand: the seam between a process that an upgrade ends, the elder, and the
 * same role of other programs, its heir: of the auditor, of the spool's opener,
 * and of the codebook. The heir has read what it can without the elder; the
 * elder finishes what it has begun, gives the folder up, hands its keepers over
 * and ends. What keepers send meanwhile lies in their sockets: it is neither
 * lost nor answered twice, and they notice nothing.
 *
 *   elder  HAND_KEEPER  id: its place; u64 open intents (auditor), or the last
 *                       sequence number (codebook); 1 fd
 *   elder  HAND_SLOTS   n × (32 bytes name, u64 bytes), the oldest use first
 *   elder  HAND_FILL    struct hand_fill; 1 fd
 *   elder  HAND_DRAW    struct hand_draw; 1 fd
 *   elder  HAND_OVER    that was all, and nothing of it is mine any more
 *   elder  HAND_KEPT    not now: a keeper takes no answers; I go on
 *
 * Old programs speak it with new ones: HAND_VERSION counts its changes, and
 * those of the seams that it hands over (audit.h, open.h, book.h, draw.h).
 */
enum hand_type {
	HAND_KEEPER = 1,
	HAND_SLOTS,
	HAND_FILL,
	HAND_OVER,
	HAND_KEPT,
	HAND_DRAW,
};

enum {
	HAND_VERSION = 3,
	HAND_KEEPERS = 8,     /* of one auditor, one spool's opener, a count */
	HAND_QUIET_MS = 2000, /* keepers take what was said to them as long */
	HAND_SEND_MS = 5000,  /* one message to an heir */
	HAND_WAIT_MS = 20000, /* an heir waits for the elder's next word */
	HAND_SLOT_NAME = 32,
	HAND_SLOTS_MAX = 1000, /* in one message */
};

struct hand_fill {
	uint8_t generation[16];
	uint64_t expected;
	bool sealed;
	uint8_t hash[32];
	uint64_t size;
	uint32_t keeper; /* its place */
};

/* A fill that gets codes (gateway/codebook/book_fill.h). */
struct hand_draw {
	uint32_t keeper; /* its place */
	uint64_t id, budget, unmade, answered;
};

struct hand_slot {
	uint8_t name[HAND_SLOT_NAME];
	uint64_t len; /* bytes */
};

/*
 * hand_send: waits for room, for HAND_SEND_MS. The descriptors stay the
 * caller's.
 *
 * Errors   CLOSED: the heir is away; AGAIN: it does not listen; IO
 */
MUST_USE struct err hand_send(int heir, const struct frame *frame);
MUST_USE struct err hand_send_keeper(
    int heir, uint32_t place, uint64_t num_open, int fd);
MUST_USE struct err hand_send_fill(
    int heir, const struct hand_fill *fill, int fd);

MUST_USE struct err hand_send_draw(
    int heir, const struct hand_draw *draw, int fd);

/*
 * hand_receive: the elder's next word, for which it waits HAND_WAIT_MS at most.
 *
 * buffer   as frame_recv
 * Errors   CLOSED: it is away; AGAIN: it says nothing, or HAND_KEPT; those
 *          of frame_recv
 */
MUST_USE struct err hand_receive(
    int elder, uint8_t buffer[FRAME_MAX], struct frame *out);

/*
 * What a body says. Take: errors TRUNCATED, MALFORMED. Put: TOO_BIG,
 * NO_MEMORY.
 */
MUST_USE struct err hand_take_keeper(struct span body, uint64_t *out_open);
MUST_USE struct err hand_put_fill(
    struct buf *out, const struct hand_fill *fill);
MUST_USE struct err hand_take_fill(struct hand_fill *out, struct span body);
MUST_USE struct err hand_put_draw(
    struct buf *out, const struct hand_draw *draw);
MUST_USE struct err hand_take_draw(struct hand_draw *out, struct span body);
MUST_USE struct err hand_put_slot(
    struct buf *out, const struct hand_slot *slot);
MUST_USE struct err hand_take_slot(struct span *in, struct hand_slot *out);

#endif
