#ifndef GATEHOUSE_REVIVE_H
#define GATEHOUSE_REVIVE_H

#include "gateway/supervisor/generation.h"

/*
 * revive: what is done when a process ends, and when it comes back.
 *
 * Keeper, auditor, openers, codebook and mills live and die together, so that
 * no role goes on with a peer's half of an old state; mills, openers and the
 * codebook may be replaced one by one. Workers outlive them: they answer 503
 * meanwhile; so do consoles, of which nothing depends. What drains, or starts,
 * does not come back.
 */

/* revive_ended: the process of that id has. */
void revive_ended(struct gate *gate, uint64_t id, int status);

/* revive_after_heir: an heir to whom the auditor had to give way is none. */
void revive_after_heir(struct gate *gate);

/* revive_due: start what is due; how long to wait for the next, in ms; -1:
 * for nothing. */
int revive_due(struct gate *gate);

/* revive_is_whole: keeper and auditor are well. */
bool revive_is_whole(struct gate *gate);

/* revive_left: what a keeper says in CONTROL_LOST. */
void revive_left(
    struct gate *gate, const struct process *keeper, struct span body);

/*
 * revive_alone: a process that a living keeper has left broke the protocol, or
 * one of both had no memory. It ends by itself, soon, or it is ended; another
 * begins. When the keeper died, we hear of that soon, and all workers get the
 * next one. How long to wait for the first that is due, in ms; -1: none is.
 */
int revive_alone(struct gate *gate);

#endif
