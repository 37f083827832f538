#ifndef GATEHOUSE_COMMAND_STAGED_H
#define GATEHOUSE_COMMAND_STAGED_H

#include "gateway/keeper/command.h"

/*
 * command_staged: what the candidate would have decided otherwise, since this
 * keeper began: pairs of name and value, then the sums, each a line of
 * agreement, group, place, kind and count. Without a candidate it fails.
 */
void command_staged(struct admin *admin);

#endif
