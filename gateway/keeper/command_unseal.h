#ifndef GATEHOUSE_COMMAND_UNSEAL_H
#define GATEHOUSE_COMMAND_UNSEAL_H

#include "gateway/keeper/command.h"

/* command_unseal_refuses: the command has ended: it is for a gateway that has a
 * root, or that has none. */
bool command_unseal_refuses(struct admin *admin);

/* command_unseal_pass: the root goes to the supervisor, and is not looked at
 * here: the next generation begins with it. */
void command_unseal_pass(struct admin *admin);

#endif
