#ifndef GATEHOUSE_COMMAND_STATUS_H
#define GATEHOUSE_COMMAND_STATUS_H

#include "gateway/keeper/command.h"

/*
 * command_status: say how all stands, in pairs, as far as the keeper knows it
 * by itself; then ask the spool how full it is. command_status_stock: its
 * answer, and the end. Errors: it is none.
 */
void command_status(struct admin *admin);
MUST_USE struct err command_status_stock(struct admin *admin, struct span body);

#endif
