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

/* evade_places: whether who is at both can be at one alone, by keeping his
 * certificate back. */
bool evade_places(const struct place *a, const struct place *b);

#endif
