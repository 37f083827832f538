#ifndef GATEHOUSE_COMMAND_LIMITS_H
#define GATEHOUSE_COMMAND_LIMITS_H

#include "gateway/ipc/audit.h"
#include "gateway/keeper/command.h"

/*
 * command_limits: of each agreement that has limits, how much of them is used:
 * by all together, then by each caller who used any. The auditor, who counts,
 * is asked about one after the other. He knows callers by digests of their
 * names; the names are those that the policy lets be proved, so that who is no
 * longer in it is not told apart from all.
 */

/* command_limits: say all of it, after the record, and end. */
void command_limits(struct admin *admin);

/* command_limits_used: an answer. */
void command_limits_used(struct admin *admin, const struct audit_used *used);

#endif
