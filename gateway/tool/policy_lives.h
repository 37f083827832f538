#ifndef GATEHOUSE_POLICY_LIVES_H
#define GATEHOUSE_POLICY_LIVES_H

#include "crypto/memory/buf.h"
#include "gateway/ledger/policy_chain.h"

/*
 * policy_lives: which versions of a policy were in force since when, as the
 * ledger shows it. Nothing is verified on the way: that is `audit verify`.
 */
struct policy_lives {
	struct buf chains; /* struct policy_chain, by version */
};

/* policy_lives_read: from the ledger at `path`; policy_lives_done is due in any
 * case. Errors: as audit_dir_open, and of replay. */
MUST_USE struct err policy_lives_read(
    struct policy_lives *lives, const char *path);
void policy_lives_done(struct policy_lives *lives);

/* policy_lives_of: NULL: that version was never in force. policy_lives_last:
 * the version that the ledger shows last; 0: none. */
const struct policy_chain *policy_lives_of(
    const struct policy_lives *lives, uint64_t version);
uint64_t policy_lives_last(const struct policy_lives *lives);

#endif
