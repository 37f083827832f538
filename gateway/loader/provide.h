#ifndef GATEHOUSE_PROVIDE_H
#define GATEHOUSE_PROVIDE_H

#include "gateway/loader/material.h"

/* provide: what each role is given before its channels to the others. */
struct provide {
	int supervisor; /* our end of the seam (gateway/ipc/load.h) */
	const struct config *config;
	const struct material *material;
	bool allow_degraded;
	bool own_uids;
	/* Of the process that is being provided for. */
	enum spawn_role role;
	uint32_t index;
};

/* provide_all: for all roles, then the plan. Errors: those of control_send. */
MUST_USE struct err provide_all(struct provide *p);

#endif
