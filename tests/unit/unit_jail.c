#include "tests/harness/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <netinet/in.h>

#include "gateway/base/jail.h"
#include "gateway/base/jail_tables.h"

/* Enough for a child to try something, and to say how it went. */
static const int few[] = {SYS_exit_group, SYS_write, SYS_openat, SYS_close,
    SYS_mmap, SYS_munmap, SYS_mprotect, SYS_brk, SYS_fcntl, SYS_ioctl,
    SYS_socket, SYS_bind, SYS_connect, SYS_kill, SYS_renameat2, SYS_unlinkat,
    SYS_prctl, SYS_getdents64};

/* How a child ended, beside what a child can return. */
enum {
	DIED_SIGSYS = 1000,
	DIED_OTHERWISE,
	NOT_JAILED = 77
};

static struct jail_path path;
static struct jail_spec
make_spec(void)
{
	return (struct jail_spec){
	    .role = "test",
	    .syscalls = few,
	    .num_syscalls = sizeof(few) / sizeof(few[0]),
	    .paths = &path,
	    .num_paths = path.rights == 0 ? 0 : 1,
	};
}

/* Run `attempt` in a child, in the jail; what it returned, or how it died. */
static int
run_jailed(const struct jail_spec *spec, int (*attempt)(void))
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct jail_report report;
		int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (quiet < 0 || dup2(quiet, STDERR_FILENO) < 0)
			_exit(NOT_JAILED);
		if (jail_enter(&report, spec).code != ERR_OK)
			_exit(NOT_JAILED);
		_exit(attempt());
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status)) {
		assert_int_not_equal(WEXITSTATUS(status), NOT_JAILED);
		return WEXITSTATUS(status);
	}
	return WTERMSIG(status) == SIGSYS ? DIED_SIGSYS : DIED_OTHERWISE;
}

static bool
seccomp_works(void)
{
#ifdef GATEHOUSE_SANITIZED
	return false;
#else
	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0,
		   &(uint32_t){SECCOMP_RET_KILL_PROCESS}) == 0;
#endif
}

static long
landlock_abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
}

static void
need(bool there, const char *what)
{
	if (there)
		return;
	print_message("skipped: this kernel or build has no %s\n", what);
	skip();
}

/* --- System calls --- */

static int
try_nothing(void)
{
	return 0;
}

static int
try_getppid(void)
{
	(void)syscall(SYS_getppid);
	return 1;
}

static int
try_execve(void)
{
	char *none[] = {NULL};

	(void)execve("/bin/true", none, none);
	return 1;
}

static int
try_io_uring(void)
{
	(void)syscall(SYS_io_uring_setup, 1, NULL);
	return 1;
}

static int
try_ptrace(void)
{
	(void)syscall(SYS_ptrace, 0, 0, 0, 0);
	return 1;
}

/* The number of a permitted call, with the bit of the x32 ABI. */
static int
try_x32(void)
{
	(void)syscall(0x40000000 | SYS_write, 1, "", 0);
	return 1;
}

/* write in the 32-bit table has number 4: stat in ours. */
static int
try_int80(void)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(4), "b"(1), "c"(0), "d"(0)
			 : "memory");
	return 1;
}

static int
try_map_exec(void)
{
	(void)mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return 1;
}

static int
try_protect_exec(void)
{
	void *page =
	    mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
	return 1;
}

static int
try_fcntl_owner(void)
{
	(void)fcntl(0, F_SETOWN, 1);
	return 1;
}

static int
try_ioctl_terminal(void)
{
	(void)ioctl(0, TIOCSTI, "x");
	return 1;
}

static int
try_socket_packet(void)
{
	(void)socket(AF_PACKET, SOCK_RAW, 0);
	return 1;
}

static int
try_socket_netlink(void)
{
	(void)socket(AF_NETLINK, SOCK_RAW, 0);
	return 1;
}

static void
jail_enter__kills_what_is_not_listed(void **state)
{
	int (*const attempts[])(void) = {try_getppid, try_execve, try_io_uring,
	    try_ptrace, try_x32, try_int80, try_map_exec, try_protect_exec,
	    try_fcntl_owner, try_ioctl_terminal, try_socket_packet,
	    try_socket_netlink};
	struct jail_spec spec = make_spec();

	(void)state;
	need(seccomp_works() && landlock_abi() > 0, "seccomp and Landlock");
	assert_int_equal(run_jailed(&spec, try_nothing), 0);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		if (run_jailed(&spec, attempts[i]) != DIED_SIGSYS)
			fail_msg("attempt %zu lived", i);
}

static bool dumpable_expected;
static int
try_permitted(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int ready;

	if (page == MAP_FAILED || mprotect(page, 4096, PROT_READ) != 0)
		return 1;
	if (fcntl(STDERR_FILENO, F_GETFL) < 0)
		return 2;
	(void)ioctl(STDERR_FILENO, FIONREAD, &ready);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0 || close(fd) != 0)
		return 3;
	free(malloc(1 << 22));
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 4;
	if ((prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) != dumpable_expected)
		return 5;
	return 0;
}

static void
jail_enter__leaves_what_is_listed(void **state)
{
	struct jail_spec spec = make_spec();

	(void)state;
	need(landlock_abi() > 0, "Landlock");
#ifdef GATEHOUSE_SANITIZED
	dumpable_expected = true;
#endif
	spec.allow_degraded = true;
	assert_int_equal(run_jailed(&spec, try_permitted), 0);
}

static int
compare_words(const void *a, const void *b)
{
	return memcmp(a, b, 4);
}

/* A list without mremap and mmap: large blocks come from brk. */
static int
try_grow(void)
{
	char *block = malloc(1 << 20);

	if (block == NULL)
		return 1;
	block = realloc(block, 1 << 23);
	if (block == NULL)
		return 2;
	memset(block, 1, 1 << 23);
	qsort(block, 4096, 4, compare_words);
	free(block);
	return 0;
}

static void
jail_enter__keeps_malloc_to_the_list(void **state)
{
	static const int only[] = {SYS_brk, SYS_exit_group};
	struct jail_spec spec = {
	    .role = "test", .syscalls = only, .num_syscalls = 2};

	(void)state;
	need(seccomp_works() && landlock_abi() > 0, "seccomp and Landlock");
	assert_int_equal(run_jailed(&spec, try_grow), 0);
}

/* --- Files, TCP, signals --- */

static char inside[] = "/tmp/gatehouse-jail-XXXXXX";

static int
try_files(void)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s/file", inside);
	if (open(name, O_RDONLY) < 0)
		return 1;
	if (open(name, O_WRONLY) >= 0 || errno != EACCES)
		return 2;
	if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES)
		return 3;
	if (open("/proc/self/mem", O_RDWR) >= 0 || errno != EACCES)
		return 4;
	(void)snprintf(name, sizeof(name), "%s/new", inside);
	if (open(name, O_WRONLY | O_CREAT, 0600) >= 0 || errno != EACCES)
		return 5;
	if (unlinkat(AT_FDCWD, name, 0) == 0)
		return 6;
	return 0;
}

static int
try_writing(void)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s/new", inside);
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return 1;
	if (unlinkat(AT_FDCWD, name, 0) != 0)
		return 2;
	return open("/tmp/gatehouse-jail-out", O_WRONLY | O_CREAT, 0600) < 0
	    ? 0
	    : 3;
}

static void
jail_enter__refuses_files_outside(void **state)
{
	char name[64];

	(void)state;
	need(landlock_abi() > 0, "Landlock");
	assert_non_null(mkdtemp(inside));
	(void)snprintf(name, sizeof(name), "%s/file", inside);
	int file = open(name, O_WRONLY | O_CREAT, 0600);
	assert_true(file >= 0);
	close(file);
	path.dir = open(inside, O_PATH | O_DIRECTORY | O_CLOEXEC);
	path.rights = JAIL_READ;
	struct jail_spec spec = make_spec();
	assert_int_equal(run_jailed(&spec, try_files), 0);
	path.rights = JAIL_READ | JAIL_WRITE;
	assert_int_equal(run_jailed(&spec, try_writing), 0);
	close(path.dir);
	path.rights = 0;
	assert_int_equal(unlink(name), 0);
	assert_int_equal(rmdir(inside), 0);
}

static int
bind_loopback(void)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	return errno;
}

static int
try_connect(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_port = htons(9),
	    .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	return errno;
}

static void
jail_enter__refuses_tcp_unless_permitted(void **state)
{
	struct jail_spec spec = make_spec();

	(void)state;
	need(landlock_abi() >= 4, "Landlock for TCP");
	assert_int_equal(run_jailed(&spec, bind_loopback), EACCES);
	assert_int_equal(run_jailed(&spec, try_connect), EACCES);
	spec.permits = JAIL_MAY_BIND;
	assert_int_equal(run_jailed(&spec, bind_loopback), 0);
	assert_int_equal(run_jailed(&spec, try_connect), EACCES);
}

/* Port 9 is as closed as the others; who may ask is told so. */
static void
jail_enter__leaves_one_port_to_connect_to(void **state)
{
	struct jail_spec spec = make_spec();

	(void)state;
	need(landlock_abi() >= 4, "Landlock for TCP");
	spec.connect_port = 9;
	assert_int_equal(run_jailed(&spec, try_connect), ECONNREFUSED);
	assert_int_equal(run_jailed(&spec, bind_loopback), EACCES);
	spec.connect_port = 10;
	assert_int_equal(run_jailed(&spec, try_connect), EACCES);
}

static pid_t outsider;
static int
try_signal(void)
{
	return kill(outsider, 0) == 0 ? 0 : errno;
}

static void
jail_enter__refuses_signals_unless_permitted(void **state)
{
	struct jail_spec spec = make_spec();

	(void)state;
	need(landlock_abi() >= 6, "Landlock for signals");
	outsider = getpid();
	assert_int_equal(run_jailed(&spec, try_signal), EPERM);
	spec.permits = JAIL_MAY_SIGNAL;
	assert_int_equal(run_jailed(&spec, try_signal), 0);
}

/* --- A kernel without --- */

/* Return 0 when jail_enter behaves as it must where Landlock is missing. */
static int
run_without_landlock(void)
{
	struct jail_spec spec = make_spec();
	struct jail_report report = {.landlock_abi = 99};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int quiet = open("/dev/null", O_WRONLY);

	if (dup2(quiet, STDERR_FILENO) < 0 || filter == NULL ||
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
		SYS_landlock_create_ruleset, 0) != 0 ||
	    seccomp_load(filter) != 0)
		return NOT_JAILED;
	if (jail_enter(&report, &spec).code != ERR_UNSUPPORTED)
		return 1;
	if (report.landlock_abi != 99)
		return 2;
	spec.allow_degraded = true;
	if (jail_enter(&report, &spec).code != ERR_OK)
		return 3;
	return report.landlock_abi == 0 && report.seccomp ? 0 : 4;
}

static void
jail_enter__refuses_a_kernel_without_landlock(void **state)
{
	(void)state;
	need(seccomp_works(), "seccomp");
	pid_t child = fork();
	if (child == 0)
		_exit(run_without_landlock());
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static int
run_report(void)
{
	struct jail_spec spec = make_spec();
	struct jail_report report;
	struct rlimit core;
	long abi = landlock_abi();
	bool seccomp = seccomp_works();

	int quiet = open("/dev/null", O_WRONLY);
	if (dup2(quiet, STDERR_FILENO) < 0)
		return 1;
	/* To be asked afterwards, so it must be on the list. */
	int with_limit[sizeof(few) / sizeof(few[0]) + 1];
	memcpy(with_limit, few, sizeof(few));
	with_limit[spec.num_syscalls] = SYS_prlimit64;
	spec.syscalls = with_limit;
	spec.num_syscalls++;
	if (jail_enter(&report, &spec).code != ERR_OK)
		return 2;
	if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
		return 3;
	if (report.landlock_abi != abi || report.tcp != (abi >= 4) ||
	    report.scoped != (abi >= 6))
		return 4;
	if (report.seccomp != seccomp ||
	    report.num_syscalls != (seccomp ? spec.num_syscalls : 0))
		return 5;
	return 0;
}

static void
jail_enter__reports_what_is_in_force(void **state)
{
	(void)state;
	need(landlock_abi() > 0, "Landlock");
	pid_t child = fork();
	if (child == 0)
		_exit(run_report());
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* --- Descriptors and tables --- */

static int
run_close_others(void)
{
	int keep[] = {0, 1, 2, 50, 52};
	const int more[] = {49, 51, 53, 100};

	for (size_t i = 3; i < 5; i++)
		if (dup2(0, keep[i]) < 0)
			return 1;
	for (size_t i = 0; i < 4; i++)
		if (dup2(0, more[i]) < 0)
			return 2;
	if (jail_close_others(keep, 5).code != ERR_OK)
		return 3;
	for (int fd = 0; fd < 200; fd++) {
		bool open = fcntl(fd, F_GETFD) >= 0;
		if (open != (fd < 3 || fd == 50 || fd == 52))
			return 4;
	}
	return 0;
}

static void
jail_close_others__keeps_those_named(void **state)
{
	(void)state;
	pid_t child = fork();
	if (child == 0)
		_exit(run_close_others());
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static bool
has(const struct jail_table *table, int nr)
{
	for (size_t i = 0; i < table->num_syscalls; i++)
		if (table->syscalls[i] == nr)
			return true;
	return false;
}

static void
jail_tables__keep_their_promises(void **state)
{
	static const int never[] = {SYS_execve, SYS_execveat, SYS_ptrace,
	    SYS_bpf, SYS_io_uring_setup, SYS_userfaultfd, SYS_process_vm_readv,
	    SYS_open, SYS_clone, SYS_fork, SYS_mount, SYS_setuid, SYS_prctl,
	    SYS_kexec_load};
	static const char *const closed[] = {"worker", "mill", "keeper",
	    "policyc", "console", "rootfile", "codebook", "codebook_postgres"};
	const struct jail_table *table;
	size_t num = 0;

	(void)state;
	for (; (table = jail_tables_at(num)) != NULL; num++) {
		assert_ptr_equal(jail_tables_find(table->role), table);
		assert_true(table->num_syscalls <= table->max_syscalls);
		for (size_t i = 0; i < table->num_syscalls; i++)
			for (size_t j = 0; j < i; j++)
				assert_int_not_equal(
				    table->syscalls[i], table->syscalls[j]);
		for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
			assert_false(has(table, never[i]));
		/* One talks to a server, and Landlock says to which port. */
		assert_int_equal(has(table, SYS_connect),
		    strcmp(table->role, "rootvault") == 0);
	}
	assert_int_equal(num, 13);
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		table = jail_tables_find(closed[i]);
		assert_false(has(table, SYS_openat) ||
		    has(table, SYS_openat2) || has(table, SYS_socket));
	}
	assert_null(jail_tables_find("nobody"));
}

/* Each table loads, and a child in it ends as it should. */
static void
jail_tables__load(void **state)
{
	const struct jail_table *table;

	(void)state;
	need(seccomp_works() && landlock_abi() > 0, "seccomp and Landlock");
	for (size_t i = 0; (table = jail_tables_at(i)) != NULL; i++) {
		struct jail_spec spec = {.role = table->role,
		    .syscalls = table->syscalls,
		    .num_syscalls = table->num_syscalls};
		/* The auditor allocates nothing once it is in. */
		assert_int_equal(
		    run_jailed(
			&spec, has(table, SYS_brk) ? try_grow : try_nothing),
		    0);
		assert_int_equal(run_jailed(&spec, try_execve), DIED_SIGSYS);
		assert_int_equal(run_jailed(&spec, try_x32), DIED_SIGSYS);
		assert_int_equal(run_jailed(&spec, try_int80), DIED_SIGSYS);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(jail_enter__kills_what_is_not_listed),
	    cmocka_unit_test(jail_enter__leaves_what_is_listed),
	    cmocka_unit_test(jail_enter__keeps_malloc_to_the_list),
	    cmocka_unit_test(jail_enter__refuses_files_outside),
	    cmocka_unit_test(jail_enter__refuses_tcp_unless_permitted),
	    cmocka_unit_test(jail_enter__leaves_one_port_to_connect_to),
	    cmocka_unit_test(jail_enter__refuses_signals_unless_permitted),
	    cmocka_unit_test(jail_enter__refuses_a_kernel_without_landlock),
	    cmocka_unit_test(jail_enter__reports_what_is_in_force),
	    cmocka_unit_test(jail_close_others__keeps_those_named),
	    cmocka_unit_test(jail_tables__keep_their_promises),
	    cmocka_unit_test(jail_tables__load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
