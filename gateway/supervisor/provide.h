#ifndef GATEHOUSE_PROVIDE_H
#define GATEHOUSE_PROVIDE_H

#include "gateway/supervisor/material.h"

/* provide: what a role is given before its channels to the others. */
struct provide {
	int control; /* our end of its control channel */
	enum spawn_role role;
	uint32_t index;
	const struct config *config;
	const struct material *material;
	bool allow_degraded;
	bool own_uids;
};

/* provide_role: send all of it. Errors: those of control_send_item. */
MUST_USE struct err provide_role(const struct provide *p);

#endif
