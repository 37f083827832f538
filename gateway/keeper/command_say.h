#ifndef GATEHOUSE_COMMAND_SAY_H
#define GATEHOUSE_COMMAND_SAY_H

#include "gateway/keeper/command.h"

/* command_say: what a command hears: lines of its result, then the end. What
 * cannot be said is logged. */
void command_say_line(struct admin *admin, const struct admin_line *line);
void command_say_pair(struct admin *admin, const char *name, struct span value);
void command_say_number(struct admin *admin, const char *name, uint64_t number);

/* command_say_end: its exit status, and why unless that is 0. */
void command_say_end(struct admin *admin, uint8_t status, const char *why);

#endif
