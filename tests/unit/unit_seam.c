/* The keeper's seams: what waits for company, and for how long. */
#include "gateway/keeper/seam.h"

#include "gateway/base/sysio.h"
#include "gateway/keeper/pending.h"
#include "tests/harness/expect.h"
#include "tests/harness/keeperbox.h"

enum {
	LIMIT_MS = 30000,
	TRIES = 1000, /* to be quicker than CHANNEL_PATIENT_MS */
};

static struct keeperbox box;

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

/* How many messages the auditor's next pack holds; 0: it holds none. */
static size_t
frames_for_auditor(void)
{
	static uint8_t bytes[FRAME_MAX];
	struct frame_pack pack;
	struct frame frame;
	size_t num = 0;

	if (frame_recv_pack(box.ends[BOX_AUDITOR], bytes, &pack).code != ERR_OK)
		return 0;
	while (frame_pack_next(&pack, &frame).code == ERR_OK)
		num++;
	return num;
}

static void
note(void)
{
	expect_ok(pending_ask(&box.keeper.audit, AUDIT_APPEND,
	    span_str("a record"), PENDING_NOTE, NULL));
}

/* One note that waits. A machine that stands still for so long that its time
 * is over gets another try. */
static void
note_and_wait(void)
{
	for (int i = 0; i < TRIES; i++) {
		uint64_t from = sysio_monotonic_ms();
		note();
		keeperbox_turn(&box);
		size_t came = frames_for_auditor();
		if (sysio_monotonic_ms() - from < CHANNEL_PATIENT_MS) {
			assert_int_equal(came, 0);
			return;
		}
		keeperbox_run(&box);
		while (frames_for_auditor() > 0)
			;
	}
	fail_msg("this machine is too slow to see it");
}

static void
seam_note__travels_with_what_is_asked(void **state)
{
	(void)state;
	note_and_wait();
	expect_ok(
	    seam_ask(&box.keeper.audit, AUDIT_APPEND, 1, span_str("another")));
	keeperbox_turn(&box);
	assert_int_equal(frames_for_auditor(), 2);
}

static void
seam_note__does_not_wait_for_ever(void **state)
{
	uint64_t limit = sysio_monotonic_ms() + LIMIT_MS;

	(void)state;
	note_and_wait();
	while (frames_for_auditor() == 0) {
		assert_true(sysio_monotonic_ms() < limit);
		expect_ok(loop_step(box.keeper.loop, 5));
	}
	assert_int_equal(box.keeper.audit.channel.num_queued, 0);
}

/* A keeper that is about to end waits for nobody. */
static void
seam_note__goes_at_once_while_draining(void **state)
{
	(void)state;
	box.keeper.draining = true;
	note();
	assert_int_equal(box.keeper.audit.patience.place, 0);
	keeperbox_turn(&box);
	assert_int_equal(frames_for_auditor(), 1);
}

static void
seam_hurry__sends_what_waits(void **state)
{
	(void)state;
	note_and_wait();
	seam_hurry(&box.keeper.audit);
	keeperbox_turn(&box);
	assert_int_equal(frames_for_auditor(), 1);
	assert_int_equal(box.keeper.audit.patience.place, 0);
}

/* Its timer goes with it. */
static void
seam_close__drops_what_waits(void **state)
{
	(void)state;
	note_and_wait();
	seam_close(&box.keeper.audit);
	assert_int_equal(box.keeper.audit.patience.place, 0);
	pending_fail(&box.keeper.audit);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(seam_note__travels_with_what_is_asked),
	    TEST(seam_note__does_not_wait_for_ever),
	    TEST(seam_note__goes_at_once_while_draining),
	    TEST(seam_hurry__sends_what_waits),
	    TEST(seam_close__drops_what_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
