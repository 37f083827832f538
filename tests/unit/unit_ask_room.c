/*
 * ask_run, and workers beside each other: how many requests each may have,
 * whose ids are whose, and what each is told of the caller.
 */
#include "gateway/keeper/ask_run.h"

#include "gateway/keeper/slot_fill.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox_grant.h"

static struct keeperbox box;
static const struct keeperbox_question object = {.id = 1};

static int
set_up(void **state)
{
	(void)state;
	keeperbox_start(&box);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	keeperbox_stop(&box);
	return 0;
}

/* --- How many at once --- */

static void
ask_many(enum keeperbox_peer worker, uint64_t from, uint64_t num)
{
	for (uint64_t id = from; id < from + num; id++)
		keeperbox_ask(
		    &box, worker, &(struct keeperbox_question){.id = id});
}

/*
 * More than are let in: the client is told to come again, and nobody's channel
 * ends. A worker that takes what it can leaves the other one its part, a half
 * of a half; and what is left of that when the other one has taken some.
 */
static void
ask_run_start__refuses_more_than_it_can_hold(void **state)
{
	enum {
		PART = KEEPER_MAX_ASKS / 2 / 2,
		SOME = PART / 4,
		MOST = KEEPER_MAX_ASKS - PART,
	};

	(void)state;
	ask_many(BOX_WORKER_2, 1, SOME);
	ask_many(BOX_WORKER, 1, MOST);
	assert_int_equal(box.keeper.num_asks, MOST + SOME);
	assert_int_equal(box.keeper.asks[0].num_asks, MOST);
	ask_many(BOX_WORKER, MOST + 1, 1);
	keeperbox_refused(&box, BOX_WORKER, ASK_SLOW_DOWN);
	ask_many(BOX_WORKER_2, SOME + 1, PART - SOME);
	assert_false(keeperbox_next(&box, BOX_WORKER_2));
	assert_int_equal(box.keeper.asks[1].num_asks, PART);
	assert_int_equal(box.keeper.num_asks, KEEPER_MAX_ASKS);
	ask_many(BOX_WORKER_2, PART + 1, 1);
	keeperbox_refused(&box, BOX_WORKER_2, ASK_SLOW_DOWN);
	assert_false(keeperbox_ended(&box, BOX_WORKER));
	assert_false(keeperbox_ended(&box, BOX_WORKER_2));
	/* What one gives up, either may have. */
	keeperbox_lose(&box, BOX_WORKER);
	keeperbox_settle(&box);
	assert_int_equal(box.keeper.asks[0].num_asks, 0);
	assert_int_equal(box.keeper.num_asks, PART);
	ask_many(BOX_WORKER_2, PART + 2, 1);
	assert_int_equal(box.keeper.asks[1].num_asks, PART + 1);
}

/* The part of one that is away waits for it. */
static void
ask_run_start__keeps_the_part_of_a_worker_that_comes_back(void **state)
{
	(void)state;
	keeperbox_lose(&box, BOX_WORKER_2);
	ask_many(BOX_WORKER, 1, KEEPER_MAX_ASKS);
	assert_int_equal(box.keeper.num_asks, KEEPER_MAX_ASKS * 3 / 4);
	keeperbox_attach(&box, BOX_WORKER_2);
	ask_many(BOX_WORKER_2, 1, 1);
	assert_int_equal(box.keeper.asks[1].num_asks, 1);
}

/* A new worker counts from 1 again, while a record is on its way of the one
 * before it. */
static void
ask_run_start__takes_an_id_that_a_lost_worker_had(void **state)
{
	struct ask_answer answer;

	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &object);
	keeperbox_to(&box, BOX_STEP_RECORD);
	keeperbox_lose(&box, BOX_WORKER);
	assert_int_equal(box.keeper.num_asks, 1);
	keeperbox_attach(&box, BOX_WORKER);
	keeperbox_ask(&box, BOX_WORKER, &object);
	assert_false(keeperbox_ended(&box, BOX_WORKER));
	box.at = BOX_AUDITOR;
	assert_true(keeperbox_honest(&box));
	keeperbox_settle(&box);
	assert_int_equal(box.num_interrupted, 1);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	keeperbox_say_done(&box, BOX_WORKER, 1, ASK_DELIVERED);
	assert_int_equal(box.keeper.num_asks, 0);
}

/* --- What a worker is told --- */

/* What a worker may write into its log is told to it: that a bucket is one that
 * the caller may know of. */
static void
ask_run__tells_a_worker_who_is_a_party(void **state)
{
	static const struct {
		struct keeperbox_question question;
		bool party;
	} rows[] = {
	    {{.method = "PUT"}, true},
	    {{.target = "/readmission/_x"}, true},
	    {{.target = "/notes/a.csv"}, false},
	    {{.target = "/nowhere/a.csv"}, false},
	    {{.certificate = "spiffe://a/other"}, false},
	    {{.certificate = ""}, false},
	};
	struct ask_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		keeperbox_ask(&box, BOX_WORKER, &rows[i].question);
		keeperbox_settle(&box);
		assert_true(keeperbox_next(&box, BOX_WORKER));
		expect_ok(ask_take_answer(&answer, box.got.body));
		assert_int_equal(answer.kind, ASK_REFUSED);
		if (answer.party != rows[i].party)
			fail_msg("row %zu", i);
	}
	keeperbox_grant(&box, &object, &answer);
	assert_true(answer.party);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(ask_run_start__refuses_more_than_it_can_hold),
	    TEST(ask_run_start__keeps_the_part_of_a_worker_that_comes_back),
	    TEST(ask_run_start__takes_an_id_that_a_lost_worker_had),
	    TEST(ask_run__tells_a_worker_who_is_a_party),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
