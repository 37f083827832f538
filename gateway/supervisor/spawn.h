#ifndef GATEHOUSE_SPAWN_H
#define GATEHOUSE_SPAWN_H

#include "gateway/ipc/control.h"

/*
 * spawn: start a role program: fork, its own uid, nothing inherited but
 * stderr and its control channel, exec of a descriptor that was opened before.
 */
enum spawn_role {
	SPAWN_KEEPER,
	SPAWN_AUDITOR,
	SPAWN_OPENER,
	SPAWN_WORKER,
	SPAWN_MILL,
	SPAWN_POLICYC,
	NUM_SPAWN_ROLES,
};

enum {
	SPAWN_FIRST_UID = 64000
};

struct spawn {
	int binaries[NUM_SPAWN_ROLES];
	bool own_uids; /* started as root: one uid each */
};

/*
 * spawn_init: open the role programs beside our own.
 *
 * Errors   NOT_FOUND: one is missing; IO
 */
MUST_USE struct err spawn_init(struct spawn *out);

/* spawn_uid: the uid of a role. The spool's opener and those of origins have
 * uids of their own; `index` is 0 for all others. */
uid_t spawn_uid(
    const struct spawn *spawn, enum spawn_role role, uint32_t index);

/*
 * spawn_start: start one.
 *
 * out_control  our end of its control channel; owned by the caller
 * Errors       IO
 */
MUST_USE struct err spawn_start(const struct spawn *spawn, enum spawn_role role,
    uint32_t index, pid_t *out_pid, int *out_control);

const char *spawn_name(enum spawn_role role);

#endif
