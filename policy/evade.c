#include "policy/evade.h"

#include "policy/decide.h"
#include "policy/evidence.h"
#include "policy/network.h"

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

/* --- Places --- */

/* Nothing attests yet: who must show that is nowhere. */
static bool
is_shown(const struct place *place)
{
	return place->num_attested == 0;
}

bool
evade_reads(const struct policy *p, uint32_t place)
{
	for (uint32_t i = 0; i < p->num_agreements; i++)
		for (uint32_t j = 0; j < p->agreements[i].num_who; j++) {
			const struct group *group =
			    &p->groups[p->agreements[i].who[j]];

			for (uint32_t k = 0; k < group->num_proofs; k++)
				if (group->proofs[k].certificate.len == 0 &&
				    decide_proof(
					p, &group->proofs[k], i, place))
					return true;
		}
	return false;
}

/* Of two networks that meet, one lies in the other. */
static bool
meet_alone(const struct policy *p, uint32_t place, const struct network *a,
    const struct network *b)
{
	if (network_within(a, b))
		return network_beside(a, p, place);
	return network_within(b, a) && network_beside(b, p, place);
}

bool
evade_places(const struct policy *p, uint32_t place, uint32_t other)
{
	const struct place *a = &p->places[place], *b = &p->places[other];

	if (a->num_certificates > 0 || b->num_certificates == 0 ||
	    !is_shown(a) || !is_shown(b))
		return false;
	for (uint32_t i = 0; i < a->num_seen_as; i++) {
		if (b->num_seen_as == 0 &&
		    network_beside(&a->seen_as[i], p, place))
			return true;
		for (uint32_t j = 0; j < b->num_seen_as; j++)
			if (meet_alone(
				p, place, &a->seen_as[i], &b->seen_as[j]))
				return true;
	}
	return false;
}
