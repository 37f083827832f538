#include "policy/checker.h"

/* check_emergency: erased subjects, and who may see them all by name. */

/* --- erasure: a fact of the dataset --- */

static struct err
add_erasure(struct checker *c, uint32_t dataset, const struct node *n)
{
	struct dataset *ds = &c->policy->datasets[dataset];
	const struct node *column = node_get(n, "column");
	struct erasure e = {.list = schema_text(n, "list"), .line = n->at.line};

	if (column == NULL || column->type != NODE_TEXT)
		return OK;
	e.column = checker_column(c, ds, column);
	if (e.column == NO_INDEX)
		return OK;
	if (ds->columns[e.column].kind == KIND_NONE)
		(void)diagnostic_add(c->d, column->at, "E122",
		    "`%.*s` has no kind that a list could be compared by",
		    DIAGNOSTIC_SPAN(column->text));
	if (node_get(n, "list") != NULL && !checker_path(e.list))
		(void)diagnostic_add(c->d, checker_at(n, "list"), "E118",
		    "list `%.*s`: it must lie below the policy",
		    DIAGNOSTIC_SPAN(e.list));
	for (uint32_t i = 0; i < ds->num_erasures; i++)
		if (ds->erasures[i].column == e.column &&
		    span_equal(ds->erasures[i].list, e.list))
			(void)diagnostic_add(
			    c->d, n->at, "E105", "this list is there twice");
	ds->erasures[ds->num_erasures++] = e;
	return OK;
}

static struct err
check_erasures(struct checker *c)
{
	struct policy *p = c->policy;
	const struct node **items;
	uint32_t num;

	TRY(checker_gather(c, "erasure", &items, &num));
	for (uint32_t i = 0; i < p->num_datasets && num > 0; i++)
		TRY(arena_alloc(c->arena, &p->datasets[i].erasures, num,
		    sizeof(struct erasure)));
	for (uint32_t i = 0; i < num; i++) {
		uint32_t dataset;

		if (!schema_check(c->d, SCHEMA_ERASURE, items[i],
			schema_text(items[i], "dataset")))
			continue;
		dataset = checker_ref(
		    c, THING_DATASET, node_get(items[i], "dataset"));
		if (dataset != NO_INDEX)
			TRY(add_erasure(c, dataset, items[i]));
	}
	return OK;
}

/* --- emergency --- */

static struct err
check_columns(struct checker *c, struct emergency *e, const struct node *n)
{
	const struct node *columns = node_get(n, "columns");

	if (columns == NULL || columns->type != NODE_LIST ||
	    e->dataset == NO_INDEX)
		return OK;
	TRY(arena_alloc(
	    c->arena, &e->columns, columns->num + 1, sizeof(*e->columns)));
	for (const struct node *m = columns->first; m != NULL; m = m->next) {
		uint32_t column;

		if (m->type != NODE_TEXT) {
			(void)diagnostic_add(c->d, m->at, "E100",
			    "the items of `columns` must be text");
			continue;
		}
		column = checker_column(c, &c->policy->datasets[e->dataset], m);
		if (column != NO_INDEX)
			e->columns[e->num_columns++] = column;
	}
	return OK;
}

static void
check_on_premises(
    struct checker *c, const struct emergency *e, const struct node *n)
{
	for (uint32_t i = 0; i < e->num_places; i++) {
		const struct place *p = &c->policy->places[e->places[i]];

		if (!p->on_premises)
			diagnostic_help(c->d,
			    diagnostic_add(c->d, checker_at(n, "places"),
				"E122",
				"`%.*s` is not on the premises, and names are "
				"shown nowhere else",
				DIAGNOSTIC_SPAN(p->id)),
			    "the place needs `on-premises: yes`");
	}
}

/* At most 5 days pass before somebody looks at it again. */
static void
check_times(struct checker *c, struct emergency *e, const struct node *n)
{
	uint64_t hours = 0, review = 5 * 24;

	if (checker_hours(c, node_get(n, "expires-after"), &hours) &&
	    hours > 7 * 24)
		(void)diagnostic_add(c->d, checker_at(n, "expires-after"),
		    "E122", "an emergency is over after a week");
	if (checker_hours(c, node_get(n, "review-within"), &review) &&
	    review > 5 * 24)
		(void)diagnostic_add(c->d, checker_at(n, "review-within"),
		    "E122", "the review is due within 5 days");
	e->hours = (uint32_t)hours;
	e->review_days = (uint32_t)((review + 23) / 24);
}

/* Signers of these groups, but for one of them; NO_INDEX: all. */
static uint32_t
count_signers(
    const struct policy *p, const uint32_t *groups, uint32_t num, uint32_t but)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < p->num_signers; i++)
		count +=
		    i != but && model_signer_in(&p->signers[i], groups, num);
	return count;
}

/* One asks, and two others approve. */
static void
check_people(struct checker *c, const struct emergency *e, const struct node *n)
{
	const struct policy *p = c->policy;

	for (uint32_t i = 0; i < p->num_signers; i++)
		if (model_signer_in(&p->signers[i], e->who, e->num_who) &&
		    count_signers(p, e->approvers, e->num_approvers, i) >= 2)
			return;
	diagnostic_help(c->d,
	    diagnostic_add(c->d, n->at, "W902",
		"nobody can use the emergency: no signer is in a group of "
		"`who`, or fewer than two others in one of `approvers`"),
	    "under `signers`, write `in: GROUP` for who asks and who approves");
}

static struct err
check_one(struct checker *c, struct emergency *e, const struct node *n)
{
	size_t errors = c->d->num_errors;

	e->id = schema_text(n, "id");
	e->line = n->at.line;
	e->file = c->d->files[n->at.file].name;
	checker_id(c, node_get(n, "id"), "an emergency");
	e->dataset = checker_ref(c, THING_DATASET, node_get(n, "dataset"));
	e->purpose = checker_ref(c, THING_PURPOSE, node_get(n, "purpose"));
	TRY(checker_refs(
	    c, THING_GROUP, node_get(n, "who"), &e->who, &e->num_who));
	TRY(checker_refs(c, THING_GROUP, node_get(n, "approvers"),
	    &e->approvers, &e->num_approvers));
	TRY(checker_refs(
	    c, THING_PLACE, node_get(n, "places"), &e->places, &e->num_places));
	TRY(check_columns(c, e, n));
	check_on_premises(c, e, n);
	check_times(c, e, n);
	if (c->d->num_errors == errors)
		check_people(c, e, n);
	return OK;
}

struct err
check_emergency_all(struct checker *c)
{
	struct policy *p = c->policy;
	const struct node **items;
	uint32_t num;

	TRY(check_erasures(c));
	TRY(checker_gather(c, "emergency", &items, &num));
	TRY(arena_alloc(
	    c->arena, &p->emergencies, num + 1, sizeof(*p->emergencies)));
	for (uint32_t i = 0; i < num; i++) {
		struct span id = schema_text(items[i], "id");

		if (!schema_check(c->d, SCHEMA_EMERGENCY, items[i], id))
			continue;
		for (uint32_t j = 0; j < p->num_emergencies; j++)
			if (id.len > 0 && span_equal(p->emergencies[j].id, id))
				(void)diagnostic_add(c->d,
				    checker_at(items[i], "id"), "E105",
				    "emergency `%.*s` is there twice",
				    DIAGNOSTIC_SPAN(id));
		TRY(check_one(
		    c, &p->emergencies[p->num_emergencies++], items[i]));
	}
	return OK;
}
