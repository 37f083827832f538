#ifndef GATEHOUSE_CANDIDATE_H
#define GATEHOUSE_CANDIDATE_H

#include "gateway/base/config.h"
#include "gateway/loader/policy_compile.h"

/*
 * candidate_compile: the policy that lies in state/policy/staged, compiled as
 * the one in force is. It cannot keep a gateway from starting: where it cannot
 * be used, a line in the log says so, and there is none.
 *
 * out   empty where there is none
 * how   but for its path
 */
void candidate_compile(
    struct buf *out, const struct config *config, const struct policy_job *how);

#endif
