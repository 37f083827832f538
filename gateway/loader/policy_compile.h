#ifndef GATEHOUSE_POLICY_COMPILE_H
#define GATEHOUSE_POLICY_COMPILE_H

#include "crypto/memory/buf.h"
#include "gateway/base/spawn.h"

/* policy_compile: YAML becomes an image, in a jailed one-shot program. */
struct policy_job {
	const char *path; /* of a file, or of a folder of *.yaml */
	uint64_t version; /* that it is; 0: none */
	/* From version 2 on: what was before it, and who signed the change. */
	const char *before, *signatures;
	const struct spawn *spawn;
	bool allow_degraded;
};

/*
 * policy_compile
 *
 * image       appended
 * out_about   appended: of a version, what policyc says of it
 *             (gateway/ipc/policy_version.h)
 * Returns     0, or the exit status after it was said why: 3 when the policy
 *             has errors, 7 when those have not signed it who have to
 */
MUST_USE int policy_compile(
    struct buf *image, struct buf *out_about, const struct policy_job *job);

#endif
