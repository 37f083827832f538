#include "policy/checker.h"

#include "policy/preset.h"
#include "policy/protect.h"

/* check_law: what a policy permits must be permitted by the law it names. */

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

/* The sentence of a verdict that is not PRESET_LAWFUL. */
static struct diagnostic *
note_verdict(struct checker *c, enum preset_verdict verdict,
    const struct preset_question *q, const struct node *at, enum preset preset)
{
	const char *form = model_protection_name(q->how->op);
	const char *under = preset_name(preset);
	struct span name = q->column->name;

	switch (verdict) {
	case PRESET_NOT_LAWFUL:
	case PRESET_LAWFUL:
		break;
	case PRESET_NEEDS_REASON:
		return diagnostic_add(c->d, at->at, "E202",
		    "`%s` of `%.*s` needs its reason under `%s`", form,
		    DIAGNOSTIC_SPAN(name), under);
	case PRESET_NEEDS_GROUPS:
		return diagnostic_add(c->d, at->at, "E202",
		    "`%s` of `%.*s` needs groups of a least size under `%s`",
		    form, DIAGNOSTIC_SPAN(name), under);
	case PRESET_TOO_FINE:
		return diagnostic_add(c->d, at->at, "E201",
		    "this `%s` of `%.*s` is too fine under `%s`", form,
		    DIAGNOSTIC_SPAN(name), under);
	case PRESET_NOT_LISTED:
		return diagnostic_add(c->d, at->at, "E201",
		    "the report's annex does not list this `%s` of `%.*s`, as "
		    "`%s` asks",
		    form, DIAGNOSTIC_SPAN(name), under);
	}
	return diagnostic_add(c->d, at->at, "E201",
	    "`%s` is not lawful for `%.*s` under `%s`", form,
	    DIAGNOSTIC_SPAN(name), under);
}

static void
note_help(struct checker *c, enum preset_verdict verdict,
    const struct preset_row *row, struct diagnostic *item)
{
	switch (verdict) {
	case PRESET_NOT_LAWFUL:
	case PRESET_LAWFUL:
		note_unlawful(c, row, item);
		return;
	case PRESET_NEEDS_REASON:
		diagnostic_help(
		    c->d, item, "%s; write `keep because …`", preset_cite(row));
		return;
	case PRESET_NEEDS_GROUPS:
		diagnostic_help(c->d, item,
		    "%s; write `smallest-group: {k: 5, l: 2}`",
		    preset_cite(row));
		return;
	case PRESET_TOO_FINE:
	case PRESET_NOT_LISTED:
		diagnostic_help(
		    c->d, item, "%s; %s", preset_cite(row), preset_bound(row));
		return;
	}
}

static void
judge(struct checker *c, const struct preset_question *q, const struct node *at,
    enum preset preset, struct mark preset_at)
{
	const struct preset_row *row;
	enum preset_verdict verdict = preset_judge(&row, preset, q);
	struct diagnostic *item;

	if (verdict == PRESET_LAWFUL)
		return;
	item = note_verdict(c, verdict, q, at, preset);
	diagnostic_see(item, preset_at, "the dataset's preset");
	note_help(c, verdict, row, item);
}

struct preset_question
check_law_ask(const struct policy *policy, const struct agreement *a,
    uint32_t column, const struct protection *how)
{
	static const struct evidence none;
	const struct dataset *ds = &policy->datasets[a->dataset];

	return (struct preset_question){.dataset = ds->id,
	    .column = &ds->columns[column],
	    .how = how,
	    .tables = policy->tables,
	    .report = a->purpose == NO_INDEX
		? &none
		: &policy->purposes[a->purpose].report,
	    .smallest_group = a->smallest_group,
	    .distinct = a->distinct};
}

void
check_law_column(struct checker *c, const struct agreement *a, uint32_t column,
    const struct protection *how, const struct node *at)
{
	const struct dataset *ds = &c->policy->datasets[a->dataset];
	const struct node *n = c->dataset_nodes[a->dataset];
	struct preset_question q = check_law_ask(c->policy, a, column, how);

	/* A column without its kind, or of no known class: said before. */
	if (q.column->kind == KIND_NONE && q.column->class <= CLASS_SENSITIVE)
		return;
	if (!protect_suits(how->op, q.column->kind)) {
		(void)diagnostic_add(c->d, at->at, "E110",
		    "`%s` does not work on the kind `%s`",
		    model_protection_name(how->op),
		    model_kind_name(q.column->kind));
		return;
	}
	if (how->check_digit && !protect_has_check_digit(q.column->kind)) {
		diagnostic_help(c->d,
		    diagnostic_add(c->d, at->at, "E110",
			"`with check digit` does not work on the kind `%s`",
			model_kind_name(q.column->kind)),
		    "card and iban have check digits; for others it is "
		    "`format`");
		return;
	}
	if (how->op == PROTECT_SHIFT && ds->subject_column == NO_INDEX)
		(void)diagnostic_add(c->d, at->at, "E113",
		    "`shift` moves the dates of a subject, and no column of "
		    "`%.*s` is one",
		    DIAGNOSTIC_SPAN(ds->id));
	for (unsigned i = 0; i < NUM_PRESETS; i++)
		if ((ds->presets & 1u << i) != 0)
			judge(c, &q, at, (enum preset)(1u << i),
			    checker_at(n, "protect"));
}

/* Convictions are those of Art. 10, every other category is of Art. 9. */
static bool
is_category(struct span category, bool convictions)
{
	return category.len > 0 &&
	    span_equal_str(category, "convictions") == convictions;
}

static bool
delivers_category(
    const struct agreement *a, const struct dataset *ds, bool convictions)
{
	for (uint32_t i = 0; i < a->num_columns; i++)
		if (a->columns[i].how.op != PROTECT_DROP &&
		    is_category(ds->columns[a->columns[i].column].category,
			convictions))
			return true;
	return a->num_columns > 0 && is_category(ds->category, convictions);
}

/* What each preset of HIPAA calls for in the purpose. */
static void
check_hipaa(struct checker *c, const struct dataset *ds,
    const struct purpose *p, struct mark at)
{
	static const struct {
		enum preset preset;
		enum basis basis;
	} needs[] = {
	    {PRESET_HIPAA_SAFE_HARBOR, BASIS_HIPAA_SAFE_HARBOR},
	    {PRESET_HIPAA_LIMITED_DATA_SET, BASIS_HIPAA_LIMITED},
	    {PRESET_HIPAA_EXPERT, BASIS_HIPAA_EXPERT},
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if ((ds->presets & needs[i].preset) != 0 &&
		    p->hipaa != needs[i].basis)
			(void)diagnostic_add(c->d, at, "E204",
			    "the preset of `%.*s` needs `hipaa: %s` in the "
			    "purpose `%.*s`",
			    DIAGNOSTIC_SPAN(ds->id),
			    model_basis_name(needs[i].basis),
			    DIAGNOSTIC_SPAN(p->id));
}

/* A basis that is none of the words was reported where it stands. */
static void
check_basis(struct checker *c, const struct agreement *a,
    const struct dataset *ds, const struct node *node)
{
	const struct node *purpose = c->purpose_nodes[a->purpose];
	const struct purpose *p = &c->policy->purposes[a->purpose];
	bool gdpr = (ds->presets & PRESETS_GDPR) != 0;
	struct mark at = checker_at(node, "purpose");

	if (p->hipaa != BASIS_NONE || node_get(purpose, "hipaa") == NULL)
		check_hipaa(c, ds, p, at);
	if (gdpr && p->gdpr == BASIS_NONE && node_get(purpose, "gdpr") == NULL)
		(void)diagnostic_add(c->d, at, "E204",
		    "the preset of `%.*s` needs a basis, `gdpr: …`, in the "
		    "purpose `%.*s` (GDPR Art. 6(1))",
		    DIAGNOSTIC_SPAN(ds->id), DIAGNOSTIC_SPAN(p->id));
	if (gdpr && p->art9.len == 0 && delivers_category(a, ds, false))
		(void)diagnostic_add(c->d, at, "E206",
		    "a column of a special category is listed, and the "
		    "purpose `%.*s` has no `art9` (GDPR Art. 9(2))",
		    DIAGNOSTIC_SPAN(p->id));
	if (gdpr && p->art10.len == 0 && delivers_category(a, ds, true))
		(void)diagnostic_add(c->d, at, "E206",
		    "a column about convictions is listed, and the purpose "
		    "`%.*s` has no `art10` (GDPR Art. 10)",
		    DIAGNOSTIC_SPAN(p->id));
}

/* The evidence is about this recipient, and holds to the last day. */
static void
check_evidence(struct checker *c, const struct agreement *a,
    const struct evidence *e, const struct node *node)
{
	const struct party *to = &c->policy->parties[a->recipient];
	bool covered = false;

	if (e->id.len == 0)
		return;
	for (uint32_t i = 0; i < e->num_recipients; i++)
		covered = covered || e->recipients[i] == a->recipient;
	if (!covered)
		(void)diagnostic_add(c->d, checker_at(node, "recipient"),
		    "E205", "`%.*s` does not cover the recipient `%.*s`",
		    DIAGNOSTIC_SPAN(e->id), DIAGNOSTIC_SPAN(to->id));
	if (a->last_day != INT32_MAX && a->last_day > e->expires)
		(void)diagnostic_add(c->d, checker_at(node, "until"), "E205",
		    "the agreement goes on after `%.*s` has expired",
		    DIAGNOSTIC_SPAN(e->id));
}

void
check_law_agreement(
    struct checker *c, const struct agreement *a, const struct node *node)
{
	const struct dataset *ds = &c->policy->datasets[a->dataset];
	const struct purpose *p = &c->policy->purposes[a->purpose];

	check_basis(c, a, ds, node);
	if ((ds->presets & PRESET_HIPAA_EXPERT) != 0)
		check_evidence(c, a, &p->report, node);
	if ((ds->presets & PRESET_HIPAA_LIMITED_DATA_SET) != 0)
		check_evidence(c, a, &p->agreement, node);
	check_transfer_agreement(c, a, node);
}
