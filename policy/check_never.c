#include "policy/checker.h"

#include "policy/literal.h"
#include "policy/region.h"
#include "policy/suggest.h"

/* check_never: guardrails, expanded to what they hit. */

/* `*` stands for any text within one segment. */
static bool
segment_matches(struct span pattern, struct span text)
{
	while (pattern.len > 0 && pattern.data[0] != '*') {
		if (text.len == 0 || text.data[0] != pattern.data[0])
			return false;
		pattern = span_sub(pattern, 1, pattern.len);
		text = span_sub(text, 1, text.len);
	}
	if (pattern.len == 0)
		return text.len == 0;
	pattern = span_sub(pattern, 1, pattern.len);
	for (size_t skip = 0; skip <= text.len; skip++)
		if (segment_matches(pattern, span_sub(text, skip, text.len)))
			return true;
	return false;
}

static bool
path_matches(struct span pattern, struct span text)
{
	struct span p, t;

	while (span_take_until(&pattern, &p, '/')) {
		/* Two wildcards bound the work of segment_matches. */
		size_t stars = 0;

		for (size_t i = 0; i < p.len; i++)
			stars += p.data[i] == '*';
		if (stars > 2 || !span_take_until(&text, &t, '/') ||
		    !segment_matches(p, t))
			return false;
	}
	return text.data == NULL;
}

static struct err
expand_datasets(struct checker *c, struct guardrail *g, const struct node *n)
{
	const struct policy *p = c->policy;
	struct span *globs;
	uint32_t num;

	TRY(checker_texts(c, n, &globs, &num));
	TRY(arena_alloc(
	    c->arena, &g->datasets, p->num_datasets + 1, sizeof(*g->datasets)));
	for (uint32_t i = 0; i < num; i++) {
		bool hit = false;

		for (uint32_t j = 0; j < p->num_datasets; j++)
			hit = path_matches(globs[i], p->datasets[j].id) || hit;
		if (!hit)
			(void)diagnostic_add(c->d, n->at, "E116",
			    "`%.*s` matches no dataset",
			    DIAGNOSTIC_SPAN(globs[i]));
	}
	for (uint32_t j = 0; j < p->num_datasets; j++)
		for (uint32_t i = 0; i < num; i++)
			if (path_matches(globs[i], p->datasets[j].id)) {
				g->datasets[g->num_datasets++] = j;
				break;
			}
	g->by_dataset = true;
	return OK;
}

/* Words are ids of places, countries, EEA and the like. */
static bool
country_is_in(const uint8_t country[2], const struct span *words, uint32_t num)
{
	uint8_t named[2];

	for (uint32_t i = 0; i < num; i++) {
		const char *group = region_group(words[i]);

		if (group != NULL
			? region_in_group(group, country)
			: literal_country(words[i], named).code == ERR_OK &&
			    span_equal(span_of(named, 2), span_of(country, 2)))
			return true;
	}
	return false;
}

/* Where the recipient sits elsewhere, data goes to both countries: a list of
 * what is allowed has to name both, and one of what is not, either. */
static bool
place_is_in(
    const struct place *p, const struct span *words, uint32_t num, bool outside)
{
	bool here = country_is_in(p->country, words, num);
	bool there = p->recipient_country[0] != 0
	    ? country_is_in(p->recipient_country, words, num)
	    : here;

	for (uint32_t i = 0; i < num; i++)
		if (span_equal(p->id, words[i]))
			return true;
	return outside ? here && there : here || there;
}

static bool
place_word_is_known(struct checker *c, struct span word)
{
	uint8_t country[2];

	return region_group(word) != NULL ||
	    literal_country(word, country).code == ERR_OK ||
	    checker_find(c, THING_PLACE, word) != NO_INDEX;
}

/* outside: the list names what is allowed, as in `place-not-in`. */
static struct err
expand_places(struct checker *c, const struct node *n, bool outside,
    uint32_t **out, uint32_t *out_num)
{
	struct span *words;
	uint32_t num, found = 0, *places;

	TRY(checker_texts(c, n, &words, &num));
	TRY(arena_alloc(
	    c->arena, &places, c->policy->num_places + 1, sizeof(*places)));
	for (uint32_t i = 0; i < num; i++)
		if (!place_word_is_known(c, words[i]))
			(void)diagnostic_add(c->d, n->at, "E104",
			    "`%.*s` is no place, no country and not EEA or "
			    "28-cfr-202",
			    DIAGNOSTIC_SPAN(words[i]));
	for (uint32_t j = 0; j < c->policy->num_places; j++)
		if (place_is_in(&c->policy->places[j], words, num, outside))
			places[found++] = j;
	*out = places;
	*out_num = found;
	return OK;
}

/* A bit for each word. */
static struct err
collect_bits(
    struct checker *c, enum words_set set, const struct node *n, uint64_t *out)
{
	struct span *words;
	uint32_t num;
	unsigned value;

	TRY(checker_texts(c, n, &words, &num));
	for (uint32_t i = 0; i < num; i++)
		if (checker_word(c, set, n->at, words[i], &value))
			*out |= UINT64_C(1) << value;
	return OK;
}

static struct err
check_columns(struct checker *c, struct guardrail *g, const struct node *n,
    const struct node *category)
{
	const struct node *kind = node_get(n, "kind");
	const struct node *class = node_get(n, "class");
	uint64_t classes = 0;

	TRY(collect_bits(c, WORDS_KIND, kind, &g->kinds));
	TRY(collect_bits(c, WORDS_CLASS, class, &classes));
	g->classes = (uint32_t)classes;
	g->by_column = kind != NULL || class != NULL;
	TRY(checker_texts(c, category, &g->categories, &g->num_categories));
	g->by_category = category != NULL;
	return OK;
}

/* Without a condition it is an error, and hits nothing. */
static bool
has_condition(const struct guardrail *g)
{
	return g->by_dataset || g->by_place || g->by_place_not_in ||
	    g->by_who || g->by_purpose || g->by_column || g->by_category;
}

/* What ships with the gateway; an officer takes it by its name. */
static const struct template
{
	const char *name, *say;
	const char *key, *word; /* the condition that it is about */
}
templates[] = {
    {"28-cfr-202",
	"Data of US persons does not go to countries of concern (28 CFR 202)",
	"place", "28-cfr-202"},
    {"42-cfr-part-2",
	"Records of treatment for substance use do not leave (42 CFR Part 2)",
	"category", "substance-use"},
    {"psychotherapy-notes",
	"Psychotherapy notes do not leave (45 CFR 164.508(a)(2))", "category",
	"psychotherapy-notes"},
};

/* NULL where the guardrail is no template's, or none is of that name. */
static const struct template *
template_of(struct checker *c, const struct node *n)
{
	const struct node *name = node_get(n, "template");
	struct diagnostic *item;
	struct suggest near;

	if (name == NULL || name->type != NODE_TEXT)
		return NULL;
	suggest_init(&near, name->text);
	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
		if (span_equal_str(name->text, templates[i].name))
			return &templates[i];
		suggest_offer(&near, span_str(templates[i].name));
	}
	item = diagnostic_add(c->d, name->at, "E104",
	    "there is no template `%.*s`", DIAGNOSTIC_SPAN(name->text));
	if (near.best.len > 0)
		diagnostic_help(c->d, item, "did you mean `%.*s`?",
		    DIAGNOSTIC_SPAN(near.best));
	return NULL;
}

/* The value of a key: as written, or the template's, in `spare`. */
static const struct node *
condition(struct checker *c, const struct template *t, const struct node *n,
    const char *key, struct node *spare)
{
	const struct node *written = node_get(n, key);

	if (t == NULL || !span_equal_str(span_str(t->key), key))
		return written;
	if (written != NULL)
		(void)diagnostic_add(c->d, written->key->at, "E116",
		    "`%s` is what the template is about: leave it out", key);
	*spare = (struct node){.type = NODE_TEXT,
	    .text = span_str(t->word),
	    .at = checker_at(n, "template")};
	return spare;
}

/* The name and the sentence, which a template has of its own. */
static void
check_names(struct checker *c, struct guardrail *g, const struct template *t,
    const struct node *n)
{
	static const char *const keys[] = {"id", "say"};

	g->id = schema_text(n, "id");
	g->say = schema_text(n, "say");
	for (size_t i = 0; i < 2 && node_get(n, "template") == NULL; i++)
		if (schema_text(n, keys[i]).len == 0)
			(void)diagnostic_add(c->d, n->at, "E102",
			    "guardrail %.*s needs `%s`", DIAGNOSTIC_SPAN(g->id),
			    keys[i]);
	if (t != NULL && g->id.len == 0)
		g->id = span_str(t->name);
	if (t != NULL && g->say.len == 0)
		g->say = span_str(t->say);
}

static struct err
check_guardrail(struct checker *c, struct guardrail *g,
    const struct template *t, const struct node *n)
{
	struct node spare[2];
	const struct node *dataset = node_get(n, "dataset");
	const struct node *place = condition(c, t, n, "place", &spare[0]);
	const struct node *outside = node_get(n, "place-not-in");
	const struct node *who = node_get(n, "who");
	const struct node *purpose = node_get(n, "purpose");

	if (dataset != NULL)
		TRY(expand_datasets(c, g, dataset));
	TRY(expand_places(c, place, false, &g->places, &g->num_places));
	TRY(expand_places(c, outside, true, &g->outside, &g->num_outside));
	TRY(checker_refs(c, THING_GROUP, who, &g->who, &g->num_who));
	TRY(checker_refs(
	    c, THING_PURPOSE, purpose, &g->purposes, &g->num_purposes));
	TRY(check_columns(c, g, n, condition(c, t, n, "category", &spare[1])));
	g->by_place = place != NULL;
	g->by_place_not_in = outside != NULL;
	g->by_who = who != NULL;
	g->by_purpose = purpose != NULL;
	if (!has_condition(g) && (t != NULL || node_get(n, "template") == NULL))
		(void)diagnostic_add(c->d, n->at, "E116",
		    "guardrail `%.*s` has no condition",
		    DIAGNOSTIC_SPAN(g->id));
	for (const struct node *m = n->first; m != NULL; m = m->next)
		if (m->type == NODE_LIST && m->num == 0)
			(void)diagnostic_add(c->d, m->at, "E116",
			    "an empty list would never hold");
	return OK;
}

static void
note_same_id(struct checker *c, const struct node **items, uint32_t i)
{
	struct span id = c->policy->guardrails[i].id;

	for (uint32_t j = 0; j < i; j++)
		if (id.len > 0 && span_equal(c->policy->guardrails[j].id, id)) {
			diagnostic_see(
			    diagnostic_add(c->d, checker_at(items[i], "id"),
				"E105", "guardrail `%.*s` is there twice",
				DIAGNOSTIC_SPAN(id)),
			    checker_at(items[j], "id"), "the first one");
			return;
		}
}

struct err
check_never_all(struct checker *c)
{
	const struct node **items;
	uint32_t num;

	TRY(checker_gather(c, "never", &items, &num));
	TRY(arena_alloc(c->arena, &c->policy->guardrails, num + 1,
	    sizeof(struct guardrail)));
	for (uint32_t i = 0; i < num; i++) {
		struct guardrail *g = &c->policy->guardrails[i];
		const struct template *t;

		c->policy->num_guardrails = i + 1;
		if (!schema_check(c->d, SCHEMA_GUARDRAIL, items[i],
			schema_text(items[i], "id")))
			continue;
		t = template_of(c, items[i]);
		check_names(c, g, t, items[i]);
		g->line = node_get(items[i], "id") != NULL
		    ? checker_at(items[i], "id").line
		    : items[i]->at.line;
		g->file = c->d->files[items[i]->at.file].name;
		checker_id(c, node_get(items[i], "id"), "a guardrail");
		note_same_id(c, items, i);
		TRY(check_guardrail(c, g, t, items[i]));
	}
	return OK;
}

static bool
has(const uint32_t *items, uint32_t num, uint32_t wanted)
{
	for (uint32_t i = 0; i < num; i++)
		if (items[i] == wanted)
			return true;
	return false;
}

/* One column that is delivered has a kind and a class that are named. */
static bool
column_hits(const struct guardrail *g, const struct agreement *a,
    const struct dataset *ds)
{
	for (uint32_t i = 0; i < a->num_columns; i++) {
		const struct column *col = &ds->columns[a->columns[i].column];

		if (a->columns[i].how.op != PROTECT_DROP &&
		    (g->kinds == 0 || (g->kinds >> col->kind & 1) != 0) &&
		    (g->classes == 0 || (g->classes >> col->class & 1) != 0))
			return true;
	}
	return false;
}

uint32_t
check_never_blocks(
    const struct policy *p, const struct agreement *a, uint32_t place)
{
	for (uint32_t i = 0; i < p->num_guardrails; i++) {
		const struct guardrail *g = &p->guardrails[i];
		bool hit = has_condition(g) && !g->by_category;

		for (uint32_t j = 0; g->by_who && j < a->num_who; j++)
			hit = hit && has(g->who, g->num_who, a->who[j]);
		hit = hit &&
		    (!g->by_dataset ||
			has(g->datasets, g->num_datasets, a->dataset)) &&
		    (!g->by_purpose ||
			has(g->purposes, g->num_purposes, a->purpose)) &&
		    (!g->by_place || has(g->places, g->num_places, place)) &&
		    (!g->by_place_not_in ||
			!has(g->outside, g->num_outside, place)) &&
		    (!g->by_column ||
			column_hits(g, a, &p->datasets[a->dataset]));
		if (hit)
			return i;
	}
	return NO_INDEX;
}
