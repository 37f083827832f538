#ifndef GATEHOUSE_ROOM_H
#define GATEHOUSE_ROOM_H

#include <stdint.h>

/*
 * room: how much the disk of the ledger has left. The auditor cannot say it
 * from its jail, and when it has to refuse it is too late for whoever could
 * make room: so the supervisor looks, and tells the log when less than 20, 10
 * and 5 % are left, and when that is over.
 */
struct room {
	unsigned level;	 /* of room_level, as the log knows it */
	uint64_t due_ms; /* monotonic; when to look again */
};

/*
 * room_level: how many of the three limits are undercut. What was undercut
 * `before` is so until one percent more is left: the log does not flap.
 *
 * left, all   in any unit; an `all` of 0 is a disk that does not say
 */
unsigned room_level(uint64_t left, uint64_t all, unsigned before);

/*
 * room_look: look if it is time, and log what changed. `dir` is a folder on
 * that disk, -1: none. Returns the ms until the next look.
 */
int room_look(struct room *room, int dir);

#endif
