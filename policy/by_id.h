#ifndef GATEHOUSE_BY_ID_H
#define GATEHOUSE_BY_ID_H

#include "crypto/memory/arena.h"
#include "policy/model.h"

/*
 * by_id: the agreement of a bucket, at a cost that does not grow with their
 * number.
 */

/*
 * by_id_build: policy->by_id, in `arena`.
 *
 * out_twice  an agreement whose id one before it has too, or NO_INDEX. Which of
 *            the two is found would be chance: such a policy is refused
 * Errors     NO_MEMORY, TOO_BIG
 */
MUST_USE struct err by_id_build(
    struct policy *policy, struct arena *arena, uint32_t *out_twice);

/*
 * by_id_fill: the same into slots of the caller's: a power of two, and more
 * than there are agreements. Returns *out_twice.
 */
uint32_t by_id_fill(
    struct policy *policy, struct id_slot *slots, uint32_t num_slots);

/* by_id_find: index of the agreement, or NO_INDEX. */
uint32_t by_id_find(const struct policy *policy, struct span id);

#endif
