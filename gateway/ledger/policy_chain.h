#ifndef GATEHOUSE_POLICY_CHAIN_H
#define GATEHOUSE_POLICY_CHAIN_H

#include "crypto/memory/buf.h"

/*
 * policy_chain: which version of the policy the ledger last saw put in force,
 * and which may follow: the same one, or the next one of just that. So that an
 * older version, or another text under the same number, does not serve again by
 * being put back on the disk.
 */
struct policy_chain {
	uint64_t version;  /* 0: none yet */
	uint64_t since_ms; /* of its first record, since 1970 */
	uint8_t files[32];
};

/*
 * policy_chain_see: an entry of the ledger, of whatever kind. One that does
 * not put a policy in force, or one without a version, changes nothing.
 *
 * entry    was checked as a record
 */
void policy_chain_see(struct policy_chain *chain, struct span entry);

/*
 * policy_chain_check: may it be appended?
 *
 * Errors   DENIED: it puts a policy in force that may not follow
 */
MUST_USE struct err policy_chain_check(
    const struct policy_chain *chain, struct span entry);

/* policy_chain_put: append it. policy_chain_take: what was put. Errors: of the
 * buf; TRUNCATED. */
enum {
	POLICY_CHAIN_PUT = 8 + 8 + 32
};
MUST_USE struct err policy_chain_put(
    const struct policy_chain *chain, struct buf *out);
MUST_USE struct err policy_chain_take(
    struct policy_chain *chain, struct span *in);

#endif
