#ifndef GATEHOUSE_RELOAD_H
#define GATEHOUSE_RELOAD_H

#include "gateway/supervisor/generation.h"

/*
 * reload: the way to the next generation: a loader, a start, and the change
 * from the one that serves. One that fails leaves that where it is; at the
 * first start there is none, and gate->exit_status says why.
 */

/* reload_begin: while one is under way, another follows it. */
void reload_begin(struct gate *gate);

/* reload_loaded: a loader has ended. */
void reload_loaded(struct gate *gate, struct generation *g, int status);

/* reload_go_on: the next step, if one can be made. */
void reload_go_on(struct gate *gate);

/* reload_fail: what is under way is not to be. */
void reload_fail(struct gate *gate, int status, const char *why);

/* reload_log_ready: a process has its jail, and is ready. */
void reload_log_ready(const struct process *p);

#endif
