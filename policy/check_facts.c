#include "policy/checker.h"

#include "policy/literal.h"

/* check_facts: parties, people and places. */

/* The zone in whose days the policy counts. */
static void
check_zone(struct checker *c, const struct node *n)
{
	const struct zone *zone;
	struct diagnostic *item;
	struct span near = {0};

	if (n == NULL || n->type != NODE_TEXT)
		return;
	zone = zone_find(n->text, &near);
	if (zone != NULL) {
		c->zone = zone;
		c->policy->time_zone = n->text;
		return;
	}
	item = diagnostic_add(c->d, n->at, "E103",
	    "`%.*s` is not a time zone, as Europe/Berlin",
	    DIAGNOSTIC_SPAN(n->text));
	if (near.len > 0)
		diagnostic_help(
		    c->d, item, "did you mean `%.*s`?", DIAGNOSTIC_SPAN(near));
}

static void
check_head(struct checker *c)
{
	const struct node *head = checker_single(c, "policy");

	if (head == NULL ||
	    !schema_check(c->d, SCHEMA_POLICY, head, (struct span){0}))
		return;
	c->policy->name = schema_text(head, "name");
	c->policy->contact = schema_text(head, "contact");
	if (node_get(head, "format") != NULL &&
	    !span_equal_str(schema_text(head, "format"), "1"))
		(void)diagnostic_add(c->d, checker_at(head, "format"), "E103",
		    "`format` is 1 in this build");
	check_zone(c, node_get(head, "time-zone"));
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

struct err
check_claims_read(struct checker *c, const struct node *map, struct claim **out,
    uint32_t *out_num)
{
	struct claim *claims;
	uint32_t num = 0;

	TRY(arena_alloc(c->arena, &claims, map->num + 1, sizeof(*claims)));
	for (const struct node *n = map->first; n != NULL; n = n->next) {
		struct claim *claim = &claims[num];

		if (span_equal_str(n->key->text, "issuer") ||
		    n->type == NODE_MAP)
			continue;
		claim->name = n->key->text;
		TRY(checker_texts(c, n, &claim->values, &claim->num_values));
		if (claim->num_values == 0)
			(void)diagnostic_add(c->d, n->key->at, "E102",
			    "no value of `%.*s` would hold",
			    DIAGNOSTIC_SPAN(claim->name));
		num++;
	}
	*out = claims;
	*out_num = num;
	return OK;
}

static void
check_issuer(struct checker *c, const struct node *n)
{
	if (n != NULL && n->type == NODE_TEXT && n->text.len > 0 &&
	    !span_starts_with(n->text, span_str("https://")))
		(void)diagnostic_add(
		    c->d, n->at, "E103", "an issuer is an https:// address");
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

/* Checked, and kept for whoever will verify tokens. */
static struct err
check_token(struct checker *c, struct proof *proof, const struct node *n,
    struct span group)
{
	if (n == NULL || n->type != NODE_MAP ||
	    !schema_check(c->d, SCHEMA_TOKEN, n, group))
		return OK;
	proof->issuer = schema_text(n, "issuer");
	check_issuer(c, node_get(n, "issuer"));
	diagnostic_help(c->d,
	    diagnostic_add(c->d, n->key->at, "W902",
		"nobody can prove by token yet that they are of `%.*s`",
		DIAGNOSTIC_SPAN(group)),
	    "this build verifies no tokens; the other items count");
	return check_claims_read(c, n, &proof->claims, &proof->num_claims);
}

static struct err
check_proof(struct checker *c, struct proof *proof, const struct node *n,
    struct span group)
{
	const struct node *key = node_get(n, "access-key");

	if (!schema_check(c->d, SCHEMA_PROOF, n, group))
		return OK;
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
	return check_token(c, proof, node_get(n, "token"), group);
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

		*g = (struct group){.id = list->key->text,
		    .file = c->d->files[list->key->at.file].name,
		    .line = list->key->at.line};
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
			TRY(check_proof(
			    c, &g->proofs[g->num_proofs++], n, g->id));
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

/* The issuer is a claim like the others: it must hold too. */
static struct err
check_attested(struct checker *c, struct place *p, const struct node *n)
{
	struct claim *claims;

	if (n == NULL || n->type != NODE_MAP ||
	    !schema_check(c->d, SCHEMA_ATTESTED, n, p->id))
		return OK;
	check_issuer(c, node_get(n, "issuer"));
	TRY(check_claims_read(c, n, &claims, &p->num_attested));
	TRY(arena_alloc(
	    c->arena, &p->attested, p->num_attested + 1, sizeof(*p->attested)));
	for (uint32_t i = 0; i < p->num_attested; i++)
		p->attested[i] = claims[i];
	p->attested[p->num_attested].name = span_str("issuer");
	TRY(checker_texts(c, node_get(n, "issuer"),
	    &p->attested[p->num_attested].values,
	    &p->attested[p->num_attested].num_values));
	p->num_attested++;
	diagnostic_help(c->d,
	    diagnostic_add(c->d, n->key->at, "W902",
		"nobody can show yet that they are in `%.*s`",
		DIAGNOSTIC_SPAN(p->id)),
	    "this build verifies no attestations");
	return OK;
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
	TRY(check_attested(c, p, node_get(n, "attested")));
	p->on_premises = checker_switch(c, n, "on-premises", "no", "yes");
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
	c->place_nodes = items;
	TRY(arena_alloc(
	    c->arena, &c->policy->places, num + 1, sizeof(struct place)));
	for (uint32_t i = 0; i < num; i++) {
		struct place *p = &c->policy->places[i];

		p->id = items[i]->key->text;
		p->file = c->d->files[items[i]->key->at.file].name;
		p->line = items[i]->key->at.line;
		checker_id(c, items[i]->key, "a place");
		c->policy->num_places = i + 1;
		if (schema_check(c->d, SCHEMA_PLACE, items[i], p->id))
			TRY(check_place(c, p, items[i]));
	}
	return OK;
}

struct err
check_facts_all(struct checker *c)
{
	check_head(c);
	TRY(check_parties(c));
	TRY(check_people(c));
	return check_places(c);
}
