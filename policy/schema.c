#include "policy/schema.h"

#include "policy/suggest.h"

enum {
	TEXT = 1u << NODE_TEXT,
	LIST = 1u << NODE_LIST,
	MAP = 1u << NODE_MAP,
	WORDS = TEXT | LIST, /* one, or several */
	ANY = TEXT | LIST | MAP,
	NEEDED = 1u << 6,
	LATER = 1u << 7, /* understood, not served */
};

struct schema_key {
	const char *name;
	unsigned flags;
};

static const struct schema_key top_keys[] = {
    {"policy", MAP},
    {"parties", MAP},
    {"people", MAP},
    {"places", MAP},
    {"purposes", MAP},
    {"datasets", MAP},
    {"never", LIST},
    {"allow", LIST},
    {"signers", ANY | LATER},
    {"changes", ANY | LATER},
    {"erasure", ANY | LATER},
    {"tests", ANY | LATER},
    {"exceptions", ANY | LATER},
    {"emergency", ANY | LATER},
    {NULL, 0},
};

static const struct schema_key policy_keys[] = {
    {"name", TEXT | NEEDED},
    {"format", TEXT | NEEDED},
    {"time-zone", TEXT},
    {"contact", TEXT},
    {NULL, 0},
};

static const struct schema_key party_keys[] = {
    {"name", TEXT | NEEDED},
    {"country", TEXT | NEEDED},
    {"role", TEXT | NEEDED},
    {"contact", TEXT | NEEDED},
    {NULL, 0},
};

static const struct schema_key proof_keys[] = {
    {"certificate", TEXT},
    {"access-key", TEXT},
    {"token", ANY | LATER},
    {NULL, 0},
};

static const struct schema_key place_keys[] = {
    {"country", TEXT | NEEDED},
    {"operator", TEXT | NEEDED},
    {"recipient-country", TEXT},
    {"seen-as", WORDS},
    {"certificate", WORDS},
    {"attested", ANY | LATER},
    {NULL, 0},
};

static const struct schema_key purpose_keys[] = {
    {"say", TEXT | NEEDED},
    {"hipaa", TEXT},
    {"gdpr", TEXT},
    {"assessment", TEXT},
    {"dpia", TEXT},
    {"collected-for", TEXT},
    {"compatible-because", TEXT},
    {"art9", TEXT},
    {"art10", TEXT},
    {"report", ANY | LATER},
    {"agreement", ANY | LATER},
    {NULL, 0},
};

static const struct schema_key dataset_keys[] = {
    {"controller", TEXT | NEEDED},
    {"about", TEXT | NEEDED},
    {"category", TEXT},
    {"origin", TEXT | NEEDED},
    {"compression", TEXT},
    {"format", TEXT | MAP},
    {"protect", WORDS | NEEDED},
    {"no-actual-knowledge", MAP},
    {"missing", WORDS},
    {"new-column", TEXT},
    {"missing-column", TEXT},
    {"subject", TEXT},
    {"columns", MAP | NEEDED},
    {NULL, 0},
};

static const struct schema_key format_keys[] = {
    {"csv", MAP},
    {"tsv", MAP},
    {NULL, 0},
};

static const struct schema_key dialect_keys[] = {
    {"delimiter", TEXT},
    {"quote", TEXT},
    {"header", LIST},
    {NULL, 0},
};

static const struct schema_key knowledge_keys[] = {
    {"signed-by", TEXT | NEEDED},
    {"on", TEXT | NEEDED},
    {NULL, 0},
};

static const struct schema_key column_keys[] = {
    {"is", TEXT | NEEDED},
    {"kind", TEXT},
    {"subject", TEXT},
    {"for", WORDS},
    {"values", WORDS},
    {"yes", WORDS},
    {"no", WORDS},
    {"category", TEXT},
    {NULL, 0},
};

static const struct schema_key guardrail_keys[] = {
    {"id", TEXT | NEEDED},
    {"say", TEXT | NEEDED},
    {"dataset", WORDS},
    {"kind", WORDS},
    {"class", WORDS},
    {"category", WORDS},
    {"place", WORDS},
    {"place-not-in", WORDS},
    {"who", WORDS},
    {"purpose", WORDS},
    {NULL, 0},
};

static const struct schema_key agreement_keys[] = {
    {"id", TEXT | NEEDED},
    {"who", WORDS | NEEDED},
    {"recipient", TEXT | NEEDED},
    {"contract", TEXT | NEEDED},
    {"undertakes", TEXT},
    {"review-by", TEXT},
    {"recipient-deletes-after", TEXT},
    {"dataset", TEXT | NEEDED},
    {"purpose", TEXT | NEEDED},
    {"places", WORDS | NEEDED},
    {"columns", MAP | NEEDED},
    {"rows", WORDS},
    {"from", TEXT},
    {"until", TEXT | NEEDED},
    {"compress", TEXT},
    {"encrypt", TEXT},
    {"recipients", WORDS},
    {"as-of", TEXT},
    {"listing", ANY | LATER},
    {"warm", ANY | LATER},
    {"limits", ANY | LATER},
    {"per-caller", ANY | LATER},
    {"smallest-group", ANY | LATER},
    {"small-groups", ANY | LATER},
    {"linkable-with", ANY | LATER},
    {"transfer", ANY | LATER},
    {"exceptions", ANY | LATER},
    {NULL, 0},
};

static const struct schema_key delivered_keys[] = {
    {"protect", TEXT | NEEDED},
    {"unfit", TEXT},
    {NULL, 0},
};

static const struct {
	const char *what;
	const struct schema_key *keys;
} sections[NUM_SCHEMA_SECTIONS] = {
    [SCHEMA_TOP] = {"the policy", top_keys},
    [SCHEMA_POLICY] = {"`policy`", policy_keys},
    [SCHEMA_PARTY] = {"party", party_keys},
    [SCHEMA_PROOF] = {"group", proof_keys},
    [SCHEMA_PLACE] = {"place", place_keys},
    [SCHEMA_PURPOSE] = {"purpose", purpose_keys},
    [SCHEMA_DATASET] = {"dataset", dataset_keys},
    [SCHEMA_FORMAT] = {"`format` of", format_keys},
    [SCHEMA_DIALECT] = {"`format` of", dialect_keys},
    [SCHEMA_KNOWLEDGE] = {"`no-actual-knowledge` of", knowledge_keys},
    [SCHEMA_COLUMN] = {"column", column_keys},
    [SCHEMA_GUARDRAIL] = {"guardrail", guardrail_keys},
    [SCHEMA_AGREEMENT] = {"agreement", agreement_keys},
    [SCHEMA_DELIVERED] = {"column", delivered_keys},
};

static const char *
shape_name(unsigned shapes)
{
	switch (shapes & ANY) {
	case TEXT:
		return "text";
	case LIST:
		return "a list";
	case MAP:
		return "a map of `key: value` lines";
	case WORDS:
		return "text or a list";
	case TEXT | MAP:
		return "text or a map of `key: value` lines";
	}
	return "text, a list or a map";
}

static const struct schema_key *
find_key(const struct schema_key *keys, struct span name)
{
	for (; keys->name != NULL; keys++)
		if (span_equal_str(name, keys->name))
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
	    DIAGNOSTIC_SPAN(member->key->text), sections[section].what,
	    DIAGNOSTIC_SPAN(id));
	suggest_init(&near, member->key->text);
	for (const struct schema_key *k = sections[section].keys;
	     k->name != NULL; k++)
		suggest_offer(&near, span_str(k->name));
	if (near.best.len > 0)
		diagnostic_help(d, item, "did you mean `%.*s`?",
		    DIAGNOSTIC_SPAN(near.best));
}

/* Lists and maps are of text where the table allows text. */
static bool
items_are_text(const struct node *list, unsigned flags)
{
	if (list->type != NODE_LIST || (flags & TEXT) == 0 ||
	    (flags & LATER) != 0)
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
	    find_key(sections[section].keys, member->key->text);

	if (key == NULL)
		note_unknown(d, section, member, id);
	else if ((key->flags & LATER) != 0)
		(void)diagnostic_add(d, member->key->at, "E901",
		    "`%s` is understood, but not served by this build",
		    key->name);
	else if ((key->flags & (1u << member->type)) == 0)
		(void)diagnostic_add(d, member->at, "E100", "`%s` must be %s",
		    key->name, shape_name(key->flags));
	else if (!items_are_text(member, key->flags))
		(void)diagnostic_add(d, member->at, "E100",
		    "the items of `%s` must be text", key->name);
	else if ((key->flags & NEEDED) != 0 && member->type == NODE_TEXT &&
	    member->text.len == 0)
		(void)diagnostic_add(
		    d, member->key->at, "E102", "`%s` is empty", key->name);
}

bool
schema_check(struct diagnostics *d, enum schema_section section,
    const struct node *map, struct span id)
{
	if (map->type != NODE_MAP) {
		(void)diagnostic_add(d, map->at, "E100", "%s %.*s must be %s",
		    sections[section].what, DIAGNOSTIC_SPAN(id),
		    shape_name(MAP));
		return false;
	}
	for (const struct node *m = map->first; m != NULL; m = m->next)
		check_member(d, section, m, id);
	for (const struct schema_key *k = sections[section].keys;
	     k->name != NULL; k++)
		if ((k->flags & NEEDED) != 0 && node_get(map, k->name) == NULL)
			(void)diagnostic_add(d,
			    map->key != NULL ? map->key->at : map->at, "E102",
			    "%s %.*s needs `%s`", sections[section].what,
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
