#include "policy/checker.h"

#include "crypto/sshsig.h"

/* check_change: who signs, and which change needs whom. */

static struct err
check_signer(struct checker *c, struct signer *s, const struct node *n)
{
	const struct node *key = node_get(n, "key");

	s->party = checker_ref(c, THING_PARTY, node_get(n, "of"));
	s->key = schema_text(n, "key");
	if (key != NULL && key->type == NODE_TEXT && !sshsig_is_key(key->text))
		diagnostic_help(c->d,
		    diagnostic_add(c->d, key->at, "E124",
			"this is not a public key that signs policies"),
		    "a line of a .pub file: ssh-ed25519, ecdsa-sha2-nistp256, "
		    "or one of them on a security key (sk-…)");
	for (uint32_t i = 0; i + 1 < c->policy->num_signers; i++)
		if (s->key.len > 0 &&
		    span_equal(c->policy->signers[i].key, s->key))
			(void)diagnostic_add(c->d, checker_at(n, "key"), "E124",
			    "`%.*s` has the key of `%.*s`: two names, one "
			    "signature",
			    DIAGNOSTIC_SPAN(s->id),
			    DIAGNOSTIC_SPAN(c->policy->signers[i].id));
	return checker_refs(
	    c, THING_GROUP, node_get(n, "in"), &s->groups, &s->num_groups);
}

static struct err
check_signers(struct checker *c)
{
	const struct node **items;
	uint32_t num;

	TRY(checker_gather(c, "signers", &items, &num));
	TRY(arena_alloc(
	    c->arena, &c->policy->signers, num + 1, sizeof(struct signer)));
	for (uint32_t i = 0; i < num; i++) {
		struct signer *s = &c->policy->signers[i];

		s->id = items[i]->key->text;
		s->line = items[i]->key->at.line;
		s->party = NO_INDEX;
		checker_id(c, items[i]->key, "a signer");
		c->policy->num_signers = i + 1;
		if (schema_check(c->d, SCHEMA_SIGNER, items[i], s->id))
			TRY(check_signer(c, s, items[i]));
	}
	return OK;
}

static uint32_t
count_signers(const struct policy *p, uint32_t party)
{
	uint32_t num = 0;

	for (uint32_t i = 0; i < p->num_signers; i++)
		num += p->signers[i].party == party;
	return num;
}

/* A rule that nobody could ever meet would freeze the policy. */
static void
check_enough(struct checker *c, const struct node *n)
{
	const struct policy *p = c->policy;
	enum change_rule most = p->wider > p->narrower ? p->wider : p->narrower;
	uint32_t wanted = most == CHANGE_TWO_EACH_CONTROLLER ? 2 : 1;

	if (p->num_signers == 0)
		(void)diagnostic_add(
		    c->d, n->key->at, "E124", "`changes` needs `signers`");
	if (count_signers(p, NO_INDEX) > 0 || p->num_signers == 0 ||
	    most == CHANGE_ANY_SIGNER)
		return;
	for (uint32_t i = 0; i < p->num_parties; i++)
		if (p->parties[i].role == ROLE_CONTROLLER &&
		    count_signers(p, i) < wanted) {
			(void)diagnostic_add(c->d, n->key->at, "E124",
			    "no change of the data of `%.*s` could ever be "
			    "signed: it has too few signers",
			    DIAGNOSTIC_SPAN(p->parties[i].id));
			return;
		}
}

static void
check_rules(struct checker *c)
{
	const struct node *n = checker_single(c, "changes");
	unsigned rule;

	c->policy->wider = CHANGE_EACH_CONTROLLER;
	c->policy->narrower = CHANGE_ANY_SIGNER;
	if (n == NULL || n->type != NODE_MAP ||
	    !schema_check(c->d, SCHEMA_CHANGES, n, (struct span){0}))
		return;
	if (checker_word_of(c, WORDS_CHANGE_RULE, n, "wider", &rule))
		c->policy->wider = (enum change_rule)rule;
	if (checker_word_of(c, WORDS_CHANGE_RULE, n, "narrower", &rule))
		c->policy->narrower = (enum change_rule)rule;
	check_enough(c, n);
}

struct err
check_change_all(struct checker *c)
{
	TRY(check_signers(c));
	check_rules(c);
	return OK;
}
