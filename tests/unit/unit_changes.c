#include "tests/harness/expect.h"

#include "policy/changes.h"

/* Two controllers: the first has two signers, the second one. */
static struct party parties[] = {
    {.id = {(const uint8_t *)"clinic", 6}},
    {.id = {(const uint8_t *)"bank", 4}},
};
static const struct signer three[] = {
    {.party = 0, .key = {(const uint8_t *)"ka", 2}},
    {.party = 0, .key = {(const uint8_t *)"kb", 2}},
    {.party = 1, .key = {(const uint8_t *)"kc", 2}},
};

static struct policy
make(struct signer signers[4])
{
	memcpy(signers, three, sizeof(three));
	return (struct policy){.parties = parties,
	    .num_parties = 2,
	    .signers = signers,
	    .num_signers = 3,
	    .wider = CHANGE_EACH_CONTROLLER,
	    .narrower = CHANGE_ANY_SIGNER};
}

static void
changes_judge__counts_whose_data_it_is(void **state)
{
	static const struct {
		enum change_rule rule;
		uint32_t signed_by[3], num_signed, concerned[2], num_concerned;
		uint32_t lacking, party;
	} rows[] = {
	    {CHANGE_ANY_SIGNER, {0}, 0, {0, 1}, 2, 1, NO_INDEX},
	    {CHANGE_ANY_SIGNER, {2}, 1, {0, 1}, 2, 0, NO_INDEX},
	    {CHANGE_ANY_SIGNER, {3}, 1, {0}, 1, 1, NO_INDEX},
	    {CHANGE_EACH_CONTROLLER, {0}, 1, {0}, 1, 0, 0},
	    {CHANGE_EACH_CONTROLLER, {0}, 1, {1}, 1, 1, 1},
	    {CHANGE_EACH_CONTROLLER, {0, 1}, 2, {0, 1}, 2, 1, 1},
	    {CHANGE_EACH_CONTROLLER, {1, 2}, 2, {0, 1}, 2, 0, 1},
	    {CHANGE_EACH_CONTROLLER, {0}, 0, {0}, 0, 1, NO_INDEX},
	    {CHANGE_EACH_CONTROLLER, {1}, 1, {0}, 0, 0, NO_INDEX},
	    {CHANGE_TWO_EACH_CONTROLLER, {0, 1}, 2, {0}, 1, 0, 0},
	    /* Twice the same is one. */
	    {CHANGE_TWO_EACH_CONTROLLER, {0, 0}, 2, {0}, 1, 1, 0},
	    {CHANGE_TWO_EACH_CONTROLLER, {0, 1, 2}, 3, {0, 1}, 2, 1, 1},
	};
	struct signer signers[4];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct policy p = make(signers);

		for (unsigned wider = 0; wider < 2; wider++) {
			struct changes_question q = {.running = &p,
			    .wider = wider == 1,
			    .concerned = rows[i].concerned,
			    .num_concerned = rows[i].num_concerned,
			    .signed_by = rows[i].signed_by,
			    .num_signed = rows[i].num_signed};
			struct changes_verdict v;

			p.wider = wider ? rows[i].rule : CHANGE_ANY_SIGNER;
			p.narrower = wider ? CHANGE_ANY_SIGNER : rows[i].rule;
			v = changes_judge(&q);
			assert_int_equal(v.lacking, rows[i].lacking);
			assert_int_equal(v.enough, rows[i].lacking == 0);
			assert_int_equal(v.party, rows[i].party);
		}
	}
}

static void
changes_judge__needs_signers(void **state)
{
	struct policy p = {.wider = CHANGE_ANY_SIGNER};
	struct changes_question q = {.running = &p, .wider = true};

	(void)state;
	assert_false(changes_judge(&q).enough);
}

static void
changes_loosened__sees_rules_and_keys(void **state)
{
	struct signer before[4], after[4];
	struct policy old = make(before), new = make(after);

	(void)state;
	assert_false(changes_loosened(&old, &new));
	new.wider = CHANGE_TWO_EACH_CONTROLLER;
	assert_false(changes_loosened(&old, &new));
	assert_true(changes_loosened(&new, &old));
	new = make(after);
	old.narrower = CHANGE_EACH_CONTROLLER;
	assert_true(changes_loosened(&old, &new));
	old = make(before);
	new.num_signers = 2;
	assert_false(changes_loosened(&old, &new));
	assert_true(changes_loosened(&new, &old));
	new = make(after);
	after[1].key = span_str("kd");
	assert_true(changes_loosened(&old, &new));
	new = make(after);
	after[1].party = 1; /* the same key, for somebody else */
	assert_true(changes_loosened(&old, &new));
}

/* Groups decide who may ask and approve in an emergency: by their names,
 * wherever they stand in a policy. */
static void
changes_loosened__sees_groups_of_a_signer(void **state)
{
	static struct group one_way[] = {
	    {.id = {(const uint8_t *)"doctors", 7}},
	    {.id = {(const uint8_t *)"office", 6}}};
	static struct group other_way[] = {
	    {.id = {(const uint8_t *)"office", 6}},
	    {.id = {(const uint8_t *)"doctors", 7}}};
	static const struct {
		uint32_t was[2], num_was, is[2], num_is;
		bool loosened;
	} rows[] = {
	    {{0}, 0, {0}, 0, false},
	    {{0}, 0, {1}, 1, true},
	    {{0}, 1, {0}, 0, false},
	    {{0}, 1, {1}, 1, false},
	    {{0}, 1, {0}, 1, true},
	    {{0}, 1, {1, 0}, 2, true},
	    {{0, 1}, 2, {0, 1}, 2, false},
	    {{0, 1}, 2, {0}, 1, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct signer before[4], after[4];
		struct policy old = make(before), new = make(after);
		uint32_t was[2], is[2];

		memcpy(was, rows[i].was, sizeof(was));
		memcpy(is, rows[i].is, sizeof(is));
		old.groups = one_way;
		new.groups = other_way;
		before[1].groups = was;
		before[1].num_groups = rows[i].num_was;
		after[1].groups = is;
		after[1].num_groups = rows[i].num_is;
		if (changes_loosened(&old, &new) != rows[i].loosened)
			fail_msg("row %zu", i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(changes_judge__counts_whose_data_it_is),
	    cmocka_unit_test(changes_judge__needs_signers),
	    cmocka_unit_test(changes_loosened__sees_rules_and_keys),
	    cmocka_unit_test(changes_loosened__sees_groups_of_a_signer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
