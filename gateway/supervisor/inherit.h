#ifndef GATEHOUSE_INHERIT_H
#define GATEHOUSE_INHERIT_H

#include "gateway/supervisor/generation.h"

/*
 * inherit: the heir's half of an upgrade (upgrade.h). Where a supervisor is
 * nobody's heir, all but inherit_receive do nothing.
 *
 * inherit_receive: what the elder gives a start.
 *
 * Errors   UNSUPPORTED: it speaks another version; NOT_FOUND: not all of it;
 *          those of control_receive
 */
MUST_USE struct err inherit_receive(struct gate *gate);

/* inherit_join: the shared ones, just started, get a channel to those whose
 * place they take. Errors: of frame_pair, control_send_item. */
MUST_USE struct err inherit_join(struct gate *gate);

/* inherit_take: all is ready but those who wait for their elders: let these
 * hand over. Errors: as control_send. */
MUST_USE struct err inherit_take(struct gate *gate);

/* inherit_serves, inherit_refused: tell the elder what became of us. */
void inherit_serves(struct gate *gate);
void inherit_refused(const struct gate *gate, int status, const char *why);

/* inherit_recheck: an elder's keepers cut what this policy forbids. */
void inherit_recheck(const struct gate *gate, const struct provisions *newer);

/* inherit_stop: an elder that drains ends within that time. */
void inherit_stop(const struct gate *gate, uint64_t most_ms);

/* inherit_hear: the elder ends. Before we serve, that is our end, too. */
void inherit_hear(struct gate *gate);

#endif
