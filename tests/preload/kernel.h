#ifndef GATEHOUSE_KERNEL_H
#define GATEHOUSE_KERNEL_H

/*
 * kernel: for what stands between a program and its system calls: those that
 * are more than a `syscall` away.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* kernel_mode: what openat has behind its flags, if there is something. */
static inline mode_t
kernel_mode(int flags, va_list args)
{
	return (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
}

/* kernel_ppoll: the kernel writes into the time that it is given. */
static inline int
kernel_ppoll(struct pollfd *polls, nfds_t num, const struct timespec *wait,
    const sigset_t *mask)
{
	struct timespec copy = {0};

	if (wait != NULL)
		copy = *wait;
	/* Eight bytes: the size of the kernel's set of signals. */
	return (int)syscall(
	    SYS_ppoll, polls, num, wait == NULL ? NULL : &copy, mask, 8L);
}

#endif
