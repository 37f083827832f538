#ifndef GATEHOUSE_KEEPERS_H
#define GATEHOUSE_KEEPERS_H

#include <poll.h>

#include "gateway/ipc/channel.h"
#include "gateway/ipc/hand.h"

/*
 * keepers: those whom a process serves that is one for all generations: the
 * auditor, the spool's opener, the codebook. The supervisor gives each of them
 * as an item of the control channel, and one day an heir (hand.h). From then on
 * no keeper is heard; when each has taken what was said to it, they are handed
 * over, and go on where they are.
 */
enum {
	KEEPERS_CONTROL = HAND_KEEPERS, /* its place behind those of keepers */
	KEEPERS_POLLS,
};

/*
 * How they are served. The context of the rules is that of keepers_init.
 *
 * packs    answers are sent in packs, with a flush (channel_pack)
 * in_turn  one that has answers to take is not heard before it took them
 * greet    what a new one hears first; NULL: nothing
 */
struct keepers_manner {
	const struct channel_rule *rules;
	size_t num_rules;
	bool packs, in_turn;
	struct err (*greet)(void *context, struct channel *keeper);
};

struct keepers {
	struct channel control;
	struct channel channels[HAND_KEEPERS]; /* fd -1: none in this place */
	int heir; /* who takes our place; -1: nobody yet */
	struct keepers_manner manner;
	void *context;
};

/* keepers_init: nobody is there yet. */
void keepers_init(
    struct keepers *out, const struct keepers_manner *manner, void *context);

/* keepers_listen: to the control channel, by which more of them come, and an
 * heir; taken over. */
void keepers_listen(struct keepers *keepers, int control);

/*
 * keepers_add: serve this one, too.
 *
 * socket   taken over, also on failure
 * Errors   TOO_BIG: HAND_KEEPERS are there; those of `greet`
 */
MUST_USE struct err keepers_add(struct keepers *keepers, int socket);

/* keepers_place: which of them it is, for as long as it is there. */
size_t keepers_place(
    const struct keepers *keepers, const struct channel *keeper);

/* keepers_part: with this one, which has left. Errors: CLOSED: it was the last
 * one. */
MUST_USE struct err keepers_part(
    struct keepers *keepers, struct channel *keeper);

/* --- The loop --- */

/* keepers_watch: what to wait for of a keeper, or of another channel that is
 * served in the same manner. keepers_watch_all: of all, and of control. */
struct pollfd keepers_watch(
    const struct keepers *keepers, const struct channel *channel);
void keepers_watch_all(
    const struct keepers *keepers, struct pollfd polls[KEEPERS_POLLS]);

/*
 * keepers_wait: until one of `polls` is ready, or a signal came.
 *
 * ms        at most; -1: for ever
 * out_idle  that time is over, and nobody was ready
 * Errors    IO
 */
MUST_USE struct err keepers_wait(
    struct pollfd *polls, size_t num, int ms, bool *out_idle);

/*
 * keepers_hear: send what it did not take yet, and take what it says: `most`
 * messages, or packs of them.
 *
 * Errors   CLOSED: it has left; those of channel_drain
 */
MUST_USE struct err keepers_hear(
    const struct keepers *keepers, struct channel *channel, size_t most);

/* keepers_hear_control: likewise, of the supervisor. Without it there will be
 * no other keeper, and that is all. */
MUST_USE struct err keepers_hear_control(struct keepers *keepers);

/* keepers_flush: what was said to them goes now. One that has left hears
 * nothing any more; that it left shows elsewhere. Errors: of channel_flush. */
MUST_USE struct err keepers_flush(struct keepers *keepers);

/* --- An heir --- */

/* keepers_are_quiet: none has an answer of ours to take: it would be lost. */
bool keepers_are_quiet(const struct keepers *keepers);

/*
 * keepers_offer: all of them, to the heir; they are still ours.
 *
 * numbers   what goes with each (hand.h)
 * Errors    those of hand_send
 */
MUST_USE struct err keepers_offer(
    const struct keepers *keepers, const uint64_t numbers[HAND_KEEPERS]);

/* keepers_refuse_heir: he is sent away, and nothing was given up. */
void keepers_refuse_heir(struct keepers *keepers);

/* keepers_give_up: that was all, and nothing of it is ours. Errors: always:
 * CLOSED, or those of hand_send. */
MUST_USE struct err keepers_give_up(const struct keepers *keepers);

/*
 * keepers_inherit: what an elder hands over, until he says that it was all.
 *
 * take     each message; descriptors that it leaves are closed
 * Errors   those of hand_receive and `take`
 */
MUST_USE struct err keepers_inherit(int elder,
    struct err (*take)(void *context, struct frame *frame), void *context);

/*
 * keepers_take: a keeper of the elder's, in the place that it had.
 *
 * out_number  what goes with it
 * Errors      MALFORMED, TRUNCATED: it is none
 */
MUST_USE struct err keepers_take(
    struct keepers *keepers, struct frame *frame, uint64_t *out_number);

#endif
