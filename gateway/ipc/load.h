#ifndef GATEHOUSE_LOAD_H
#define GATEHOUSE_LOAD_H

#include "gateway/ipc/frame.h"

/*
 * load: what a loader (server) says to the supervisor (client), which is in its
 * jail and opens nothing. The loader reads the configuration, has the policy
 * compiled and opens the keys of one generation, and is given, by control.h:
 *
 *   "config"         value: the path of the configuration
 *   "allow-degraded" roles may go on without a jail
 *   "activated"      the listeners are of a service manager, who means them all
 *   "listener" i     value: an endpoint; descriptor: what listens there
 *   "root"           descriptor: the root that it goes on with (a secret_fd),
 *                    if it has one
 *   "admin"          descriptor: the socket for commands, if it is there
 *
 * It says, and then ends with status 0:
 *
 *   LOAD_ITEM   id: load_id; body and descriptor of a CONTROL_ITEM: what each
 *               process of that role, or that one, is given before it goes
 *   LOAD_PLAN   struct load_plan, after all items
 */
enum load_type {
	LOAD_ITEM = 1,
	LOAD_PLAN,
};

enum {
	LOAD_EVERY = 0xffffff, /* of this role */
	LOAD_ENDPOINT = 18,    /* bytes: address as IPv6, u16 port */
};

struct load_plan {
	uint32_t num_origins, num_mills, num_workers, num_consoles;
	uint32_t drain_s, stop_s;
	bool sealed;	     /* there is no root: it serves nobody */
	bool edited;	     /* `policy:` holds another text than serves */
	bool unproven;	     /* keys of recipients that it names are left out */
	uint8_t lasting[32]; /* digest of what a reload cannot change */
};

/* load_id: a role's number below 255, an index up to LOAD_EVERY. */
uint64_t load_id(uint8_t role, uint32_t index);
uint8_t load_role(uint64_t id);
uint32_t load_index(uint64_t id);

/* Put: errors TOO_BIG, NO_MEMORY. Take: MALFORMED, TRUNCATED. */
MUST_USE struct err load_put_plan(
    struct buf *out, const struct load_plan *plan);
MUST_USE struct err load_take_plan(struct load_plan *out, struct span body);

#endif
