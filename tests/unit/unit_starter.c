/*
 * The starter, with programs of the system in the place of the roles: what it
 * starts, kills and tells, and that nothing outlives the supervisor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/supervisor/starter.h"

enum {
	PATIENT_MS = 10000
};

static const enum spawn_role STAYS = SPAWN_KEEPER;  /* cat of a silent pipe */
static const enum spawn_role QUICK = SPAWN_AUDITOR; /* true */
static const enum spawn_role FAILS = SPAWN_OPENER;  /* false */

static struct spawn spawn;
static const struct notify notify = {.socket = -1};
static char place[] = "/tmp/gatehouse-starter-XXXXXX";
static int idle[2];

static void
remove_program(enum spawn_role role)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "gatehouse-%s", spawn_name(role));
	(void)unlinkat(spawn.dir, name, 0);
}

static void
install(enum spawn_role role, const char *program)
{
	char name[64];

	remove_program(role);
	(void)snprintf(name, sizeof(name), "gatehouse-%s", spawn_name(role));
	assert_int_equal(symlinkat(program, spawn.dir, name), 0);
}

static int
set_up(void **state)
{
	(void)state;
	/* The pipe also keeps the programs off CONTROL_FD. */
	if (pipe(idle) != 0 || dup2(idle[0], STDIN_FILENO) != 0)
		return -1;
	if (mkdtemp(place) == NULL)
		return -1;
	spawn.dir = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < NUM_SPAWN_ROLES; i++)
		install((enum spawn_role)i, "/bin/cat");
	install(QUICK, "/bin/true");
	install(FAILS, "/bin/false");
	install(SPAWN_LOADER, "/bin/true");
	return spawn.dir < 0;
}

static int
tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_SPAWN_ROLES; i++)
		remove_program((enum spawn_role)i);
	return rmdir(place);
}

/* In the supervisor: the number says which expectation did not hold. */
static void
expect(int number, bool holds)
{
	if (!holds)
		_exit(number);
}

static void
start_of(int starter, uint64_t id, enum spawn_role role, uint8_t set)
{
	const struct starter_what what = {.id = id, .role = role, .set = set};
	int control;

	expect(1, starter_start(&control, starter, &what).code == ERR_OK);
}

static void
start(int starter, uint64_t id, enum spawn_role role)
{
	start_of(starter, id, role, 0);
}

static struct starter_event
next(int starter)
{
	struct starter_event event = {.value = -1};

	expect(2, starter_next(&event, starter, PATIENT_MS).code == ERR_OK);
	return event;
}

/* A loader opens the programs that are there now. */
static void
open_set(int starter, uint8_t set)
{
	start_of(starter, 1000, SPAWN_LOADER, set);
	struct starter_event event = next(starter);
	expect(3, event.type == STARTER_ENDED && event.id == 1000);
	expect(4, event.value == 0);
}

/* A starter in a process of its own, whose supervisor is `act`. */
static pid_t
run_starter(void (*act)(int starter))
{
	pid_t outer = fork();
	int pair[2];

	if (outer != 0)
		return outer;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (frame_pair(pair).code != ERR_OK)
		_exit(99);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[0]);
		open_set(pair[1], 0);
		act(pair[1]);
		_exit(98);
	}
	close(pair[1]);
	_exit(starter_run(&(struct starter_with){.spawn = &spawn,
	    .notify = &notify,
	    .socket = pair[0],
	    .supervisor = pid}));
}

static int
status_of(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
act_tells_each_end(int starter)
{
	bool seen[2] = {false, false};

	start(starter, 0, QUICK);
	start(starter, 1, FAILS);
	for (int i = 0; i < 2; i++) {
		struct starter_event event = next(starter);
		expect(3, event.type == STARTER_ENDED && event.id < 2);
		expect(4, WIFEXITED(event.value));
		expect(5, WEXITSTATUS(event.value) == (int)event.id);
		seen[event.id] = true;
	}
	expect(6, seen[0] && seen[1]);
	_exit(42);
}

static void
act_kills_and_reuses_an_id(int starter)
{
	for (int i = 0; i < 3; i++) {
		start(starter, 7, STAYS);
		expect(3, starter_kill(starter, 7).code == ERR_OK);
		struct starter_event event = next(starter);
		expect(4, event.type == STARTER_ENDED && event.id == 7);
		expect(5, WIFSIGNALED(event.value));
		expect(6, WTERMSIG(event.value) == SIGKILL);
	}
	/* One that has ended is nobody any more. */
	expect(7, starter_kill(starter, 7).code == ERR_OK);
	_exit(42);
}

static void
expect_status(int starter, enum spawn_role role, uint8_t set, int status)
{
	start_of(starter, 5, role, set);
	struct starter_event event = next(starter);
	expect(5, WIFEXITED(event.value));
	expect(6, WEXITSTATUS(event.value) == status);
}

/* What was replaced is for the generations that come after. */
static void
act_keeps_a_set(int starter)
{
	install(QUICK, "/bin/false");
	expect_status(starter, QUICK, 0, 0);
	open_set(starter, 1);
	expect_status(starter, QUICK, 1, 1);
	expect_status(starter, QUICK, 0, 0);
	install(QUICK, "/bin/true");
	_exit(42);
}

static void
act_starts_of_a_set_that_is_not_open(int starter)
{
	start_of(starter, 0, QUICK, 1);
	pause();
}

static void
act_hears_a_signal(int starter)
{
	kill(getppid(), SIGTERM);
	struct starter_event event = next(starter);
	expect(3, event.type == STARTER_SIGNAL && event.value == SIGTERM);
	_exit(42);
}

static void
act_tells_many_at_once(int starter)
{
	for (uint64_t i = 0; i < 100; i++)
		start(starter, i, QUICK);
	for (int i = 0; i < 100; i++)
		expect(3, next(starter).type == STARTER_ENDED);
	_exit(42);
}

static void
act_names_an_unknown_role(int starter)
{
	start(starter, 0, NUM_SPAWN_ROLES);
	pause(); /* it ends us */
}

static void
act_names_an_id_twice(int starter)
{
	start(starter, 1, STAYS);
	start(starter, 1, STAYS);
	pause();
}

static void
act_sends_garbage(int starter)
{
	struct frame frame = {.type = 9, .body = span_str("not a message")};

	expect(3, frame_send(starter, &frame).code == ERR_OK);
	pause();
}

static void
act_starts_without_channel(int starter)
{
	const uint8_t body[5] = {SPAWN_AUDITOR};
	struct frame frame = {
	    .type = STARTER_START, .body = span_of(body, sizeof(body))};

	expect(3, frame_send(starter, &frame).code == ERR_OK);
	pause();
}

static void
act_leaves_one_behind(int starter)
{
	start(starter, 1, STAYS);
	poll(NULL, 0, 100);
	_exit(5);
}

static void
act_is_killed(int starter)
{
	start(starter, 1, STAYS);
	poll(NULL, 0, 100);
	raise(SIGKILL);
}

static void
starter_run__tells_each_end(void **state)
{
	(void)state;
	assert_int_equal(status_of(run_starter(act_tells_each_end)), 42);
}

static void
starter_run__kills_and_reuses_an_id(void **state)
{
	(void)state;
	assert_int_equal(
	    status_of(run_starter(act_kills_and_reuses_an_id)), 42);
}

static void
starter_run__starts_what_was_there_at_the_loading(void **state)
{
	(void)state;
	assert_int_equal(status_of(run_starter(act_keeps_a_set)), 42);
}

static void
starter_run__passes_a_signal_on(void **state)
{
	(void)state;
	assert_int_equal(status_of(run_starter(act_hears_a_signal)), 42);
}

static void
starter_run__tells_many_at_once(void **state)
{
	(void)state;
	assert_int_equal(status_of(run_starter(act_tells_many_at_once)), 42);
}

static void
starter_run__ends_a_supervisor_that_says_nonsense(void **state)
{
	(void)state;
	assert_int_equal(status_of(run_starter(act_names_an_unknown_role)), 1);
	assert_int_equal(status_of(run_starter(act_names_an_id_twice)), 1);
	assert_int_equal(status_of(run_starter(act_sends_garbage)), 1);
	assert_int_equal(
	    status_of(run_starter(act_starts_of_a_set_that_is_not_open)), 1);
	assert_int_equal(status_of(run_starter(act_starts_without_channel)), 1);
}

/* What a starter left would have become ours: see the next test. */
static bool
has_children(void)
{
	return waitpid(-1, NULL, WNOHANG) == 0;
}

static void
starter_run__leaves_nothing_behind(void **state)
{
	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	assert_int_equal(status_of(run_starter(act_leaves_one_behind)), 5);
	assert_false(has_children());
	assert_int_equal(status_of(run_starter(act_is_killed)), 1);
	assert_false(has_children());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(starter_run__tells_each_end),
	    cmocka_unit_test(starter_run__kills_and_reuses_an_id),
	    cmocka_unit_test(starter_run__starts_what_was_there_at_the_loading),
	    cmocka_unit_test(starter_run__passes_a_signal_on),
	    cmocka_unit_test(starter_run__tells_many_at_once),
	    cmocka_unit_test(starter_run__ends_a_supervisor_that_says_nonsense),
	    cmocka_unit_test(starter_run__leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
