/*
 * LD_PRELOAD of the auditor, or linked into it: lets its system calls fail.
 * (A tracer cannot: strace replaces a call by one of no number, of which the
 * jail kills the process. This is inside the jail, and makes no call that it
 * forbids.)
 *
 * Which call, is said in a file of 256 bytes that is mapped before the jail:
 * GATEHOUSE_FAULT_FILE, or FAULT_FILE where it is compiled in. Its first line,
 * "CALL HOW FIRST NUM", may change at any time, and calls are counted from
 * then on: NUM of them from the number FIRST fail; once, so not of the auditor
 * that comes next. HOW is an error's name,
 * "short": half is written, or "zero": nothing is, and no error. From byte 128
 * on the shim answers: how many calls it let fail, and how many receipts went
 * out after the first of them.
 *
 * GATEHOUSE_FAULT_RETRY, or FAULT_RETRY compiled in: the mutant, which makes a
 * failed sync again and believes the second one.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/preload/kernel.h"

#ifndef FAULT_FILE
#define FAULT_FILE NULL
#endif
#ifndef FAULT_RETRY
#define FAULT_RETRY NULL
#endif

enum {
	FILE_LEN = 256,
	COMMAND_LEN = 128,
	CONTROL_FD = 3,
	FRAME_HEAD = 15,
	RECEIPT = 2,
	DONE = '-', /* instead of the command's first character */
};

static struct {
	char *shared; /* the file; NULL: nothing fails */
	bool retries;
	char command[COMMAND_LEN]; /* the one that is being carried out */
	char call[16], how[16];
	unsigned long first, num;
	unsigned long count; /* of such calls */
	unsigned long hits, receipts;
} fault;

__attribute__((constructor)) static void
set_up(void)
{
	const char *path = getenv("GATEHOUSE_FAULT_FILE");
	const char *retry = getenv("GATEHOUSE_FAULT_RETRY");

	if (path == NULL)
		path = FAULT_FILE;
	fault.retries = (retry != NULL ? retry : FAULT_RETRY) != NULL;
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	void *shared =
	    mmap(NULL, FILE_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)syscall(SYS_close, fd);
	if (shared != MAP_FAILED)
		fault.shared = shared;
}

/* --- When --- */

static void
answer(void)
{
	(void)snprintf(fault.shared + COMMAND_LEN, FILE_LEN - COMMAND_LEN,
	    "%lu %lu\n", fault.hits, fault.receipts);
}

static void
read_command(void)
{
	if (fault.shared[0] == DONE ||
	    memcmp(fault.command, fault.shared, COMMAND_LEN - 1) == 0)
		return;
	memcpy(fault.command, fault.shared, COMMAND_LEN - 1);
	fault.count = fault.hits = fault.receipts = fault.num = 0;
	if (sscanf(fault.command, "%15s %15s %lu %lu", fault.call, fault.how,
		&fault.first, &fault.num) != 4)
		fault.num = 0;
}

/* True: this call fails, and `how` says in which way. */
static bool
fails(const char *call)
{
	if (fault.shared == NULL)
		return false;
	read_command();
	if (fault.num == 0 || strcmp(call, fault.call) != 0)
		return false;
	fault.count++;
	if (fault.count < fault.first || fault.count >= fault.first + fault.num)
		return false;
	fault.hits++;
	if (fault.count + 1 == fault.first + fault.num)
		fault.shared[0] = DONE;
	answer();
	return true;
}

static int
error_of(const char *how)
{
	static const struct {
		const char *name;
		int number;
	} ERRORS[] = {{"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EINTR", EINTR},
	    {"EAGAIN", EAGAIN}, {"ENOMEM", ENOMEM}};

	for (size_t i = 0; i < sizeof(ERRORS) / sizeof(ERRORS[0]); i++)
		if (strcmp(how, ERRORS[i].name) == 0)
			return ERRORS[i].number;
	abort();
}

static int
fail(void)
{
	errno = error_of(fault.how);
	return -1;
}

/* --- The calls --- */

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	if (!fails("pwrite"))
		return syscall(SYS_pwrite64, fd, bytes, len, at);
	if (strcmp(fault.how, "zero") == 0)
		return 0;
	if (strcmp(fault.how, "short") == 0)
		return syscall(SYS_pwrite64, fd, bytes, len / 2, at);
	return fail();
}

static int
sync_once(int fd)
{
	return fails("fdatasync") ? fail() : (int)syscall(SYS_fdatasync, fd);
}

int
fdatasync(int fd)
{
	int failed = sync_once(fd);

	return failed != 0 && fault.retries ? sync_once(fd) : failed;
}

int
fsync(int fd)
{
	return fails("fsync") ? fail() : (int)syscall(SYS_fsync, fd);
}

/* It closes the descriptor also when it fails, as the kernel's does. */
int
close(int fd)
{
	bool failing = fails("close");
	int failed = (int)syscall(SYS_close, fd);

	return failing ? fail() : failed;
}

int
openat(int dir, const char *path, int flags, ...)
{
	va_list args;

	va_start(args, flags);
	mode_t mode = kernel_mode(flags, args);
	va_end(args);
	return fails("openat")
	    ? fail()
	    : (int)syscall(SYS_openat, dir, path, flags, mode);
}

int
mkdirat(int dir, const char *path, mode_t mode)
{
	return fails("mkdirat") ? fail()
				: (int)syscall(SYS_mkdirat, dir, path, mode);
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return fails("renameat")
	    ? fail()
	    : (int)syscall(SYS_renameat, from_dir, from, to_dir, to);
}

int
unlinkat(int dir, const char *path, int flags)
{
	return fails("unlinkat") ? fail()
				 : (int)syscall(SYS_unlinkat, dir, path, flags);
}

ssize_t
recvmsg(int socket, struct msghdr *message, int flags)
{
	return fails("recvmsg") ? fail()
				: syscall(SYS_recvmsg, socket, message, flags);
}

/* gateway/ipc/frame.h: the type of what goes to the keeper. */
static bool
is_receipt(int socket, const struct msghdr *message)
{
	const uint8_t *head = message->msg_iov[0].iov_base;

	return socket != CONTROL_FD &&
	    message->msg_iov[0].iov_len == FRAME_HEAD && head[1] == RECEIPT;
}

ssize_t
sendmsg(int socket, const struct msghdr *message, int flags)
{
	if (fails("sendmsg"))
		return fail();
	if (fault.hits > 0 && is_receipt(socket, message)) {
		fault.receipts++;
		answer();
	}
	return syscall(SYS_sendmsg, socket, message, flags);
}

int
ppoll(struct pollfd *polls, nfds_t num, const struct timespec *wait,
    const sigset_t *mask)
{
	return fails("ppoll") ? fail() : kernel_ppoll(polls, num, wait, mask);
}

int
mprotect(void *at, size_t len, int protection)
{
	return fails("mprotect")
	    ? fail()
	    : (int)syscall(SYS_mprotect, at, len, protection);
}
