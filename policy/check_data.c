#include "policy/checker.h"

#include "policy/literal.h"
#include "policy/preset.h"

/* check_data: datasets, their origins and columns. */

static void
bad_origin(struct checker *c, struct mark at, const char *why)
{
	(void)diagnostic_add(c->d, at, "E114", "%s", why);
}

/* A segment that can stand in a path: not empty, not a way up. */
static bool
segment_is_fit(struct span segment)
{
	if (segment.len == 0 || span_equal_str(segment, ".") ||
	    span_equal_str(segment, ".."))
		return false;
	for (size_t i = 0; i + 1 < segment.len; i++)
		if (segment.data[i] == '*' && segment.data[i + 1] == '*')
			return false;
	return true;
}

static bool
is_s3(struct span origin)
{
	return span_starts_with(origin, span_str("s3://"));
}

/* The root ends before the first wildcard, and before the last segment. */
static void
check_origin(struct checker *c, struct dataset *ds, const struct node *n)
{
	struct span path, rest, segment;
	size_t root_len = 0, start = 7; /* the path has its slash */
	bool wild = false;

	if (n == NULL || n->type != NODE_TEXT)
		return;
	if (is_s3(n->text)) {
		ds->origin = ORIGIN_S3;
		start = 5;
	} else if (!span_starts_with(n->text, span_str("file:///"))) {
		bad_origin(c, n->at,
		    "an origin is file:///FOLDER/*.csv or s3://BUCKET/*.csv");
		return;
	}
	path = span_sub(n->text, start, n->text.len);
	rest = span_sub(path, ds->origin == ORIGIN_S3 ? 0 : 1, path.len);
	while (span_take_until(&rest, &segment, '/')) {
		if (!segment_is_fit(segment)) {
			bad_origin(c, n->at,
			    "an origin has no empty segment, no `.`, `..` "
			    "or `**`");
			return;
		}
		wild = wild || span_find(segment, '*') != segment.len;
		if (!wild && rest.data != NULL)
			root_len =
			    (size_t)(segment.data - path.data) + segment.len;
	}
	if (root_len == 0) {
		bad_origin(c, n->at, "an origin lies in a folder with a name");
		return;
	}
	ds->root = span_sub(path, 0, root_len);
	ds->pattern = span_sub(path, root_len + 1, path.len);
}

/* Without the word, what the names end in says it; never against them. */
static void
check_compression(struct checker *c, struct dataset *ds, const struct node *n)
{
	const struct node *said = node_get(n, "compression");
	enum compression ending = model_compression_of(ds->pattern);
	unsigned value;

	ds->compression = ending;
	if (said == NULL || said->type != NODE_TEXT ||
	    !checker_word(c, WORDS_COMPRESSION, said->at, said->text, &value))
		return;
	ds->compression = (enum compression)value;
	if (ending != COMPRESSION_NONE && ds->compression != ending)
		bad_origin(c, said->at,
		    "the names that `origin` ends in say another compression");
}

static struct err
check_presets(struct checker *c, struct dataset *ds, const struct node *n)
{
	struct span *names;
	uint32_t num;

	TRY(checker_texts(c, n, &names, &num));
	for (uint32_t i = 0; i < num; i++) {
		struct span near = {0};
		uint32_t preset = preset_find(names[i], &near);
		struct diagnostic *item;

		ds->presets |= preset;
		if (preset != 0)
			continue;
		item = diagnostic_add(c->d, n->at, "E104",
		    "there is no preset `%.*s`", DIAGNOSTIC_SPAN(names[i]));
		if (near.len > 0)
			diagnostic_help(c->d, item, "did you mean `%.*s`?",
			    DIAGNOSTIC_SPAN(near));
	}
	if (ds->presets == PRESET_PCI_CARDHOLDER)
		diagnostic_help(c->d,
		    diagnostic_add(c->d, n->at, "W306",
			"`%s` alone protects data of cards, and nobody's name",
			preset_name(PRESET_PCI_CARDHOLDER)),
		    "beside it, name the preset of the privacy law that "
		    "holds");
	if (n != NULL && num == 0)
		(void)diagnostic_add(
		    c->d, n->at, "E102", "`protect` names no preset");
	return OK;
}

/* Where the policy has signers, one of the controller's states it. */
static void
check_states(struct checker *c, const struct dataset *ds, const struct node *by)
{
	uint32_t signer;

	if (by == NULL || by->type != NODE_TEXT || c->policy->num_signers == 0)
		return;
	signer = checker_ref(c, THING_SIGNER, by);
	if (signer != NO_INDEX && ds->controller != NO_INDEX &&
	    c->policy->signers[signer].party != NO_INDEX &&
	    c->policy->signers[signer].party != ds->controller)
		(void)diagnostic_add(c->d, by->at, "E203",
		    "`%.*s` does not sign for the controller of `%.*s`",
		    DIAGNOSTIC_SPAN(by->text), DIAGNOSTIC_SPAN(ds->id));
}

/* 164.514(b)(2)(ii); we ask for it anew each year. */
static void
check_knowledge(struct checker *c, struct dataset *ds, const struct node *n)
{
	const struct node *known = node_get(n, "no-actual-knowledge");
	int32_t on;

	if (known == NULL) {
		if ((ds->presets & PRESET_HIPAA_SAFE_HARBOR) != 0)
			diagnostic_help(c->d,
			    diagnostic_add(c->d, checker_at(n, "protect"),
				"E203",
				"Safe Harbor needs `no-actual-knowledge` (45 "
				"CFR 164.514(b)(2)(ii))"),
			    "no-actual-knowledge: {signed-by: NAME, on: "
			    "YYYY-MM-DD}");
		return;
	}
	if (known->type != NODE_MAP ||
	    !schema_check(c->d, SCHEMA_KNOWLEDGE, known, ds->id) ||
	    !checker_day(c, node_get(known, "on"), &on))
		return;
	check_states(c, ds, node_get(known, "signed-by"));
	if (on > c->options->today)
		(void)diagnostic_add(c->d, checker_at(known, "on"), "E203",
		    "the statement is dated in the future");
	else if (c->options->today - on > 366)
		(void)diagnostic_add(c->d, checker_at(known, "on"), "W303",
		    "the statement of `%.*s` is older than a year: renew it",
		    DIAGNOSTIC_SPAN(ds->id));
}

/* "quasi-identifier date", then perhaps ", subject". */
static void
parse_short(struct checker *c, struct column *col, struct mark at,
    struct span text, bool *out_has_kind)
{
	struct span part, word;
	unsigned value;

	(void)span_take_until(&text, &part, ',');
	part = span_trim(part);
	(void)span_take_until(&part, &word, ' ');
	if (checker_word(c, WORDS_CLASS, at, word, &value))
		col->class = (enum column_class)value;
	part = span_trim(part);
	*out_has_kind = part.len > 0;
	if (part.len > 0 && checker_word(c, WORDS_KIND, at, part, &value))
		col->kind = (enum column_kind)value;
	while (span_take_until(&text, &part, ',')) {
		col->subject = true;
		if (!span_equal_str(span_trim(part), "subject"))
			(void)diagnostic_add(c->d, at, "E107",
			    "after the comma only `subject` can stand");
	}
}

static bool
steers(const struct column *col)
{
	return col->class == CLASS_CONSENT || col->class == CLASS_OBJECTION;
}

/* The keys of the map form that belong to some classes only. */
static void
check_column_keys(
    struct checker *c, const struct column *col, const struct node *n)
{
	static const struct {
		const char *key;
		enum column_class class;
	} only[] = {{"yes", CLASS_CONSENT}, {"no", CLASS_OBJECTION}};

	for (size_t i = 0; i < 2; i++)
		if (node_get(n, only[i].key) != NULL &&
		    col->class != only[i].class)
			(void)diagnostic_add(c->d,
			    node_get(n, only[i].key)->key->at, "E107",
			    "`%s` belongs to %s columns", only[i].key,
			    model_class_name(only[i].class));
	if (node_get(n, "for") != NULL && !steers(col))
		(void)diagnostic_add(c->d, node_get(n, "for")->key->at, "E107",
		    "`for` belongs to consent and objection columns");
	if (node_get(n, "for") == NULL && col->class == CLASS_CONSENT)
		(void)diagnostic_add(c->d, n->key->at, "E102",
		    "a consent column needs `for`: consent is to a purpose");
}

/* Without `for` an objection is to every purpose. */
static struct err
check_steering(struct checker *c, struct column *col, const struct node *n)
{
	static const char *const yes[] = {"yes", "y", "true", "1"};
	static const char *const no[] = {"no", "n", "false", "0"};
	bool consent = col->class == CLASS_CONSENT;

	TRY(checker_refs(c, THING_PURPOSE, node_get(n, "for"), &col->purposes,
	    &col->num_purposes));
	if (node_get(n, "for") == NULL && !consent) {
		col->num_purposes = c->policy->num_purposes;
		TRY(arena_alloc(c->arena, &col->purposes, col->num_purposes + 1,
		    sizeof(*col->purposes)));
		for (uint32_t i = 0; i < col->num_purposes; i++)
			col->purposes[i] = i;
	}
	TRY(checker_texts(c, node_get(n, consent ? "yes" : "no"), &col->answers,
	    &col->num_answers));
	if (col->num_answers > 0)
		return OK;
	TRY(arena_alloc(c->arena, &col->answers, 4, sizeof(*col->answers)));
	for (uint32_t i = 0; i < 4; i++)
		col->answers[i] = span_str(consent ? yes[i] : no[i]);
	col->num_answers = 4;
	return OK;
}

static struct err
check_column_map(struct checker *c, struct column *col, const struct node *n,
    bool *out_has_kind)
{
	const struct node *is = node_get(n, "is"), *kind = node_get(n, "kind");
	unsigned value;

	if (!schema_check(c->d, SCHEMA_COLUMN, n, col->name))
		return OK;
	if (is != NULL && is->type == NODE_TEXT)
		parse_short(c, col, is->at, is->text, out_has_kind);
	*out_has_kind = *out_has_kind || kind != NULL;
	if (kind != NULL && kind->type == NODE_TEXT &&
	    checker_word(c, WORDS_KIND, kind->at, kind->text, &value))
		col->kind = (enum column_kind)value;
	if (checker_switch(c, n, "subject", "no", "yes"))
		col->subject = true;
	col->category = schema_text(n, "category");
	check_column_keys(c, col, n);
	TRY(checker_texts(
	    c, node_get(n, "values"), &col->values, &col->num_values));
	return OK;
}

static struct err
check_column(struct checker *c, struct column *col, const struct node *n)
{
	bool needs_kind, has_kind = false;

	col->name = n->key->text;
	col->line = n->key->at.line;
	if (n->type == NODE_TEXT)
		parse_short(c, col, n->at, n->text, &has_kind);
	else
		TRY(check_column_map(c, col, n, &has_kind));
	if (n->type == NODE_TEXT && col->class == CLASS_CONSENT)
		(void)diagnostic_add(c->d, n->at, "E102",
		    "a consent column needs `for`: consent is to a purpose");
	if (steers(col))
		TRY(check_steering(c, col, n));
	needs_kind = !steers(col) && col->class != CLASS_FREE_TEXT;
	if (needs_kind && !has_kind)
		(void)diagnostic_add(c->d, n->at, "E107",
		    "column `%.*s` needs a kind, as `quasi-identifier date`",
		    DIAGNOSTIC_SPAN(col->name));
	if (!needs_kind && col->kind != KIND_NONE)
		(void)diagnostic_add(c->d, n->at, "E107",
		    "a %s column has no kind", model_class_name(col->class));
	if (col->name.len == 0)
		(void)diagnostic_add(
		    c->d, n->key->at, "E106", "a column needs a name");
	return OK;
}

static void
check_subject(struct checker *c, struct dataset *ds, const struct node *n,
    const struct node *columns)
{
	bool each_row = span_equal_str(schema_text(n, "subject"), "each-row");
	const struct node *at = columns->first;

	ds->subject_column = NO_INDEX;
	if (node_get(n, "subject") != NULL && !each_row)
		(void)diagnostic_add(c->d, checker_at(n, "subject"), "E103",
		    "`subject` of a dataset is each-row, or left out");
	for (uint32_t i = 0; i < ds->num_columns && at != NULL;
	     i++, at = at->next) {
		if (!ds->columns[i].subject)
			continue;
		if (ds->subject_column != NO_INDEX || each_row ||
		    steers(&ds->columns[i]))
			(void)diagnostic_add(c->d, at->key->at, "E113",
			    "`%.*s` cannot be the subject as well",
			    DIAGNOSTIC_SPAN(at->key->text));
		ds->subject_column = i;
	}
	if (ds->subject_column == NO_INDEX && !each_row)
		diagnostic_help(c->d,
		    diagnostic_add(c->d, columns->key->at, "E113",
			"no column of `%.*s` is the subject",
			DIAGNOSTIC_SPAN(ds->id)),
		    "write `, subject` behind one, or `subject: each-row`");
}

static struct err
check_dataset(struct checker *c, struct dataset *ds, const struct node *n)
{
	const struct node *columns = node_get(n, "columns");

	ds->controller = checker_ref(c, THING_PARTY, node_get(n, "controller"));
	ds->about = schema_text(n, "about");
	ds->category = schema_text(n, "category");
	check_origin(c, ds, node_get(n, "origin"));
	check_compression(c, ds, n);
	TRY(check_format_read(c, ds, n));
	TRY(check_presets(c, ds, node_get(n, "protect")));
	check_knowledge(c, ds, n);
	TRY(checker_texts(
	    c, node_get(n, "missing"), &ds->missing, &ds->num_missing));
	if (node_get(n, "missing") == NULL) {
		TRY(arena_alloc(
		    c->arena, &ds->missing, 1, sizeof(*ds->missing)));
		ds->num_missing = 1; /* the empty cell */
	}
	ds->refuse_new_column =
	    checker_switch(c, n, "new-column", "drop", "refuse");
	ds->empty_missing_column =
	    checker_switch(c, n, "missing-column", "refuse", "empty");
	if (columns == NULL || columns->type != NODE_MAP)
		return OK;
	TRY(arena_alloc(
	    c->arena, &ds->columns, columns->num + 1, sizeof(*ds->columns)));
	for (const struct node *m = columns->first; m != NULL; m = m->next)
		TRY(check_column(c, &ds->columns[ds->num_columns++], m));
	check_subject(c, ds, n, columns);
	check_format_columns(c, ds, n);
	return OK;
}

/* hospital/patients: segments that are identifiers. */
static void
check_dataset_id(struct checker *c, const struct node *key)
{
	struct span rest = key->text, segment;

	while (span_take_until(&rest, &segment, '/'))
		if (!literal_is_id(segment)) {
			checker_id(c, key, "a part of a dataset's name");
			return;
		}
}

/* Folders first: each has an opener of its number. Stores have none yet. */
static struct err
put_folders_first(struct checker *c, const struct node **items, uint32_t num)
{
	const struct node **sorted;
	uint32_t at = 0;

	TRY(arena_alloc(c->arena, &sorted, num + 1, sizeof(void *)));
	for (unsigned stores = 0; stores < 2; stores++)
		for (uint32_t i = 0; i < num; i++)
			if (is_s3(schema_text(items[i], "origin")) ==
			    (stores == 1))
				sorted[at++] = items[i];
	c->dataset_nodes = sorted;
	return OK;
}

struct err
check_data_all(struct checker *c)
{
	const struct node **items;
	uint32_t num;

	TRY(checker_gather(c, "datasets", &items, &num));
	TRY(put_folders_first(c, items, num));
	TRY(arena_alloc(
	    c->arena, &c->policy->datasets, num + 1, sizeof(struct dataset)));
	for (uint32_t i = 0; i < num; i++) {
		struct dataset *ds = &c->policy->datasets[i];
		const struct node *n = c->dataset_nodes[i];

		ds->id = n->key->text;
		ds->line = n->key->at.line;
		ds->controller = ds->subject_column = NO_INDEX;
		c->policy->num_datasets = i + 1;
		check_dataset_id(c, n->key);
		if (schema_check(c->d, SCHEMA_DATASET, n, ds->id))
			TRY(check_dataset(c, ds, n));
	}
	return OK;
}
