/*
 * LD_PRELOAD of the auditor: writes down what it does to the disk, and makes
 * it do so wrongly. A harness that proves durability must catch each of these.
 *
 *	GATEHOUSE_SHIM_MUTANT
 *		no-sync         no file's data is synced
 *		early           "synced" comes before the sync: the receipts
 *		                are away when it is made
 *		retry           a sync that failed is made again, and that
 *		                one's success believed
 *		no-folder-sync  no folder is synced
 *	GATEHOUSE_SHIM_FAIL     the number of the fdatasync that fails, from 1
 *	GATEHOUSE_SHIM_LOG      1: write the log to descriptor 1
 *
 * The log is a line per event, and of a write its bytes after that:
 *
 *	open FILE PATH      FILE is a number, a new one for each opening
 *	write FILE AT LEN
 *	sync FILE           all of it is on the disk
 *	lost FILE           a sync failed: what was not on the disk may be or
 *	                    may not be, and no later sync changes that
 *	folder PATH         its names are on the disk
 *	mkdir PATH | rename FROM TO | unlink PATH
 *	receipt INDEX       goes out
 *
 * It makes no system call that the auditor's jail forbids.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tests/preload/kernel.h"

enum {
	MAX_FDS = 256,
	PATH_LEN = 256,
	LOG_FD = 1,
	CONTROL_FD = 3,
	FRAME_HEAD = 15,
	RECEIPT = 2,
};

static struct {
	bool logs, no_sync, early, retry, no_folder_sync;
	unsigned long fail_at, num_syncs;
	off_t log_at;
	unsigned num_files;
	unsigned file[MAX_FDS]; /* by descriptor; 0: none of ours */
	char folder[MAX_FDS][PATH_LEN];
	int owed; /* a sync that was promised; -1: none */
} shim = {.owed = -1};

__attribute__((constructor)) static void
set_up(void)
{
	const char *mutant = getenv("GATEHOUSE_SHIM_MUTANT");
	const char *fail = getenv("GATEHOUSE_SHIM_FAIL");

	shim.logs = getenv("GATEHOUSE_SHIM_LOG") != NULL;
	shim.fail_at = fail == NULL ? 0 : strtoul(fail, NULL, 10);
	if (mutant == NULL || mutant[0] == '\0')
		return;
	shim.no_sync = strcmp(mutant, "no-sync") == 0;
	shim.early = strcmp(mutant, "early") == 0;
	shim.retry = strcmp(mutant, "retry") == 0;
	shim.no_folder_sync = strcmp(mutant, "no-folder-sync") == 0;
	if (!shim.no_sync && !shim.early && !shim.retry && !shim.no_folder_sync)
		abort();
}

/* --- The log --- */

static void
put(const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		long done = syscall(SYS_pwrite64, LOG_FD, at, len, shim.log_at);
		if (done <= 0)
			abort();
		at += done;
		len -= (size_t)done;
		shim.log_at += done;
	}
}

__attribute__((format(printf, 1, 2))) static void
note(const char *format, ...)
{
	char line[2 * PATH_LEN + 64];
	int saved = errno;
	va_list args;

	if (!shim.logs)
		return;
	va_start(args, format);
	int len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(line))
		abort();
	put(line, (size_t)len);
	errno = saved;
}

static unsigned
file_of(int fd)
{
	return fd >= 0 && fd < MAX_FDS ? shim.file[fd] : 0;
}

/* --- Files --- */

int
openat(int dir, const char *path, int flags, ...)
{
	va_list args;

	va_start(args, flags);
	mode_t mode = kernel_mode(flags, args);
	va_end(args);
	int fd = (int)syscall(SYS_openat, dir, path, flags, mode);
	if (fd < 0 || fd >= MAX_FDS)
		return fd;
	shim.file[fd] = 0;
	shim.folder[fd][0] = '\0';
	if ((flags & O_DIRECTORY) != 0) {
		(void)snprintf(
		    shim.folder[fd], sizeof(shim.folder[fd]), "%s", path);
	} else if ((flags & O_ACCMODE) != O_RDONLY) {
		shim.file[fd] = ++shim.num_files;
		note("open %u %s\n", shim.file[fd], path);
	}
	return fd;
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	ssize_t done = syscall(SYS_pwrite64, fd, bytes, len, at);

	if (done > 0 && shim.logs && file_of(fd) != 0) {
		note("write %u %lld %zd\n", file_of(fd), (long long)at, done);
		put(bytes, (size_t)done);
	}
	return done;
}

/* As the kernel has it: a failure is told once. */
static int
sync_once(int fd)
{
	if (++shim.num_syncs == shim.fail_at) {
		note("lost %u\n", file_of(fd));
		errno = EIO;
		return -1;
	}
	int failed = (int)syscall(SYS_fdatasync, fd);
	if (failed == 0)
		note("sync %u\n", file_of(fd));
	return failed;
}

static void
pay(void)
{
	int fd = shim.owed;

	shim.owed = -1;
	if (fd >= 0 && sync_once(fd) != 0)
		_exit(74);
}

int
fdatasync(int fd)
{
	pay();
	if (shim.no_sync)
		return 0;
	if (shim.early) {
		shim.owed = fd;
		return 0;
	}
	int failed = sync_once(fd);
	return failed != 0 && shim.retry ? sync_once(fd) : failed;
}

int
fsync(int fd)
{
	if (shim.no_folder_sync)
		return 0;
	int failed = (int)syscall(SYS_fsync, fd);
	if (failed == 0 && fd >= 0 && fd < MAX_FDS)
		note("folder %s\n", shim.folder[fd]);
	return failed;
}

int
close(int fd)
{
	if (fd >= 0 && fd == shim.owed)
		pay();
	return (int)syscall(SYS_close, fd);
}

/* --- Names --- */

int
mkdirat(int dir, const char *path, mode_t mode)
{
	int failed = (int)syscall(SYS_mkdirat, dir, path, mode);

	if (failed == 0)
		note("mkdir %s\n", path);
	return failed;
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	int failed = (int)syscall(SYS_renameat, from_dir, from, to_dir, to);

	if (failed == 0)
		note("rename %s %s\n", from, to);
	return failed;
}

int
unlinkat(int dir, const char *path, int flags)
{
	int failed = (int)syscall(SYS_unlinkat, dir, path, flags);

	if (failed == 0)
		note("unlink %s\n", path);
	return failed;
}

/* --- What goes out --- */

/* gateway/ipc/frame.h and audit.h: type, id, no descriptors, the number. */
static void
note_receipt(const struct msghdr *message)
{
	const uint8_t *head = message->msg_iov[0].iov_base;
	const uint8_t *body = message->msg_iov[1].iov_base;
	unsigned long long index = 0;

	if (message->msg_iovlen != 2 ||
	    message->msg_iov[0].iov_len != FRAME_HEAD || head[0] != 0 ||
	    head[1] != RECEIPT || message->msg_iov[1].iov_len != sizeof(index))
		return;
	for (size_t i = 0; i < sizeof(index); i++)
		index = index << 8 | body[i];
	note("receipt %llu\n", index);
}

ssize_t
sendmsg(int socket, const struct msghdr *message, int flags)
{
	if (shim.logs && socket != CONTROL_FD)
		note_receipt(message);
	return syscall(SYS_sendmsg, socket, message, flags);
}

int
ppoll(struct pollfd *polls, nfds_t num, const struct timespec *wait,
    const sigset_t *mask)
{
	pay();
	return kernel_ppoll(polls, num, wait, mask);
}
