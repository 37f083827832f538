#include "gateway/base/jail.h"

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <malloc.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The oldest headers that we build with know Landlock's first and second
 * ABI: the rest is spelled out here (linux/landlock.h of Linux 6.12).
 */
struct ruleset {
	uint64_t handled_files;
	uint64_t handled_net; /* ABI 4 */
	uint64_t scoped;      /* ABI 6 */
};
enum {
	FILES_ABI_1 = (1 << 13) - 1, /* EXECUTE to MAKE_SYM */
	FILE_REFER = 1 << 13,	     /* ABI 2 */
	FILE_TRUNCATE = 1 << 14,     /* ABI 3 */
	FILE_IOCTL_DEV = 1 << 15,    /* ABI 5 */
	NET_BIND = 1,
	NET_CONNECT = 2,
	RULE_NET_PORT = 2,
	SCOPE_ABSTRACT_SOCKET = 1,
	SCOPE_SIGNAL = 2,
};

/* --- Landlock --- */

static uint64_t
handled_files(long abi)
{
	uint64_t files = FILES_ABI_1;

	if (abi >= 2)
		files |= FILE_REFER;
	if (abi >= 3)
		files |= FILE_TRUNCATE;
	if (abi >= 5)
		files |= FILE_IOCTL_DEV;
	return files;
}

static uint64_t
granted_files(unsigned rights)
{
	uint64_t files = 0;

	if ((rights & JAIL_READ) != 0)
		files |=
		    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
	if ((rights & JAIL_WRITE) != 0)
		files |= LANDLOCK_ACCESS_FS_WRITE_FILE |
		    LANDLOCK_ACCESS_FS_MAKE_REG |
		    LANDLOCK_ACCESS_FS_REMOVE_FILE | FILE_REFER | FILE_TRUNCATE;
	if ((rights & JAIL_MKDIR) != 0)
		files |=
		    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR;
	return files;
}

/* An older kernel takes the struct by its older, shorter size. */
static size_t
ruleset_len(long abi)
{
	if (abi >= 6)
		return sizeof(struct ruleset);
	if (abi >= 4)
		return offsetof(struct ruleset, scoped);
	return offsetof(struct ruleset, handled_net);
}

static struct err
add_paths(int ruleset, const struct jail_spec *spec, uint64_t handled)
{
	for (size_t i = 0; i < spec->num_paths; i++) {
		struct landlock_path_beneath_attr rule = {
		    .allowed_access =
			granted_files(spec->paths[i].rights) & handled,
		    .parent_fd = spec->paths[i].dir,
		};
		if (syscall(SYS_landlock_add_rule, ruleset,
			LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
			return ERR(IO, "jail: Landlock refused a path");
	}
	return OK;
}

/* Of kernels that know of TCP; the headers may be of an older one. */
static struct err
add_port(int ruleset, const struct jail_spec *spec, uint64_t handled)
{
	const struct {
		uint64_t allowed_access, port;
	} rule = {NET_CONNECT, spec->connect_port};

	if (spec->connect_port == 0 || (handled & NET_CONNECT) == 0)
		return OK;
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0) !=
	    0)
		return ERR(IO, "jail: Landlock refused a port");
	return OK;
}

static struct err
enter_landlock(
    struct jail_report *report, const struct jail_spec *spec, long abi)
{
	struct ruleset attr = {.handled_files = handled_files(abi)};

	if (abi >= 4)
		attr.handled_net = (spec->permits & JAIL_MAY_BIND) != 0
		    ? NET_CONNECT
		    : NET_BIND | NET_CONNECT;
	if (abi >= 6)
		attr.scoped = (spec->permits & JAIL_MAY_SIGNAL) != 0
		    ? SCOPE_ABSTRACT_SOCKET
		    : SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL;
	int CLEANUP(sysio_close) ruleset = (int)syscall(
	    SYS_landlock_create_ruleset, &attr, ruleset_len(abi), 0);
	if (ruleset < 0)
		return ERR(IO, "jail: Landlock refused the rules");
	TRY(add_paths(ruleset, spec, attr.handled_files));
	TRY(add_port(ruleset, spec, attr.handled_net));
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		return ERR(IO, "jail: Landlock refused to close");
	report->landlock_abi = (unsigned)abi;
	report->tcp = attr.handled_net != 0;
	report->scoped = attr.scoped != 0;
	return OK;
}

/* Ask by calling: the file that names the active modules may not be there. */
static struct err
ask_landlock(long *out_abi)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	if (abi > 0) {
		*out_abi = abi;
		return OK;
	}
	/* EPERM: a container's own filter holds it back. */
	if (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM)
		return ERR(UNSUPPORTED, "jail: the kernel has no Landlock");
	return ERR(IO, "jail: Landlock does not answer");
}

static struct err
close_files(struct jail_report *report, const struct jail_spec *spec)
{
	long abi = 0;
	struct err asked = ask_landlock(&abi);

	if (asked.code == ERR_UNSUPPORTED && spec->allow_degraded) {
		struct log_field role = log_text("jailed", spec->role);
		log_event("jail-without-landlock", &role, 1);
		return OK;
	}
	TRY(asked);
	return enter_landlock(report, spec, abi);
}

/* --- seccomp --- */

#ifndef GATEHOUSE_SANITIZED

static void
release_filter(scmp_filter_ctx *filter)
{
	if (*filter != NULL)
		seccomp_release(*filter);
}

/* One rule for each value that an argument may have. */
static int
allow_values(scmp_filter_ctx filter, int nr, unsigned arg,
    const uint64_t *values, size_t num_values)
{
	int failed = 0;

	for (size_t i = 0; i < num_values && failed == 0; i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, nr, 1,
		    SCMP_CMP64(arg, SCMP_CMP_EQ, values[i], 0));
	return failed;
}

/* Memory may be mapped or changed, but never to be run. */
static int
allow_no_exec(scmp_filter_ctx filter, int nr)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, nr, 1,
	    SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static int
allow_syscall(scmp_filter_ctx filter, int nr)
{
	static const uint64_t commands[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL,
	    F_DUPFD_CLOEXEC, F_GETLEASE, F_SETLEASE, F_ADD_SEALS, F_GET_SEALS,
	    F_GETPIPE_SZ};
	static const uint64_t controls[] = {FIONREAD, FIONBIO};
	static const uint64_t families[] = {AF_UNIX, AF_INET, AF_INET6};

	if (nr == SYS_fcntl)
		return allow_values(filter, nr, 1, commands,
		    sizeof(commands) / sizeof(commands[0]));
	if (nr == SYS_ioctl)
		return allow_values(filter, nr, 1, controls,
		    sizeof(controls) / sizeof(controls[0]));
	if (nr == SYS_socket)
		return allow_values(filter, nr, 0, families,
		    sizeof(families) / sizeof(families[0]));
	if (nr == SYS_mmap || nr == SYS_mprotect)
		return allow_no_exec(filter, nr);
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, nr, 0);
}

#ifdef GATEHOUSE_DEBUG
/*
 * Say which call it was, then die of one that no table has: SIGSYS is blocked
 * in here, so the kernel ends the process at once.
 */
static void
name_syscall(int number, siginfo_t *info, void *context)
{
	char *name = seccomp_syscall_resolve_num_arch(
	    SCMP_ARCH_NATIVE, info->si_syscall);
	struct log_field fields[] = {
	    log_text("call", name == NULL ? "?" : name),
	    log_number("number", (uint64_t)info->si_syscall),
	};

	(void)number;
	(void)context;
	log_event("jail-broken", fields, 2);
	(void)syscall(SYS_kexec_load, 0, 0, 0, 0);
}

static struct err
prepare_trap(void)
{
	struct sigaction action = {.sa_flags = SA_SIGINFO};

	action.sa_sigaction = name_syscall;
	if (sigaction(SIGSYS, &action, NULL) != 0)
		return ERR(IO, "jail: no handler for a broken jail");
	return OK;
}
static const uint32_t DEFAULT_ACTION = SCMP_ACT_TRAP;
#else
static struct err
prepare_trap(void)
{
	return OK;
}
static const uint32_t DEFAULT_ACTION = SCMP_ACT_KILL_PROCESS;
#endif

/* The native ABI alone: a call by x32 or int 0x80 is killed, not looked up. */
static struct err
enter_seccomp(struct jail_report *report, const struct jail_spec *spec)
{
	scmp_filter_ctx CLEANUP(release_filter) filter =
	    seccomp_init(DEFAULT_ACTION);

	if (filter == NULL)
		return ERR(NO_MEMORY, "jail: no memory for the filter");
	if (seccomp_attr_set(
		filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0 ||
	    seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) != 0)
		return ERR(IO, "jail: the filter takes no attribute");
	for (size_t i = 0; i < spec->num_syscalls; i++)
		if (allow_syscall(filter, spec->syscalls[i]) != 0)
			return ERR(IO, "jail: the filter takes no rule");
	TRY(prepare_trap());
	if (seccomp_load(filter) != 0)
		return ERR(IO, "jail: seccomp refused the filter");
	report->seccomp = true;
	report->num_syscalls = spec->num_syscalls;
	return OK;
}

static bool
has_syscall(const struct jail_spec *spec, int nr)
{
	for (size_t i = 0; i < spec->num_syscalls; i++)
		if (spec->syscalls[i] == nr)
			return true;
	return false;
}

static struct err
close_syscalls(struct jail_report *report, const struct jail_spec *spec)
{
	uint32_t kill_process = SECCOMP_RET_KILL_PROCESS;

	/* realloc of a block that malloc had mapped would call mremap. */
	if (!has_syscall(spec, SYS_mremap))
		(void)mallopt(M_MMAP_MAX, 0);
	/* What was taken before the jail is kept: giving back is a brk too. */
	if (!has_syscall(spec, SYS_brk))
		(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &kill_process) ==
	    0)
		return enter_seccomp(report, spec);
	if (!spec->allow_degraded)
		return ERR(UNSUPPORTED, "jail: the kernel has no seccomp");
	struct log_field role = log_text("jailed", spec->role);
	log_event("jail-without-seccomp", &role, 1);
	return OK;
}

static struct err
hide_memory(void)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return ERR(IO, "jail: the process stays dumpable");
	return OK;
}

#else

static struct err
close_syscalls(struct jail_report *report, const struct jail_spec *spec)
{
	struct log_field role = log_text("jailed", spec->role);

	(void)report;
	log_event("jail-sanitized-without-seccomp", &role, 1);
	return OK;
}

/* The leak checker looks at its own process the way a debugger does. */
static struct err
hide_memory(void)
{
	return OK;
}

#endif

/* --- All of it --- */

static int
compare_bytes(const void *a, const void *b)
{
	return memcmp(a, b, 1);
}

/*
 * The first qsort of more than 1 KiB asks the system how much memory it has
 * (glibc to 2.36), which no table permits: it is made here, and remembers.
 */
static void
prepare_qsort(void)
{
	char bytes[2048] = "";

	qsort(bytes, sizeof(bytes), 1, compare_bytes);
}

struct err
jail_hide(void)
{
	struct rlimit no_core = {.rlim_cur = 0, .rlim_max = 0};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return ERR(IO, "jail: new privileges cannot be given up");
	TRY(hide_memory());
	if (setrlimit(RLIMIT_CORE, &no_core) != 0)
		return ERR(IO, "jail: core files cannot be given up");
	return OK;
}

struct err
jail_enter(struct jail_report *out, const struct jail_spec *spec)
{
	struct jail_report report = {.seccomp = false};

	/* glibc reads the time zone's file at the first conversion. */
	tzset();

	assert(spec->role != NULL && spec->num_syscalls > 0);
	prepare_qsort();
	TRY(jail_hide());
	TRY(close_files(&report, spec));
	TRY(close_syscalls(&report, spec));
	*out = report;
	return OK;
}

struct err
jail_close_others(const int *keep, size_t num_keep)
{
	unsigned first = 0;

	for (size_t i = 0; i < num_keep; i++) {
		assert(keep[i] >= 0 && (unsigned)keep[i] >= first);
		unsigned kept = (unsigned)keep[i];
		if (kept > first && close_range(first, kept - 1, 0) != 0)
			return ERR(IO, "jail: descriptors cannot be closed");
		first = kept + 1;
	}
	if (close_range(first, ~0U, 0) != 0)
		return ERR(IO, "jail: descriptors cannot be closed");
	return OK;
}
