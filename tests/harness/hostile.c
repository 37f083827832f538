#include "tests/harness/hostile.h"

#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/ipc/control.h"

enum {
	LAST_NUMBER = 470, /* of Linux 6.12: 466 */
	LAST_X32 = 560,	   /* x32 has some of its own from 512 */
	X32_BIT = 0x40000000,
	CHILD_S = 10,
	PATIENCE_S = 20,
	MAX_OTHERS = 64,
	EXIT_REACHED = 1, /* of a child: what it tried worked */
	EXIT_NO_JAIL = 77,
};

static char folder[3900]; /* of this program */
static const char *self;
static unsigned num_flood, num_stride;

void
hostile_say(const char *name, bool contained)
{
	char line[256];
	int len = snprintf(line, sizeof(line), "hostile %s %s: %s\n",
	    contained ? "ok" : "not ok", self, name);

	if (write(STDERR_FILENO, line, (size_t)len) != len)
		_exit(EXIT_REACHED);
}

/* --- Whose turn it is --- */

static void
find_folder(void)
{
	ssize_t len = readlink("/proc/self/exe", folder, sizeof(folder) - 1);

	if (len <= 0)
		err(1, "hostile: where are we?");
	folder[len] = '\0';
	*strrchr(folder, '/') = '\0';
}

/* Each turn is a byte of the file. */
static size_t
take_turn(size_t num_turns)
{
	char path[4096];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s.turns", folder, self);
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX) != 0 || fstat(fd, &st) != 0)
		err(1, "hostile: %s", path);
	if ((size_t)st.st_size < num_turns && write(fd, "x", 1) != 1)
		err(1, "hostile: %s", path);
	close(fd);
	return (size_t)st.st_size;
}

static void
read_size(void)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/hostile.size", folder);
	FILE *file = fopen(path, "re");
	if (file == NULL || fscanf(file, "%u %u", &num_flood, &num_stride) != 2)
		err(1, "hostile: %s", path);
	(void)fclose(file);
}

size_t
hostile_flood(void)
{
	return num_flood;
}

size_t
hostile_begin(const char *role, size_t num_turns)
{
	char path[4096], name[64], *argv[] = {name, NULL};
	char locale[] = "LC_ALL=C.UTF-8", zone[] = "TZ=UTC";
	char *env[] = {locale, zone, NULL};

	self = role;
	find_folder();
	size_t turn = take_turn(num_turns);
	if (turn < num_turns) {
		read_size();
		return turn;
	}
	(void)snprintf(path, sizeof(path), "%s/%s.real", folder, role);
	(void)snprintf(name, sizeof(name), "gatehouse-%s", role);
	(void)execve(path, argv, env);
	err(1, "hostile: %s", path);
}

/* --- In a child, in the jail --- */

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

	for (long nr = 0; nr <= last; nr += num_stride) {
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
	return opens(folder);
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
	char byte;
	struct iovec here = {&byte, 1}, there = {folder, 1};

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
	sweep_numbers("of x32", call, X32_BIT, LAST_X32, true);
	sweep_numbers("by int 0x80", call_int80, 0, LAST_NUMBER, true);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		hostile_say(
		    attempts[i].name, contained(attempts[i].run, false));
}

/* --- Seams --- */

void
hostile_patience(int seam)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};

	if (fcntl(seam, F_SETFL, 0) != 0 ||
	    setsockopt(seam, SOL_SOCKET, SO_RCVTIMEO, &patience,
		sizeof(patience)) != 0 ||
	    setsockopt(seam, SOL_SOCKET, SO_SNDTIMEO, &patience,
		sizeof(patience)) != 0)
		err(1, "hostile: a seam");
}

/* A head as it should not be: what it says need not be so. */
struct lie {
	const char *name;
	uint16_t type;
	uint8_t num_fds; /* that it says */
	uint32_t len;	 /* of the body that it says */
	size_t sent_len; /* all that is sent */
	size_t sent_fds;
};

static const struct lie lies[HOSTILE_BREAKS] = {
    {"one byte", 1, 0, 0, 1, 0},
    {"a head that was cut", 1, 0, 0, FRAME_HEAD - 1, 0},
    {"a body that was cut", 1, 0, 100, FRAME_HEAD + 99, 0},
    {"a byte after the body", 1, 0, 100, FRAME_HEAD + 101, 0},
    {"a length of 4 GiB", 1, 0, UINT32_MAX, FRAME_HEAD + 4, 0},
    {"more than a frame may be", 1, 0, FRAME_MAX_BODY + 100, FRAME_MAX + 100,
	0},
    {"a type that is none", 60000, 0, 0, FRAME_HEAD, 0},
    {"a descriptor that it does not name", 1, 0, 0, FRAME_HEAD, 1},
    {"more descriptors than a frame may have", 1, 5, 0, FRAME_HEAD, 5},
};

static void
put_head(uint8_t *out, const struct lie *lie)
{
	for (size_t i = 0; i < 2; i++)
		out[i] = (uint8_t)(lie->type >> (8 * (1 - i)));
	out[10] = lie->num_fds;
	for (size_t i = 0; i < 4; i++)
		out[11 + i] = (uint8_t)(lie->len >> (8 * (3 - i)));
}

const char *
hostile_break(int seam, size_t which)
{
	static uint8_t bytes[FRAME_MAX + 200];
	const struct lie *lie = &lies[which];
	static const int fds[8] = {2, 2, 2, 2, 2, 2, 2, 2};
	union {
		struct cmsghdr first;
		char bytes[CMSG_SPACE(sizeof(fds))];
	} control = {.first = {.cmsg_level = SOL_SOCKET,
			 .cmsg_type = SCM_RIGHTS,
			 .cmsg_len = CMSG_LEN(lie->sent_fds * sizeof(int))}};
	struct iovec part = {.iov_base = bytes, .iov_len = lie->sent_len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	put_head(bytes, lie);
	if (lie->sent_fds > 0) {
		message.msg_control = &control;
		message.msg_controllen =
		    CMSG_SPACE(lie->sent_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.first), fds, sizeof(fds));
	}
	if (sendmsg(seam, &message, MSG_NOSIGNAL) < 0)
		hostile_say("a seam that does not take it", false);
	return lie->name;
}

bool
hostile_send(int seam, uint16_t type, uint64_t id, struct span body)
{
	uint8_t head[FRAME_HEAD] = {0};
	struct iovec parts[] = {{.iov_base = head, .iov_len = sizeof(head)},
	    {.iov_base = (void *)(uintptr_t)body.data, .iov_len = body.len}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

	put_head(head, &(struct lie){.type = type, .len = (uint32_t)body.len});
	for (size_t i = 0; i < 8; i++)
		head[2 + i] = (uint8_t)(id >> (8 * (7 - i)));
	return sendmsg(seam, &message, MSG_NOSIGNAL) >= 0;
}

static void
look_for_canaries(struct span bytes)
{
	if (memmem(bytes.data, bytes.len, "CNRY", 4) != NULL)
		hostile_say("a raw value came by a seam", false);
}

/* frame_recv does not wait; a look at what comes does. */
bool
hostile_hear(int seam, struct frame *out)
{
	static uint8_t buffer[FRAME_MAX];
	uint8_t byte;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr peek = {.msg_iov = &part, .msg_iovlen = 1};

	if (recvmsg(seam, &peek, MSG_PEEK) <= 0 ||
	    frame_recv(seam, buffer, out).code != ERR_OK)
		return false;
	look_for_canaries(out->body);
	return true;
}

bool
hostile_is_cut(int seam)
{
	uint8_t byte;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr rest = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t got;

	while ((got = recvmsg(seam, &rest, 0)) > 0)
		;
	return got == 0 || errno == ECONNRESET;
}

void
hostile_stay(void)
{
	while (!hostile_is_cut(CONTROL_FD))
		;
	_exit(0);
}
