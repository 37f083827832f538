#include "policy/checker.h"

#include "policy/literal.h"

/* check_facts: parties, people, places and purposes. */

static void
check_head(struct checker *c)
{
	const struct node *head = NULL;

	for (size_t i = 0; i < c->num_roots; i++) {
		const struct node *n = node_get(c->roots[i], "policy");

		if (n == NULL)
			continue;
		if (head != NULL)
			diagnostic_see(diagnostic_add(c->d, n->key->at, "E105",
					   "`policy` is there twice"),
			    head->key->at, "the first one");
		head = n;
	}
	if (head == NULL ||
	    !schema_check(c->d, SCHEMA_POLICY, head, (struct span){0}))
		return;
	c->policy->name = schema_text(head, "name");
	c->policy->contact = schema_text(head, "contact");
	c->policy->time_zone = span_str("UTC");
	if (node_get(head, "format") != NULL &&
	    !span_equal_str(schema_text(head, "format"), "1"))
		(void)diagnostic_add(c->d, checker_at(head, "format"), "E103",
		    "`format` is 1 in this build");
	if (node_get(head, "time-zone") != NULL &&
	    !span_equal_str(schema_text(head, "time-zone"), "UTC"))
		(void)diagnostic_add(c->d, checker_at(head, "time-zone"),
		    "E902", "this build serves the time zone UTC only");
}

static struct err
check_parties(struct checker *c)
{
	const struct node **items;
	uint32_t num;
	unsigned role;

	TRY(checker_gather(c, "parties", &items, &num));
	TRY(arena_alloc(
	    c->arena, &c->policy->parties, num + 1, sizeof(struct party)));
	for (uint32_t i = 0; i < num; i++) {
		const struct node *n = items[i], *word = node_get(n, "role");
		struct party *p = &c->policy->parties[i];

		p->id = n->key->text;
		p->line = n->key->at.line;
		checker_id(c, n->key, "a party");
		c->policy->num_parties = i + 1;
		if (!schema_check(c->d, SCHEMA_PARTY, n, p->id))
			continue;
		p->name = schema_text(n, "name");
		p->contact = schema_text(n, "contact");
		checker_country(c, node_get(n, "country"), p->country);
		if (word != NULL && word->type == NODE_TEXT &&
		    checker_word(c, WORDS_ROLE, word->at, word->text, &role))
			p->role = (enum party_role)role;
	}
	return OK;
}

/* An access key id names a file of the gateway's key folder. */
static bool
is_access_key(struct span text)
{
	if (text.len < 4 || text.len > 64)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t ch = text.data[i];

		if ((ch < '0' || ch > '9') && (ch < 'A' || ch > 'Z') &&
		    (ch < 'a' || ch > 'z') && ch != '-' && ch != '_')
			return false;
	}
	return true;
}

static void
check_proof(struct checker *c, struct proof *proof, const struct node *n,
    struct span group)
{
	const struct node *key = node_get(n, "access-key");

	if (!schema_check(c->d, SCHEMA_PROOF, n, group))
		return;
	proof->certificate = schema_text(n, "certificate");
	proof->access_key = schema_text(n, "access-key");
	if (proof->certificate.len == 0 && proof->access_key.len == 0 &&
	    node_get(n, "token") == NULL)
		(void)diagnostic_add(c->d, n->at, "E102",
		    "this item of `%.*s` proves nothing",
		    DIAGNOSTIC_SPAN(group));
	if (key != NULL && !is_access_key(proof->access_key))
		(void)diagnostic_add(c->d, key->at, "E103",
		    "an access key is 4 to 64 letters, digits, - and _");
	if (node_get(n, "certificate") != NULL && proof->certificate.len == 0)
		(void)diagnostic_add(c->d, checker_at(n, "certificate"), "E103",
		    "`certificate` is the URI in the certificate");
}

static struct err
check_people(struct checker *c)
{
	const struct node **items;
	uint32_t num;

	TRY(checker_gather(c, "people", &items, &num));
	TRY(arena_alloc(
	    c->arena, &c->policy->groups, num + 1, sizeof(struct group)));
	for (uint32_t i = 0; i < num; i++) {
		struct group *g = &c->policy->groups[i];
		const struct node *list = items[i];

		*g = (struct group){
		    .id = list->key->text, .line = list->key->at.line};
		checker_id(c, list->key, "a group");
		c->policy->num_groups = i + 1;
		if (list->type != NODE_LIST || list->num == 0) {
			(void)diagnostic_add(c->d, list->at, "E100",
			    "`%.*s` must be a list of proofs",
			    DIAGNOSTIC_SPAN(g->id));
			continue;
		}
		TRY(arena_alloc(
		    c->arena, &g->proofs, list->num, sizeof(*g->proofs)));
		for (const struct node *n = list->first; n != NULL; n = n->next)
			check_proof(c, &g->proofs[g->num_proofs++], n, g->id);
	}
	return OK;
}

/* Addresses that many networks use prove nothing without a certificate. */
static void
check_network(struct checker *c, struct network *out, struct mark at,
    struct span text, bool certified)
{
	struct err err = literal_network(text, out);

	if (err.code != ERR_OK)
		(void)diagnostic_add(c->d, at, "E103",
		    "`%.*s` is not a network, as 203.0.113.0/24",
		    DIAGNOSTIC_SPAN(text));
	else if (literal_is_private(out) && !certified)
		(void)diagnostic_add(c->d, at, "E112",
		    "`%.*s` holds private addresses, which need a "
		    "`certificate` beside them",
		    DIAGNOSTIC_SPAN(text));
}

static struct err
check_place(struct checker *c, struct place *p, const struct node *n)
{
	const struct node *seen = node_get(n, "seen-as");
	struct span *texts;
	uint32_t num;

	p->operator_name = schema_text(n, "operator");
	checker_country(c, node_get(n, "country"), p->country);
	checker_country(
	    c, node_get(n, "recipient-country"), p->recipient_country);
	TRY(checker_texts(c, node_get(n, "certificate"), &p->certificates,
	    &p->num_certificates));
	for (uint32_t i = 0; i < p->num_certificates; i++)
		if (p->certificates[i].len == 0)
			(void)diagnostic_add(c->d, checker_at(n, "certificate"),
			    "E103",
			    "`certificate` is the URI in the certificate");
	TRY(checker_texts(c, seen, &texts, &num));
	TRY(arena_alloc(c->arena, &p->seen_as, num + 1, sizeof(*p->seen_as)));
	for (uint32_t i = 0; i < num; i++)
		check_network(c, &p->seen_as[i], seen->at, texts[i],
		    p->num_certificates > 0);
	p->num_seen_as = num;
	if (num == 0 && p->num_certificates == 0 &&
	    node_get(n, "attested") == NULL)
		(void)diagnostic_add(c->d, n->key->at, "E112",
		    "nothing shows that somebody is in `%.*s`: it needs "
		    "`seen-as` or `certificate`",
		    DIAGNOSTIC_SPAN(p->id));
	return OK;
}

static struct err
check_places(struct checker *c)
{
	const struct node **items;
	uint32_t num;

	TRY(checker_gather(c, "places", &items, &num));
	TRY(arena_alloc(
	    c->arena, &c->policy->places, num + 1, sizeof(struct place)));
	for (uint32_t i = 0; i < num; i++) {
		struct place *p = &c->policy->places[i];

		p->id = items[i]->key->text;
		p->line = items[i]->key->at.line;
		checker_id(c, items[i]->key, "a place");
		c->policy->num_places = i + 1;
		if (schema_check(c->d, SCHEMA_PLACE, items[i], p->id))
			TRY(check_place(c, p, items[i]));
	}
	return OK;
}

static void
check_bases(struct checker *c, struct purpose *p, const struct node *n)
{
	const struct node *hipaa = node_get(n, "hipaa");
	const struct node *gdpr = node_get(n, "gdpr");
	unsigned basis;

	if (hipaa != NULL && hipaa->type == NODE_TEXT) {
		if (span_equal_str(hipaa->text, "safe-harbor"))
			p->hipaa = BASIS_HIPAA_SAFE_HARBOR;
		else if (span_equal_str(hipaa->text, "expert") ||
		    span_equal_str(hipaa->text, "limited"))
			(void)diagnostic_add(c->d, hipaa->at, "E902",
			    "`hipaa: %.*s` is not served by this build",
			    DIAGNOSTIC_SPAN(hipaa->text));
		else
			(void)diagnostic_add(c->d, hipaa->at, "E103",
			    "`hipaa` is safe-harbor, expert or limited");
	}
	if (gdpr == NULL || gdpr->type != NODE_TEXT ||
	    !checker_word(c, WORDS_BASIS, gdpr->at, gdpr->text, &basis))
		return;
	if (basis == BASIS_HIPAA_SAFE_HARBOR)
		(void)diagnostic_add(c->d, gdpr->at, "E103",
		    "`gdpr` is a basis of Art. 6(1), as consent");
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
check_purposes(struct checker *c)
{
	const struct node **items;
	uint32_t num;

	TRY(checker_gather(c, "purposes", &items, &num));
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
	}
	return OK;
}

struct err
check_facts_all(struct checker *c)
{
	check_head(c);
	TRY(check_parties(c));
	TRY(check_people(c));
	TRY(check_places(c));
	return check_purposes(c);
}
