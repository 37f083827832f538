/*
 * Linked into a worker: while the file NO_DESCRIPTORS, of 16 bytes, begins with
 * '1', accept4 finds no descriptor free. At byte 8 stands how often it did. The
 * file is mapped before the jail, in which nothing is opened. (A tracer cannot
 * do it: strace replaces a call by one of no number, of which the jail kills
 * the process.)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef NO_DESCRIPTORS
#define NO_DESCRIPTORS "/dev/null"
#endif

static struct {
	char none;
	char pad[7];
	uint64_t num;
} * shared;

__attribute__((constructor)) static void
set_up(void)
{
	int fd = open(NO_DESCRIPTORS, O_RDWR | O_CLOEXEC);
	void *memory = mmap(
	    NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		abort();
	shared = memory;
	close(fd);
}

int
accept4(int fd, __SOCKADDR_ARG address, socklen_t *restrict len, int flags)
{
	if (*(volatile char *)&shared->none != '1')
		return (int)syscall(
		    SYS_accept4, fd, address.__sockaddr__, len, flags);
	shared->num++;
	errno = EMFILE;
	return -1;
}
