#include "policy/checker.h"

#include "crypto/encode.h"
#include "policy/protect.h"

/* check_purpose: purposes, and what their basis stands on. */

static void
check_bases(struct checker *c, struct purpose *p, const struct node *n)
{
	unsigned basis;

	if (checker_word_of(c, WORDS_HIPAA, n, "hipaa", &basis))
		p->hipaa = (enum basis)basis;
	if (checker_word_of(c, WORDS_GDPR, n, "gdpr", &basis))
		p->gdpr = (enum basis)basis;
}

static void
check_evidence(struct checker *c, struct purpose *p, const struct node *n)
{
	p->assessment = schema_text(n, "assessment");
	p->dpia = schema_text(n, "dpia");
	p->collected_for = schema_text(n, "collected-for");
	p->compatible_because = schema_text(n, "compatible-because");
	p->art9 = schema_text(n, "art9");
	p->art10 = schema_text(n, "art10");
	if (p->gdpr == BASIS_GDPR_LEGITIMATE_INTERESTS &&
	    p->assessment.len == 0)
		(void)diagnostic_add(c->d, checker_at(n, "gdpr"), "E205",
		    "legitimate interests (GDPR Art. 6(1)(f)) need an "
		    "`assessment`");
	if (p->collected_for.len > 0 && p->compatible_because.len == 0)
		(void)diagnostic_add(c->d, checker_at(n, "collected-for"),
		    "E205",
		    "another purpose than the collected one needs "
		    "`compatible-because` (GDPR Art. 6(4))");
	if (node_get(n, "art9") != NULL &&
	    (p->art9.len != 1 || p->art9.data[0] < 'a' ||
		p->art9.data[0] > 'j'))
		(void)diagnostic_add(c->d, checker_at(n, "art9"), "E103",
		    "`art9` is the letter of a condition of Art. 9(2), a to j");
}

static struct err
check_digest(struct checker *c, uint8_t out[32], const struct node *n)
{
	struct buf bytes CLEANUP(buf_done) = {.max = 64};

	if (n == NULL || n->type != NODE_TEXT)
		return OK;
	struct err err = decode_hex(&bytes, n->text);
	if (err.code == ERR_NO_MEMORY)
		return err;
	if (err.code == ERR_OK && bytes.len == 32)
		memcpy(out, bytes.data, 32);
	else
		(void)diagnostic_add(c->d, n->at, "E103",
		    "`sha256` is 64 hexadecimal digits in lower case");
	return OK;
}

/* `expert` has a report and `limited` an agreement; no other has one. */
static const struct node *
evidence_of(struct checker *c, const struct purpose *p, const struct node *n,
    const char *key, enum basis basis)
{
	const struct node *map = node_get(n, key);

	if (p->hipaa == basis && map == NULL)
		(void)diagnostic_add(c->d, checker_at(n, "hipaa"), "E205",
		    "`hipaa: %s` needs `%s`", model_basis_name(basis), key);
	if (p->hipaa != basis && map != NULL)
		(void)diagnostic_add(c->d, map->key->at, "E205",
		    "`%s` belongs to `hipaa: %s`", key,
		    model_basis_name(basis));
	return map;
}

/* Whom it is about, and how long it holds. */
static struct err
check_holds(struct checker *c, struct evidence *e, const struct node *n)
{
	e->id = schema_text(n, "id");
	e->expires = INT32_MAX;
	(void)checker_day(c, node_get(n, "expires"), &e->expires);
	return checker_refs(c, THING_PARTY, node_get(n, "recipients"),
	    &e->recipients, &e->num_recipients);
}

/* Each form of a column: one text, or several. */
static struct err
check_forms(struct checker *c, struct evidence *e, struct span dataset,
    const struct node *column)
{
	const struct node *n =
	    column->type == NODE_LIST ? column->first : column;

	for (; n != NULL; n = column->type == NODE_LIST ? n->next : NULL) {
		struct annex_row *row = &e->annex[e->num_annex];
		struct err err;

		if (n->type != NODE_TEXT) {
			(void)diagnostic_add(c->d, n->at, "E100",
			    "the forms of `%.*s` must be text or a list",
			    DIAGNOSTIC_SPAN(column->key->text));
			return OK;
		}
		*row = (struct annex_row){.dataset = dataset,
		    .column = column->key->text,
		    .line = n->at.line};
		err = protect_parse(&row->how, &row->table, n->text);
		if (err.code == ERR_OK)
			e->num_annex++;
		else
			(void)diagnostic_add(c->d, n->at, "E111", "`%.*s`: %s",
			    DIAGNOSTIC_SPAN(n->text), err.why);
	}
	return OK;
}

static struct err
check_annex(struct checker *c, struct evidence *e, const struct node *annex)
{
	size_t most = 1;

	if (annex == NULL || annex->type != NODE_MAP)
		return OK;
	for (const struct node *ds = annex->first; ds != NULL; ds = ds->next)
		for (const struct node *n = ds->first; n != NULL; n = n->next)
			most += n->type == NODE_LIST ? n->num : 1;
	TRY(arena_alloc(c->arena, &e->annex, most, sizeof(*e->annex)));
	for (const struct node *ds = annex->first; ds != NULL; ds = ds->next) {
		if (ds->type != NODE_MAP) {
			(void)diagnostic_add(c->d, ds->at, "E100",
			    "`%.*s` must be a map from columns to forms",
			    DIAGNOSTIC_SPAN(ds->key->text));
			continue;
		}
		for (const struct node *n = ds->first; n != NULL; n = n->next)
			TRY(check_forms(c, e, ds->key->text, n));
	}
	return OK;
}

/* 45 CFR 164.514(b)(1). */
static struct err
check_report(struct checker *c, struct purpose *p, const struct node *n)
{
	const struct node *map =
	    evidence_of(c, p, n, "report", BASIS_HIPAA_EXPERT);
	struct evidence *e = &p->report;

	if (map == NULL || map->type != NODE_MAP ||
	    !schema_check(c->d, SCHEMA_REPORT, map, p->id))
		return OK;
	TRY(check_holds(c, e, map));
	e->expert = schema_text(map, "expert");
	TRY(check_digest(c, e->sha256, node_get(map, "sha256")));
	if (checker_day(c, node_get(map, "on"), &e->on) &&
	    e->on > c->options->today)
		(void)diagnostic_add(c->d, checker_at(map, "on"), "E205",
		    "the report is dated in the future");
	return check_annex(c, e, node_get(map, "annex"));
}

/* 45 CFR 164.514(e)(3) and (4). */
static struct err
check_use_agreement(struct checker *c, struct purpose *p, const struct node *n)
{
	const struct node *map =
	    evidence_of(c, p, n, "agreement", BASIS_HIPAA_LIMITED);
	unsigned use;

	if (map == NULL || map->type != NODE_MAP ||
	    !schema_check(c->d, SCHEMA_USE_AGREEMENT, map, p->id))
		return OK;
	if (checker_word_of(c, WORDS_LDS_USE, map, "use", &use))
		p->agreement.use = (enum lds_use)use;
	return check_holds(c, &p->agreement, map);
}

struct err
check_purpose_all(struct checker *c)
{
	const struct node **items;
	uint32_t num;

	TRY(checker_gather(c, "purposes", &items, &num));
	c->purpose_nodes = items;
	TRY(arena_alloc(
	    c->arena, &c->policy->purposes, num + 1, sizeof(struct purpose)));
	for (uint32_t i = 0; i < num; i++) {
		struct purpose *p = &c->policy->purposes[i];

		p->id = items[i]->key->text;
		p->line = items[i]->key->at.line;
		checker_id(c, items[i]->key, "a purpose");
		c->policy->num_purposes = i + 1;
		if (!schema_check(c->d, SCHEMA_PURPOSE, items[i], p->id))
			continue;
		p->say = schema_text(items[i], "say");
		check_bases(c, p, items[i]);
		check_evidence(c, p, items[i]);
		TRY(check_report(c, p, items[i]));
		TRY(check_use_agreement(c, p, items[i]));
	}
	return OK;
}

/* A slip in the annex would allow nothing, and hide that it does. */
void
check_purpose_annexes(struct checker *c)
{
	for (uint32_t i = 0; i < c->policy->num_purposes; i++) {
		const struct node *ds =
		    node_get(node_get(c->purpose_nodes[i], "report"), "annex");

		ds = ds != NULL && ds->type == NODE_MAP ? ds->first : NULL;
		for (; ds != NULL; ds = ds->next) {
			uint32_t found = checker_ref(c, THING_DATASET, ds->key);

			if (found == NO_INDEX || ds->type != NODE_MAP)
				continue;
			for (const struct node *n = ds->first; n; n = n->next)
				(void)checker_column(
				    c, &c->policy->datasets[found], n->key);
		}
	}
}
