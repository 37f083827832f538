#ifndef GATEHOUSE_STARTER_H
#define GATEHOUSE_STARTER_H

#include "gateway/ipc/frame.h"
#include "gateway/supervisor/notify.h"
#include "gateway/base/spawn.h"

/*
 * starter: the half of the supervisor that forks, and keeps the privilege to
 * change the uid. A jail passes on to what is started in it, so the half that
 * hears what the roles say is in one, and this one is not; all that it hears
 * is which of the programs opened at the beginning to start or to kill.
 *
 * The supervisor names each process by an id of its own. Programs may have
 * been replaced since: each generation has the set that was there when its
 * loader was started.
 *
 *   supervisor  STARTER_START   u8 role, u32 index, u8 set; its control channel
 *   supervisor  STARTER_KILL    -
 *   supervisor  STARTER_NOTIFY  text, for the service manager (notify.h)
 *   supervisor  STARTER_HEIR    its end of a channel: start the program of a
 *                               supervisor that is there now (upgrade.h)
 *   supervisor  STARTER_RELEASE -: that one is the main process from here on;
 *                               it goes on without us
 *   starter     STARTER_ENDED   u32 status, as of waitpid
 *   starter     STARTER_SIGNAL  u32 number: somebody sent it to us
 */
enum starter_type {
	STARTER_START = 1,
	STARTER_KILL,
	STARTER_NOTIFY,
	STARTER_ENDED,
	STARTER_SIGNAL,
	STARTER_HEIR,
	STARTER_RELEASE,
};

enum {
	STARTER_MAX_PROCESSES = 1024,
	STARTER_MAX_SETS = 4,
};

/*
 * starter_run: serve the supervisor until it ends, then end what is left.
 *
 * returns  the supervisor's exit status; 1 when it was killed
 */
struct starter_with {
	const struct spawn *spawn;
	const struct notify *notify;
	char *const *argv; /* of an heir */
	int socket;
	pid_t supervisor;
};
int starter_run(const struct starter_with *with);

/* --- The supervisor's end --- */

struct starter_event {
	enum starter_type type; /* STARTER_ENDED or STARTER_SIGNAL */
	uint64_t id;		/* of the process that ended */
	int value;		/* its status, or the signal's number */
};

struct starter_what {
	uint64_t id;
	enum spawn_role role;
	uint32_t index;
	uint8_t set; /* a loader opens this one; all others are of one */
};

/*
 * The body of STARTER_START, whose frame's id is that of the process. Take:
 * errors TRUNCATED, MALFORMED. Put: TOO_BIG, NO_MEMORY.
 */
MUST_USE struct err starter_take_what(
    struct starter_what *out, uint64_t id, struct span body);
MUST_USE struct err starter_put_what(
    struct buf *out, const struct starter_what *what);

/*
 * starter_start: start one. That it could not be started is told as its end.
 *
 * out_control  our end of its control channel; owned by the caller
 * Errors       IO; CLOSED, AGAIN: the starter does not listen
 */
MUST_USE struct err starter_start(
    int *out_control, int starter, const struct starter_what *what);

/* starter_start_heir: its channel instead. starter_release: it is the main
 * process. Errors: as above. */
MUST_USE struct err starter_start_heir(
    int *out_channel, int starter, uint64_t id);
MUST_USE struct err starter_release(int starter, uint64_t id);

/* starter_kill: an id that has ended is fine. Errors: as above. */
MUST_USE struct err starter_kill(int starter, uint64_t id);

/* starter_notify: a text for the service manager. Errors: as above. */
MUST_USE struct err starter_notify(int starter, const char *text);

/*
 * starter_next: what happened next.
 *
 * wait_ms  0: do not wait
 * Errors   AGAIN: nothing; CLOSED: the starter is gone; MALFORMED, IO
 */
MUST_USE struct err starter_next(
    struct starter_event *out, int starter, int wait_ms);

#endif
