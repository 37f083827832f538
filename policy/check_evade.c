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

/* Said of the one that stands below. */
static void
check_places(struct checker *c, uint32_t place, uint32_t other)
{
	const struct policy *p = c->policy;
	uint32_t above = place < other ? place : other;
	uint32_t below = place < other ? other : place;

	if (!evade_places(p, place, other))
		return;
	struct diagnostic *item = diagnostic_add(c->d,
	    c->place_nodes[below]->key->at, "E126",
	    "who is at `%.*s` and at `%.*s` is at neither, but is at `%.*s` "
	    "without the certificate",
	    DIAGNOSTIC_SPAN(p->places[above].id),
	    DIAGNOSTIC_SPAN(p->places[below].id),
	    DIAGNOSTIC_SPAN(p->places[place].id));

	diagnostic_see(item, c->place_nodes[above]->key->at, "the other place");
	diagnostic_help(c->d, item,
	    "let their networks not overlap, let both ask for a certificate, "
	    "or let all who read at `%.*s` be proved by one",
	    DIAGNOSTIC_SPAN(p->places[place].id));
}

void
check_evade_all(struct checker *c)
{
	const struct policy *p = c->policy;

	for (uint32_t i = 0; i < p->num_places; i++)
		if (evade_reads(p, i))
			for (uint32_t j = 0; j < p->num_places; j++)
				check_places(c, i, j);
	for (uint32_t i = 0; i < p->num_agreements; i++)
		for (uint32_t j = 0; j < p->num_guardrails; j++)
			check_guardrail(c, j, i);
}
