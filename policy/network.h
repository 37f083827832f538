#ifndef GATEHOUSE_NETWORK_H
#define GATEHOUSE_NETWORK_H

#include "policy/model.h"

/* network: addresses that begin alike, and how such sets lie to each other. */

/* network_within: every address of `a` is one of `b`. */
bool network_within(const struct network *a, const struct network *b);

/*
 * network_beside: some address of `net` is at none of the places, of those that
 * an address alone is enough for; `but` is not asked.
 */
bool network_beside(
    const struct network *net, const struct policy *policy, uint32_t but);

#endif
