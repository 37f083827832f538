/*
 * What the keeper does when there is no memory, and what it leaves behind in
 * memory: over whole requests, with each allocation failing in turn.
 */
#include <stdio.h>

#include "gateway/keeper/slot_fill.h"
#include "tests/harness/expect.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/keeperbox.h"

static struct keeperbox box;

static const struct keeperbox_question questions[] = {
    {.id = 1},
    {.id = 1, .target = "/readmission/?list-type=2"},
    {.id = 1, .target = "/fraud/a.csv.age", .fraud = true},
    {.id = 1, .target = "/"},
    {.id = 1, .method = "HEAD", .target = "/readmission"},
    {.id = 1, .target = "/fraud/a.csv"},
    {.id = 1, .certificate = ""},
    {.id = 1, .target = "/readmission/?continuation-token=x&list-type=2"},
};

enum {
	NUM_QUESTIONS = sizeof(questions) / sizeof(questions[0])
};

/* Who was cut off is there again; the auditor cannot be. */
static void
mend(void)
{
	for (int i = 0; i < NUM_BOX_PEERS; i++) {
		enum keeperbox_peer peer = (enum keeperbox_peer)i;
		if (peer != BOX_MILL_2 && keeperbox_ended(&box, peer))
			keeperbox_attach(&box, peer);
	}
}

/* The answer, a refusal, or the end of the worker's seam: never silence, and
 * never a grant that the ledger does not show. */
static void
expect_some_end(void)
{
	struct ask_answer answer;

	if (!keeperbox_next(&box, BOX_WORKER)) {
		assert_true(keeperbox_ended(&box, BOX_WORKER) ||
		    keeperbox_ended(&box, BOX_AUDITOR));
		return;
	}
	assert_int_equal(box.got.type, ASK_ANSWER);
	expect_ok(ask_take_answer(&answer, box.got.body));
	if (answer.kind == ASK_REFUSED) {
		assert_int_equal(box.got.num_fds, 0);
		return;
	}
	assert_true(box.num_intents > 0);
	assert_true(answer.record >= 100 && answer.record < box.index);
}

static void
ask_once(const struct keeperbox_question *question)
{
	keeperbox_ask(&box, BOX_WORKER, question);
	keeperbox_settle(&box);
	keeperbox_run(&box);
}

static bool
fail_at(const struct keeperbox_question *question, size_t n, bool lasting)
{
	keeperbox_start(&box);
	if (lasting)
		failalloc_arm_lasting(n);
	else
		failalloc_arm(n);
	failalloc_pause();
	ask_once(question);
	bool failed = failalloc_disarm();
	expect_some_end();
	/* With memory it is what it was. */
	mend();
	ask_once(&(struct keeperbox_question){.id = 50});
	if (keeperbox_ended(&box, BOX_MILL)) { /* it knew another plan */
		keeperbox_attach(&box, BOX_MILL);
		keeperbox_settle(&box);
	}
	struct ask_answer answer;
	while (keeperbox_next(&box, BOX_WORKER) && box.got.id != 50)
		;
	if (box.at != BOX_WORKER || box.got.id != 50)
		fail_msg(
		    "nothing is heard of %s once allocation %zu failed (%d)",
		    question->target, n, lasting);
	expect_ok(ask_take_answer(&answer, box.got.body));
	assert_int_equal(answer.kind, ASK_OBJECT);
	keeperbox_stop(&box);
	return failed;
}

static void
keeper_memory__each_allocation_may_fail(void **state)
{
	(void)state;
	for (int lasting = 0; lasting < 2; lasting++) {
		for (size_t i = 0; i < NUM_QUESTIONS; i++) {
			(void)fail_at(&questions[i], SIZE_MAX, false);
			size_t live = failalloc_live();
			for (size_t n = 0;; n++) {
				bool failed =
				    fail_at(&questions[i], n, lasting != 0);
				if (failalloc_live() != live)
					fail_msg("question %zu leaks when "
						 "allocation %zu fails: %zd",
					    i, n,
					    (ssize_t)(failalloc_live() - live));
				if (!failed)
					break;
			}
		}
	}
}

/* --- What is left behind --- */

/* The key of a slot is in the slot while it lives, and nowhere after. */
static void
keeper_memory__holds_no_key_of_a_fill_that_failed(void **state)
{
	static uint8_t key[16];
	struct fill_order order;

	(void)state;
	for (int i = 0; i < 2; i++) {
		keeperbox_start(&box);
		keeperbox_ask(&box, BOX_WORKER, &questions[0]);
		keeperbox_to(&box, BOX_STEP_FILL_SOURCE);
		memset(key, 0, sizeof(key));
		/* The next 16 random bytes are not known before: the order
		 * tells, and what was freed while it was made is past. */
		assert_true(keeperbox_honest(&box));
		assert_true(keeperbox_next(&box, BOX_MILL));
		expect_ok(fill_take_order(&order, box.got.body));
		memcpy(key, order.file_key, sizeof(key));
		assert_memory_equal(keeperbox_slot(&box)->file_key, key, 16);
		failalloc_watch(key, sizeof(key));
		if (i == 0) {
			keeperbox_lose(&box, BOX_MILL);
			assert_memory_not_equal(
			    keeperbox_slot(&box)->file_key, key, 16);
		} else {
			assert_true(keeperbox_honest(&box));
			keeperbox_settle(&box);
		}
		if (i == 1) {
			struct ask_answer answer;
			keeperbox_granted(
			    &box, BOX_WORKER, ASK_OBJECT, &answer);
			assert_memory_equal(answer.file_key, key, 16);
			explicit_bzero(keeperbox_slot(&box)->file_key, 16);
		}
		keeperbox_stop(&box);
		assert_int_equal(failalloc_seen(), 0);
		failalloc_watch(NULL, 0);
		fill_wipe_order(&order);
	}
}

/* What goes out of a queue, sent or not, is overwritten first. */
static void
keeper_memory__wipes_what_was_queued(void **state)
{
	static uint8_t key[16];

	(void)state;
	keeperbox_start(&box);
	ask_once(&questions[0]);
	memcpy(key, keeperbox_slot(&box)->file_key, sizeof(key));
	/* The worker does not read: grants pile up. */
	for (uint64_t id = 100; id < 500; id++) {
		keeperbox_ask(
		    &box, BOX_WORKER, &(struct keeperbox_question){.id = id});
		keeperbox_settle(&box);
	}
	assert_true(box.keeper.asks[0].channel.num_queued > 0);
	failalloc_watch(key, sizeof(key));
	keeperbox_lose(&box, BOX_WORKER);
	keeperbox_settle(&box);
	explicit_bzero(keeperbox_slot(&box)->file_key, 16);
	keeperbox_stop(&box);
	assert_int_equal(failalloc_seen(), 0);
	failalloc_watch(NULL, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeper_memory__each_allocation_may_fail),
	    cmocka_unit_test(keeper_memory__holds_no_key_of_a_fill_that_failed),
	    cmocka_unit_test(keeper_memory__wipes_what_was_queued),
	};

	if (!failalloc_works())
		print_message("no allocation fails under valgrind\n");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
