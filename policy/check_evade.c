#include "policy/checker.h"
#include "policy/evade.h"

/* check_evade: what somebody would get by keeping evidence back. */

static const char *
name_of(unsigned kept)
{
	if ((kept & EVADE_CERTIFICATE) != 0)
		return "certificate";
	return (kept & EVADE_KEY) != 0 ? "access key" : "token";
}

static void
check_guardrail(struct checker *c, uint32_t guardrail, uint32_t agreement)
{
	const struct policy *p = c->policy;
	struct evasion e;

	if (!evade_guardrail(&e, p, guardrail, agreement))
		return;
	const char *kept = name_of(e.kept);
	diagnostic_help(c->d,
	    diagnostic_add(c->d,
		checker_at(c->agreement_nodes[agreement], "who"), "E125",
		"`%.*s` can get past the guardrail `%.*s`: nothing asks them "
		"for the %s that would show that they are `%.*s`",
		DIAGNOSTIC_SPAN(p->groups[e.party].id),
		DIAGNOSTIC_SPAN(p->guardrails[guardrail].id), kept,
		DIAGNOSTIC_SPAN(p->groups[e.other].id)),
	    "let `%.*s` be proved by a %s as well, or `%.*s` by nothing that "
	    "`%.*s` need not show",
	    DIAGNOSTIC_SPAN(p->groups[e.party].id), kept,
	    DIAGNOSTIC_SPAN(p->groups[e.other].id),
	    DIAGNOSTIC_SPAN(p->groups[e.party].id));
}

/* The place that asks for no certificate is the one that is left. */
static void
check_pair(struct checker *c, uint32_t i, uint32_t j)
{
	const struct place *a = &c->policy->places[i];
	const struct place *b = &c->policy->places[j];

	if (!evade_places(a, b))
		return;
	const struct place *left = a->num_certificates == 0 ? a : b;
	struct diagnostic *item = diagnostic_add(c->d,
	    c->place_nodes[j]->key->at, "E126",
	    "who is at `%.*s` and at `%.*s` is at neither, but is at `%.*s` "
	    "without the certificate",
	    DIAGNOSTIC_SPAN(a->id), DIAGNOSTIC_SPAN(b->id),
	    DIAGNOSTIC_SPAN(left->id));

	diagnostic_see(item, c->place_nodes[i]->key->at, "the other place");
	diagnostic_help(c->d, item,
	    "let their networks not overlap, or let both ask for a "
	    "certificate");
}

void
check_evade_all(struct checker *c)
{
	const struct policy *p = c->policy;

	for (uint32_t j = 0; j < p->num_places; j++)
		for (uint32_t i = 0; i < j; i++)
			check_pair(c, i, j);
	for (uint32_t i = 0; i < p->num_agreements; i++)
		for (uint32_t j = 0; j < p->num_guardrails; j++)
			check_guardrail(c, j, i);
}
