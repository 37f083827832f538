#include "policy/checker.h"

#include <inttypes.h>

#include "policy/by_id.h"
#include "policy/literal.h"
#include "policy/suggest.h"

enum {
	MOST_WORDS = 8, /* that a sentence lists */
};

/* A section of the wrong shape was reported by schema.c: it has no items. */
static const struct node *
section_of(const struct node *root, const char *section)
{
	const struct node *part = node_get(root, section);
	const struct schema_key *key = schema_keys_of(SCHEMA_TOP);

	while (!span_equal_str(span_str(section), key->name))
		key++;
	return part != NULL && (key->flags & 1u << part->type) != 0 ? part
								    : NULL;
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

const struct node *
checker_single(struct checker *c, const char *section)
{
	const struct node *single = NULL;

	for (size_t i = 0; i < c->num_roots; i++) {
		const struct node *n = node_get(c->roots[i], section);

		if (n == NULL)
			continue;
		if (single != NULL)
			diagnostic_see(diagnostic_add(c->d, n->key->at, "E105",
					   "`%s` is there twice", section),
			    single->key->at, "the first one");
		single = n;
	}
	return single;
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
	case THING_SIGNER:
		return p->num_signers;
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
	case THING_SIGNER:
		return p->signers[i].id;
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
	case THING_SIGNER:
		return "signer";
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
	if (thing == THING_AGREEMENT)
		return by_id_find(c->policy, id);
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

/* All words of a set, where they are few. */
static void
help_words(struct checker *c, enum words_set set, struct diagnostic *item)
{
	struct buf words CLEANUP(buf_done) = {.max = 512};
	const char *text;

	if (words_at(set, MOST_WORDS) != NULL)
		return;
	for (unsigned i = 0; (text = words_at(set, i)) != NULL; i++)
		if (buf_append_format(&words, "%s`%s`", i > 0 ? ", " : "", text)
			.code != ERR_OK)
			return;
	diagnostic_help(c->d, item, "there are %.*s", (int)words.len,
	    (const char *)words.data);
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
	else
		help_words(c, set, item);
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

bool
checker_number(
    struct checker *c, const struct node *node, uint64_t max, uint64_t *out)
{
	uint64_t value;

	if (node == NULL || node->type != NODE_TEXT)
		return false;
	if (span_u64(node->text, &value, max).code == ERR_OK && value > 0) {
		*out = value;
		return true;
	}
	(void)diagnostic_add(c->d, node->at, "E103",
	    "`%.*s` is not a whole number from 1 to %" PRIu64,
	    DIAGNOSTIC_SPAN(node->text), max);
	return false;
}

struct unit {
	const char *name;
	uint64_t factor;
};

/* "20 GB": a number and, if `units` asks for one, its unit. */
static bool
take_measure(struct span text, const struct unit *units, uint64_t *out)
{
	struct span number;
	uint64_t value;

	(void)span_take_until(&text, &number, ' ');
	if (span_u64(number, &value, UINT32_MAX).code != ERR_OK || value == 0)
		return false;
	for (; units->name != NULL; units++)
		if (span_equal_str(span_trim(text), units->name)) {
			*out = value * units->factor;
			return true;
		}
	return false;
}

bool
checker_size(struct checker *c, const struct node *node, uint64_t *out)
{
	static const struct unit units[] = {{"", 1}, {"kB", 1000},
	    {"MB", 1000000}, {"GB", 1000000000}, {NULL, 0}};

	if (node == NULL || node->type != NODE_TEXT)
		return false;
	if (take_measure(node->text, units, out))
		return true;
	(void)diagnostic_add(c->d, node->at, "E103",
	    "`%.*s` is not a number of bytes, as 20 GB",
	    DIAGNOSTIC_SPAN(node->text));
	return false;
}

bool
checker_hours(struct checker *c, const struct node *node, uint64_t *out)
{
	static const struct unit units[] = {{"hour", 1}, {"hours", 1},
	    {"day", 24}, {"days", 24}, {"week", 168}, {"weeks", 168},
	    {"month", 730}, {"months", 730}, {"year", 8766}, {"years", 8766},
	    {NULL, 0}};

	if (node == NULL || node->type != NODE_TEXT)
		return false;
	if (take_measure(node->text, units, out))
		return true;
	(void)diagnostic_add(c->d, node->at, "E103",
	    "`%.*s` is not a length of time, as 180 days",
	    DIAGNOSTIC_SPAN(node->text));
	return false;
}

bool
checker_word_of(struct checker *c, enum words_set set, const struct node *map,
    const char *key, unsigned *out)
{
	const struct node *node = node_get(map, key);

	return node != NULL && node->type == NODE_TEXT &&
	    checker_word(c, set, node->at, node->text, out);
}

bool
checker_switch(struct checker *c, const struct node *map, const char *key,
    const char *normal, const char *other)
{
	struct span word = schema_text(map, key);

	if (node_get(map, key) == NULL || span_equal_str(word, normal))
		return false;
	if (!span_equal_str(word, other))
		(void)diagnostic_add(c->d, checker_at(map, key), "E103",
		    "`%s` is %s or %s", key, normal, other);
	return true;
}

bool
checker_path(struct span path)
{
	struct span rest = path, segment;

	if (path.len == 0 || path.len > 255)
		return false;
	while (span_take_until(&rest, &segment, '/'))
		if (segment.len == 0 || segment.data[0] == '.')
			return false;
	return true;
}

uint32_t
checker_column(
    struct checker *c, const struct dataset *ds, const struct node *name)
{
	struct diagnostic *item;
	struct suggest near;

	suggest_init(&near, name->text);
	for (uint32_t i = 0; i < ds->num_columns; i++) {
		if (span_equal(ds->columns[i].name, name->text))
			return i;
		suggest_offer(&near, ds->columns[i].name);
	}
	item = diagnostic_add(c->d, name->at, "E104",
	    "there is no column `%.*s` in `%.*s`", DIAGNOSTIC_SPAN(name->text),
	    DIAGNOSTIC_SPAN(ds->id));
	if (near.best.len > 0)
		diagnostic_help(c->d, item, "did you mean `%.*s`?",
		    DIAGNOSTIC_SPAN(near.best));
	return NO_INDEX;
}

struct mark
checker_at(const struct node *map, const char *key)
{
	const struct node *value = node_get(map, key);

	if (value != NULL)
		return value->at;
	return map->key != NULL ? map->key->at : map->at;
}
