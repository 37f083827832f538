/* The keeper when its gateway reloads: it ends when nothing is left to do, and
 * another keeper beside it may be faster. */
#include "gateway/keeper/seam.h"
#include "gateway/keeper/slot_use.h"

#include <unistd.h>

#include "gateway/ipc/control.h"
#include "gateway/keeper/peers.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox.h"

static struct keeperbox box;
static int supervisor; /* our end of its control channel */

static int
set_up(void **state)
{
	int pair[2];

	(void)state;
	keeperbox_start(&box);
	expect_ok(frame_pair(pair));
	supervisor = pair[0];
	expect_ok(peers_attach_control(&box.keeper, pair[1]));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	seam_close(&box.keeper.control);
	close(supervisor);
	keeperbox_stop(&box);
	return 0;
}

/* It is told to, and runs its loop until it ends, or a while. */
static bool
drains(void)
{
	keeperbox_run(&box);
	return loop_is_stopped(box.keeper.loop);
}

static void
say_done(uint64_t id)
{
	struct buf body CLEANUP(buf_done) = {.max = 512};
	const struct ask_done done = {.outcome = ASK_DELIVERED, .bytes = 1};

	expect_ok(ask_put_done(&body, &done));
	keeperbox_say(&box, BOX_WORKER,
	    &(struct frame){
		.type = ASK_DONE, .id = id, .body = buf_span(&body)});
}

static void
keeper__drained_ends_after_its_last_completion(void **state)
{
	struct ask_answer answer;

	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &(struct keeperbox_question){.id = 1});
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	assert_false(drains());
	expect_ok(control_send_drain(supervisor));
	assert_false(drains());
	say_done(1);
	assert_false(drains());
	assert_true(keeperbox_next(&box, BOX_AUDITOR));
	assert_true(keeperbox_has(&box, "\"kind\":\"complete\""));
	/* The auditor has it on its disk. */
	assert_true(keeperbox_honest(&box));
	assert_true(drains());
}

/* Of two keepers that fill one object, one publishes it. Who waited here is
 * served from what the other did not need; the next one looks again. */
static void
slot_fill__serves_what_another_keeper_published(void **state)
{
	const uint8_t exists = ERR_EXISTS;
	struct ask_answer answer;

	(void)state;
	keeperbox_ask(&box, BOX_WORKER, &(struct keeperbox_question){.id = 1});
	keeperbox_to(&box, BOX_STEP_PUBLISH);
	keeperbox_reply(&box, OPEN_FAILED, span_of(&exists, 1), 0);
	keeperbox_settle(&box);
	keeperbox_granted(&box, BOX_WORKER, ASK_OBJECT, &answer);
	assert_int_equal(box.num_discarded, 1);
	say_done(1);
	keeperbox_settle(&box);
	const struct slot *slot = keeperbox_slot(&box);
	assert_int_equal(slot->state, SLOT_GONE);
	assert_int_equal(slot->read_fd, -1);
	keeperbox_ask(&box, BOX_WORKER, &(struct keeperbox_question){.id = 2});
	assert_true(keeperbox_until(&box, BOX_SPOOL, OPEN_SLOT));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(keeper__drained_ends_after_its_last_completion),
	    TEST(slot_fill__serves_what_another_keeper_published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
