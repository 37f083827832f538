#ifndef GATEHOUSE_MILLS_H
#define GATEHOUSE_MILLS_H

#include "gateway/keeper/keeper.h"

/*
 * mills: which mill takes a fill. Each is bound to the plan of its first one;
 * an idle one that is bound to another plan is let go when it is needed, and
 * the supervisor starts a fresh one in its place.
 */

/*
 * mills_find: an idle one of this plan, or a fresh one.
 *
 * digest   of the plan; NULL: it has to be fresh
 * Returns  NULL: none now; slot_fill_dispatch is called when one comes
 */
struct seam *mills_find(struct keeper *keeper, const uint8_t *digest);

/*
 * mills_bind: it has the plan from now on, before its first order.
 *
 * Errors   NO_MEMORY, TOO_BIG, CLOSED: it does not take it, and is let go
 */
MUST_USE struct err mills_bind(struct seam *mill, const struct compiled *plan);

#endif
