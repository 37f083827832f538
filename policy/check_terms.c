#include "policy/checker.h"

#include "policy/linked.h"

/* check_terms: how much, to whom else, and for whom otherwise. */

static void
check_limits(struct checker *c, struct limits *limits, const struct node *n,
    struct span id)
{
	if (n == NULL || n->type != NODE_MAP ||
	    !schema_check(c->d, SCHEMA_LIMITS, n, id))
		return;
	(void)checker_number(
	    c, node_get(n, "rows-per-day"), UINT32_MAX, &limits->rows_per_day);
	(void)checker_size(
	    c, node_get(n, "bytes-per-day"), &limits->bytes_per_day);
	(void)checker_number(c, node_get(n, "requests-per-minute"), UINT32_MAX,
	    &limits->requests_per_minute);
	if (n->num == 0)
		(void)diagnostic_add(
		    c->d, n->at, "E102", "a limit that limits nothing");
}

/* `per-caller` above `limits` would be no limit at all. */
static void
check_within(struct checker *c, uint64_t one, uint64_t all,
    const struct node *n, const char *key)
{
	if (one > all && all > 0)
		(void)diagnostic_add(c->d, checker_at(n, key), "E103",
		    "one caller may not have more than all together: `%s`",
		    key);
}

void
check_terms_read(struct checker *c, struct agreement *a, const struct node *n)
{
	const struct node *per = node_get(n, "per-caller");
	unsigned value;

	check_limits(c, &a->limits, node_get(n, "limits"), a->id);
	check_limits(c, &a->per_caller, per, a->id);
	check_within(c, a->per_caller.rows_per_day, a->limits.rows_per_day, per,
	    "rows-per-day");
	check_within(c, a->per_caller.bytes_per_day, a->limits.bytes_per_day,
	    per, "bytes-per-day");
	check_within(c, a->per_caller.requests_per_minute,
	    a->limits.requests_per_minute, per, "requests-per-minute");
	if (checker_word_of(c, WORDS_LISTING, n, "listing", &value))
		a->listing = (enum listing)value;
	if (checker_word_of(c, WORDS_WARM, n, "warm", &value))
		a->warm = (enum warm)value;
}

void
check_terms_groups(struct checker *c, struct agreement *a, const struct node *n)
{
	const struct node *k = node_get(n, "smallest-group");
	uint64_t subjects = 0, values = 0;
	unsigned small;

	if (k != NULL && k->type == NODE_MAP) {
		if (!schema_check(c->d, SCHEMA_GROUPS, k, a->id))
			return;
		(void)checker_number(c, node_get(k, "l"), 1000, &values);
		k = node_get(k, "k");
	}
	if (k != NULL && checker_number(c, k, 1000000, &subjects) &&
	    subjects < 2)
		(void)diagnostic_add(c->d, k->at, "E103",
		    "a group of one hides nobody: `smallest-group` is 2 or "
		    "more");
	a->smallest_group = (uint32_t)subjects;
	a->distinct = (uint32_t)values;
	if (node_get(n, "small-groups") == NULL)
		return;
	if (checker_word_of(c, WORDS_SMALL_GROUPS, n, "small-groups", &small))
		a->small_groups = (enum small_groups)small;
	if (node_get(n, "smallest-group") == NULL)
		(void)diagnostic_add(c->d, node_get(n, "small-groups")->key->at,
		    "E102", "`small-groups` needs `smallest-group`");
}

static bool
is_linked(const struct agreement *a, uint32_t other)
{
	for (uint32_t i = 0; i < a->num_linkable; i++)
		if (a->linkable[i] == other)
			return true;
	return false;
}

/* Whoever has both could tell who is the same person. */
static bool
crosses_harbor(const struct policy *p, const struct agreement *a,
    const struct agreement *b)
{
	uint32_t presets =
	    p->datasets[a->dataset].presets | p->datasets[b->dataset].presets;

	return (presets & PRESET_HIPAA_SAFE_HARBOR) != 0 &&
	    a->recipient != b->recipient;
}

static void
check_link(struct checker *c, uint32_t index, uint32_t other, struct mark at)
{
	const struct policy *p = c->policy;
	const struct agreement *a = &p->agreements[index];
	const struct agreement *b = &p->agreements[other];
	const char *why = NULL;

	if (a->dataset == NO_INDEX || b->dataset == NO_INDEX)
		return;
	if (index == other)
		why = "is the agreement itself";
	else if (!is_linked(b, index))
		why = "does not name this one back";
	else if (!linked_share(p, a, b))
		why = "has no code of the same kind and form";
	else if (crosses_harbor(p, a, b))
		why = "has another recipient, and under Safe Harbor codes "
		      "serve nothing else (45 CFR 164.514(c)(2))";
	if (why != NULL)
		(void)diagnostic_add(c->d, at, "E208",
		    "`linkable-with`: `%.*s` %s", DIAGNOSTIC_SPAN(b->id), why);
}

/* Whoever shares codes with others names all of them: nobody comes into it by
 * way of a third. */
static void
check_unnamed(struct checker *c, uint32_t index, struct mark at)
{
	const struct policy *p = c->policy;
	const struct agreement *a = &p->agreements[index];

	for (uint32_t i = 0; i < p->num_agreements; i++) {
		const struct agreement *b = &p->agreements[i];

		if (b->codes_of != a->codes_of || linked_alike(a, b) ||
		    is_linked(a, i) || !linked_share(p, a, b))
			continue;
		diagnostic_help(c->d,
		    diagnostic_add(c->d, at, "E208",
			"`%.*s` would share codes with `%.*s`, which it does "
			"not name in `linkable-with`",
			DIAGNOSTIC_SPAN(a->id), DIAGNOSTIC_SPAN(b->id)),
		    "each names all that it shares codes with, also by way of "
		    "another; agreements of the same purpose, dataset and "
		    "recipient share them anyway");
	}
}

static struct err
read_links(struct checker *c, struct agreement *a, const struct node *n)
{
	const struct node *links = node_get(n, "linkable-with");

	a->linkable_because = schema_text(n, "linkable-because");
	if (links != NULL && a->linkable_because.len == 0)
		(void)diagnostic_add(c->d, links->key->at, "E208",
		    "`linkable-with` needs its lawful reason, "
		    "`linkable-because`");
	return checker_refs(
	    c, THING_AGREEMENT, links, &a->linkable, &a->num_linkable);
}

static void
check_links(struct checker *c, uint32_t index, const struct node *n)
{
	const struct agreement *a = &c->policy->agreements[index];

	for (uint32_t j = 0; j < a->num_linkable; j++)
		check_link(
		    c, index, a->linkable[j], checker_at(n, "linkable-with"));
	if (a->dataset != NO_INDEX && a->purpose != NO_INDEX &&
	    a->recipient != NO_INDEX)
		check_unnamed(c, index,
		    checker_at(
			n, a->num_linkable > 0 ? "linkable-with" : "id"));
}

static struct err
read_exception(struct checker *c, struct exception *e,
    const struct agreement *a, const struct node *n)
{
	e->line = n->at.line;
	e->why = schema_text(n, "why");
	TRY(checker_refs(
	    c, THING_GROUP, node_get(n, "who"), &e->who, &e->num_who));
	if (checker_day(c, node_get(n, "until"), &e->until) &&
	    e->until > a->last_day)
		(void)diagnostic_add(c->d, checker_at(n, "until"), "E117",
		    "the exception goes on after `%.*s`",
		    DIAGNOSTIC_SPAN(a->id));
	if (a->dataset == NO_INDEX)
		return OK;
	return check_allow_columns(
	    c, a, node_get(n, "columns"), &e->columns, &e->num_columns);
}

/* The agreement that an item of the top level is about. */
static bool
is_about(const struct node *n, const struct agreement *a)
{
	return span_equal(schema_text(n, "agreement"), a->id);
}

/* Those of the agreement itself, then those of the top level. */
static struct err
read_exceptions(struct checker *c, struct agreement *a, const struct node *own,
    const struct node **items, uint32_t num)
{
	size_t most = num;

	own = own != NULL && own->type == NODE_LIST ? own->first : NULL;
	for (const struct node *n = own; n != NULL; n = n->next)
		most++;
	TRY(arena_alloc(
	    c->arena, &a->exceptions, most + 1, sizeof(*a->exceptions)));
	for (const struct node *n = own; n != NULL; n = n->next) {
		if (!schema_check(c->d, SCHEMA_EXCEPTION, n, a->id))
			continue;
		if (node_get(n, "agreement") != NULL)
			(void)diagnostic_add(c->d,
			    node_get(n, "agreement")->key->at, "E105",
			    "here `agreement` is known: leave it out");
		TRY(read_exception(
		    c, &a->exceptions[a->num_exceptions++], a, n));
	}
	for (uint32_t i = 0; i < num; i++)
		if (is_about(items[i], a))
			TRY(read_exception(c,
			    &a->exceptions[a->num_exceptions++], a, items[i]));
	return OK;
}

static void
check_top_exceptions(struct checker *c, const struct node **items, uint32_t num)
{
	for (uint32_t i = 0; i < num; i++) {
		const struct node *of = node_get(items[i], "agreement");

		if (!schema_check(c->d, SCHEMA_EXCEPTION, items[i],
			schema_text(items[i], "agreement")))
			continue;
		if (of == NULL)
			(void)diagnostic_add(c->d, items[i]->at, "E102",
			    "an exception needs `agreement`");
		(void)checker_ref(c, THING_AGREEMENT, of);
	}
}

struct err
check_terms_all(struct checker *c)
{
	struct policy *p = c->policy;
	const struct node **items;
	uint32_t num;

	TRY(checker_gather(c, "exceptions", &items, &num));
	check_top_exceptions(c, items, num);
	for (uint32_t i = 0; i < p->num_agreements; i++) {
		const struct node *n = c->agreement_nodes[i];

		TRY(read_links(c, &p->agreements[i], n));
		TRY(read_exceptions(c, &p->agreements[i],
		    node_get(n, "exceptions"), items, num));
	}
	linked_set(p);
	for (uint32_t i = 0; i < p->num_agreements; i++)
		check_links(c, i, c->agreement_nodes[i]);
	return OK;
}
