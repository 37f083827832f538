#ifndef GATEHOUSE_CONTROL_H
#define GATEHOUSE_CONTROL_H

#include "gateway/ipc/channel.h"

/*
 * control: the seam between the supervisor and each role. A role finds its
 * end at descriptor CONTROL_FD. It is given what it needs as named items (a
 * value, or a descriptor, or both), before and after CONTROL_GO; a new channel
 * to a peer that was started again comes the same way.
 *
 *   supervisor  CONTROL_ITEM   field name, u32 index, field value; 0 or 1 fd
 *   supervisor  CONTROL_GO     that was all that you need to begin
 *   supervisor  CONTROL_DRAIN  begin nothing more; end with what you have begun
 *                              (worker, console; then keeper)
 *   supervisor  CONTROL_RECHECK  hold what you have granted against the policy
 *                              that serves by now, which came as items
 *                              "image", "s3", "destroyed" and "proven"
 *                              (keeper that drains)
 *   supervisor  CONTROL_SERVE  accept clients from now on (worker)
 *   role        CONTROL_READY  field: what holds it in, as text for the log
 *   role        CONTROL_HEIR   it waits for what its elder hands over, and for
 *                              nothing else (hand.h)
 *   keeper      CONTROL_RELOAD somebody has typed `gatehouse reload`
 *   keeper      CONTROL_UPGRADE  or `gatehouse upgrade`; id: how many of both
 *                              there were by now
 *   keeper      CONTROL_ROOT   1 fd: somebody has opened the root, which the
 *                              next generation begins with (a secret_fd)
 *   supervisor  CONTROL_RELOADED  u8 status, text why: what became of those up
 *                              to this id
 *   supervisor  CONTROL_ADMIT  all of its generation is ready: the record of
 *                              its policy is due (keeper)
 *   keeper      CONTROL_ADMITTED  the ledger has it; or, with a reason as text,
 *                              does not take it: it may not serve
 *   supervisor  CONTROL_REFUSED  text why: another policy was refused, which
 *                              the ledger is to show (keeper)
 *   console     CONTROL_SCRAPED  16 bytes: from that address somebody reads
 *                              what is counted; passed on to the keeper, once
 *                              an hour of each
 *   verifier    CONTROL_VERIFIED  u64: so many records are as they were signed
 *   keeper      CONTROL_LOST   a channel of this value is no more: the peer has
 *                              left, or broke the protocol
 */
enum control_type {
	CONTROL_ITEM = 1,
	CONTROL_GO,
	CONTROL_DRAIN,
	CONTROL_READY,
	CONTROL_RELOAD = 6, /* 5 was said before */
	CONTROL_RELOADED,
	CONTROL_SCRAPED,
	CONTROL_LOST,
	CONTROL_SERVE,
	CONTROL_HEIR,
	CONTROL_UPGRADE,
	CONTROL_RECHECK,
	CONTROL_ADMIT,
	CONTROL_ADMITTED,
	CONTROL_REFUSED,
	CONTROL_ROOT,
	CONTROL_VERIFIED,
};

enum {
	CONTROL_FD = 3,
	CONTROL_MAX_NAME = 32,
	CONTROL_MAX_VALUE = 40 * 1024,
	CONTROL_MAX_ITEMS = 1024,
	CONTROL_GO_MS = 20000, /* a role waits so long for CONTROL_GO */
};

struct control_item {
	char name[CONTROL_MAX_NAME + 1];
	uint32_t index;	  /* which of several with this name */
	struct buf value; /* owned */
	int fd;		  /* owned; -1: none */
};

struct control_items {
	struct control_item *items;
	size_t num_items;
};

/*
 * Supervisor. Blocking sends. Errors: CLOSED, TOO_BIG, NO_MEMORY, IO, AGAIN.
 *
 * control_put_item: the body of an item. control_send: any frame.
 */
MUST_USE struct err control_put_item(
    struct buf *out, const char *name, uint32_t index, struct span value);
MUST_USE struct err control_send(int socket, const struct frame *frame);
MUST_USE struct err control_send_item(
    int socket, const char *name, uint32_t index, struct span value, int fd);
MUST_USE struct err control_send_go(int socket);
MUST_USE struct err control_send_drain(int socket);
MUST_USE struct err control_send_serve(int socket);

/*
 * Which of the processes that had this place one after the other: the value of
 * each channel that the keeper is given, which names it in CONTROL_LOST. What
 * is said of one that has ended is not of its successor.
 *
 * Put: TOO_BIG, NO_MEMORY. Take: MALFORMED, TRUNCATED.
 */
enum {
	CONTROL_LIFE_LEN = 13 /* as it is put */
};
struct control_life {
	uint8_t role; /* enum spawn_role */
	uint32_t index;
	uint64_t life; /* from 1 on */
};
MUST_USE struct err control_put_life(
    struct buf *out, const struct control_life *life);
MUST_USE struct err control_take_life(
    struct control_life *out, struct span body);

/*
 * control_receive: collect items until CONTROL_GO.
 *
 * out      end with control_items_done, which wipes
 * Errors   CLOSED, MALFORMED, TOO_BIG, NO_MEMORY, IO; UNAVAILABLE: time-out
 */
MUST_USE struct err control_receive(struct control_items *out, int socket);
void control_items_done(struct control_items *items);

/* control_take_item: read one item's frame. Errors: MALFORMED, NO_MEMORY. */
MUST_USE struct err control_take_item(
    struct control_item *out, struct frame *frame);
void control_item_done(struct control_item *item);

/*
 * control_take_channel: the descriptor of an item that is a channel, given
 * later.
 *
 * names      those it may be of; NULL ends them
 * out_which  which of them it is
 * out_fd     the caller's
 * Errors     MALFORMED: another item, or without descriptor; NO_MEMORY
 */
MUST_USE struct err control_take_channel(int *out_fd, size_t *out_which,
    struct frame *frame, const char *const *names);

/* control_find: the item of that name and index, or NULL. */
struct control_item *control_find(
    const struct control_items *items, const char *name, uint32_t index);

/*
 * control_fd: its descriptor, the caller's from now on.
 * control_value: its value. control_number: its value as a decimal number.
 *
 * Errors   NOT_FOUND: there is no such item, or it has none
 */
MUST_USE struct err control_fd(const struct control_items *items,
    const char *name, uint32_t index, int *out_fd);
MUST_USE struct err control_value(const struct control_items *items,
    const char *name, uint32_t index, struct span *out);
MUST_USE struct err control_number(const struct control_items *items,
    const char *name, uint32_t index, uint64_t *out, uint64_t max);

/*
 * control_read_file: all of a file from its beginning, wherever its offset
 * is; the peers of a descriptor share that. Up to out->max bytes.
 *
 * Errors   TOO_BIG, NO_MEMORY, IO
 */
MUST_USE struct err control_read_file(struct buf *out, int fd);

/*
 * control_file: what the file of an item's descriptor holds; a secret never
 * passes through the supervisor. `out` is the caller's to wipe.
 *
 * Errors   NOT_FOUND: no such item, or without descriptor; as above
 */
MUST_USE struct err control_file(const struct control_items *items,
    const char *name, uint32_t index, struct buf *out);

/* Role. Errors: as channel_send. */
MUST_USE struct err control_send_ready(int socket, const char *report);

/* Role. Errors: as channel_send. */
MUST_USE struct err control_send_heir(int socket);

/*
 * control_not_started: the one line of a role that cannot start. Nothing when
 * the reason is that a peer went away: then that peer says why.
 *
 * reading  what it was at, e.g. "ledger.key"; a literal
 */
void control_not_started(const char *reading, struct err why);

#endif
