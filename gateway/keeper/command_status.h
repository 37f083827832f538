#ifndef GATEHOUSE_COMMAND_STATUS_H
#define GATEHOUSE_COMMAND_STATUS_H

#include "gateway/keeper/command.h"

/* command_status: say how all stands, in pairs, as far as the keeper knows it
 * by itself. */
void command_status(struct admin *admin);

#endif
