#ifndef GATEHOUSE_PLAN_WITHIN_H
#define GATEHOUSE_PLAN_WITHIN_H

#include "policy/plan.h"

/*
 * plan_within: whether `newer` delivers, too, all that `older` does: each of
 * its columns, in the same form, and no row fewer. It may deliver more. A
 * doubt, as want of memory, is a no.
 */
bool plan_within(const struct plan *older, const struct plan *newer);

#endif
