/* What a keeper that drains has granted, held against the policy that serves by
 * now: it ends as it began, or is cut. */
#include "gateway/keeper/recheck.h"

#include "tests/harness/expect.h"
#include "tests/harness/keeperbox_grant.h"

static struct keeperbox box;
static struct policy_fixture next; /* what serves by now; at first, the same */

/* One of each way to deliver it, by a certificate alone. */
static const struct keeperbox_question in_the_clear = {.id = 1};
static const struct keeperbox_question sealed = {
    .id = 1, .fraud = true, .target = "/fraud/a.csv.age"};

static int
set_up(void **state)
{
	(void)state;
	keeperbox_start(&box);
	policy_fixture_init(&next);
	memcpy(next.groups, box.fixture.groups, sizeof(next.groups));
	memcpy(
	    next.agreements, box.fixture.agreements, sizeof(next.agreements));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	keeperbox_stop(&box);
	return 0;
}

/* Whether the worker is told to cut it. */
static bool
is_cut(void)
{
	keeperbox_recheck(&box, &next.policy);
	if (!keeperbox_next(&box, BOX_WORKER))
		return false;
	assert_int_equal(box.got.type, ASK_WITHDRAW);
	assert_int_equal(box.got.id, 1);
	return true;
}

/* Granted under the one policy, held against the other, and over. */
static bool
cuts(const struct keeperbox_question *question)
{
	struct ask_answer answer;

	keeperbox_grant(&box, question, &answer);
	bool cut = is_cut();
	keeperbox_say_done(&box, BOX_WORKER, 1, cut ? ASK_CUT : ASK_DELIVERED);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"kind\":\"complete\""));
	assert_int_equal(keeperbox_has(&box,
			     "\"reason\":\"the policy no longer allows it\""),
	    cut);
	assert_true(keeperbox_honest(&box));
	return cut;
}

static void
recheck_all__leaves_what_still_holds(void **state)
{
	(void)state;
	assert_false(cuts(&in_the_clear));
	tear_down(state);
	set_up(state);
	assert_false(cuts(&sealed));
}

static void
recheck_all__cuts_what_is_not_granted_any_more(void **state)
{
	struct group *cluster = &next.groups[FIXTURE_CLUSTER];

	(void)state;
	cluster->num_proofs = 1; /* the other certificate */
	assert_true(cuts(&in_the_clear));
	tear_down(state);
	set_up(state);
	next.agreements[FIXTURE_READMISSION].until = 1000;
	assert_true(cuts(&in_the_clear));
	tear_down(state);
	set_up(state);
	next.agreements[FIXTURE_READMISSION].num_columns--;
	assert_true(cuts(&in_the_clear));
}

/* The two recipients of keeperbox.h, and one more. */
static uint8_t keys[][32] = {{9, 8, 7}, {9}, {10}};

/* Who left must not be sent what he can decrypt; for who came, what is sent is
 * no more than it was. */
static void
recheck_all__goes_by_the_recipients(void **state)
{
	static const struct {
		uint32_t first, num;
		bool cut;
	} rows[] = {{0, 2, false}, {0, 3, false}, {0, 1, true}, {1, 2, true}};
	struct agreement *a = &next.agreements[FIXTURE_CARD_FRAUD];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		a->recipients = keys + rows[i].first;
		a->num_recipients = rows[i].num;
		assert_int_equal(cuts(&sealed), rows[i].cut);
		tear_down(state);
		set_up(state);
	}
}

/* What was promised to be sealed, is; and what is in the clear by now, nobody
 * may take for sealed. */
static void
recheck_all__goes_by_how_it_is_encrypted(void **state)
{
	struct agreement *a = &next.agreements[FIXTURE_READMISSION];

	a->encrypt = ENCRYPT_AGE;
	a->recipients = keys;
	a->num_recipients = 1;
	assert_true(cuts(&in_the_clear));
	tear_down(state);
	set_up(state);
	a = &next.agreements[FIXTURE_CARD_FRAUD];
	a->encrypt = ENCRYPT_TLS;
	a->num_recipients = 0;
	assert_true(cuts(&sealed));
}

/* Nothing was recorded of it: it is only sent elsewhere. */
static void
recheck_all__sends_elsewhere_who_waits(void **state)
{
	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &in_the_clear);
	keeperbox_to(&box, BOX_STEP_ORDER);
	next.agreements[FIXTURE_READMISSION].num_who = 0;
	keeperbox_recheck(&box, &next.policy);
	keeperbox_refused(&box, BOX_WORKER, ASK_SLOW_DOWN);
	assert_false(keeperbox_next(&box, BOX_AUDITOR));
}

/* The intent may be on the disk: its receipt is no grant any more. */
static void
recheck_all__takes_back_what_is_being_recorded(void **state)
{
	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &in_the_clear);
	keeperbox_to(&box, BOX_STEP_RECORD);
	next.agreements[FIXTURE_READMISSION].num_who = 0;
	keeperbox_recheck(&box, &next.policy);
	assert_true(keeperbox_honest(&box));
	keeperbox_refused(&box, BOX_WORKER, ASK_SLOW_DOWN);
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"kind\":\"complete\""));
	assert_true(keeperbox_has(&box, "\"bytes\":0"));
	assert_true(keeperbox_honest(&box));
}

static void
recheck_holds__sends_elsewhere_who_comes_later(void **state)
{
	(void)state;
	next.agreements[FIXTURE_READMISSION].num_who = 0;
	keeperbox_recheck(&box, &next.policy);
	keeperbox_ask(&box, BOX_WORKER, &in_the_clear);
	keeperbox_refused(&box, BOX_WORKER, ASK_SLOW_DOWN);
	keeperbox_ask(&box, BOX_WORKER, &sealed);
	assert_true(keeperbox_until(&box, BOX_AUDITOR, AUDIT_APPEND));
	assert_true(keeperbox_has(&box, "\"kind\":\"intent\""));
}

static void
say_proven(const struct proven_file *file)
{
	struct control_item item = {.name = "proven", .value.max = 4096};

	expect_ok(proven_file_write(&item.value, file));
	expect_ok(recheck_item(&box.keeper, &item));
	buf_done(&item.value);
}

/* The policy is the same; who has proven his key is not. */
static void
recheck_all__goes_by_who_is_proven(void **state)
{
	const struct agreement *a = &next.agreements[FIXTURE_CARD_FRAUD];

	for (uint32_t num = 0; num <= a->num_recipients; num++) {
		struct proven_file file = {.num_entries = 0};
		struct proven_entry entry = {
		    .party = next.policy.parties[a->recipient].id};

		for (uint32_t i = 0; i < num; i++) {
			memcpy(entry.key, a->recipients[i], sizeof(entry.key));
			expect_ok(proven_file_add(&file, &entry));
		}
		say_proven(&file);
		proven_file_done(&file);
		assert_int_equal(cuts(&sealed), num < a->num_recipients);
		tear_down(state);
		set_up(state);
	}
}

/* One that is none leaves nothing in force: the keeper ends (peers_control.c).
 */
static void
recheck_all__refuses_what_is_no_policy(void **state)
{
	struct control_item item = {.name = "image", .value.max = 64};

	(void)state;
	expect_ok(buf_append_str(&item.value, "not an image"));
	expect_ok(recheck_item(&box.keeper, &item));
	expect_err(MALFORMED, recheck_all(&box.keeper));
	buf_done(&item.value);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(recheck_all__leaves_what_still_holds),
	    TEST(recheck_all__cuts_what_is_not_granted_any_more),
	    TEST(recheck_all__goes_by_the_recipients),
	    TEST(recheck_all__goes_by_how_it_is_encrypted),
	    TEST(recheck_all__sends_elsewhere_who_waits),
	    TEST(recheck_all__takes_back_what_is_being_recorded),
	    TEST(recheck_holds__sends_elsewhere_who_comes_later),
	    TEST(recheck_all__goes_by_who_is_proven),
	    TEST(recheck_all__refuses_what_is_no_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
