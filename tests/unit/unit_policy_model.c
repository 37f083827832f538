/*
 * What is written stands in the model, word for word: what no rule asks for,
 * and what reports, records and `policy test` look at all the same.
 */
#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "tests/harness/policybox.h"
#include "tests/harness/vectors.h"

static struct policybox box;
static struct buf whole, yaml;

static int
start(void **state)
{
	(void)state;
	if (crypto_init().code != ERR_OK)
		return -1;
	vectors_read_file(&whole, "tests/vectors/policy/whole.yaml");
	yaml.max = 1 << 20;
	policybox_change(&yaml, buf_span(&whole), "    art9: g\n",
	    "    art9: g\n    art10: Section 26 of the act\n");
	policybox_run(&box, buf_span(&yaml));
	return box.err.code == ERR_OK ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	policybox_done(&box);
	buf_done(&yaml);
	buf_done(&whole);
	return 0;
}

static void
check_policy__keeps_who_is_asked(void **state)
{
	const struct policy *p = &box.policy;

	(void)state;
	expect_span(p->name, "riverside-and-mutua");
	expect_span(p->contact, "privacy@riverside.example");
	assert_int_equal(p->num_parties, 4);
	expect_span(p->parties[1].id, "mutua");
	expect_span(p->parties[1].contact, "dpo@mutua.example");
}

static void
check_policy__keeps_what_purposes_stand_on(void **state)
{
	const struct policy *p = &box.policy;
	uint32_t i = 0;

	(void)state;
	while (i < p->num_purposes &&
	    !span_equal_str(p->purposes[i].id, "claims-fraud"))
		i++;
	assert_true(i < p->num_purposes);
	const struct purpose *fraud = &p->purposes[i];
	expect_span(fraud->assessment, "LIA-2026-9");
	expect_span(fraud->dpia, "DPIA-2026-2");
	expect_span(fraud->collected_for, "settling claims");
	expect_span(fraud->art9, "g");
	expect_span(fraud->art10, "Section 26 of the act");
}

static void
check_policy__keeps_what_a_recipient_promises(void **state)
{
	const struct agreement *a = &box.policy.agreements[0];

	(void)state;
	expect_span(a->id, "stroke-risk");
	expect_span(a->contract, "DL-2026-1");
	expect_span(a->undertakes, "not to identify or contact anybody");
	expect_span(a->review_by, "2027-01-31");
	expect_span(a->deletes_after, "180 days");
}

/* Who asks, for what, from where and when; not as if it were today. */
static void
check_policy__keeps_the_question_of_a_test(void **state)
{
	const struct policy *p = &box.policy;
	const struct policy_test *t = &p->tests[2];

	(void)state;
	assert_int_equal(p->num_tests, 3);
	expect_span(t->name, "the insured stay near");
	expect_span(p->groups[t->who].id, "claims-team");
	expect_span(p->agreements[t->agreement].id, "claims");
	assert_true(t->place < p->num_places);
	expect_span(p->places[t->place].id, "ohio");
	assert_int_equal(t->on, 20788); /* 2026-12-01 */
	assert_int_equal(t->outcome, TEST_DENIED);
	assert_int_equal(t->guardrail, NO_INDEX);
	assert_int_equal(p->tests[1].outcome, TEST_NO_ROW);
	assert_int_equal(p->tests[0].num_row, 7);
	assert_int_equal(p->tests[0].num_get, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(check_policy__keeps_who_is_asked),
	    cmocka_unit_test(check_policy__keeps_what_purposes_stand_on),
	    cmocka_unit_test(check_policy__keeps_what_a_recipient_promises),
	    cmocka_unit_test(check_policy__keeps_the_question_of_a_test),
	};

	return cmocka_run_group_tests(tests, start, end);
}
