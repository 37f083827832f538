#include "policy/schema.h"

#include "policy/suggest.h"

#define ANY_SHAPE (SCHEMA_TEXT | SCHEMA_LIST | SCHEMA_MAP)

static const char *
shape_name(unsigned shapes)
{
	switch (shapes & ANY_SHAPE) {
	case SCHEMA_TEXT:
		return "text";
	case SCHEMA_LIST:
		return "a list";
	case SCHEMA_MAP:
		return "a map of `key: value` lines";
	case SCHEMA_TEXT | SCHEMA_LIST:
		return "text or a list";
	case SCHEMA_TEXT | SCHEMA_MAP:
		return "text or a map of `key: value` lines";
	}
	return "text, a list or a map";
}

static const struct schema_key *
find_key(const struct schema_key *keys, struct span name)
{
	for (; keys->name != NULL; keys++)
		if (span_equal_str(name, keys->name) ||
		    (keys->flags & SCHEMA_OTHERS) != 0)
			return keys;
	return NULL;
}

static void
note_unknown(struct diagnostics *d, enum schema_section section,
    const struct node *member, struct span id)
{
	struct diagnostic *item;
	struct suggest near;

	item = diagnostic_add(d, member->key->at, "E101",
	    id.len > 0 ? "unknown key `%.*s` in %s `%.*s`"
		       : "unknown key `%.*s` in %s%.*s",
	    DIAGNOSTIC_SPAN(member->key->text), schema_keys_title(section),
	    DIAGNOSTIC_SPAN(id));
	suggest_init(&near, member->key->text);
	for (const struct schema_key *k = schema_keys_of(section);
	     k->name != NULL; k++)
		suggest_offer(&near, span_str(k->name));
	if (near.best.len > 0)
		diagnostic_help(d, item, "did you mean `%.*s`?",
		    DIAGNOSTIC_SPAN(near.best));
}

/* Lists are of text where the table allows text. */
static bool
items_are_text(const struct node *list, unsigned flags)
{
	if (list->type != NODE_LIST || (flags & SCHEMA_TEXT) == 0)
		return true;
	for (const struct node *i = list->first; i != NULL; i = i->next)
		if (i->type != NODE_TEXT)
			return false;
	return true;
}

static void
check_member(struct diagnostics *d, enum schema_section section,
    const struct node *member, struct span id)
{
	const struct schema_key *key =
	    find_key(schema_keys_of(section), member->key->text);

	if (key == NULL)
		note_unknown(d, section, member, id);
	else if ((key->flags & (1u << member->type)) == 0)
		(void)diagnostic_add(d, member->at, "E100", "`%.*s` must be %s",
		    DIAGNOSTIC_SPAN(member->key->text), shape_name(key->flags));
	else if (!items_are_text(member, key->flags))
		(void)diagnostic_add(d, member->at, "E100",
		    "the items of `%.*s` must be text",
		    DIAGNOSTIC_SPAN(member->key->text));
	else if ((key->flags & SCHEMA_NEEDED) != 0 &&
	    member->type == NODE_TEXT && member->text.len == 0)
		(void)diagnostic_add(
		    d, member->key->at, "E102", "`%s` is empty", key->name);
}

bool
schema_check(struct diagnostics *d, enum schema_section section,
    const struct node *map, struct span id)
{
	if (map->type != NODE_MAP) {
		(void)diagnostic_add(d, map->at, "E100", "%s %.*s must be %s",
		    schema_keys_title(section), DIAGNOSTIC_SPAN(id),
		    shape_name(SCHEMA_MAP));
		return false;
	}
	for (const struct node *m = map->first; m != NULL; m = m->next)
		check_member(d, section, m, id);
	for (const struct schema_key *k = schema_keys_of(section);
	     k->name != NULL; k++)
		if ((k->flags & SCHEMA_NEEDED) != 0 &&
		    node_get(map, k->name) == NULL)
			(void)diagnostic_add(d,
			    map->key != NULL ? map->key->at : map->at, "E102",
			    "%s %.*s needs `%s`", schema_keys_title(section),
			    DIAGNOSTIC_SPAN(id), k->name);
	return true;
}

struct span
schema_text(const struct node *map, const char *key)
{
	const struct node *value = node_get(map, key);

	return value != NULL && value->type == NODE_TEXT ? value->text
							 : (struct span){0};
}
