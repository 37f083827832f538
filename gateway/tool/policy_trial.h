#ifndef GATEHOUSE_POLICY_TRIAL_H
#define GATEHOUSE_POLICY_TRIAL_H

#include "crypto/memory/arena.h"
#include "crypto/memory/buf.h"
#include "policy/model.h"

/*
 * policy_trial: one of the tests that travel with a policy, put to the
 * decision and to the transforms that mills use. Codes are made with keys that
 * are thrown away: a test can say that there is one, not which.
 */
enum trial_result {
	TRIAL_PASSED,
	TRIAL_FAILED,
	TRIAL_NOT_RUN, /* the agreement waits for another build */
	NUM_TRIAL_RESULTS
};

/*
 * policy_trial_run
 *
 * out_why  appended: what came instead, or what it waits for; nothing if passed
 * Errors   NO_MEMORY, TOO_BIG, IO, CRYPTO: nothing was found out
 */
MUST_USE struct err policy_trial_run(enum trial_result *out,
    struct buf *out_why, const struct policy *policy,
    const struct policy_test *test);

#endif
