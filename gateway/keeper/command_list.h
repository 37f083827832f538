#ifndef GATEHOUSE_COMMAND_LIST_H
#define GATEHOUSE_COMMAND_LIST_H

#include "gateway/keeper/listed.h"
#include "gateway/keeper/slot_use.h"

/*
 * command_list: `spool list`: each object of the agreements that were asked
 * for, as a listing sees it, and how its slot is. The origin says which there
 * are, the spool whether it has them; nothing is filled. It goes from one to
 * the next, no faster than the command reads, and keeps to itself what the
 * keeper knows of slots that others use.
 */
struct command_list {
	uint32_t agreement;	 /* at hand */
	struct listed listed;	 /* keys below the origin's folder */
	size_t at;		 /* of those */
	struct slot_watch watch; /* of the one at hand */
	struct loop_timer timer; /* to go on */
	uint64_t num_unknown;	 /* that could not be looked at */
};

/* command_list_begin: its record is on the disk. */
void command_list_begin(struct admin *admin);

/* command_list_ask: the origin of an agreement for its files; the answer comes
 * to command_slots_listed. */
void command_list_ask(struct admin *admin, uint32_t agreement);

/* command_list_add: a part of that answer. Errors: it is none. */
MUST_USE struct err command_list_add(struct admin *admin, struct span body);

/* command_list_say: one row. */
void command_list_say(struct admin *admin, const struct slot *slot);

/* command_list_done: nobody asks any more. Accepts the zero state. */
void command_list_done(struct command_list *list, struct keeper *keeper);

#endif
