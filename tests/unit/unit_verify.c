/*
 * verify: when the supervisor has the verifier started, and what comes of how
 * it ends. Nobody starts anything here: what the starter is told is looked at.
 */
#include "tests/harness/expect.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "gateway/base/sysio.h"
#include "gateway/metric/metric.h"
#include "gateway/supervisor/starter.h"
#include "gateway/supervisor/verify.h"

enum {
	MINUTE_MS = 60 * 1000,
	DAY_MS = 24 * 60 * MINUTE_MS,
	SLACK_MS = 30 * 1000, /* a busy machine */
	ALTERED = 7 << 8,     /* statuses, as of waitpid */
	FAILED = 1 << 8,
};

static struct gate gate;
static int starter[2]; /* the supervisor's, ours */
static uint8_t buffer[FRAME_MAX];
static struct frame frame;

static int
begin(void **state)
{
	(void)state;
	expect_ok(frame_pair(starter));
	gate = (struct gate){.starter = starter[0]};
	processes_share(&gate.shared, generation_first_id(GENERATION_MAX));
	gate.serving = &gate.generations[0];
	verify_init(&gate);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	sysio_close(&gate.verifier.control);
	for (size_t i = 0; i < gate.shared.num; i++) {
		sysio_close(&gate.shared.list[i].control);
		page_done(&gate.shared.list[i].page);
	}
	close(starter[0]);
	close(starter[1]);
	return 0;
}

/* It is started now; what it finds at its end of its channel. */
static int
expect_start(void)
{
	struct starter_what what;

	assert_int_equal(verify_due(&gate), -1);
	expect_ok(frame_recv(starter[1], buffer, &frame));
	assert_int_equal(frame.type, STARTER_START);
	assert_int_equal(frame.id, gate.verifier.id);
	expect_ok(starter_take_what(&what, frame.id, frame.body));
	assert_int_equal(what.role, SPAWN_VERIFIER);
	int control = frame_take_fd(&frame, 0);
	expect_ok(frame_recv(control, buffer, &frame));
	assert_int_equal(frame.type, CONTROL_GO);
	return control;
}

static void
expect_nothing(void)
{
	expect_err(AGAIN, frame_recv(starter[1], buffer, &frame));
}

/* The next start is so far away. */
static void
expect_due(int ms)
{
	int due = verify_due(&gate);

	assert_true(due <= ms && due > ms - SLACK_MS);
	expect_nothing();
}

static void
verify_due__waits_until_a_generation_serves(void **state)
{
	(void)state;
	assert_int_equal(verify_due(&gate), -1);
	gate.serving = NULL;
	verify_begin(&gate);
	assert_int_equal(verify_due(&gate), -1);
	gate.serving = &gate.generations[0];
	gate.stopping = true;
	assert_int_equal(verify_due(&gate), -1);
	expect_nothing();
	gate.stopping = false;
	int control = expect_start();
	assert_true(gate.verifier.runs);
	/* Another generation: there is one for all. */
	verify_begin(&gate);
	assert_int_equal(verify_due(&gate), -1);
	expect_nothing();
	close(control);
}

static void
verify_ended__begins_again_a_day_later(void **state)
{
	(void)state;
	verify_begin(&gate);
	close(expect_start());
	verify_ended(&gate, 0);
	assert_false(gate.verifier.runs);
	assert_true(gate.verifier.control < 0);
	expect_due(DAY_MS);
	verify_begin(&gate);
	expect_due(DAY_MS);
	assert_false(gate.altered);
}

static void
verify_ended__tries_again_after_a_minute(void **state)
{
	static const int statuses[] = {FAILED, SIGKILL, SIGSYS};
	const unsigned failures = METRIC_FAILURES + SPAWN_VERIFIER;

	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		uint64_t before = metric_own(failures);

		/* A generation that may bring something else: at once. */
		verify_begin(&gate);
		close(expect_start());
		verify_ended(&gate, statuses[i]);
		assert_int_equal(metric_own(failures), before + 1);
		expect_due(MINUTE_MS);
		assert_false(gate.altered);
	}
	gate.verifier.due_ms = sysio_monotonic_ms();
	close(expect_start());
}

/* A reload brings the right key while one with the wrong key still ends. */
static void
verify_ended__begins_at_once_with_a_newer_generation(void **state)
{
	(void)state;
	verify_begin(&gate);
	close(expect_start());
	(void)usleep(2000);
	verify_begin(&gate);
	verify_ended(&gate, FAILED);
	(void)usleep(2000);
	close(expect_start());
	verify_ended(&gate, FAILED);
	expect_due(MINUTE_MS);
}

/* What it said may lie there when its end is told, and is heard. */
static void
verify_ended__hears_what_was_said_before(void **state)
{
	struct buf body = {.max = 8};

	(void)state;
	verify_begin(&gate);
	int control = expect_start();
	expect_ok(buf_put_u64be(&body, 1234));
	expect_ok(frame_send(control,
	    &(struct frame){
		.type = CONTROL_VERIFIED, .body = buf_span(&body)}));
	close(control);
	verify_ended(&gate, 0);
	assert_int_equal(metric_own(METRIC_VERIFIED), 1234);
	assert_true(metric_own(METRIC_VERIFIED_TIME) > 1700000000);
	buf_done(&body);
}

static bool
is_given_whole(struct process *auditor)
{
	const struct provisions none = {.num = 0};
	bool whole = false;

	sysio_close(&auditor->control);
	page_done(&auditor->page);
	expect_ok(processes_start(auditor,
	    &(struct processes_with){.starter = starter[0],
		.provisions = &none,
		.altered = gate.altered}));
	expect_ok(frame_recv(starter[1], buffer, &frame));
	assert_int_equal(frame.type, STARTER_START);
	int control = frame_take_fd(&frame, 0);
	while (frame_recv(control, buffer, &frame).code == ERR_OK) {
		struct control_item item;

		expect_ok(control_take_item(&item, &frame));
		frame_close_fds(&frame);
		whole = whole || strcmp(item.name, "whole") == 0;
		control_item_done(&item);
	}
	close(control);
	return whole;
}

static void
verify_ended__ends_the_auditor_of_an_altered_ledger(void **state)
{
	struct process *auditor =
	    processes_find(&gate.shared, SPAWN_AUDITOR, 0);

	(void)state;
	assert_false(is_given_whole(auditor));
	verify_begin(&gate);
	close(expect_start());
	verify_ended(&gate, ALTERED);
	assert_true(gate.altered);
	expect_ok(frame_recv(starter[1], buffer, &frame));
	assert_int_equal(frame.type, STARTER_KILL);
	assert_int_equal(frame.id, auditor->id);
	expect_due(MINUTE_MS);
	assert_true(is_given_whole(auditor));
	assert_false(
	    is_given_whole(processes_find(&gate.shared, SPAWN_OPENER, 0)));
	/* One that ends well later does not make that forgotten. */
	verify_begin(&gate);
	close(expect_start());
	verify_ended(&gate, 0);
	assert_true(gate.altered);
}

static void
verify_end__ends_it(void **state)
{
	(void)state;
	verify_end(&gate);
	expect_nothing();
	verify_begin(&gate);
	close(expect_start());
	verify_end(&gate);
	expect_ok(frame_recv(starter[1], buffer, &frame));
	assert_int_equal(frame.type, STARTER_KILL);
	assert_int_equal(frame.id, gate.verifier.id);
	uint64_t before = metric_own(METRIC_FAILURES + SPAWN_VERIFIER);
	verify_ended(&gate, SIGKILL);
	assert_int_equal(metric_own(METRIC_FAILURES + SPAWN_VERIFIER), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(verify_due__waits_until_a_generation_serves),
	    TEST(verify_ended__begins_again_a_day_later),
	    TEST(verify_ended__tries_again_after_a_minute),
	    TEST(verify_ended__begins_at_once_with_a_newer_generation),
	    TEST(verify_ended__hears_what_was_said_before),
	    TEST(verify_ended__ends_the_auditor_of_an_altered_ledger),
	    TEST(verify_end__ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
