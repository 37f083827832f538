/* processes: when who has ended is started again. */
#include "tests/harness/expect.h"

#include <signal.h>

#include "gateway/base/sysio.h"
#include "gateway/supervisor/processes.h"

enum {
	FIRST_MS = 20,
	MOST_MS = 640,
	MINUTE_MS = 60 * 1000,
	SLACK_MS = 2000,  /* a busy machine */
	ALTERED = 7 << 8, /* statuses, as of waitpid */
	FAILED = 1 << 8,
};

static struct process process;

/* What ends after `took_ms`, for the first time or again. Returns how long it
 * is not started. */
static uint64_t
ended(enum spawn_role role, uint64_t took_ms, int status)
{
	uint64_t backoff = process.backoff_ms, now = sysio_monotonic_ms();

	process = (struct process){.role = role,
	    .runs = true,
	    .control = -1,
	    .started_ms = now - took_ms,
	    .backoff_ms = backoff};
	processes_ended(&process, status);
	assert_false(process.runs);
	return process.due_ms - now;
}

static int
begin(void **state)
{
	(void)state;
	process.backoff_ms = 0;
	return 0;
}

static void
expect_about(uint64_t got, uint64_t wanted)
{
	assert_in_range(got, wanted, wanted + SLACK_MS);
}

static void
processes_ended__waits_twice_as_long_each_time(void **state)
{
	uint64_t wanted = FIRST_MS;

	(void)state;
	for (int i = 0; i < 10; i++) {
		expect_about(ended(SPAWN_AUDITOR, 1, FAILED), wanted);
		wanted = wanted < MOST_MS ? wanted * 2 : MOST_MS;
	}
	assert_int_equal(process.backoff_ms, MOST_MS);
	assert_in_range(ended(SPAWN_MILL, 1, 0), 0, SLACK_MS);
}

/* Whatever is altered is read from its first to its last byte. */
static void
processes_ended__lets_an_altered_ledger_lie_for_nine_times_as_long(void **state)
{
	(void)state;
	expect_about(ended(SPAWN_AUDITOR, 5000, ALTERED), 45000);
	expect_about(ended(SPAWN_AUDITOR, 600000, ALTERED), MINUTE_MS);
	process.backoff_ms = MOST_MS;
	expect_about(ended(SPAWN_AUDITOR, 10, ALTERED), MOST_MS);
}

static void
processes_ended__starts_others_again_soon(void **state)
{
	static const struct {
		enum spawn_role role;
		int status;
	} rows[] = {{SPAWN_AUDITOR, FAILED}, {SPAWN_AUDITOR, SIGKILL},
	    {SPAWN_KEEPER, ALTERED}, {SPAWN_WORKER, ALTERED}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		process.backoff_ms = 0;
		expect_about(
		    ended(rows[i].role, 600000, rows[i].status), FIRST_MS);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(processes_ended__waits_twice_as_long_each_time),
	    TEST(
		processes_ended__lets_an_altered_ledger_lie_for_nine_times_as_long),
	    TEST(processes_ended__starts_others_again_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
