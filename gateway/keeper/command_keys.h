#ifndef GATEHOUSE_COMMAND_KEYS_H
#define GATEHOUSE_COMMAND_KEYS_H

#include "gateway/keeper/command.h"

/*
 * command_keys: `key list`: a line of each epoch of each scope: its name, its
 * state, since when, the epoch, and whose codes are made under it. `key
 * status`: pairs of name and value. `key export-public`: the names of keys, and
 * what others may know of them.
 */
void command_keys(struct admin *admin);

/* command_keys_denied: how many scopes deny their agreements, since their last
 * epoch is destroyed. */
uint64_t command_keys_denied(const struct keeper *keeper);

#endif
