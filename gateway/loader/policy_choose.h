#ifndef GATEHOUSE_POLICY_CHOOSE_H
#define GATEHOUSE_POLICY_CHOOSE_H

#include "gateway/base/config.h"
#include "gateway/loader/material.h"

/*
 * policy_choose: which policy is to serve, compiled: where there is no version
 * of it, what `policy: PATH` holds; else the highest in state/policy, if those
 * have signed it who have to, and PATH is no more than the text that its
 * officers work on. Version 1 is nobody's change.
 *
 * out      image, policy, about, edited
 * Returns  0, or the exit status after saying why; see policy_compile
 */
MUST_USE int policy_choose(struct material *out, const struct config *config,
    const struct material_with *with);

/*
 * policy_choose_first: when all else is well: the first version of a policy
 * that has signers and none yet. One that would not start is not kept: only its
 * signers could change it again.
 *
 * Returns  as above
 */
MUST_USE int policy_choose_first(struct material *out,
    const struct config *config, const struct material_with *with);

#endif
