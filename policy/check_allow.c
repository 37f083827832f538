#include "policy/checker.h"

#include "crypto/age_key.h"
#include "policy/by_id.h"
#include "policy/literal.h"
#include "policy/preset.h"
#include "policy/protect.h"
#include "policy/table.h"

/* check_allow: agreements, and the tables that they name. */

static struct err
load_table(
    struct checker *c, struct mark at, struct span path, uint32_t *out_index)
{
	struct policy *p = c->policy;
	struct span bytes = {0};
	struct err err = ERR(NOT_FOUND, "there is no way to read tables");

	*out_index = NO_INDEX;
	for (uint32_t i = 0; i < p->num_tables; i++)
		if (span_equal(p->tables[i].name, path)) {
			*out_index = i;
			return OK;
		}
	if (!checker_path(path))
		err = ERR(MALFORMED, "it must lie below the policy");
	else if (p->num_tables == CHECK_MAX_TABLES)
		err = ERR(TOO_BIG, "a policy has at most 64 tables");
	else if (c->options->load_table != NULL)
		err = c->options->load_table(c->options->context, path, &bytes);
	if (err.code == ERR_OK)
		err = table_parse(&p->tables[p->num_tables], c->arena, bytes);
	if (err.code == ERR_NO_MEMORY)
		return err;
	if (err.code != ERR_OK) {
		(void)diagnostic_add(c->d, at, "E118", "table `%.*s`: %s",
		    DIAGNOSTIC_SPAN(path), err.why);
		return OK;
	}
	p->tables[p->num_tables].name = path;
	*out_index = p->num_tables++;
	return OK;
}

static void
note_bad_phrase(struct checker *c, const struct node *at, const char *why)
{
	struct diagnostic *item = diagnostic_add(
	    c->d, at->at, "E111", "`%.*s`: %s", DIAGNOSTIC_SPAN(at->text), why);
	struct span rest = at->text, word;
	struct span near = {0};
	unsigned value;

	(void)span_take_until(&rest, &word, ' ');
	if (!words_find(WORDS_PROTECTION, word, &value, &near) && near.len > 0)
		diagnostic_help(
		    c->d, item, "did you mean `%.*s`?", DIAGNOSTIC_SPAN(near));
}

/* `year`, or {protect: year, unfit: drop}: the phrase, or NULL. */
static const struct node *
phrase_of(struct checker *c, struct delivered *out, const struct node *n)
{
	const struct node *unfit = node_get(n, "unfit");
	unsigned value;

	if (n->type == NODE_TEXT)
		return n;
	if (!schema_check(c->d, SCHEMA_DELIVERED, n, n->key->text))
		return NULL;
	if (unfit != NULL && unfit->type == NODE_TEXT &&
	    checker_word(c, WORDS_UNFIT, unfit->at, unfit->text, &value))
		out->unfit = (enum unfit)value;
	n = node_get(n, "protect");
	return n != NULL && n->type == NODE_TEXT ? n : NULL;
}

static struct err
check_delivered(struct checker *c, struct delivered *out,
    const struct agreement *a, const struct node *n)
{
	const struct node *phrase = phrase_of(c, out, n);
	struct span table;
	struct err err;

	if (phrase == NULL)
		return OK;
	err = protect_parse(&out->how, &table, phrase->text);
	if (err.code != ERR_OK) {
		note_bad_phrase(c, phrase, err.why);
		return OK;
	}
	if (out->how.op == PROTECT_GROUP) {
		TRY(load_table(c, phrase->at, table, &out->how.table));
		if (out->how.table == NO_INDEX)
			return OK;
	}
	check_law_column(c, a, out->column, &out->how, phrase);
	return OK;
}

struct err
check_allow_columns(struct checker *c, const struct agreement *a,
    const struct node *columns, struct delivered **out, uint32_t *out_num)
{
	const struct dataset *ds = &c->policy->datasets[a->dataset];
	struct delivered *delivered;

	if (columns == NULL || columns->type != NODE_MAP)
		return OK;
	TRY(arena_alloc(
	    c->arena, &delivered, columns->num + 1, sizeof(*delivered)));
	*out = delivered;
	for (const struct node *n = columns->first; n != NULL; n = n->next) {
		struct delivered *one = &delivered[*out_num];
		uint32_t column = checker_column(c, ds, n->key);

		if (column == NO_INDEX)
			continue;
		one->column = column;
		one->line = n->key->at.line;
		(*out_num)++;
		TRY(check_delivered(c, one, a, n));
	}
	if (columns->num == 0)
		(void)diagnostic_add(c->d, columns->at, "E102",
		    "an agreement that delivers no column");
	return OK;
}

/* Both days are included: `until` becomes the first second after it. */
static void
check_dates(struct checker *c, struct agreement *a, const struct node *n)
{
	a->from = INT64_MIN;
	a->until = INT64_MAX;
	a->first_day = INT32_MIN;
	a->last_day = INT32_MAX;
	if (checker_day(c, node_get(n, "from"), &a->first_day))
		a->from = zone_day_start(c->zone, a->first_day);
	if (!checker_day(c, node_get(n, "until"), &a->last_day))
		return;
	a->until = zone_day_start(c->zone, a->last_day + 1);
	if (a->until <= a->from)
		(void)diagnostic_add(c->d, checker_at(n, "until"), "E117",
		    "the agreement ends before it begins");
	else if (a->last_day < c->options->today)
		(void)diagnostic_add(c->d, checker_at(n, "until"), "W301",
		    "`%.*s` has ended", DIAGNOSTIC_SPAN(a->id));
}

static struct err
check_recipients(struct checker *c, struct agreement *a, const struct node *n)
{
	struct span *keys;

	TRY(checker_texts(
	    c, node_get(n, "recipients"), &keys, &a->num_recipients));
	TRY(arena_alloc(c->arena, &a->recipients, a->num_recipients + 1,
	    sizeof(*a->recipients)));
	for (uint32_t i = 0; i < a->num_recipients; i++)
		if (age_recipient_parse(a->recipients[i], keys[i]).code !=
		    ERR_OK)
			(void)diagnostic_add(c->d, checker_at(n, "recipients"),
			    "E119", "`%.*s` is not a public key of age",
			    DIAGNOSTIC_SPAN(keys[i]));
	if ((a->encrypt == ENCRYPT_AGE) != (a->num_recipients > 0))
		(void)diagnostic_add(c->d, checker_at(n, "encrypt"), "E119",
		    "`encrypt: age` and `recipients` go together");
	if (a->num_recipients > 16)
		(void)diagnostic_add(c->d, checker_at(n, "recipients"), "E119",
		    "at most 16 recipients");
	return OK;
}

/* Without the word, objects are compressed as their sources are. */
static void
check_compress(struct checker *c, struct agreement *a, const struct node *n)
{
	const struct node *said = node_get(n, "compress");
	unsigned value;

	if (a->dataset != NO_INDEX)
		a->compress = c->policy->datasets[a->dataset].compression;
	if (said == NULL || said->type != NODE_TEXT ||
	    span_equal_str(said->text, "as-source"))
		return;
	if (checker_word(c, WORDS_COMPRESSION, said->at, said->text, &value))
		a->compress = (enum compression)value;
}

static void
check_options_of(struct checker *c, struct agreement *a, const struct node *n)
{
	struct span as_of = schema_text(n, "as-of");
	uint64_t year = 0;
	unsigned value;

	if (checker_word_of(c, WORDS_ENCRYPT, n, "encrypt", &value))
		a->encrypt = (enum encrypt)value;
	if (node_get(n, "as-of") == NULL)
		return;
	if (span_u64(as_of, &year, 9999).code != ERR_OK || year < 1900)
		(void)diagnostic_add(c->d, checker_at(n, "as-of"), "E117",
		    "`as-of` is a year, as 2026");
	else
		a->as_of = (uint16_t)year;
}

/* The id is a bucket's name, see INTERFACES in the manual: ours are taken. */
static void
check_bucket(struct checker *c, const struct node *id)
{
	static const char *const ours[] = {"livez", "readyz", "v1"};
	bool bad;

	if (id == NULL || id->type != NODE_TEXT)
		return;
	bad = !literal_is_id(id->text) || id->text.len < 3 || id->text.len > 40;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		bad = bad || span_equal_str(id->text, ours[i]);
	if (bad)
		(void)diagnostic_add(c->d, id->at, "E106",
		    "`%.*s` cannot be a bucket: 3 to 40 lower-case letters, "
		    "digits and inner dashes, not livez or readyz",
		    DIAGNOSTIC_SPAN(id->text));
}

/* What is recorded, as it is written. */
static void
check_promises(struct checker *c, struct agreement *a, const struct node *n)
{
	uint64_t hours;
	int32_t day;

	a->review_by = schema_text(n, "review-by");
	a->deletes_after = schema_text(n, "recipient-deletes-after");
	(void)checker_hours(c, node_get(n, "recipient-deletes-after"), &hours);
	if (checker_day(c, node_get(n, "review-by"), &day) &&
	    day < c->options->today)
		(void)diagnostic_add(c->d, checker_at(n, "review-by"), "W307",
		    "`%.*s` should have been reviewed by now",
		    DIAGNOSTIC_SPAN(a->id));
}

static struct err
check_names(struct checker *c, struct agreement *a, const struct node *n)
{
	a->recipient = checker_ref(c, THING_PARTY, node_get(n, "recipient"));
	a->dataset = checker_ref(c, THING_DATASET, node_get(n, "dataset"));
	a->purpose = checker_ref(c, THING_PURPOSE, node_get(n, "purpose"));
	a->contract = schema_text(n, "contract");
	a->undertakes = schema_text(n, "undertakes");
	check_promises(c, a, n);
	TRY(checker_refs(
	    c, THING_GROUP, node_get(n, "who"), &a->who, &a->num_who));
	return checker_refs(
	    c, THING_PLACE, node_get(n, "places"), &a->places, &a->num_places);
}

static struct err
check_agreement(struct checker *c, struct agreement *a, const struct node *n)
{
	TRY(check_names(c, a, n));
	check_dates(c, a, n);
	check_options_of(c, a, n);
	check_compress(c, a, n);
	TRY(check_recipients(c, a, n));
	check_terms_read(c, a, n);
	check_transfer_read(c, a, n);
	if (a->dataset == NO_INDEX)
		return OK;
	check_terms_groups(c, a, n); /* forms may depend on it */
	TRY(check_allow_columns(
	    c, a, node_get(n, "columns"), &a->columns, &a->num_columns));
	TRY(check_rows_parse(
	    c, a, &c->policy->datasets[a->dataset], node_get(n, "rows")));
	if (a->purpose != NO_INDEX && a->recipient != NO_INDEX)
		check_law_agreement(c, a, n);
	return OK;
}

/* The ids first: who is twice, and who is meant, depends on all of them. */
static struct err
check_ids(struct checker *c)
{
	struct policy *p = c->policy;
	uint32_t twice;

	for (uint32_t i = 0; i < p->num_agreements; i++)
		p->agreements[i].id = schema_text(c->agreement_nodes[i], "id");
	TRY(by_id_build(p, c->arena, &twice));
	for (uint32_t i = 0; i < p->num_agreements; i++) {
		uint32_t first = by_id_find(p, p->agreements[i].id);

		if (first != i && p->agreements[i].id.len > 0)
			diagnostic_see(
			    diagnostic_add(c->d,
				checker_at(c->agreement_nodes[i], "id"), "E105",
				"agreement `%.*s` is there twice",
				DIAGNOSTIC_SPAN(p->agreements[i].id)),
			    checker_at(c->agreement_nodes[first], "id"),
			    "the first one");
	}
	return OK;
}

struct err
check_allow_all(struct checker *c)
{
	struct policy *p = c->policy;
	uint32_t num;

	TRY(checker_gather(c, "allow", &c->agreement_nodes, &num));
	TRY(arena_alloc(
	    c->arena, &p->agreements, num + 1, sizeof(struct agreement)));
	TRY(arena_alloc(c->arena, &p->tables, CHECK_MAX_TABLES,
	    sizeof(struct group_table)));
	p->num_agreements = num;
	TRY(check_ids(c));
	for (uint32_t i = 0; i < num; i++) {
		const struct node *n = c->agreement_nodes[i];
		struct agreement *a = &p->agreements[i];

		a->recipient = a->dataset = a->purpose = NO_INDEX;
		if (!schema_check(c->d, SCHEMA_AGREEMENT, n, a->id))
			continue;
		a->line = checker_at(n, "id").line;
		a->file = c->d->files[n->at.file].name;
		check_bucket(c, node_get(n, "id"));
		TRY(check_agreement(c, a, n));
	}
	return OK;
}
