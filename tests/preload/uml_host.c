/*
 * LD_PRELOAD of linux.uml, user-mode Linux: gives it a disk that can lose
 * power, and helps it onto processors that it does not know.
 *
 * The disk is the file GATEHOUSE_UML_DISK, which the guest reaches through
 * hostfs, and has a write cache: of what the guest writes, each sector goes to
 * the file at once or stays in this process until the next flush, by chance. A
 * kill loses what stayed, and what the guest itself had not written: so writes
 * are dropped, reordered and torn. A sector has 4096 bytes: in smaller ones
 *ext4 loses its own superblock, whose checksum covers two of 512.
 *
 *	GATEHOUSE_UML_SEED   of that chance
 *	GATEHOUSE_UML_FAIL   while a file of this name exists, every write of
 *	                     the disk fails with EIO
 *
 * The processor. UML (6.1) keeps fewer bytes of floating-point registers than
 * one with AMX has, and the kernel takes all of them or none. The tail is kept
 * here, in its initial state: the guest has no use for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	SECTOR = 4096,
	XSTATE_SET = 0x202, /* NT_X86_XSTATE */
	XSTATE_MAX = 64 * 1024,
	XSTATE_HEADER = 512, /* where the bits of what is there lie */
};

/* --- The disk --- */

static struct {
	dev_t device;
	ino_t inode;
	uint8_t *bytes; /* what the guest sees; NULL: no disk */
	bool *kept;	/* of each sector: not in the file yet */
	size_t len;
	uint64_t chance;
	const char *fail;
} disk;

__attribute__((constructor)) static void
open_disk(void)
{
	const char *path = getenv("GATEHOUSE_UML_DISK");
	const char *seed = getenv("GATEHOUSE_UML_SEED");
	struct stat st;

	if (path == NULL || stat(path, &st) != 0)
		return;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	disk.len = (size_t)st.st_size;
	disk.device = st.st_dev;
	disk.inode = st.st_ino;
	void *bytes =
	    mmap(NULL, disk.len, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	disk.kept = calloc(disk.len / SECTOR + 1, sizeof(*disk.kept));
	if (bytes == MAP_FAILED || disk.kept == NULL)
		abort();
	disk.bytes = bytes;
	disk.chance = seed == NULL ? 1 : strtoull(seed, NULL, 10);
	disk.fail = getenv("GATEHOUSE_UML_FAIL");
}

static bool
is_disk(int fd)
{
	struct stat st;

	return disk.bytes != NULL && fstat(fd, &st) == 0 &&
	    st.st_dev == disk.device && st.st_ino == disk.inode;
}

static bool
fails(void)
{
	if (disk.fail == NULL || access(disk.fail, F_OK) != 0)
		return false;
	errno = EIO;
	return true;
}

/* One sector, from what the guest sees into the file. */
static void
settle(int fd, size_t sector)
{
	if (syscall(SYS_pwrite64, fd, disk.bytes + sector * SECTOR,
		(size_t)SECTOR, (off_t)(sector * SECTOR)) != SECTOR)
		abort();
	disk.kept[sector] = false;
}

static void
change(int fd, size_t at, size_t len)
{
	for (size_t i = at / SECTOR; i * SECTOR < at + len; i++) {
		disk.kept[i] = true;
		disk.chance = disk.chance * UINT64_C(6364136223846793005) + 1;
		if ((disk.chance >> 60 & 1) != 0)
			settle(fd, i);
	}
}

static bool
is_within(off_t at, size_t len)
{
	return at >= 0 && (size_t)at <= disk.len &&
	    len <= disk.len - (size_t)at;
}

ssize_t
pwrite64(int fd, const void *bytes, size_t len, off_t at)
{
	if (!is_disk(fd) || !is_within(at, len))
		return syscall(SYS_pwrite64, fd, bytes, len, at);
	if (fails())
		return -1;
	memcpy(disk.bytes + at, bytes, len);
	change(fd, (size_t)at, len);
	return (ssize_t)len;
}

ssize_t
pread64(int fd, void *bytes, size_t len, off_t at)
{
	if (!is_disk(fd) || !is_within(at, len))
		return syscall(SYS_pread64, fd, bytes, len, at);
	memcpy(bytes, disk.bytes + at, len);
	return (ssize_t)len;
}

/* Zeros and discarded ranges alike: zeros. */
int
fallocate64(int fd, int mode, off_t at, off_t len)
{
	if (!is_disk(fd) || len < 0 || !is_within(at, (size_t)len))
		return (int)syscall(SYS_fallocate, fd, mode, at, len);
	if (fails())
		return -1;
	memset(disk.bytes + at, 0, (size_t)len);
	change(fd, (size_t)at, (size_t)len);
	return 0;
}

static int
flush(int fd, long call)
{
	if (!is_disk(fd))
		return (int)syscall(call, fd);
	for (size_t i = 0; i * SECTOR < disk.len; i++)
		if (disk.kept[i])
			settle(fd, i);
	return 0;
}

int
fdatasync(int fd)
{
	return flush(fd, SYS_fdatasync);
}

int
fsync(int fd)
{
	return flush(fd, SYS_fsync);
}

/* --- The processor --- */

static uint8_t xstate[XSTATE_MAX]; /* as the kernel gave it last */
static size_t xstate_len;

static long
get_xstate(int pid, struct iovec *out)
{
	struct iovec all = {.iov_base = xstate, .iov_len = sizeof(xstate)};
	long result =
	    syscall(SYS_ptrace, PTRACE_GETREGSET, pid, (long)XSTATE_SET, &all);

	if (result != 0)
		return result;
	xstate_len = all.iov_len;
	if (out->iov_len > all.iov_len)
		out->iov_len = all.iov_len;
	memcpy(out->iov_base, xstate, out->iov_len);
	return 0;
}

/* What is not among the bytes that UML has is said to be untouched. */
static long
set_xstate(int pid, const struct iovec *in)
{
	enum {
		TILES = 3 << 17 /* XTILECFG and XTILEDATA */
	};
	struct iovec all = {.iov_base = xstate, .iov_len = xstate_len};
	uint64_t there;

	if (xstate_len <= in->iov_len)
		return syscall(
		    SYS_ptrace, PTRACE_SETREGSET, pid, (long)XSTATE_SET, in);
	memcpy(xstate, in->iov_base, in->iov_len);
	memset(xstate + in->iov_len, 0, xstate_len - in->iov_len);
	memcpy(&there, xstate + XSTATE_HEADER, sizeof(there));
	there &= ~(uint64_t)TILES;
	memcpy(xstate + XSTATE_HEADER, &there, sizeof(there));
	return syscall(
	    SYS_ptrace, PTRACE_SETREGSET, pid, (long)XSTATE_SET, &all);
}

long
ptrace(enum __ptrace_request request, ...)
{
	va_list args;

	va_start(args, request);
	int pid = va_arg(args, int);
	void *address = va_arg(args, void *);
	void *data = va_arg(args, void *);
	va_end(args);
	if ((uintptr_t)address == XSTATE_SET && request == PTRACE_GETREGSET)
		return get_xstate(pid, data);
	if ((uintptr_t)address == XSTATE_SET && request == PTRACE_SETREGSET)
		return set_xstate(pid, data);
	if (request != PTRACE_PEEKTEXT && request != PTRACE_PEEKDATA &&
	    request != PTRACE_PEEKUSER)
		return syscall(SYS_ptrace, request, pid, address, data);
	/* The kernel writes what the library returns. */
	long word = 0;
	if (syscall(SYS_ptrace, request, pid, address, &word) != 0)
		return -1;
	errno = 0;
	return word;
}
