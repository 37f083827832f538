#include "policy/checker.h"

#include "policy/literal.h"
#include "policy/region.h"

/* check_transfer: data that leaves the EEA needs a tool (GDPR Art. 44). */

static void
note_missing(
    struct checker *c, const struct node *map, const char *key, const char *why)
{
	if (node_get(map, key) == NULL)
		(void)diagnostic_add(c->d, checker_at(map, "tool"), "E207",
		    "this tool needs `%s`: %s", key, why);
}

static void
check_tool(struct checker *c, const struct transfer *t, const struct node *map)
{
	switch (t->tool) {
	case TRANSFER_SCC:
		note_missing(c, map, "module",
		    "which of the standard contractual clauses");
		note_missing(
		    c, map, "tia", "the assessment of the law over there");
		return;
	case TRANSFER_BCR:
	case TRANSFER_CODE:
	case TRANSFER_CERTIFICATION:
		note_missing(
		    c, map, "tia", "the assessment of the law over there");
		return;
	case TRANSFER_DEROGATION:
		note_missing(
		    c, map, "art49", "which derogation of GDPR Art. 49(1)");
		note_missing(c, map, "because", "why it holds");
		return;
	case TRANSFER_NONE:
	case TRANSFER_ADEQUACY:
	case TRANSFER_DPF:
	case NUM_TRANSFER_TOOLS:
		return;
	}
}

static void
check_letters(struct checker *c, struct transfer *t, const struct node *map)
{
	uint64_t module = 0;

	if (checker_number(c, node_get(map, "module"), 4, &module))
		t->module = (uint32_t)module;
	t->art49 = schema_text(map, "art49");
	if (node_get(map, "art49") != NULL &&
	    (t->art49.len != 1 || t->art49.data[0] < 'a' ||
		t->art49.data[0] > 'g'))
		(void)diagnostic_add(c->d, checker_at(map, "art49"), "E103",
		    "`art49` is the letter of a derogation, a to g");
}

void
check_transfer_read(
    struct checker *c, struct agreement *a, const struct node *node)
{
	const struct node *n = node_get(node, "transfer");
	const struct node *tool = n;
	unsigned value;

	if (n == NULL)
		return;
	a->transfer.tool = NUM_TRANSFER_TOOLS; /* something was written */
	if (n->type == NODE_LIST)
		return;
	if (n->type == NODE_MAP) {
		if (!schema_check(c->d, SCHEMA_TRANSFER, n, a->id))
			return;
		tool = node_get(n, "tool");
		a->transfer.tia = schema_text(n, "tia");
		a->transfer.certified = schema_text(n, "certified");
		a->transfer.because = schema_text(n, "because");
		check_letters(c, &a->transfer, n);
	}
	if (tool == NULL || tool->type != NODE_TEXT ||
	    !checker_word(c, WORDS_TRANSFER, tool->at, tool->text, &value))
		return;
	a->transfer.tool = (enum transfer_tool)value;
	check_tool(c, &a->transfer, n);
}

static struct diagnostic *
note_outside(struct checker *c, struct mark at, struct span who,
    const uint8_t country[2], const char *why)
{
	return diagnostic_add(c->d, at, "E207",
	    "`%.*s` is in %c%c, outside the EEA: %s", DIAGNOSTIC_SPAN(who),
	    country[0], country[1], why);
}

/* `dpf` is the name of one decision, and of who is certified under it. */
static bool
is_framework(const struct adequacy *decision)
{
	return decision->certified != NULL &&
	    strcmp(decision->certified, "dpf") == 0;
}

/* A decision may end, and may hold for some recipients only. */
static void
check_decision(struct checker *c, const struct agreement *a, struct mark at,
    struct span who, const uint8_t country[2])
{
	const struct adequacy *decision = region_adequacy(country);
	struct span certified = a->transfer.certified;
	int32_t end;

	if (a->transfer.tool == TRANSFER_DPF)
		certified = span_str("dpf");
	if (decision == NULL ||
	    (a->transfer.tool == TRANSFER_DPF && !is_framework(decision))) {
		(void)note_outside(c, at, who, country,
		    "there is no such decision of adequacy (GDPR Art. 45)");
		return;
	}
	if (decision->certified != NULL &&
	    !span_equal_str(certified, decision->certified))
		diagnostic_help(c->d,
		    note_outside(c, at, who, country,
			"its decision of adequacy holds for some only"),
		    "%s; write `certified: %s` if the recipient is",
		    decision->source, decision->certified);
	if (decision->until == NULL ||
	    literal_day(span_str(decision->until), &end).code != ERR_OK)
		return;
	if (c->options->today > end)
		(void)note_outside(
		    c, at, who, country, "its decision of adequacy has ended");
	else if (a->last_day > end)
		(void)diagnostic_add(c->d, at, "W305",
		    "the decision of adequacy on %c%c ends on %s, before the "
		    "agreement",
		    country[0], country[1], decision->until);
}

/* An unknown country was reported where it was written. */
static void
check_country(struct checker *c, const struct agreement *a, struct mark at,
    struct span who, const uint8_t country[2])
{
	if (country[0] == 0 || region_is_eea(country))
		return;
	if (a->transfer.tool == TRANSFER_NONE)
		diagnostic_help(c->d,
		    note_outside(c, at, who, country,
			"a transfer tool is needed (GDPR Art. 44)"),
		    "add `transfer`, or choose a place and a recipient in the "
		    "EEA");
	else if (a->transfer.tool == TRANSFER_ADEQUACY ||
	    a->transfer.tool == TRANSFER_DPF)
		check_decision(c, a, at, who, country);
}

/* The mark of one place in `places`, which is text or a list. */
static struct mark
place_mark(const struct node *node, struct span id)
{
	const struct node *places = node_get(node, "places");

	if (places != NULL && places->type == NODE_LIST)
		for (const struct node *n = places->first; n; n = n->next)
			if (span_equal(n->text, id))
				return n->at;
	return checker_at(node, "places");
}

/* One place under the GDPR: where the machines are, and who looks. */
static void
check_place(struct checker *c, const struct agreement *a, const struct place *p,
    struct mark at)
{
	check_country(c, a, at, p->id, p->country);
	if (!span_equal(
		span_of(p->recipient_country, 2), span_of(p->country, 2)))
		check_country(c, a, at, p->id, p->recipient_country);
}

/*
 * Where the data would go. A place that a guardrail shuts for every caller of
 * the agreement is no transfer, and worth a warning.
 */
void
check_transfer_agreement(
    struct checker *c, const struct agreement *a, const struct node *node)
{
	const struct dataset *ds = &c->policy->datasets[a->dataset];
	const struct party *to = &c->policy->parties[a->recipient];
	bool gdpr = (ds->presets & PRESETS_GDPR) != 0;
	bool hipaa = (ds->presets & PRESETS_HIPAA) != 0;
	bool open = false, eea = region_is_eea(to->country);

	for (uint32_t i = 0; i < a->num_places; i++) {
		const struct place *p = &c->policy->places[a->places[i]];
		struct mark at = place_mark(node, p->id);
		uint32_t shut = check_never_blocks(c->policy, a, a->places[i]);

		if (shut != NO_INDEX) {
			(void)diagnostic_add(c->d, at, "W302",
			    "`%.*s` has no effect: `%.*s` always denies it",
			    DIAGNOSTIC_SPAN(p->id),
			    DIAGNOSTIC_SPAN(c->policy->guardrails[shut].id));
			continue;
		}
		open = true;
		eea = eea || region_is_eea(p->country);
		if (gdpr)
			check_place(c, a, p, at);
	}
	if (gdpr && open)
		check_country(
		    c, a, checker_at(node, "recipient"), to->id, to->country);
	if (hipaa && !gdpr && open && eea)
		(void)diagnostic_add(c->d, checker_at(node, "recipient"),
		    "W304",
		    "what HIPAA calls de-identified may be personal data "
		    "under the GDPR, which holds for this recipient");
}
