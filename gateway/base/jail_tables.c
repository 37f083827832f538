#include "gateway/base/jail_tables.h"

#include <sys/syscall.h>

/*
 * What all have for the same reason is told once:
 *   brk, mmap, munmap, mremap   malloc. Where only brk is there, jail_enter
 *                    keeps malloc to it, and no memory is the role's end
 *   mprotect         secrets, whose pages are closed between uses
 *   write            the log
 *   exit_group       to end
 * The clock needs none where the vDSO has it. clock_gettime is there where a
 * role cannot do without the time should the machine's vDSO have no clock.
 */

/* Nothing of it starts a process: that is the starter's, outside. fstatfs: how
 * much room the ledger's disk has left. memfd_create, ftruncate, fcntl: pages
 * that processes count into, of a fixed size, sealed. */
static const int supervisor[] = {SYS_accept4, SYS_getsockopt, SYS_brk,
    SYS_clock_gettime, SYS_close, SYS_exit_group, SYS_fcntl, SYS_fstatfs,
    SYS_ftruncate, SYS_memfd_create, SYS_mmap, SYS_mprotect, SYS_mremap,
    SYS_munmap, SYS_poll, SYS_recvmsg, SYS_restart_syscall, SYS_sendmsg,
    SYS_socketpair, SYS_write};

/* getpid: OpenSSL looks whether it was forked before it gives randomness.
 * fcntl: a slot's descriptor is doubled for a worker; and fstat: what an opener
 * or a command passes is looked at. */
static const int keeper[] = {SYS_brk, SYS_clock_gettime, SYS_close,
    SYS_epoll_ctl, SYS_epoll_pwait, SYS_exit_group, SYS_fcntl, SYS_fstat,
    SYS_getpid, SYS_getrandom, SYS_mmap, SYS_mprotect, SYS_munmap, SYS_recvmsg,
    SYS_sendmsg, SYS_write};

/*
 * Files are opened only to be written whole and renamed. No brk: what it
 * allocates in the jail comes from a margin that it took before; no write: it
 * ends with a status that says why. unlinkat: partial tiles that are full.
 */
static const int auditor[] = {SYS_clock_gettime, SYS_close, SYS_exit_group,
    SYS_fdatasync, SYS_fsync, SYS_mkdirat, SYS_mprotect, SYS_openat, SYS_ppoll,
    SYS_pwrite64, SYS_recvmsg, SYS_renameat, SYS_sendmsg, SYS_unlinkat};

/* fcntl: the read lease. openat makes, openat2 opens what others named. */
static const int opener[] = {SYS_brk, SYS_close, SYS_ppoll, SYS_exit_group,
    SYS_fcntl, SYS_fstat, SYS_fsync, SYS_getdents64, SYS_mmap, SYS_munmap,
    SYS_newfstatat, SYS_openat, SYS_openat2, SYS_pread64, SYS_pwrite64,
    SYS_recvmsg, SYS_renameat2, SYS_sendmsg, SYS_unlinkat, SYS_write};

/* SQLite opens nothing: its files were open before. flock: the folder has one
 * codebook; newfstatat: how long they are; ftruncate: a log that was written
 * back; socketpair: of each fill; fcntl: the files of a backup are doubled. */
static const int codebook[] = {SYS_brk, SYS_clock_gettime, SYS_close,
    SYS_exit_group, SYS_fcntl, SYS_fdatasync, SYS_flock, SYS_fsync,
    SYS_ftruncate, SYS_getrandom, SYS_mmap, SYS_munmap, SYS_newfstatat,
    SYS_ppoll, SYS_pread64, SYS_pwrite64, SYS_recvmsg, SYS_sendmsg,
    SYS_socketpair, SYS_write};

/* The same with its tables in PostgreSQL: no file, and one connection, which
 * was made before. getpid: as of the keeper, for TLS. */
static const int codebook_postgres[] = {SYS_brk, SYS_clock_gettime, SYS_close,
    SYS_exit_group, SYS_getpid, SYS_getrandom, SYS_mmap, SYS_mprotect,
    SYS_mremap, SYS_munmap, SYS_poll, SYS_ppoll, SYS_recvfrom, SYS_recvmsg,
    SYS_sendmsg, SYS_sendto, SYS_socketpair, SYS_write};

/* getpid: OpenSSL asks it before each random byte, to notice a fork. */
static const int worker[] = {SYS_accept4, SYS_brk, SYS_clock_gettime, SYS_close,
    SYS_epoll_ctl, SYS_epoll_pwait, SYS_exit_group, SYS_fstat, SYS_futex,
    SYS_getpid, SYS_getrandom, SYS_getsockname, SYS_getsockopt, SYS_madvise,
    SYS_mmap, SYS_mprotect, SYS_mremap, SYS_munmap, SYS_pread64, SYS_read,
    SYS_readv, SYS_recvfrom, SYS_recvmsg, SYS_sendmsg, SYS_sendto,
    SYS_setsockopt, SYS_sched_yield, SYS_shutdown, SYS_write, SYS_writev};

/* No getrandom: its keys and its generation come from the keeper. */
static const int mill[] = {SYS_brk, SYS_close, SYS_exit_group, SYS_mmap,
    SYS_mprotect, SYS_munmap, SYS_read, SYS_recvmsg, SYS_sendmsg, SYS_write};

/* One shot: descriptors in, one image out, in pieces. poll: the supervisor may
 * read them slower than they are sent. */
static const int policyc[] = {SYS_brk, SYS_close, SYS_exit_group, SYS_fcntl,
    SYS_fstat, SYS_mmap, SYS_mremap, SYS_munmap, SYS_poll, SYS_pread64,
    SYS_read, SYS_recvmsg, SYS_sendmsg, SYS_write};

/* Sockets that others opened, and pages that it maps when a process starts. No
 * mremap, as above. */
static const int console[] = {SYS_accept4, SYS_brk, SYS_clock_gettime,
    SYS_close, SYS_exit_group, SYS_mmap, SYS_munmap, SYS_ppoll, SYS_recvfrom,
    SYS_recvmsg, SYS_sendmsg, SYS_sendto, SYS_shutdown, SYS_write};

/* Files of one folder, opened to be read; the log; and what it found. ppoll:
 * whether the supervisor has hung up. newfstatat: fstat is that in some libcs.
 * No mmap: its heap does not grow with what it reads. */
static const int verifier[] = {SYS_brk, SYS_close, SYS_exit_group, SYS_fstat,
    SYS_newfstatat, SYS_openat, SYS_ppoll, SYS_pread64, SYS_sendmsg, SYS_write};

/* One shot: a file in, a root out. mmap: what Argon2id works in, and the memory
 * behind a descriptor (secret_fd.h), of which fstatfs tells what it is. */
static const int rootfile[] = {SYS_brk, SYS_close, SYS_exit_group, SYS_fcntl,
    SYS_fstatfs, SYS_getrandom, SYS_mmap, SYS_munmap, SYS_poll, SYS_pread64,
    SYS_sendmsg, SYS_write};

/* One shot, which alone connects: to the port of its server. getpid: as of the
 * worker. */
static const int rootvault[] = {SYS_brk, SYS_close, SYS_connect, SYS_exit_group,
    SYS_fcntl, SYS_fstatfs, SYS_futex, SYS_getpeername, SYS_getpid,
    SYS_getrandom, SYS_getsockname, SYS_getsockopt, SYS_mmap, SYS_munmap,
    SYS_poll, SYS_pread64, SYS_recvfrom, SYS_sendmsg, SYS_sendto,
    SYS_setsockopt, SYS_socket, SYS_write};

#define TABLE(name, max)                                                       \
	{                                                                      \
		.role = #name, .syscalls = (name),                             \
		.num_syscalls = sizeof(name) / sizeof((name)[0]),              \
		.max_syscalls = (max)                                          \
	}

static const struct jail_table tables[] = {
    TABLE(supervisor, 40),
    TABLE(keeper, 16),
    TABLE(auditor, 14),
    TABLE(opener, 20),
    TABLE(worker, 30),
    TABLE(mill, 12),
    TABLE(policyc, 16),
    TABLE(console, 16),
    TABLE(verifier, 10),
    TABLE(rootfile, 12),
    TABLE(rootvault, 24),
    TABLE(codebook, 20),
    TABLE(codebook_postgres, 20),
};

const struct jail_table *
jail_tables_at(size_t index)
{
	if (index >= sizeof(tables) / sizeof(tables[0]))
		return NULL;
	return &tables[index];
}

const struct jail_table *
jail_tables_find(const char *role)
{
	for (size_t i = 0; jail_tables_at(i) != NULL; i++)
		if (strcmp(tables[i].role, role) == 0)
			return &tables[i];
	return NULL;
}
