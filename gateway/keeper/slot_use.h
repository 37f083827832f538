#ifndef GATEHOUSE_SLOT_USE_H
#define GATEHOUSE_SLOT_USE_H

#include "gateway/keeper/slot_fill.h"

/*
 * slot_use: a slot as those see it who want something of it: the one of a
 * source, from the first ask until the last reader has left.
 */

/* What somebody wants of a slot. */
enum slot_want {
	SLOT_LOOK,    /* what is so: nothing is filled for it */
	SLOT_LENGTHS, /* a listing: its size and ETag will do */
	SLOT_PAYLOAD,
};

struct slot_source {
	uint32_t agreement;
	struct span key; /* below the origin's folder */
	const struct open_file *file;
	enum slot_want want;
};

/*
 * slot_use_get: the slot for a source of an agreement, looked up or begun.
 *
 * out      SLOT_AWAY: there is no spool to be asked. Of SLOT_LOOK: with a
 *          failure of NOT_FOUND nothing of it lies there that can be served
 * Errors   NO_MEMORY, TOO_BIG: too many slots, or no plan can be made
 */
MUST_USE struct err slot_use_get(
    struct slot **out, struct keeper *keeper, const struct slot_source *source);

/* slot_use_wait, slot_use_leave: an ask hears of every change in between. */
void slot_use_wait(struct slot *slot, struct ask *ask);
void slot_use_leave(struct ask *ask);

/* Somebody who is no ask hears of the slot's next changes of state. */
struct slot_watch {
	TAILQ_ENTRY(slot_watch) next; /* of the slot */
	struct slot *slot;	      /* held; NULL: of none */
	/* Called in the middle of the change: it may unwatch, but has to leave
	   what it does about it to a timer. */
	void (*changed)(struct slot_watch *watch);
};

/* slot_use_watch, slot_use_unwatch: accepts one that watches none. */
void slot_use_watch(struct slot *slot, struct slot_watch *watch);
void slot_use_unwatch(struct slot_watch *watch);

/* slot_use_evicted: OPEN_EVICTED: it is gone from the spool. Who reads it now
 * reads on. Errors: not a slot's name. */
MUST_USE struct err slot_use_evicted(struct keeper *keeper, struct span body);

/* slot_use_dropped: the same of a slot that is READY. */
void slot_use_dropped(struct slot *slot);

#endif
