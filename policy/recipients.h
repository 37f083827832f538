#ifndef GATEHOUSE_RECIPIENTS_H
#define GATEHOUSE_RECIPIENTS_H

#include "policy/model.h"

/* recipients_within: whether all who can decrypt what `older` delivers can
 * decrypt what `newer` does: it is encrypted alike, and none of them has left.
 */
bool recipients_within(
    const struct agreement *older, const struct agreement *newer);

#endif
