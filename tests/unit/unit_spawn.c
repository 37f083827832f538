/*
 * How a role is started, with a program of the system in the place of each.
 */
#include "tests/harness/expect.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/base/spawn.h"

enum {
	TRIES = 10000, /* of a millisecond */
};

/* The turn that the kernel gives a process, in ns; 0: it does not say. */
static uint64_t
slice_of(pid_t pid)
{
	struct spawn_turn turn = {.size = sizeof(turn)};

	if (syscall(SYS_sched_getattr, pid, &turn, sizeof(turn), 0) != 0)
		return 0;
	return turn.runtime_ns;
}

/* Whether this kernel lets a process have a turn of its own choice. */
static bool
has_slices(void)
{
	uint64_t before = slice_of(0);
	struct spawn_turn turn = {
	    .size = sizeof(turn), .runtime_ns = SPAWN_SLICE_NS};

	(void)syscall(SYS_sched_setattr, 0, &turn, 0);
	bool has = slice_of(0) == SPAWN_SLICE_NS;
	turn.runtime_ns = 0; /* what it is for all */
	(void)syscall(SYS_sched_setattr, 0, &turn, 0);
	assert_true(!has || slice_of(0) == before);
	return has;
}

/* It has become what it was started as. */
static void
await_exec(pid_t pid)
{
	char link[64], exe[4096];

	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	for (unsigned tries = 0; tries < TRIES; tries++) {
		ssize_t len = readlink(link, exe, sizeof(exe) - 1);

		exe[len > 0 ? len : 0] = '\0';
		if (strstr(exe, "/cat") != NULL)
			return;
		(void)usleep(1000);
	}
	fail_msg("it is still %s", exe);
}

/* Those who answer a client do not wait for the end of another's turn, and no
 * others have that right. */
static void
spawn_start__gives_short_turns_to_who_answers_clients(void **state)
{
	struct spawn spawn = {.own_uids = false};
	int silent[2];

	(void)state;
	if (!has_slices())
		skip();
	uint64_t usual = slice_of(0);
	assert_int_equal(pipe(silent), 0);
	assert_int_equal(dup2(silent[0], STDIN_FILENO), STDIN_FILENO);
	for (size_t i = 0; i < NUM_SPAWN_ROLES; i++) {
		bool answers = i == SPAWN_KEEPER || i == SPAWN_AUDITOR ||
		    i == SPAWN_OPENER || i == SPAWN_WORKER;
		pid_t pid;

		spawn.binaries[i] = open("/bin/cat", O_RDONLY | O_CLOEXEC);
		expect_ok(spawn_start(
		    &pid, &spawn, (enum spawn_role)i, 0, silent[0]));
		await_exec(pid);
		assert_int_equal(
		    slice_of(pid), answers ? SPAWN_SLICE_NS : usual);
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		close(spawn.binaries[i]);
	}
	close(silent[0]);
	close(silent[1]);
}

/* Of a line of /proc/PID/status, all four numbers are this one. */
static void
expect_ids(pid_t pid, const char *line, unsigned id)
{
	char path[64], text[256] = "", wanted[256];

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	(void)snprintf(wanted, sizeof(wanted), "%s\t%u\t%u\t%u\t%u\n", line, id,
	    id, id, id);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	while (strncmp(text, line, strlen(line)) != 0)
		assert_non_null(fgets(text, sizeof(text), file));
	(void)fclose(file);
	assert_string_equal(text, wanted);
}

/* The auditor's files are read by who is of its group, and written by no uid
 * but its own. */
static void
spawn_start__puts_the_verifier_in_the_group_of_the_auditor(void **state)
{
	struct spawn spawn = {.own_uids = true};
	int silent[2];

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(pipe(silent), 0);
	assert_int_equal(dup2(silent[0], STDIN_FILENO), STDIN_FILENO);
	for (size_t i = 0; i < NUM_SPAWN_ROLES; i++) {
		unsigned uid = SPAWN_FIRST_UID + (unsigned)i, gid = uid;
		pid_t pid;

		if (i == SPAWN_LOADER)
			continue;
		if (i == SPAWN_VERIFIER)
			gid = SPAWN_FIRST_UID + SPAWN_AUDITOR;
		spawn.binaries[i] = open("/bin/cat", O_RDONLY | O_CLOEXEC);
		expect_ok(spawn_start(
		    &pid, &spawn, (enum spawn_role)i, 0, silent[0]));
		await_exec(pid);
		expect_ids(pid, "Uid:", uid);
		expect_ids(pid, "Gid:", gid);
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		close(spawn.binaries[i]);
	}
	close(silent[0]);
	close(silent[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		spawn_start__gives_short_turns_to_who_answers_clients),
	    cmocka_unit_test(
		spawn_start__puts_the_verifier_in_the_group_of_the_auditor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
