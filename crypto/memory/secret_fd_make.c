#include "crypto/memory/secret_fd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the C library's headers of Debian 12; the same on every CPU. */
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

/* Whether this process could read what it puts there: its limit of locked
 * memory counts, too. */
static bool
can_map(int fd)
{
	void *at = mmap(
	    NULL, SECRET_FD_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at != MAP_FAILED && munmap(at, SECRET_FD_LEN) == 0;
}

/* -1: there is none of this kind. */
static int
sized(int fd)
{
	if (fd >= 0 && ftruncate(fd, SECRET_FD_LEN) == 0 && can_map(fd))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

struct err
secret_fd_make(int *out_fd)
{
	int fd = sized((int)syscall(SYS_memfd_secret, O_CLOEXEC));

	if (fd < 0)
		fd = sized(
		    memfd_create("root", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	if (fd < 0)
		return ERR(IO, "secret: no memory behind a descriptor");
	*out_fd = fd;
	return OK;
}
