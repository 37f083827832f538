#include "gateway/base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct err
open_programs(struct spawn *spawn)
{
	for (size_t i = 0; i < NUM_SPAWN_ROLES; i++) {
		spawn->binaries[i] = openat(spawn->dir,
		    spawn_program((enum spawn_role)i), O_RDONLY | O_CLOEXEC);
		if (spawn->binaries[i] >= 0)
			continue;
		while (i > 0)
			close(spawn->binaries[--i]);
		return ERR(
		    NOT_FOUND, "spawn: a role program is not beside ours");
	}
	return OK;
}

/* Of the folder `from` that of our own program, or of one beside it. */
static struct err
init(struct spawn *out, const char *from)
{
	char path[4096 + 64];
	ssize_t len = readlink("/proc/self/exe", path, 4096 - 1);
	struct spawn spawn = {.own_uids = geteuid() == 0};

	if (len <= 0)
		return ERR(IO, "spawn: where are we?");
	path[len] = '\0';
	char *slash = strrchr(path, '/');
	if (slash == NULL)
		return ERR(IO, "spawn: where are we?");
	snprintf(slash, 64, "%s", from);
	spawn.dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (spawn.dir < 0)
		return ERR(IO, "spawn: our own folder does not open");
	struct err err = open_programs(&spawn);
	if (err.code != ERR_OK) {
		close(spawn.dir);
		return err;
	}
	*out = spawn;
	return OK;
}

struct err
spawn_init(struct spawn *out)
{
	return init(out, "/");
}

struct err
spawn_init_command(struct spawn *out)
{
	return init(out, "/../libexec/gatehouse");
}

struct err
spawn_again(struct spawn *out, const struct spawn *other)
{
	struct spawn spawn = {.dir = other->dir, .own_uids = other->own_uids};

	TRY(open_programs(&spawn));
	*out = spawn;
	return OK;
}

void
spawn_done(struct spawn *spawn)
{
	for (size_t i = 0; i < NUM_SPAWN_ROLES; i++)
		close(spawn->binaries[i]);
}

uid_t
spawn_uid(const struct spawn *spawn, enum spawn_role role, uint32_t index)
{
	if (!spawn->own_uids || role == SPAWN_LOADER)
		return geteuid();
	/* The spool's opener is index 0, those of origins share the next. */
	if (role == SPAWN_OPENER && index > 0)
		return SPAWN_ORIGIN_UID;
	return (uid_t)(SPAWN_FIRST_UID + role);
}

gid_t
spawn_gid(const struct spawn *spawn, enum spawn_role role, uint32_t index)
{
	if (!spawn->own_uids || role == SPAWN_LOADER)
		return getegid();
	if (role == SPAWN_VERIFIER)
		role = SPAWN_AUDITOR;
	return (gid_t)spawn_uid(spawn, role, index);
}

static bool
become_uid(uid_t uid, gid_t gid)
{
	return setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 &&
	    setresuid(uid, uid, uid) == 0;
}

struct err
spawn_give_up_root(const struct spawn *spawn)
{
	if (spawn->own_uids &&
	    !become_uid(SPAWN_SUPERVISOR_UID, SPAWN_SUPERVISOR_UID))
		return ERR(IO, "spawn: the uid cannot be changed");
	return OK;
}

/* Nothing but stderr and its channel stays open at exec. */
static bool
keep_channel(int channel)
{
	if (channel == SPAWN_CONTROL_FD && fcntl(channel, F_SETFD, 0) != 0)
		return false;
	if (channel != SPAWN_CONTROL_FD && dup2(channel, SPAWN_CONTROL_FD) < 0)
		return false;
	return syscall(SYS_close_range, SPAWN_CONTROL_FD + 1, ~0U,
		   CLOSE_RANGE_CLOEXEC) == 0;
}

/* "NAME=value", as it stands in our environment; NULL: it does not. */
static char *
find_variable(const char *name)
{
	for (char **at = environ; at != NULL && *at != NULL; at++)
		if (strncmp(*at, name, strlen(name)) == 0)
			return *at;
	return NULL;
}

/*
 * Who stands between a client and its answer works for some microseconds at a
 * time, many times: let it take the place of what has a core for longer (a
 * mill, an attack, whatever else the machine does) as soon as it wakes, and not
 * at the kernel's next tick. A kernel before 6.12 takes it and does nothing;
 * one that refuses it serves the same, later.
 */
static void
wake_early(enum spawn_role role)
{
	struct spawn_turn turn = {.size = sizeof(turn)};

	if (role != SPAWN_KEEPER && role != SPAWN_AUDITOR &&
	    role != SPAWN_OPENER && role != SPAWN_WORKER)
		return;
	if (syscall(SYS_sched_getattr, 0, &turn, sizeof(turn), 0) != 0)
		return;
	turn.runtime_ns = SPAWN_SLICE_NS;
	syscall(SYS_sched_setattr, 0, &turn, 0);
}

/* In the child, until exec: no memory, no locks, only system calls. */
static void
become(const struct spawn *spawn, enum spawn_role role, uint32_t index,
    int control)
{
	char name[SPAWN_PROGRAM], *argv[] = {name, NULL};
	char locale[] = "LC_ALL=C.UTF-8", zone[] = "TZ=UTC";
	/* Where a service manager lays secrets, for who opens them. */
	char *env[] = {locale, zone,
	    role == SPAWN_LOADER ? find_variable("CREDENTIALS_DIRECTORY=")
				 : NULL,
	    NULL};
	uid_t uid = spawn_uid(spawn, role, index);
	gid_t gid = spawn_gid(spawn, role, index);
	sigset_t none;

	memcpy(name, spawn_program(role), sizeof(name));
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* What a terminal sends is for the supervisor. */
	setpgid(0, 0);
	if (!keep_channel(control))
		return;
	if (spawn->own_uids && role != SPAWN_LOADER && !become_uid(uid, gid))
		return;
	/* The verifier reads what it writes, whatever we were started with. */
	if (spawn->own_uids && role == SPAWN_AUDITOR)
		umask(027);
	/* Changing the uid cleared it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	wake_early(role);
	syscall(
	    SYS_execveat, spawn->binaries[role], "", argv, env, AT_EMPTY_PATH);
}

struct err
spawn_start(pid_t *out_pid, const struct spawn *spawn, enum spawn_role role,
    uint32_t index, int control)
{
	pid_t pid = fork();

	if (pid < 0)
		return ERR(IO, "spawn: no process");
	if (pid == 0) {
		become(spawn, role, index, control);
		_exit(127);
	}
	*out_pid = pid;
	return OK;
}

struct err
spawn_supervisor(
    pid_t *out_pid, const struct spawn *spawn, char *const *argv, int channel)
{
	int program =
	    openat(spawn->dir, "gatehouse-supervisor", O_RDONLY | O_CLOEXEC);

	if (program < 0)
		return ERR(NOT_FOUND, "spawn: no supervisor is beside ours");
	pid_t pid = fork();
	if (pid == 0) {
		/* It names us, and we are not who will feed it. */
		unsetenv("WATCHDOG_PID");
		if (keep_channel(channel))
			syscall(SYS_execveat, program, "", argv, environ,
			    AT_EMPTY_PATH);
		_exit(127);
	}
	close(program);
	if (pid < 0)
		return ERR(IO, "spawn: no process");
	*out_pid = pid;
	return OK;
}
