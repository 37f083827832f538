#include "tests/harness/expect.h"

#include "policy/evade.h"
#include "policy/explain.h"
#include "policy/waits.h"
#include "tests/harness/policy_random.h"

/* Properties of decisions, over policies by chance. */
enum {
	NUM_POLICIES = 3000,
	NUM_TIMES = 4,
	NUM_CONDITIONS = 5,
};

/* In the last most agreements hold. */
static const int64_t times[NUM_TIMES] = {-10, 20, 150, 60};

/* Everything that can be asked of a policy, one by one. */
struct question {
	uint32_t caller, agreement, time;
};

static bool
next_question(struct question *q, const struct policy *p)
{
	if (++q->caller < RANDOM_CALLERS)
		return true;
	q->caller = 0;
	if (++q->agreement < p->num_agreements)
		return true;
	q->agreement = 0;
	return ++q->time < NUM_TIMES;
}

static void
ask(struct decision *out, const struct policy *p, const struct question *q,
    const struct caller *caller)
{
	decide_read(
	    out, p, caller, p->agreements[q->agreement].id, times[q->time]);
}

/* Nothing is allowed that the policy does not say in so many words. */
static void
expect_said(
    const struct policy *p, const struct question *q, const struct decision *d)
{
	const struct agreement *a = &p->agreements[q->agreement];
	bool party = false, place = false;

	for (uint32_t i = 0; i < a->num_who; i++)
		party = party || a->who[i] == d->group;
	for (uint32_t i = 0; i < a->num_places; i++)
		place = place || a->places[i] == d->place;
	assert_true(party && place);
	assert_in_range(times[q->time] + 1000, a->from + 1000,
	    a->until == INT64_MAX ? 5000 : a->until + 999);
}

static void
decide_read__allows_only_what_is_said(void **state)
{
	static struct policy_random p;
	struct policy_dice dice = {.state = 11};
	unsigned allowed = 0;

	(void)state;
	for (int i = 0; i < NUM_POLICIES; i++) {
		struct question q = {.caller = 0};

		policy_random_draw(&p, &dice);
		for (uint32_t j = 0; j < RANDOM_AGREEMENTS; j++)
			if (p.agreements[j].from == INT64_MIN)
				p.agreements[j].from = -1000;
		do {
			struct caller caller;
			struct decision d;

			policy_random_caller(&caller, q.caller);
			ask(&d, &p.policy, &q, &caller);
			assert_int_equal(d.allowed, d.reason == DENY_NONE);
			allowed += d.allowed;
			if (d.allowed)
				expect_said(&p.policy, &q, &d);
		} while (next_question(&q, &p.policy));
	}
	assert_in_range(allowed, NUM_POLICIES, UINT32_MAX);
}

/* A place for who keeps a certificate back: what E126 is said of. */
static bool
has_two_places(const struct policy *p)
{
	for (uint32_t i = 0; i < p->num_places; i++)
		for (uint32_t j = 0; evade_reads(p, i) && j < p->num_places;
		     j++)
			if (evade_places(p, i, j))
				return true;
	return false;
}

/* What the checker refuses: then who shows less might get more. */
static bool
loads(const struct policy *p)
{
	struct evasion evasion;

	if (has_two_places(p))
		return false;
	for (uint32_t i = 0; i < p->num_guardrails; i++)
		for (uint32_t j = 0; j < p->num_agreements; j++)
			if (evade_guardrail(&evasion, p, i, j))
				return false;
	return true;
}

enum {
	KEY,
	CERTIFICATE,
	TOKEN,
	NUM_FACTS,
};

static struct caller
without(const struct caller *caller, unsigned fact)
{
	struct caller less = *caller;

	if (fact == KEY)
		less.access_key = (struct span){.data = NULL};
	else if (fact == CERTIFICATE)
		less.certificate = (struct span){.data = NULL};
	else
		less.issuer = (struct span){.data = NULL};
	if (fact == TOKEN)
		less.num_claims = 0;
	return less;
}

/* Whether a denied request is let through without one of its facts. */
static bool
gets_more_by_less(const struct policy *p, const struct question *q)
{
	struct caller caller;
	struct decision d;

	policy_random_caller(&caller, q->caller);
	ask(&d, p, q, &caller);
	for (unsigned fact = 0; !d.allowed && fact < NUM_FACTS; fact++) {
		struct caller poor = without(&caller, fact);
		struct decision less;

		ask(&less, p, q, &poor);
		if (less.allowed)
			return true;
	}
	return false;
}

static bool
anybody_gets_more(const struct policy *p)
{
	struct question q = {.time = NUM_TIMES - 1};

	do {
		if (gets_more_by_less(p, &q))
			return true;
	} while (next_question(&q, p));
	return false;
}

static struct span says_tdx[] = {{(const uint8_t *)"TDX", 3}};
static struct claim is_tdx[] = {{{(const uint8_t *)"hwmodel", 7}, says_tdx, 1}};

/* A group that nobody can be shown to be of yet. */
static void
let_some_wait(struct policy_random *p, struct policy_dice *dice)
{
	for (uint32_t i = 0; i < RANDOM_GROUPS; i++)
		p->groups[i].waits = policy_dice_roll(dice, 4) == 0;
}

/* A place that nobody can be shown to be at. */
static void
attest_some(struct policy_random *p, struct policy_dice *dice)
{
	for (uint32_t i = 0; i < RANDOM_PLACES; i++) {
		p->places[i].attested = is_tdx;
		p->places[i].num_attested = policy_dice_roll(dice, 4) == 0;
	}
	waits_set(&p->policy);
}

/*
 * Of a policy that loads, whatever is taken from a request. And of what does
 * not load for this reason much would be evaded: the rule is not one that
 * refuses all. (Of the rest some is denied anyhow, by another guardrail.)
 */
static void
decide_read__taking_a_fact_never_allows(void **state)
{
	static struct policy_random p;
	struct policy_dice dice = {.state = 12};
	unsigned loaded = 0, refused = 0, evaded = 0;

	(void)state;
	for (int i = 0; i < NUM_POLICIES; i++) {
		policy_random_draw(&p, &dice);
		let_some_wait(&p, &dice);
		bool more = anybody_gets_more(&p.policy);

		if (loads(&p.policy)) {
			assert_false(more);
			loaded++;
		} else {
			refused++;
			evaded += more;
		}
		attest_some(&p, &dice);
		if (i % 4 == 0 && loads(&p.policy))
			assert_false(anybody_gets_more(&p.policy));
	}
	assert_in_range(loaded, NUM_POLICIES / 10, NUM_POLICIES);
	assert_in_range(evaded, refused / 4, refused);
}

/* Everybody is proved by a key, a certificate or both. */
static void
without_tokens(struct policy_random *p)
{
	for (uint32_t i = 0; i < RANDOM_GROUPS; i++)
		for (uint32_t j = 0; j < 2; j++) {
			struct proof *proof = &p->proofs[i][j];

			if (proof->certificate.len == 0 &&
			    proof->access_key.len == 0)
				proof->access_key = span_str("K0");
			proof->issuer = (struct span){.data = NULL};
		}
}

/* Whether somebody who is at two places is let through at one, by less. */
static bool
leaves_a_place(const struct policy *p)
{
	struct question q = {.time = NUM_TIMES - 1};

	do {
		struct caller caller;
		struct decision both, one;

		policy_random_caller(&caller, q.caller);
		ask(&both, p, &q, &caller);
		caller = without(&caller, CERTIFICATE);
		ask(&one, p, &q, &caller);
		if (both.reason == DENY_TWO_PLACES &&
		    (one.allowed || one.reason == DENY_WAITS))
			return true;
	} while (next_question(&q, p));
	return false;
}

/* E126 is said of what it can be done to, and of nothing else. */
static void
evade_places__is_exact(void **state)
{
	static struct policy_random p;
	struct policy_dice dice = {.state = 18};
	unsigned num[2] = {0, 0};

	(void)state;
	for (int i = 0; i < NUM_POLICIES; i++) {
		policy_random_draw(&p, &dice);
		without_tokens(&p);
		if (i % 2 == 0)
			attest_some(&p, &dice);
		bool said = has_two_places(&p.policy);

		assert_int_equal(said, leaves_a_place(&p.policy));
		num[said]++;
	}
	assert_in_range(num[true], NUM_POLICIES / 20, NUM_POLICIES);
	assert_in_range(num[false], NUM_POLICIES / 20, NUM_POLICIES);
}

/* The same policy, whose places that ask for an attestation nobody is seen at.
 */
static void
without_attested(struct policy_random *out, const struct policy_random *from)
{
	policy_random_copy(out, from);
	for (uint32_t i = 0; i < RANDOM_PLACES; i++) {
		struct place *place = &out->places[i];

		if (place->num_attested > 0)
			place->num_attested = place->num_seen_as =
			    place->num_certificates = 0;
	}
}

/*
 * Nothing verifies an attestation yet. A place that asks for one is nobody's:
 * whatever is allowed is allowed without it, too, and not there. Not even to
 * who had one that somebody believed.
 */
static void
decide_read__an_attested_place_gives_nothing(void **state)
{
	static struct policy_random p, bare;
	struct policy_dice dice = {.state = 17};
	unsigned allowed = 0, believed = 0;

	(void)state;
	for (int i = 0; i < NUM_POLICIES / 2; i++) {
		struct question q = {.time = NUM_TIMES - 1};

		policy_random_draw(&p, &dice);
		attest_some(&p, &dice);
		without_attested(&bare, &p);
		do {
			struct caller caller;
			struct decision with, without_it;

			policy_random_caller(&caller, q.caller);
			ask(&with, &p.policy, &q, &caller);
			ask(&without_it, &bare.policy, &q, &caller);
			assert_int_equal(with.allowed, without_it.allowed);
			allowed += with.allowed;
			caller.attested = is_tdx;
			caller.num_attested = 1;
			ask(&with, &p.policy, &q, &caller);
			if (with.place == NO_INDEX ||
			    p.places[with.place].num_attested == 0)
				continue;
			assert_false(with.allowed);
			believed += with.reason == DENY_WAITS;
		} while (next_question(&q, &p.policy));
	}
	assert_in_range(allowed, NUM_POLICIES, UINT32_MAX);
	assert_in_range(believed, NUM_POLICIES, UINT32_MAX);
}

/* A guardrail that says what the request is, in one of its conditions. */
static void
forbid(struct policy_random *p, const struct decision *d, uint32_t condition)
{
	const struct agreement *a = &p->policy.agreements[d->agreement];
	struct guardrail *g = &p->guardrails[p->policy.num_guardrails];
	uint32_t(*lists)[RANDOM_GROUPS] = p->never[p->policy.num_guardrails];

	*g = (struct guardrail){.id = span_str("new"),
	    .by_dataset = condition == 0,
	    .num_datasets = condition == 0,
	    .by_purpose = condition == 1,
	    .num_purposes = condition == 1,
	    .by_who = condition == 2,
	    .num_who = condition == 2,
	    .by_place = condition == 3,
	    .num_places = condition == 3,
	    .by_place_not_in = condition == 4};
	lists[0][0] = a->dataset;
	lists[1][0] = a->purpose;
	lists[2][0] = d->group;
	lists[3][0] = d->place;
	p->policy.num_guardrails++;
}

static void
decide_read__never_wins(void **state)
{
	static struct policy_random p, guarded;
	struct policy_dice dice = {.state = 13};
	unsigned num = 0;

	(void)state;
	for (int i = 0; i < NUM_POLICIES / 4; i++) {
		struct question q = {.caller = 0};

		policy_random_draw(&p, &dice);
		p.policy.num_guardrails %= RANDOM_GUARDRAILS;
		do {
			struct caller caller;
			struct decision d, now;

			policy_random_caller(&caller, q.caller);
			ask(&d, &p.policy, &q, &caller);
			for (uint32_t c = 0; d.allowed && c < NUM_CONDITIONS;
			     c++) {
				policy_random_copy(&guarded, &p);
				forbid(&guarded, &d, c);
				policy_random_copy(&guarded, &guarded);
				ask(&now, &guarded.policy, &q, &caller);
				assert_int_equal(now.reason, DENY_GUARDRAIL);
				num++;
			}
		} while (next_question(&q, &p.policy));
	}
	assert_in_range(num, NUM_POLICIES, UINT32_MAX);
}

/* The line of a column: two blanks, its name, and what comes of it. */
static bool
shows(const struct buf *text, struct span name)
{
	struct span rest = buf_span(text), line;

	while (span_take_line(&rest, &line).code == ERR_OK)
		if (span_starts_with(line, span_str("  ")) &&
		    span_starts_with(span_sub(line, 2, line.len), name) &&
		    line.data[2 + name.len] == ' ')
			return true;
	return false;
}

/* What is said to be allowed is; what is said to come comes, and no more. */
static void
explain_agreement__agrees_with_the_decision(void **state)
{
	static struct policy_random p;
	struct policy_dice dice = {.state = 14};
	struct buf text = {.max = 1 << 16};

	(void)state;
	for (int i = 0; i < NUM_POLICIES; i++) {
		struct decision d;
		uint32_t group = policy_dice_roll(&dice, RANDOM_GROUPS);
		uint32_t place = policy_dice_roll(&dice, RANDOM_PLACES);

		policy_random_draw(&p, &dice);
		const struct agreement *a = &p.agreements[0];
		decide_named(&d, &p.policy, group, place, a->id, 60);
		buf_reset(&text);
		expect_ok(explain_agreement(
		    &text, &p.policy, &d, group, place, a->id));
		expect_ok(buf_put_u8(&text, 0));
		assert_int_equal(d.allowed,
		    strstr((const char *)text.data, ": ALLOWED by ") != NULL);
		assert_int_equal(!d.allowed,
		    strstr((const char *)text.data, ": DENIED\n") != NULL);
		for (uint32_t j = 0; j < RANDOM_COLUMNS; j++) {
			bool listed = d.allowed && j < a->num_columns;

			assert_int_equal(
			    shows(&text, p.columns[a->dataset][j].name),
			    listed);
		}
	}
	buf_done(&text);
}

/* What explain decides about the group and place of a request. */
static bool
is_allowed_by_name(
    const struct policy *p, const struct question *q, const struct decision *d)
{
	struct decision named;

	decide_named(&named, p, d->group, d->place,
	    p->agreements[q->agreement].id, times[q->time]);
	return named.allowed;
}

/*
 * What is let through is let through by name. Who is not, and would be by the
 * name of his group, is of another, too, that a guardrail is against.
 */
static void
decide_named__says_what_a_request_gets(void **state)
{
	static struct policy_random p;
	struct policy_dice dice = {.state = 15};
	unsigned denied = 0, others = 0;

	(void)state;
	for (int i = 0; i < NUM_POLICIES; i++) {
		struct question q = {.time = NUM_TIMES - 1};

		policy_random_draw(&p, &dice);
		do {
			struct caller caller;
			struct decision d;

			policy_random_caller(&caller, q.caller);
			ask(&d, &p.policy, &q, &caller);
			if (!d.party || d.place == NO_INDEX)
				continue;
			bool named = is_allowed_by_name(&p.policy, &q, &d);
			assert_true(named || !d.allowed);
			if (named && !d.allowed)
				assert_int_equal(d.reason, DENY_GUARDRAIL);
			denied += d.reason == DENY_GUARDRAIL && !named;
			others += named && !d.allowed;
		} while (next_question(&q, &p.policy));
	}
	assert_in_range(denied, NUM_POLICIES, UINT32_MAX);
	assert_in_range(others, 1, denied);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decide_read__allows_only_what_is_said),
	    cmocka_unit_test(decide_read__taking_a_fact_never_allows),
	    cmocka_unit_test(evade_places__is_exact),
	    cmocka_unit_test(decide_read__an_attested_place_gives_nothing),
	    cmocka_unit_test(decide_read__never_wins),
	    cmocka_unit_test(explain_agreement__agrees_with_the_decision),
	    cmocka_unit_test(decide_named__says_what_a_request_gets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
