#include "policy/evade.h"

#include "policy/decide.h"
#include "policy/evidence.h"

static unsigned
kinds_of(const struct proof *proof)
{
	return (proof->access_key.len > 0 ? (unsigned)EVADE_KEY : 0) |
	    (proof->certificate.len > 0 ? (unsigned)EVADE_CERTIFICATE : 0) |
	    (proof->issuer.len > 0 ? (unsigned)EVADE_TOKEN : 0);
}

/* Who shows this shows that he is one of them, whatever else he shows. */
static bool
is_caught(const struct policy *p, const struct guardrail *g,
    const struct proof *shown)
{
	for (uint32_t i = 0; i < g->num_who; i++) {
		const struct group *group = &p->groups[g->who[i]];

		for (uint32_t j = 0; j < group->num_proofs; j++)
			if (evidence_proof_covers(&group->proofs[j], shown))
				return true;
	}
	return false;
}

/* What must be shown in any case: by the proof, and by the place. */
static bool
can_keep_back(struct evasion *out, const struct policy *p,
    const struct guardrail *g, const struct proof *shown, unsigned needed)
{
	for (uint32_t i = 0; i < g->num_who; i++) {
		const struct group *group = &p->groups[g->who[i]];

		for (uint32_t j = 0; j < group->num_proofs; j++) {
			const struct proof *proof = &group->proofs[j];

			out->other = g->who[i];
			out->kept = kinds_of(proof) & ~needed;
			if (out->kept != 0 &&
			    evidence_proofs_meet(proof, shown))
				return true;
		}
	}
	return false;
}

/* One way to be a party, at one place where the guardrail holds. */
static bool
can_evade(struct evasion *out, const struct policy *p,
    const struct guardrail *g, uint32_t party, const struct place *place)
{
	const struct group *group = &p->groups[party];

	out->party = party;
	for (uint32_t i = 0; i < group->num_proofs; i++) {
		unsigned needed = kinds_of(&group->proofs[i]);

		if (place->num_certificates > 0)
			needed |= EVADE_CERTIFICATE;
		if (!is_caught(p, g, &group->proofs[i]) &&
		    can_keep_back(out, p, g, &group->proofs[i], needed))
			return true;
	}
	return false;
}

bool
evade_guardrail(struct evasion *out, const struct policy *p, uint32_t guardrail,
    uint32_t agreement)
{
	const struct guardrail *g = &p->guardrails[guardrail];
	const struct agreement *a = &p->agreements[agreement];
	struct evasion found;

	for (uint32_t i = 0; i < a->num_places && g->num_who > 0; i++) {
		if (!decide_guardrail(
			p, guardrail, g->who[0], agreement, a->places[i]))
			continue;
		for (uint32_t j = 0; j < a->num_who; j++)
			if (can_evade(&found, p, g, a->who[j],
				&p->places[a->places[i]])) {
				*out = found;
				return true;
			}
	}
	return false;
}

bool
evade_places(const struct place *a, const struct place *b)
{
	return (a->num_certificates > 0) != (b->num_certificates > 0) &&
	    a->num_attested == 0 && b->num_attested == 0 &&
	    evidence_places_meet(a, b);
}
