#ifndef GATEHOUSE_COMMAND_LIMITS_H
#define GATEHOUSE_COMMAND_LIMITS_H

#include "gateway/ipc/audit.h"
#include "gateway/keeper/command.h"

/*
 * command_limits: of each agreement that has limits, how much of them is used.
 * The auditor, who counts, is asked about one after the other. What each caller
 * has used is not told: whose it is, only a digest of his name knows.
 */

/* command_limits: say all of it, after the record, and end. */
void command_limits(struct admin *admin);

/* command_limits_used: an answer. */
void command_limits_used(struct admin *admin, const struct audit_used *used);

#endif
