#ifndef GATEHOUSE_JAIL_H
#define GATEHOUSE_JAIL_H

#include "crypto/memory/span.h"

/*
 * jail: what a role gives up, in one call, after it has opened what it needs
 * and before its first untrusted byte. What is not on its lists is refused by
 * Landlock (files, TCP, signals, abstract sockets) or kills it (system calls).
 * Nothing of it can be taken back.
 */

/* What a role may do below a directory. Descriptors open before stay usable. */
enum {
	JAIL_READ = 1,	/* open files for reading, list directories */
	JAIL_WRITE = 2, /* make, write, rename and remove files */
	JAIL_MKDIR = 4, /* make and remove directories */
};

/* What Landlock leaves to a role beside files. */
enum {
	JAIL_MAY_BIND = 1,   /* TCP listeners */
	JAIL_MAY_SIGNAL = 2, /* processes outside of its own jail */
};

struct jail_path {
	int dir;	 /* a descriptor of the directory; O_PATH will do */
	unsigned rights; /* JAIL_READ | ... */
};

struct jail_spec {
	const char *role;
	const int *syscalls; /* SYS_*: see jail_tables.h */
	size_t num_syscalls;
	const struct jail_path *paths; /* all that stays open to it */
	size_t num_paths;
	unsigned permits;      /* JAIL_MAY_* */
	uint16_t connect_port; /* of TCP, wherever; 0: none */
	bool allow_degraded;   /* go on where the kernel has no such jail */
};

/* What is in force; a role reports it, and the ledger shows it. */
struct jail_report {
	unsigned landlock_abi; /* 0: no Landlock */
	bool tcp;	       /* Landlock refuses TCP (ABI 4) */
	bool scoped;	       /* signals, abstract sockets (ABI 6) */
	bool seccomp;
	size_t num_syscalls; /* permitted; 0 without seccomp */
};

/*
 * jail_enter: no new privileges, not dumpable, no core files, Landlock, then
 * seccomp: system calls of the native ABI that the list holds, with
 *   fcntl     commands about flags, leases and seals, and what a pipe holds; no
 *             owners, no locks
 *   ioctl     FIONREAD and FIONBIO
 *   mmap, mprotect   never with PROT_EXEC
 *   socket    local ones, TCP and UDP of IPv4 and IPv6
 * A list without mremap also ends malloc's use of mmap for large blocks.
 * A debug build names a call on stderr before it dies of it. A sanitizer
 * needs system calls of its own: such a build has no seccomp and stays
 * dumpable, logs so, and reports it.
 *
 * Errors   UNSUPPORTED: the kernel has no Landlock or no seccomp, and
 *          allow_degraded is not set
 *          IO: the kernel refused a step; the jail may be half closed, so
 *          the role must exit
 *          NO_MEMORY
 */
MUST_USE struct err jail_enter(
    struct jail_report *out, const struct jail_spec *spec);

/*
 * jail_hide: the part of it that any program can do without: no new
 * privileges, not dumpable, no core files. For one whose libraries are those
 * of others, and make whatever calls they like.
 *
 * Errors   IO
 */
MUST_USE struct err jail_hide(void);

/*
 * jail_close_others: close every descriptor but those of `keep` (sorted,
 * rising), so that nothing is inherited by accident.
 *
 * Errors   IO
 */
MUST_USE struct err jail_close_others(const int *keep, size_t num_keep);

#endif
