#include "gateway/supervisor/room.h"

#include <sys/vfs.h>

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/metric/metric.h"

enum {
	LOOK_MS = 1000,
	LEVELS = 3,
};

static const unsigned PERCENT[LEVELS] = {20, 10, 5};

/* Rounded down. */
static uint64_t
percent_of(uint64_t left, uint64_t all)
{
	return left <= UINT64_MAX / 100 ? left * 100 / all : left / (all / 100);
}

unsigned
room_level(uint64_t left, uint64_t all, unsigned before)
{
	unsigned level = 0;

	if (all == 0)
		return 0;
	for (unsigned i = 0; i < LEVELS; i++)
		if (percent_of(left, all) < PERCENT[i] + (i < before ? 1 : 0))
			level = i + 1;
	return level;
}

int
room_look(struct room *room, int dir)
{
	uint64_t now = sysio_monotonic_ms();
	struct statfs disk;

	if (now < room->due_ms)
		return (int)(room->due_ms - now);
	room->due_ms = now + LOOK_MS;
	if (dir < 0 || fstatfs(dir, &disk) != 0)
		return LOOK_MS;
	metric_set(METRIC_LEDGER_ROOM, disk.f_bavail * (uint64_t)disk.f_bsize);
	metric_set(METRIC_LEDGER_DISK, disk.f_blocks * (uint64_t)disk.f_bsize);
	unsigned level = room_level(disk.f_bavail, disk.f_blocks, room->level);
	if (level != room->level && disk.f_blocks > 0) {
		struct log_field left = log_number(
		    "left-percent", percent_of(disk.f_bavail, disk.f_blocks));
		log_event(level > room->level ? "ledger-room-low"
					      : "ledger-room-back",
		    &left, 1);
	}
	room->level = level;
	return LOOK_MS;
}
