#ifndef GATEHOUSE_SLOT_LOOK_H
#define GATEHOUSE_SLOT_LOOK_H

#include "gateway/keeper/slot_fill.h"

/*
 * slot_look: is a slot in the spool already? A listing asks this of thousands
 * at once; the spool's opener is asked of so few at a time that neither its
 * queue nor ours is ever full.
 */

/* slot_look_begin: ask, or wait for one's turn. The answer, or the failure,
 * comes to slot_fill.c. */
void slot_look_begin(struct slot *slot);

/* slot_look_over: it is answered, or given up: the next one's turn. Nothing,
 * if it was not being looked for. */
void slot_look_over(struct slot *slot);

#endif
