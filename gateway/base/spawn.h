#ifndef GATEHOUSE_SPAWN_H
#define GATEHOUSE_SPAWN_H

#include <sys/types.h>

#include "crypto/memory/span.h"

/*
 * spawn: start a role program: fork, its own uid, nothing inherited but
 * stderr and its control channel, exec of a descriptor that was opened before.
 * The loader alone keeps the uid of the start: it opens what others may not.
 */
enum spawn_role {
	SPAWN_KEEPER,
	SPAWN_AUDITOR,
	SPAWN_OPENER,
	SPAWN_WORKER,
	SPAWN_MILL,
	SPAWN_POLICYC,
	SPAWN_LOADER,
	SPAWN_CONSOLE,
	SPAWN_ROOTFILE,
	SPAWN_ROOTPKCS11,
	SPAWN_CODEBOOK,
	SPAWN_ROOTVAULT,
	SPAWN_VERIFIER,
	NUM_SPAWN_ROLES,
};

enum {
	SPAWN_FIRST_UID = 64000,
	SPAWN_ORIGIN_UID = SPAWN_FIRST_UID + SPAWN_LOADER, /* it has none */
	SPAWN_SUPERVISOR_UID = SPAWN_FIRST_UID + NUM_SPAWN_ROLES,
	SPAWN_PROGRAM = 32,   /* bytes that a program's name has room in */
	SPAWN_CONTROL_FD = 3, /* where a program finds its channel */
	SPAWN_SLICE_NS = 100 * 1000, /* a turn of who answers clients */
};

/* sched_setattr(2)'s struct sched_attr, first version: this glibc has none, and
 * the kernel's header contradicts <sched.h>. */
struct spawn_turn {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns, deadline_ns, period_ns;
};

struct spawn {
	int dir; /* of the programs */
	int binaries[NUM_SPAWN_ROLES];
	bool own_uids; /* started as root: one uid each */
};

/*
 * spawn_init: open the role programs beside our own.
 *
 * Errors   NOT_FOUND: one is missing; IO
 */
MUST_USE struct err spawn_init(struct spawn *out);

/*
 * spawn_init_command: likewise, for the command that people type, whose
 * programs lie in libexec beside its own folder.
 *
 * Errors   as above
 */
MUST_USE struct err spawn_init_command(struct spawn *out);

/*
 * spawn_again: open what lies in the folder of another one now: programs may
 * have been replaced. spawn_done closes those, and not the folder.
 *
 * Errors   NOT_FOUND: one is missing
 */
MUST_USE struct err spawn_again(struct spawn *out, const struct spawn *other);
void spawn_done(struct spawn *spawn);

/* spawn_uid: the uid of a role. The spool's opener and those of origins have
 * uids of their own; `index` is 0 for all others. */
uid_t spawn_uid(
    const struct spawn *spawn, enum spawn_role role, uint32_t index);

/* spawn_gid: its group, where roles have uids of their own: the same number;
 * but the verifier, which reads what the auditor writes, is in the group of
 * that. */
gid_t spawn_gid(
    const struct spawn *spawn, enum spawn_role role, uint32_t index);

/*
 * spawn_give_up_root: our own uid from here on, where roles have their own.
 *
 * Errors   IO
 */
MUST_USE struct err spawn_give_up_root(const struct spawn *spawn);

/*
 * spawn_start: start one.
 *
 * control  its end of its control channel; stays the caller's
 * Errors   IO
 */
MUST_USE struct err spawn_start(pid_t *out_pid, const struct spawn *spawn,
    enum spawn_role role, uint32_t index, int control);

/*
 * spawn_supervisor: start the program of the supervisor that lies in the folder
 * now: with our uid and our environment, and not ended by our end.
 *
 * channel  what it finds at SPAWN_CONTROL_FD; stays the caller's
 * Errors   NOT_FOUND: it is missing; IO
 */
MUST_USE struct err spawn_supervisor(
    pid_t *out_pid, const struct spawn *spawn, char *const *argv, int channel);

/* spawn_program: the file's name, and what ps shows: SPAWN_PROGRAM bytes.
 * spawn_name: the same without "gatehouse-". Static. */
const char *spawn_program(enum spawn_role role);
const char *spawn_name(enum spawn_role role);

#endif
