#ifndef GATEHOUSE_LINKED_H
#define GATEHOUSE_LINKED_H

#include "policy/model.h"

/*
 * linked: agreements that have their codes in common, because they have
 * purpose, dataset and recipient in common, or by `linkable-with`, from one to
 * the next. All of them take their codes as one of them does: the one whose
 * purpose, dataset and recipient stand first, in this order, by bytes.
 *
 * So it does not matter where an agreement stands in a file, what its id is, or
 * who was linked by whom. One that is linked later leaves the codes of the
 * others as they are, unless its own three stand before theirs. There is no
 * rule that never changes a code: when two are linked that were apart, one of
 * them takes the other's.
 */

/* linked_set: `codes_of` of all agreements. */
void linked_set(struct policy *policy);

/* linked_alike: purpose, dataset and recipient are the same. */
bool linked_alike(const struct agreement *a, const struct agreement *b);

/*
 * linked_share: both deliver codes that would be the same, were their keys: of
 * one form and one kind, or dates that move, of subjects of one kind.
 */
bool linked_share(const struct policy *policy, const struct agreement *a,
    const struct agreement *b);

#endif
