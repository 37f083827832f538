#ifndef GATEHOUSE_PROCESSES_H
#define GATEHOUSE_PROCESSES_H

#include "gateway/base/spawn.h"
#include "gateway/ipc/load.h"
#include "gateway/supervisor/page.h"
#include "gateway/supervisor/provisions.h"

/*
 * processes: a table of what is to run, and the channels between them. One
 * table is of the auditor, the spool's opener and the codebook, whom all
 * generations share; each generation has one of its own for all others.
 */
enum {
	PROCESSES_MAX_ORIGINS = 64,
	PROCESSES_MAX_ROLES = 64, /* workers, mills */
	PROCESSES_SHARED = 3,
	/* A keeper and a console, too. */
	PROCESSES_MAX = 2 + PROCESSES_MAX_ORIGINS + 2 * PROCESSES_MAX_ROLES,
	/* How auditor and verifier exit: the ledger is not what was signed. */
	PROCESSES_ALTERED = 7,
};

struct process {
	uint64_t id; /* to the starter */
	enum spawn_role role;
	uint32_t index;
	bool runs;
	int control;   /* our end of its control channel; -1: none */
	uint64_t life; /* how often it was started */
	uint64_t started_ms;
	uint64_t ready_ms; /* when it became ready; 0: not yet */
	uint64_t backoff_ms;
	uint64_t due_ms; /* 0: not waiting to be started */
	bool waits;	 /* for CONTROL_GO */
	bool killed;	 /* by us, or about to be; see processes_failed */
	bool ready;
	bool heir;	   /* it waits for what its elder hands over */
	uint64_t alone_ms; /* since when it is without the keeper; 0: not so */
	char jail[128];	   /* what holds it in, as it says */
	struct page page;  /* what it counts into; fd -1: nothing */
};

struct processes {
	struct process list[PROCESSES_MAX];
	size_t num;
};

/* Who starts them, and what they are given. All borrowed. */
struct processes_with {
	int starter;
	uint8_t set; /* of programs: see starter.h */
	const struct provisions *provisions;
	bool altered; /* an auditor has to read the whole ledger */
};

/* processes_share: auditor, spool, codebook. processes_plan: all others. Their
 * ids begin at `first_id`. Errors: TOO_BIG: more than there is room for. */
void processes_share(struct processes *out, uint64_t first_id);
MUST_USE struct err processes_plan(
    struct processes *out, const struct load_plan *plan, uint64_t first_id);

/* processes_find: there is one such, or the table was planned wrong. */
struct process *processes_find(
    struct processes *all, enum spawn_role role, uint32_t index);

/* processes_alone: a living keeper has left that one, if it is still there. */
void processes_alone(struct processes *all, const struct control_life *life);

/* processes_run: how many of that role run; NUM_SPAWN_ROLES: of any. */
size_t processes_run(const struct processes *all, enum spawn_role role);

/* processes_is_core: it lives and dies with keeper and auditor. Workers and
 * consoles outlive them, and so does the verifier. */
bool processes_is_core(const struct process *p);

/* processes_count: whether such a process counts, and as what. */
bool processes_count(const struct process *p, enum metric_role *out);

/* processes_start: start it, and give it what it is given. Errors: of
 * starter_start and control_send. */
MUST_USE struct err processes_start(
    struct process *p, const struct processes_with *with);

/* processes_go: it has its channels. Nothing, if it was told before. */
MUST_USE struct err processes_go(struct process *p);

/*
 * processes_join: a channel between the two. One that does not run gets
 * nothing: it is joined when it starts.
 *
 * Errors   those of frame_pair and control_send_item
 */
MUST_USE struct err processes_join(
    const struct process *keeper, const struct process *p);

/* processes_is_well: it runs, and is ready; or it starts, and has not failed
 * at that again and again. */
bool processes_is_well(const struct process *p);

/* processes_failed: whether it ended by a fault of its own. One that we kill
 * together with others may have ended before, and by one. */
bool processes_failed(const struct process *p, int status);

/* processes_tell_failed: in the log, and counted. */
void processes_tell_failed(const struct process *p, int status);

/* processes_ended: it has; when it may be started again is in due_ms: soon, and
 * later each time it fails; an auditor that read a ledger that is altered not
 * before nine times what that took, at most a minute. */
void processes_ended(struct process *p, int status);

/* processes_end: kill it, or all of that role (NUM_SPAWN_ROLES: of any). */
void processes_end(struct process *p, int starter);
void processes_end_all(
    struct processes *all, enum spawn_role role, int starter);

#endif
