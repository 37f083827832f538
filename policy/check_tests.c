#include "policy/checker.h"

/* check_tests: questions that travel with the policy, and their answers. */

/* A map from columns of the dataset to texts. */
static struct err
read_cells(struct checker *c, const struct dataset *ds, const struct node *map,
    struct test_cell **out, uint32_t *out_num)
{
	struct test_cell *cells;

	if (map == NULL || map->type != NODE_MAP)
		return OK;
	TRY(arena_alloc(c->arena, &cells, map->num + 1, sizeof(*cells)));
	*out = cells;
	for (const struct node *n = map->first; n != NULL; n = n->next) {
		uint32_t column = checker_column(c, ds, n->key);

		if (n->type != NODE_TEXT)
			(void)diagnostic_add(c->d, n->at, "E100",
			    "`%.*s` must be text",
			    DIAGNOSTIC_SPAN(n->key->text));
		else if (column != NO_INDEX)
			cells[(*out_num)++] =
			    (struct test_cell){column, n->text};
	}
	return OK;
}

static bool
is_delivered(const struct agreement *a, uint32_t column)
{
	for (uint32_t i = 0; i < a->num_columns; i++)
		if (a->columns[i].column == column)
			return a->columns[i].how.op != PROTECT_DROP;
	return false;
}

/* What the agreement says already cannot be otherwise in a test. */
static void
check_gets(struct checker *c, const struct policy_test *t,
    const struct agreement *a, const struct node *get)
{
	const struct dataset *ds = &c->policy->datasets[a->dataset];

	for (uint32_t i = 0; i < t->num_get; i++) {
		const struct test_cell *cell = &t->get[i];
		struct span name = ds->columns[cell->column].name;
		bool dropped = span_equal_str(cell->value, "dropped");

		if (dropped != is_delivered(a, cell->column))
			continue;
		(void)diagnostic_add(c->d, get->at, "E123",
		    dropped ? "`%.*s` of `%.*s` is delivered, and not dropped"
			    : "`%.*s` of `%.*s` is not delivered: it is "
			      "`dropped`",
		    DIAGNOSTIC_SPAN(name), DIAGNOSTIC_SPAN(a->id));
	}
}

/* `no row`, `denied`, `denied by GUARDRAIL`. */
static void
read_outcome(struct checker *c, struct policy_test *t, const struct node *get)
{
	struct span by = span_str("denied by ");
	struct diagnostic *item;
	struct node name = *get;

	if (span_equal_str(get->text, "no row")) {
		t->outcome = TEST_NO_ROW;
		return;
	}
	t->outcome = TEST_DENIED;
	if (span_equal_str(get->text, "denied"))
		return;
	if (span_starts_with(get->text, by)) {
		name.text = span_sub(get->text, by.len, get->text.len);
		t->guardrail = checker_ref(c, THING_GUARDRAIL, &name);
		return;
	}
	item = diagnostic_add(c->d, get->at, "E123",
	    "`%.*s` cannot come of a question", DIAGNOSTIC_SPAN(get->text));
	diagnostic_help(c->d, item,
	    "a map of columns, `no row`, `denied` or `denied by GUARDRAIL`");
}

static void
read_question(struct checker *c, struct policy_test *t, const struct node *ask)
{
	t->on = c->options->today;
	if (ask == NULL || ask->type != NODE_MAP ||
	    !schema_check(c->d, SCHEMA_ASK, ask, t->name))
		return;
	t->who = checker_ref(c, THING_GROUP, node_get(ask, "who"));
	t->agreement = checker_ref(c, THING_AGREEMENT, node_get(ask, "read"));
	t->place = checker_ref(c, THING_PLACE, node_get(ask, "place"));
	(void)checker_day(c, node_get(ask, "on"), &t->on);
}

static struct err
read_test(struct checker *c, struct policy_test *t, const struct node *n)
{
	const struct node *get = node_get(n, "get"), *row = node_get(n, "row");
	const struct agreement *a;

	*t = (struct policy_test){.name = schema_text(n, "name"),
	    .who = NO_INDEX,
	    .agreement = NO_INDEX,
	    .place = NO_INDEX,
	    .guardrail = NO_INDEX,
	    .file = c->d->files[n->at.file].name,
	    .line = n->at.line};
	read_question(c, t, node_get(n, "ask"));
	if (get != NULL && get->type == NODE_TEXT)
		read_outcome(c, t, get);
	if (t->outcome != TEST_DENIED && row == NULL)
		(void)diagnostic_add(c->d, n->at, "E102",
		    "this test needs `row`: what leaves depends on it");
	if (t->agreement == NO_INDEX)
		return OK;
	a = &c->policy->agreements[t->agreement];
	if (a->dataset == NO_INDEX)
		return OK;
	TRY(read_cells(
	    c, &c->policy->datasets[a->dataset], row, &t->row, &t->num_row));
	TRY(read_cells(
	    c, &c->policy->datasets[a->dataset], get, &t->get, &t->num_get));
	if (get != NULL && t->num_get > 0)
		check_gets(c, t, a, get);
	return OK;
}

struct err
check_tests_all(struct checker *c)
{
	struct policy *p = c->policy;
	const struct node **items;
	uint32_t num;

	TRY(checker_gather(c, "tests", &items, &num));
	TRY(arena_alloc(c->arena, &p->tests, num + 1, sizeof(*p->tests)));
	for (uint32_t i = 0; i < num; i++)
		if (schema_check(c->d, SCHEMA_TEST, items[i],
			schema_text(items[i], "name")))
			TRY(read_test(c, &p->tests[p->num_tests++], items[i]));
	return OK;
}
