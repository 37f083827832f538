/*
 * What a hostile program tries in its jail with system calls, each in a child
 * that entered the jail (hostile.h).
 */
#include "tests/harness/hostile.h"

#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LAST_NUMBER = 470, /* of Linux 6.12: 466 */
	LAST_X32 = 560,	   /* x32 has some of its own from 512 */
	X32_BIT = 0x40000000,
	CHILD_S = 10,
	MAX_OTHERS = 64,
	EXIT_REACHED = 1, /* of a child: what it tried worked */
	EXIT_NO_JAIL = 77,
};

/* What a child tries: true: it worked. */
struct attempt {
	const char *name;
	bool (*run)(void);
};

static const struct jail_spec *jail;
static long number; /* of the call to try */

/* True: it died of it, or was refused. */
static bool
contained(bool (*run)(void), bool must_die)
{
	struct jail_report report;
	int status;
	pid_t child = fork();

	if (child == 0) {
		alarm(CHILD_S);
		if (jail_enter(&report, jail).code != ERR_OK)
			_exit(EXIT_NO_JAIL);
		_exit(run() ? EXIT_REACHED : 0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		err(1, "hostile: no child");
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS;
	return !must_die && WEXITSTATUS(status) == 0;
}

static bool
call(void)
{
	(void)syscall(number, 0, 0, 0, 0, 0, 0);
	return true;
}

static bool
call_int80(void)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(0), "c"(0), "d"(0), "S"(0), "D"(0)
			 : "memory");
	return true;
}

/*
 * Or it is uretprobe or uprobe, which the kernel lets pass every filter: they
 * do nothing but for a page of its own.
 */
static bool
is_listed(long nr)
{
	if (nr == 335 || nr == 336)
		return true;
	for (size_t i = 0; i < jail->num_syscalls; i++) {
		if (jail->syscalls[i] == nr)
			return true;
	}
	return false;
}

static void
sweep_numbers(
    const char *name, bool (*run)(void), long bit, long last, bool listed_too)
{
	char text[80];
	long lived = -1;
	size_t num = 0;
	long stride = (long)hostile_stride();

	for (long nr = 0; nr <= last; nr += stride) {
		if (!listed_too && is_listed(nr))
			continue;
		number = nr | bit;
		num++;
		if (!contained(run, true) && lived < 0)
			lived = nr;
	}
	(void)snprintf(text, sizeof(text),
	    lived < 0 ? "%s: %zu die" : "%s: %zu, but %ld lived", name, num,
	    lived);
	hostile_say(text, lived < 0);
}

/* What others of late have come out of their jails by; the stride passes over
 * some of them. */
static void
sweep_named(void)
{
	static const long named[] = {SYS_bpf, SYS_io_uring_setup,
	    SYS_io_uring_enter, SYS_io_uring_register, SYS_userfaultfd,
	    SYS_unshare, SYS_mount, SYS_ptrace};
	bool died = true;

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		number = named[i];
		died = contained(call, true) && died;
	}
	hostile_say("io_uring, userfaultfd, bpf and their like", died);
}

/* --- Others of the gateway --- */

static pid_t others[MAX_OTHERS];
static size_t num_others;

static pid_t
parent_of(const char *pid)
{
	char path[300], text[600];
	int parent = 0;

	(void)snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return 0;
	text[len] = '\0';
	const char *after = strrchr(text, ')');
	if (after == NULL || sscanf(after, ") %*c %d", &parent) != 1)
		return 0;
	return parent;
}

/* The starter, and who else is its child. */
static void
find_others(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	others[num_others++] = getppid();
	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    num_others == MAX_OTHERS ||
		    parent_of(entry->d_name) != getppid())
			continue;
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (pid != getpid())
			others[num_others++] = pid;
	}
	if (proc != NULL)
		closedir(proc);
}

static bool
opens(const char *path)
{
	return syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) >=
	    0;
}

static bool
opens_of_others(const char *file)
{
	char path[64];

	for (size_t i = 0; i < num_others; i++) {
		(void)snprintf(
		    path, sizeof(path), "/proc/%d/%s", others[i], file);
		if (opens(path))
			return true;
	}
	return false;
}

/* Each is tried in a child of its own. */
static bool
try_memory(void)
{
	return opens_of_others("mem");
}
static bool
try_descriptors(void)
{
	return opens_of_others("fd");
}
static bool
try_environment(void)
{
	return opens_of_others("environ");
}
static bool
try_own_memory(void)
{
	return opens("/proc/self/mem");
}
static bool
try_passwords(void)
{
	return opens("/etc/passwd");
}
static bool
try_program(void)
{
	return opens(hostile_folder());
}
static bool
try_root(void)
{
	return opens("/");
}
static bool
try_parent_folder(void)
{
	return opens("..") || opens("../..");
}
static bool
try_new_file(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/tmp/gatehouse-hostile",
		   O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0;
}
static bool
try_signals(void)
{
	for (size_t i = 0; i < num_others; i++) {
		if (kill(others[i], 0) == 0)
			return true;
	}
	return false;
}
static bool
try_ptrace(void)
{
	for (size_t i = 0; i < num_others; i++) {
		if (ptrace(PTRACE_SEIZE, others[i], NULL, NULL) == 0)
			return true;
	}
	return false;
}
static bool
try_read_process(void)
{
	char byte, ours = 0;
	struct iovec here = {&byte, 1}, there = {&ours, 1};

	for (size_t i = 0; i < num_others; i++) {
		if (process_vm_readv(others[i], &here, 1, &there, 1, 0) == 1)
			return true;
	}
	return false;
}
static bool
try_connect(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_port = htons(443),
	    .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)connect(fd, (struct sockaddr *)&address, sizeof(address));
	return fd >= 0;
}
static bool
try_exec(void)
{
	char *none[] = {NULL};

	(void)execve("/bin/true", none, none);
	return true;
}
static bool
try_fork(void)
{
	return fork() >= 0;
}
static bool
try_map_exec(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}
static bool
try_protect_exec(void)
{
	static char page[8192] __attribute__((aligned(4096)));

	return mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}
static bool
try_owner(void)
{
	return fcntl(STDERR_FILENO, F_SETOWN, 1) == 0;
}
static bool
try_lock(void)
{
	struct flock lock = {.l_type = F_WRLCK};

	return fcntl(STDERR_FILENO, F_SETLK, &lock) == 0;
}
static bool
try_uid(void)
{
	return setuid(0) == 0;
}

static const struct attempt attempts[] = {
    {"the memory of the others", try_memory},
    {"the descriptors of the others", try_descriptors},
    {"the environment of the others", try_environment},
    {"its own memory as a file", try_own_memory},
    {"/etc/passwd", try_passwords},
    {"the folder of the programs", try_program},
    {"/", try_root},
    {"the folder above", try_parent_folder},
    {"a new file", try_new_file},
    {"signals", try_signals},
    {"ptrace", try_ptrace},
    {"process_vm_readv", try_read_process},
    {"a connection", try_connect},
    {"exec", try_exec},
    {"fork", try_fork},
    {"memory to run, mapped", try_map_exec},
    {"memory to run, by mprotect", try_protect_exec},
    {"the owner of a descriptor", try_owner},
    {"a lock", try_lock},
    {"uid 0", try_uid},
};

void
hostile_sweep(const struct jail_spec *spec)
{
	jail = spec;
	find_others();
	hostile_say("there are others to attack", num_others > 3);
	sweep_numbers("system calls not listed", call, 0, LAST_NUMBER, false);
	sweep_named();
	sweep_numbers("of x32", call, X32_BIT, LAST_X32, true);
	sweep_numbers("by int 0x80", call_int80, 0, LAST_NUMBER, true);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		hostile_say(
		    attempts[i].name, contained(attempts[i].run, false));
}
