#ifndef GATEHOUSE_COMMAND_SLOTS_H
#define GATEHOUSE_COMMAND_SLOTS_H

#include "gateway/keeper/command.h"

/*
 * command_slots: what is done to the slots of an agreement, or of one of its
 * objects: they are let go of, filled ahead, or made again and compared. The
 * command ends when all of them have answered, and hears how many there were.
 */

/* Its record is on the disk: let go of all, and be told when the spool has
 * (command_slots_dropped); or make every so many of them again. To fill ahead
 * begins with a listing (command_list_ask, command_slots_listed). */
void command_slots_drop(struct admin *admin);
void command_slots_verify(struct admin *admin);

/* command_slots_dropped: one is `gone`, or could not be removed. */
void command_slots_dropped(struct admin *admin, bool gone);

/*
 * command_slots_listed: what the origin has, for `spool list` and `spool warm`;
 * it comes in parts.
 *
 * Errors   MALFORMED, TRUNCATED, TOO_BIG: it is no listing
 */
MUST_USE struct err command_slots_listed(struct admin *admin, struct span body);

#endif
