#include "gateway/keeper/pending.h"

#include "tests/harness/expect.h"
#include "tests/harness/keeperbox.h"

static struct keeperbox box;
static const struct span nothing;

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

static size_t
count(void)
{
	size_t num = 0;

	for (size_t i = 0; i < KEEPER_PENDING_BUCKETS; i++) {
		struct pending *p;
		LIST_FOREACH(p, &box.keeper.pending[i], next)
		num++;
	}
	return num;
}

static void
pending_ask__sends_and_remembers(void **state)
{
	struct seam *spool = &box.keeper.spool;

	(void)state;
	expect_ok(pending_ask(
	    spool, OPEN_LIST, span_str("abc"), PENDING_DISCARD, NULL));
	assert_true(keeperbox_next(&box, BOX_SPOOL));
	assert_int_equal(box.got.type, OPEN_LIST);
	expect_span(box.got.body, "abc");
	struct pending *p = pending_find(spool, box.got.id);
	assert_non_null(p);
	assert_int_equal(p->kind, PENDING_DISCARD);
	/* Only who was asked can answer, and only what it was asked. */
	assert_null(pending_find(&box.keeper.origins[0], box.got.id));
	assert_null(pending_find(spool, box.got.id + 1));
	assert_null(pending_find(spool, box.got.id + KEEPER_PENDING_BUCKETS));
	assert_null(pending_take(&box.keeper.audit, box.got.id));
	assert_ptr_equal(pending_take(spool, box.got.id), p);
	assert_null(pending_take(spool, box.got.id));
	free(p);
	assert_int_equal(count(), 0);
}

static void
pending_ask__of_nobody_is_an_error(void **state)
{
	(void)state;
	keeperbox_lose(&box, BOX_SPOOL);
	expect_err(UNAVAILABLE,
	    pending_ask(
		&box.keeper.spool, OPEN_LIST, nothing, PENDING_DISCARD, NULL));
	assert_int_equal(count(), 0);
}

/* A peer that does not read: what it was not sent is not waited for. */
static void
pending_ask__stops_at_a_full_queue(void **state)
{
	struct err err = OK;
	size_t num = 0;

	(void)state;
	for (; err.code == ERR_OK && num < 100000; num++)
		err = pending_ask(&box.keeper.spool, OPEN_LIST, nothing,
		    PENDING_DISCARD, NULL);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_int_equal(count(), num - 1);
	/* It reads at last: all that was promised comes. */
	for (size_t i = 1; i < num; i++)
		assert_true(keeperbox_next(&box, BOX_SPOOL));
	assert_false(keeperbox_next(&box, BOX_SPOOL));
}

static void
pending_fail__is_of_one_peer(void **state)
{
	(void)state;
	for (int i = 0; i < 3000; i++) {
		struct seam *seam =
		    i % 2 == 0 ? &box.keeper.spool : &box.keeper.origins[0];
		expect_ok(pending_ask(
		    seam, OPEN_LIST, nothing, PENDING_DISCARD, NULL));
		assert_true(
		    keeperbox_next(&box, i % 2 == 0 ? BOX_SPOOL : BOX_ORIGIN));
	}
	assert_int_equal(count(), 3000);
	keeperbox_lose(&box, BOX_SPOOL);
	assert_int_equal(count(), 1500);
	keeperbox_lose(&box, BOX_ORIGIN);
	assert_int_equal(count(), 0);
}

static void
pending_forget__leaves_the_question_to_be_answered(void **state)
{
	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &(struct keeperbox_question){.id = 1});
	assert_true(keeperbox_next(&box, BOX_ORIGIN));
	struct pending *p = pending_find(&box.keeper.origins[0], box.got.id);
	assert_non_null(p);
	assert_non_null(p->owner);
	pending_forget(&box.keeper, &box); /* of somebody else */
	assert_non_null(p->owner);
	keeperbox_lose(&box, BOX_WORKER);
	assert_null(p->owner);
	assert_true(keeperbox_honest(&box));
	assert_int_equal(count(), 0);
	assert_false(keeperbox_ended(&box, BOX_ORIGIN));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(pending_ask__sends_and_remembers),
	    TEST(pending_ask__of_nobody_is_an_error),
	    TEST(pending_ask__stops_at_a_full_queue),
	    TEST(pending_fail__is_of_one_peer),
	    TEST(pending_forget__leaves_the_question_to_be_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
