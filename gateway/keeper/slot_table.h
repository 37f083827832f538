#ifndef GATEHOUSE_SLOT_TABLE_H
#define GATEHOUSE_SLOT_TABLE_H

#include "gateway/keeper/slot_fill.h"

/*
 * slot_table: the slots that the keeper has met, by name. It has a cap: when
 * it is full, the slot whose last use is longest ago is forgotten, of those
 * that nobody waits for, follows or lists, and that nothing is done for. What
 * is forgotten stays in the spool, and is found there again.
 */
void slot_table_init(struct keeper *keeper);

/* slot_table_find: NULL: it was not met, or is forgotten. */
struct slot *slot_table_find(struct keeper *keeper, const char name[65]);

/*
 * slot_table_add: a slot that slot_table_find does not know, SLOT_AWAY.
 *
 * Errors   TOO_BIG: the table is full of slots that are in use; NO_MEMORY
 */
MUST_USE struct err slot_table_add(
    struct slot **out, struct keeper *keeper, const char name[65]);

/* What a slot's name is made of: its source and its form. */
struct slot_origin {
	uint32_t agreement;
	struct span key;		      /* below the origin's folder */
	const uint8_t *version, *plan_digest; /* 32 bytes of each */
};

/*
 * slot_table_know: its agreement, key and source are set, and this digest was
 * the plan's in its name: from now on slot_table_find_known finds it without
 * the key that names are made with. NULL: make the name, and look for that.
 */
void slot_table_know(struct slot *slot, const uint8_t plan_digest[32]);
struct slot *slot_table_find_known(
    struct keeper *keeper, const struct slot_origin *origin);

/* slot_table_state: it is in that state from now on. */
void slot_table_state(struct slot *slot, enum slot_state state);

/* slot_table_use: it is used now. */
void slot_table_use(struct slot *slot);

/* slot_table_disuse: nobody will use it again: it is the first to go. */
void slot_table_disuse(struct slot *slot);

/* slot_table_hold, slot_table_release: somebody has a pointer to it. */
void slot_table_hold(struct slot *slot);
void slot_table_release(struct slot *slot);

/* slot_table_forget_all: at the end. Nobody may use one any more. */
void slot_table_forget_all(struct keeper *keeper);

#endif
