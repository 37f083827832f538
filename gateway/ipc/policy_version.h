#ifndef GATEHOUSE_POLICY_VERSION_H
#define GATEHOUSE_POLICY_VERSION_H

#include "crypto/memory/buf.h"

/*
 * policy_version: what policyc has found out about the version that it has
 * compiled, for the record that puts it in force. The loader passes it on and
 * does not look into it.
 */
enum {
	POLICY_VERSION_SIGNERS = 64,
	POLICY_VERSION_MAX = 16 * 1024 /* bytes, as it is put */
};

struct policy_version {
	uint64_t version;  /* from 1 on */
	uint8_t files[32]; /* digest of them: policy/statement.h */
	bool is_first;	   /* nobody's change: what follows is empty */
	uint8_t before[32];
	uint64_t wider, narrower;
	struct span signers[POLICY_VERSION_SIGNERS]; /* who signed it */
	uint32_t num_signers;
};

/* Put: errors TOO_BIG, NO_MEMORY. Take: MALFORMED, TRUNCATED, TOO_BIG; the
 * spans are borrowed from `body`. */
MUST_USE struct err policy_version_put(
    struct buf *out, const struct policy_version *version);
MUST_USE struct err policy_version_take(
    struct policy_version *out, struct span body);

#endif
