#include "policy/checker.h"

#include "policy/literal.h"
#include "policy/preset.h"
#include "policy/protect.h"

/* check_law: what a policy permits must be permitted by the law it names. */

static const enum preset presets[] = {
    PRESET_HIPAA_SAFE_HARBOR, PRESET_GDPR_PSEUDONYMOUS};

enum {
	NUM_PRESETS = 2
};

static void
note_unlawful(
    struct checker *c, const struct preset_row *row, struct diagnostic *item)
{
	CLEANUP(buf_done) struct buf words;

	buf_init(&words, 512);
	if (row == NULL)
		diagnostic_help(c->d, item, "use `drop`");
	else if (preset_alternatives(&words, row).code == ERR_OK)
		diagnostic_help(c->d, item, "%s; use %.*s", preset_cite(row),
		    (int)words.len, (const char *)words.data);
}

static void
judge(struct checker *c, const struct column *column,
    const struct protection *how, const struct node *at, enum preset preset,
    struct mark preset_at)
{
	const struct preset_row *row;
	enum preset_verdict verdict =
	    preset_judge(&row, preset, column, how, c->policy->tables);
	struct diagnostic *item;

	switch (verdict) {
	case PRESET_LAWFUL:
		return;
	case PRESET_NOT_LAWFUL:
		item = diagnostic_add(c->d, at->at, "E201",
		    "`%s` is not lawful for `%.*s` under `%s`",
		    model_protection_name(how->op),
		    DIAGNOSTIC_SPAN(column->name), preset_name(preset));
		diagnostic_see(item, preset_at, "the dataset's preset");
		note_unlawful(c, row, item);
		return;
	case PRESET_NEEDS_REASON:
		item = diagnostic_add(c->d, at->at, "E202",
		    "`keep` of `%.*s` needs its reason under `%s`",
		    DIAGNOSTIC_SPAN(column->name), preset_name(preset));
		diagnostic_see(item, preset_at, "the dataset's preset");
		diagnostic_help(
		    c->d, item, "%s; write `keep because …`", preset_cite(row));
		return;
	case PRESET_TOO_FINE:
		item = diagnostic_add(c->d, at->at, "E201",
		    "this `%s` of `%.*s` is too fine under `%s`",
		    model_protection_name(how->op),
		    DIAGNOSTIC_SPAN(column->name), preset_name(preset));
		diagnostic_see(item, preset_at, "the dataset's preset");
		diagnostic_help(
		    c->d, item, "%s; %s", preset_cite(row), preset_bound(row));
		return;
	}
}

void
check_law_column(struct checker *c, const struct column *column,
    const struct dataset *dataset, const struct protection *how,
    const struct node *at)
{
	const struct node *n = c->dataset_nodes[dataset - c->policy->datasets];
	size_t before = c->d->num_errors;

	/* A column without its kind, or of no known class: said before. */
	if (column->kind == KIND_NONE && column->class <= CLASS_SENSITIVE)
		return;
	if (!protect_suits(how->op, column->kind)) {
		(void)diagnostic_add(c->d, at->at, "E110",
		    "`%s` does not work on the kind `%s`",
		    model_protection_name(how->op),
		    model_kind_name(column->kind));
		return;
	}
	for (size_t i = 0; i < NUM_PRESETS; i++)
		if ((dataset->presets & presets[i]) != 0)
			judge(c, column, how, at, presets[i],
			    checker_at(n, "protect"));
	if (c->d->num_errors == before && how->op >= PROTECT_TOKEN)
		(void)diagnostic_add(c->d, at->at, "E902",
		    "`%s` is understood, but not served by this build",
		    model_protection_name(how->op));
}

static bool
delivers_category(const struct agreement *a, const struct dataset *ds)
{
	for (uint32_t i = 0; i < a->num_columns; i++)
		if (a->columns[i].how.op != PROTECT_DROP &&
		    ds->columns[a->columns[i].column].category.len > 0)
			return true;
	return a->num_columns > 0 && ds->category.len > 0;
}

static void
check_basis(struct checker *c, const struct agreement *a,
    const struct dataset *ds, const struct node *node)
{
	const struct purpose *p = &c->policy->purposes[a->purpose];
	bool gdpr = (ds->presets & PRESET_GDPR_PSEUDONYMOUS) != 0;
	struct mark at = checker_at(node, "purpose");

	if ((ds->presets & PRESET_HIPAA_SAFE_HARBOR) != 0 &&
	    p->hipaa != BASIS_HIPAA_SAFE_HARBOR)
		(void)diagnostic_add(c->d, at, "E204",
		    "the preset of `%.*s` needs `hipaa: safe-harbor` in the "
		    "purpose `%.*s`",
		    DIAGNOSTIC_SPAN(ds->id), DIAGNOSTIC_SPAN(p->id));
	if (gdpr && p->gdpr == BASIS_NONE)
		(void)diagnostic_add(c->d, at, "E204",
		    "the preset of `%.*s` needs a basis, `gdpr: …`, in the "
		    "purpose `%.*s` (GDPR Art. 6(1))",
		    DIAGNOSTIC_SPAN(ds->id), DIAGNOSTIC_SPAN(p->id));
	if (gdpr && p->art9.len == 0 && delivers_category(a, ds))
		(void)diagnostic_add(c->d, at, "E206",
		    "a column of a special category is listed, and the "
		    "purpose `%.*s` has no `art9` (GDPR Art. 9(2))",
		    DIAGNOSTIC_SPAN(p->id));
}

static void
note_transfer(struct checker *c, struct mark at, struct span who,
    const uint8_t country[2])
{
	diagnostic_help(c->d,
	    diagnostic_add(c->d, at, "E207",
		"`%.*s` is in %c%c, outside the EEA: a transfer tool is "
		"needed (GDPR Art. 44)",
		DIAGNOSTIC_SPAN(who), country[0], country[1]),
	    "this build serves no transfer tool; choose a place and a "
	    "recipient in the EEA");
}

/* An unknown country was reported where it was written. */
static bool
is_outside(const uint8_t country[2])
{
	return country[0] != 0 && !literal_is_eea(country);
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

/*
 * Where the data would go. A place that a guardrail shuts for every caller of
 * the agreement is no transfer, and worth a warning.
 */
static void
check_destination(struct checker *c, const struct agreement *a,
    const struct dataset *ds, const struct node *node)
{
	const struct party *to = &c->policy->parties[a->recipient];
	bool gdpr = (ds->presets & PRESET_GDPR_PSEUDONYMOUS) != 0;
	bool open = false, eea = literal_is_eea(to->country);

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
		eea = eea || literal_is_eea(p->country);
		if (gdpr && is_outside(p->country))
			note_transfer(c, at, p->id, p->country);
		else if (gdpr && is_outside(p->recipient_country))
			note_transfer(c, at, p->id, p->recipient_country);
	}
	if (gdpr && open && is_outside(to->country))
		note_transfer(
		    c, checker_at(node, "recipient"), to->id, to->country);
	if (!gdpr && open && eea)
		(void)diagnostic_add(c->d, checker_at(node, "recipient"),
		    "W304",
		    "what HIPAA calls de-identified may be personal data "
		    "under the GDPR, which holds for this recipient");
}

void
check_law_agreement(
    struct checker *c, const struct agreement *a, const struct node *node)
{
	const struct dataset *ds = &c->policy->datasets[a->dataset];

	check_basis(c, a, ds, node);
	check_destination(c, a, ds, node);
}
