/*
 * The auditor as a program, and what it lets be charged: within the limits,
 * whatever comes at once, and whatever became of the one before.
 */
#include "tests/harness/expect.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/base/sysio.h"
#include "tests/harness/auditorbox.h"
#include "tests/harness/ledgerbox.h"

static const struct audit_limits LIMITS = {
    .all = {.bytes_per_day = 1000, .requests_per_minute = 50}};

static char program[4096];
static struct ledgerbox box;
static struct auditorbox auditor;
static struct auditorbox_answer answer; /* the last one */

static int
set_up(void **state)
{
	(void)state;
	ledgerbox_init(&box, 0);
	return auditorbox_find(program, sizeof(program)) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	ledgerbox_done(&box);
	return 0;
}

static void
start(struct auditorbox *out, const struct auditorbox *elder)
{
	const struct auditorbox_options options = {.program = program,
	    .dir = box.dir,
	    .signer = &box.signer,
	    .output = -1,
	    .elder = elder};

	expect_ok(auditorbox_start(out, &options));
}

/* An intent of so many bytes of an agreement that has LIMITS. */
static void
say(const char *agreement, uint64_t bytes)
{
	const struct record record = {.kind = RECORD_INTENT,
	    .time_ms = (uint64_t)(sysio_wall_ns() / 1000000),
	    .request = span_str("q"),
	    .agreement = span_str(agreement),
	    .bytes_most = record_number(bytes),
	    .charge = {.known = true,
		.caller = span_str("access-key:K"),
		.day = 20785,
		.bytes = bytes}};

	expect_ok(auditorbox_charge(&auditor, 1, &record, &LIMITS));
}

static void
hear(void)
{
	struct err err;

	while ((err = auditorbox_take(&auditor, &answer)).code == ERR_AGAIN)
		expect_ok(auditorbox_wait(auditor.keeper));
	expect_ok(err);
}

static bool
charge(const char *agreement, uint64_t bytes)
{
	say(agreement, bytes);
	hear();
	assert_true(answer.is_receipt != answer.is_over);
	return answer.is_receipt;
}

/* All at once, in whatever packs and rounds: together they are within. */
static void
auditor__keeps_within_limits(void **state)
{
	unsigned num_within = 0;

	(void)state;
	start(&auditor, NULL);
	kill(auditor.pid, SIGSTOP);
	for (int i = 0; i < 40; i++)
		say("a", 100);
	kill(auditor.pid, SIGCONT);
	for (int i = 0; i < 40; i++) {
		hear();
		num_within += answer.is_receipt;
	}
	assert_int_equal(num_within, 10);
	assert_false(charge("a", 1));
	assert_int_equal(answer.over.limit, AUDIT_LIMIT_BYTES);
	assert_int_equal(answer.over.used, 1000);
	assert_int_equal(answer.over.day, 20785);
	for (int i = 0; i < 40; i++)
		assert_true(charge("a", 0));
	assert_false(charge("a", 0));
	assert_int_equal(answer.over.limit, AUDIT_LIMIT_REQUESTS);
	assert_in_range(answer.over.retry_after_s, 1, 61);
	assert_true(charge("b", 1000));
	assert_int_equal(WEXITSTATUS(auditorbox_stop(&auditor, 0)), 0);
}

/* It stands in the ledger, and a new one finds it there. */
static void
auditor__remembers_charges(void **state)
{
	static const int ends[] = {0, SIGKILL};
	struct auditorbox heir;
	int status;

	(void)state;
	for (uint64_t i = 0; i < 4; i++) {
		start(&auditor, NULL);
		assert_true(charge("a", 200));
		assert_false(charge("a", 801 - 200 * i));
		assert_int_equal(answer.over.used, 200 * (i + 1));
		(void)auditorbox_stop(&auditor, ends[i % 2]);
	}
	/* And one that takes the place of another, while that has charged. */
	start(&auditor, NULL);
	assert_true(charge("a", 100));
	start(&heir, &auditor);
	assert_int_equal(waitpid(auditor.pid, &status, 0), auditor.pid);
	close(auditor.control);
	assert_false(charge("a", 101));
	assert_int_equal(answer.over.used, 900);
	assert_true(charge("a", 100));
	assert_false(charge("a", 1));
	close(auditor.keeper);
	assert_int_equal(WEXITSTATUS(auditorbox_stop(&heir, 0)), 0);
}

/* Requests count for a minute, in a new auditor as well. */
static void
auditor__remembers_the_last_minute(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		start(&auditor, NULL);
		for (int j = 0; j < 25; j++)
			assert_true(charge("a", 0));
		(void)auditorbox_stop(&auditor, SIGKILL);
	}
	start(&auditor, NULL);
	assert_false(charge("a", 0));
	assert_int_equal(answer.over.limit, AUDIT_LIMIT_REQUESTS);
	assert_true(charge("b", 0));
	(void)auditorbox_stop(&auditor, SIGKILL);
}

/* A charge that names nothing, or no agreement, is no record. */
static void
auditor__refuses_what_charges_nothing(void **state)
{
	const struct record bare = {.kind = RECORD_INTENT, .time_ms = 1};
	const struct record nobody = {.kind = RECORD_INTENT,
	    .time_ms = 1,
	    .charge = {.known = true, .caller = span_str("k"), .day = 1}};
	const struct record *const records[] = {&bare, &nobody};

	(void)state;
	start(&auditor, NULL);
	for (size_t i = 0; i < 2; i++) {
		expect_ok(auditorbox_charge(&auditor, 1, records[i], &LIMITS));
		hear();
		assert_false(answer.is_receipt || answer.is_over);
	}
	assert_int_equal(WEXITSTATUS(auditorbox_stop(&auditor, 0)), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(auditor__keeps_within_limits),
	    TEST(auditor__remembers_charges),
	    TEST(auditor__remembers_the_last_minute),
	    TEST(auditor__refuses_what_charges_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
