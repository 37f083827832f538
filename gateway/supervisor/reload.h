#ifndef GATEHOUSE_RELOAD_H
#define GATEHOUSE_RELOAD_H

#include "gateway/supervisor/generation.h"

/*
 * reload: the way to the next generation: a loader, a start, and the change
 * from the one that serves. One that fails leaves that where it is; at the
 * first start there is none, and gate->exit_status says why.
 */

/* reload_begin: while a reload or an upgrade is under way, another follows. */
void reload_begin(struct gate *gate);

/* reload_is_busy: one is. reload_next: begin what was to follow it. */
bool reload_is_busy(const struct gate *gate);
void reload_next(struct gate *gate);

/*
 * reload_note_asked: what begins now is the answer to whoever has asked so far.
 * reload_answer: give it to them.
 */
void reload_note_asked(struct gate *gate);
void reload_answer(struct gate *gate, uint8_t status, const char *why);

/* reload_loaded: a loader has ended. */
void reload_loaded(struct gate *gate, struct generation *g, int status);

/* reload_go_on: the next step, if one can be made. */
void reload_go_on(struct gate *gate);

/* reload_fail: what is under way is not to be. */
void reload_fail(struct gate *gate, int status, const char *why);

/* reload_admitted: what the ledger says to the policy of a keeper: nothing, or
 * why it is not to serve. */
void reload_admitted(struct gate *gate, struct generation *g, struct span why);

/* reload_log_ready: a process has its jail, and is ready. */
void reload_log_ready(const struct process *p);

#endif
