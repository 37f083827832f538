#ifndef GATEHOUSE_POLICY_COMPILE_H
#define GATEHOUSE_POLICY_COMPILE_H

#include "crypto/memory/buf.h"
#include "gateway/base/spawn.h"

/* policy_compile: YAML becomes an image, in a jailed one-shot program. */
struct policy_job {
	const char *path; /* of a file, or of a folder of *.yaml */
	const struct spawn *spawn;
	bool allow_degraded;
};

/*
 * policy_compile: returns 0, or the exit status after it was said why: 3 when
 * the policy has errors.
 */
MUST_USE int policy_compile(struct buf *image, const struct policy_job *job);

#endif
