#ifndef GATEHOUSE_EVADE_H
#define GATEHOUSE_EVADE_H

#include "policy/model.h"

/*
 * evade: whether somebody gets more by showing less.
 *
 * A key, a certificate and a token can be kept back; an address cannot. That
 * changes a denial into an answer in two ways: a guardrail against some people
 * no longer knows its man, and who was at two places is at one. A policy in
 * which it could does not load (E125, E126). So, of a policy that loads: a fact
 * that is taken from a request never turns a denial into an answer; but for an
 * attestation, which nothing verifies yet, and which a place that also has
 * another evidence may meet with.
 */

/* What can be kept back; bits. */
enum evade_kind {
	EVADE_KEY = 1,
	EVADE_CERTIFICATE = 2,
	EVADE_TOKEN = 4,
};

/* How a guardrail can be evaded. */
struct evasion {
	uint32_t party; /* group: who reads */
	uint32_t other; /* group: whom the guardrail is against */
	unsigned kept;	/* enum evade_kind, ORed: what shows that one is */
};

/*
 * evade_guardrail: whether who reads by an agreement may be one of those whom
 * the guardrail is against, and can keep that back. False for a guardrail that
 * is against no people, or that holds nowhere for the agreement.
 *
 * out   written when true
 */
bool evade_guardrail(struct evasion *out, const struct policy *policy,
    uint32_t guardrail, uint32_t agreement);

/* evade_reads: somebody reads at the place by an agreement, and need show no
 * certificate. So he gets an answer there, or would if all were served. */
bool evade_reads(const struct policy *policy, uint32_t place);

/*
 * evade_places: somebody at both places can be at `place` alone, by keeping the
 * certificate back that `other` asks for: there is an address at both, and at
 * no third place for which it is enough. False where `place` asks for a
 * certificate, or one of the two for what nothing verifies yet.
 */
bool evade_places(const struct policy *policy, uint32_t place, uint32_t other);

#endif
