#ifndef GATEHOUSE_COMMAND_KEYS_H
#define GATEHOUSE_COMMAND_KEYS_H

#include "gateway/keeper/command.h"

/*
 * command_key_list: a line of each epoch of each scope: its name, its state,
 * since when, the epoch, and whose codes are made under it.
 * command_key_status: pairs of name and value.
 * command_key_public: the names of keys, and what others may know of them.
 */

/* command_key_denied: how many scopes deny their agreements, since their last
 * epoch is destroyed. */
uint64_t command_key_denied(const struct keeper *keeper);

void command_key_list(struct admin *admin);
void command_key_status(struct admin *admin);
void command_key_public(struct admin *admin);

#endif
