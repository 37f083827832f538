#include "policy/checker.h"

#include "policy/literal.h"
#include "policy/suggest.h"

/* A section of the wrong shape was reported by schema.c: it has no items. */
static const struct node *
section_of(const struct node *root, const char *section)
{
	const struct node *part = node_get(root, section);
	bool is_list = span_equal_str(span_str(section), "never") ||
	    span_equal_str(span_str(section), "allow");

	if (part == NULL || part->type != (is_list ? NODE_LIST : NODE_MAP))
		return NULL;
	return part;
}

static void
note_twice(struct checker *c, const struct node *node,
    const struct node **items, uint32_t num)
{
	for (uint32_t i = 0; i < num && node->key != NULL; i++) {
		if (!span_equal(items[i]->key->text, node->key->text))
			continue;
		/* Within one file node.c has spoken already. */
		if (items[i]->key->at.file != node->key->at.file)
			diagnostic_see(diagnostic_add(c->d, node->key->at,
					   "E105", "`%.*s` is declared twice",
					   DIAGNOSTIC_SPAN(node->key->text)),
			    items[i]->key->at, "the first one");
		return;
	}
}

struct err
checker_gather(struct checker *c, const char *section, const struct node ***out,
    uint32_t *out_num)
{
	const struct node **items;
	uint32_t num = 0;
	size_t most = 0;

	for (size_t i = 0; i < c->num_roots; i++) {
		const struct node *part = section_of(c->roots[i], section);

		most += part == NULL ? 0 : part->num;
	}
	TRY(arena_alloc(c->arena, &items, most + 1, sizeof(void *)));
	for (size_t i = 0; i < c->num_roots; i++) {
		const struct node *part = section_of(c->roots[i], section);

		if (part == NULL)
			continue;
		for (const struct node *n = part->first; n != NULL;
		     n = n->next) {
			note_twice(c, n, items, num);
			items[num++] = n;
		}
	}
	*out = items;
	*out_num = num;
	return OK;
}

void
checker_id(struct checker *c, const struct node *at, const char *what)
{
	if (at != NULL && !literal_is_id(at->text))
		(void)diagnostic_add(c->d, at->at, "E106",
		    "%s is named by lower-case letters, digits and dashes, "
		    "not `%.*s`",
		    what, DIAGNOSTIC_SPAN(at->text));
}

static uint32_t
num_of(const struct policy *p, enum checker_thing thing)
{
	switch (thing) {
	case THING_PARTY:
		return p->num_parties;
	case THING_GROUP:
		return p->num_groups;
	case THING_PLACE:
		return p->num_places;
	case THING_PURPOSE:
		return p->num_purposes;
	case THING_DATASET:
		return p->num_datasets;
	case THING_AGREEMENT:
		return p->num_agreements;
	case THING_GUARDRAIL:
		return p->num_guardrails;
	}
	return 0;
}

static struct span
id_of(const struct policy *p, enum checker_thing thing, uint32_t i)
{
	switch (thing) {
	case THING_PARTY:
		return p->parties[i].id;
	case THING_GROUP:
		return p->groups[i].id;
	case THING_PLACE:
		return p->places[i].id;
	case THING_PURPOSE:
		return p->purposes[i].id;
	case THING_DATASET:
		return p->datasets[i].id;
	case THING_AGREEMENT:
		return p->agreements[i].id;
	case THING_GUARDRAIL:
		return p->guardrails[i].id;
	}
	return (struct span){0};
}

static const char *
thing_name(enum checker_thing thing)
{
	switch (thing) {
	case THING_PARTY:
		return "party";
	case THING_GROUP:
		return "group of people";
	case THING_PLACE:
		return "place";
	case THING_PURPOSE:
		return "purpose";
	case THING_DATASET:
		return "dataset";
	case THING_AGREEMENT:
		return "agreement";
	case THING_GUARDRAIL:
		return "guardrail";
	}
	return "thing";
}

uint32_t
checker_find(const struct checker *c, enum checker_thing thing, struct span id)
{
	for (uint32_t i = 0; i < num_of(c->policy, thing); i++)
		if (span_equal(id_of(c->policy, thing, i), id))
			return i;
	return NO_INDEX;
}

uint32_t
checker_ref(
    struct checker *c, enum checker_thing thing, const struct node *node)
{
	struct diagnostic *item;
	struct suggest near;
	uint32_t found;

	if (node == NULL || node->type != NODE_TEXT)
		return NO_INDEX;
	found = checker_find(c, thing, node->text);
	if (found != NO_INDEX)
		return found;
	item = diagnostic_add(c->d, node->at, "E104", "there is no %s `%.*s`",
	    thing_name(thing), DIAGNOSTIC_SPAN(node->text));
	suggest_init(&near, node->text);
	for (uint32_t i = 0; i < num_of(c->policy, thing); i++)
		suggest_offer(&near, id_of(c->policy, thing, i));
	if (near.best.len > 0)
		diagnostic_help(c->d, item, "did you mean `%.*s`?",
		    DIAGNOSTIC_SPAN(near.best));
	return NO_INDEX;
}

/* The first of one or several texts, and how many there can be. */
static const struct node *
first_of(const struct node *node, size_t *out_num)
{
	*out_num = 0;
	if (node == NULL || node->type == NODE_MAP)
		return NULL;
	*out_num = node->type == NODE_TEXT ? 1 : node->num;
	return node->type == NODE_TEXT ? node : node->first;
}

/* The next one; a lone text has siblings that are not of its list. */
static const struct node *
next_of(const struct node *owner, const struct node *item)
{
	return owner->type == NODE_TEXT ? NULL : item->next;
}

struct err
checker_refs(struct checker *c, enum checker_thing thing,
    const struct node *node, uint32_t **out, uint32_t *out_num)
{
	size_t num;
	const struct node *n = first_of(node, &num);
	uint32_t *refs, found = 0;

	TRY(arena_alloc(c->arena, &refs, num + 1, sizeof(*refs)));
	for (; n != NULL; n = next_of(node, n)) {
		uint32_t ref = checker_ref(c, thing, n);
		bool twice = false;

		for (uint32_t i = 0; i < found; i++)
			twice = twice || refs[i] == ref;
		if (ref != NO_INDEX && !twice)
			refs[found++] = ref;
	}
	*out = refs;
	*out_num = found;
	return OK;
}

struct err
checker_texts(struct checker *c, const struct node *node, struct span **out,
    uint32_t *out_num)
{
	size_t num;
	const struct node *n = first_of(node, &num);
	struct span *texts;
	uint32_t found = 0;

	TRY(arena_alloc(c->arena, &texts, num + 1, sizeof(*texts)));
	for (; n != NULL; n = next_of(node, n))
		if (n->type == NODE_TEXT)
			texts[found++] = n->text;
	*out = texts;
	*out_num = found;
	return OK;
}

bool
checker_word(struct checker *c, enum words_set set, struct mark at,
    struct span word, unsigned *out_value)
{
	struct diagnostic *item;
	struct span near;

	if (words_find(set, word, out_value, &near))
		return true;
	item = diagnostic_add(c->d, at, "E103",
	    "`%.*s` is not a word that can stand here", DIAGNOSTIC_SPAN(word));
	if (near.len > 0)
		diagnostic_help(
		    c->d, item, "did you mean `%.*s`?", DIAGNOSTIC_SPAN(near));
	return false;
}

void
checker_country(struct checker *c, const struct node *node, uint8_t out[2])
{
	if (node == NULL || node->type != NODE_TEXT)
		return;
	if (literal_country(node->text, out).code != ERR_OK)
		(void)diagnostic_add(c->d, node->at, "E103",
		    "`%.*s` is not a country code of ISO 3166-1, as DE or US",
		    DIAGNOSTIC_SPAN(node->text));
}

bool
checker_day(struct checker *c, const struct node *node, int32_t *out)
{
	if (node == NULL || node->type != NODE_TEXT)
		return false;
	if (literal_day(node->text, out).code == ERR_OK)
		return true;
	(void)diagnostic_add(c->d, node->at, "E117",
	    "`%.*s` is not a day, as 2027-03-31", DIAGNOSTIC_SPAN(node->text));
	return false;
}

struct mark
checker_at(const struct node *map, const char *key)
{
	const struct node *value = node_get(map, key);

	if (value != NULL)
		return value->at;
	return map->key != NULL ? map->key->at : map->at;
}
