#ifndef GATEHOUSE_GENERATION_H
#define GATEHOUSE_GENERATION_H

#include "gateway/metric/metric_sum.h"
#include "gateway/supervisor/processes.h"
#include "gateway/supervisor/room.h"
#include "gateway/supervisor/scraped.h"

/*
 * generation: the processes that were made of one reading of the files. A
 * loader reads; keeper, openers and mills start, then workers; when all are
 * ready it serves, and the one before it drains: its workers finish what they
 * have begun, then its keeper ends, and all others with that. A console starts
 * when it serves: nobody waits for one.
 */
enum generation_state {
	GENERATION_NONE,
	GENERATION_LOADING,
	GENERATION_STARTING,
	GENERATION_SERVING,
	GENERATION_DRAINING,
	GENERATION_FAILED, /* its processes are being ended */
};

enum {
	GENERATION_MAX = 4,		      /* at once */
	GENERATION_HEIR = GENERATION_MAX + 1, /* the place of an heir's id */
	/* Of ids: a generation's loader; and, of all, the verifier. */
	GENERATION_LOADER = 0xffff,
	GENERATION_VERIFIER = 0xfffe,
};

struct generation {
	enum generation_state state;
	uint8_t place; /* below GENERATION_MAX; also its set of programs */
	uint64_t number;
	int loader; /* our end of its channel; -1: none */
	struct provisions provisions;
	struct load_plan plan;
	bool planned;
	struct processes all;
	bool keeper_drains;
	/* The record of its policy: asked for, and in the ledger. */
	bool admitting, admitted;
	uint64_t deadline_ms; /* but of SERVING: then it is ended */
	/* `gatehouse reload`, typed at its keeper: how many there were; how
	 * many before what is under way began; how many are answered. */
	uint64_t asked, heard, told;
};

/* Other programs that are about to take our place (upgrade.h). */
struct gate_heir {
	int fd;	     /* -1: there is none */
	uint64_t id; /* to the starter */
	bool takes;  /* auditor and spool pass to it */
	/* What the spool's opener and the codebook get, later; -1. */
	int opener, codebook;
	uint64_t due_ms; /* it takes too long */
};

/* Those whose place we take, or have taken (inherit.h). */
struct gate_elder {
	int fd;			     /* -1: there is none, or it has ended */
	bool takes;		     /* its shared ones hand over */
	bool is_over;		     /* we serve */
	int hands[PROCESSES_SHARED]; /* to them, for those of ours; -1 */
	uint64_t keepers; /* that it has, at most, until it has ended */
	uint8_t lasting[32];
};

/* What is known from the beginning. All borrowed. */
struct gate_with {
	int starter;
	const char *config; /* its path */
	bool allow_degraded;
	bool own_uids;
	uid_t owner;		     /* who may give commands, beside root */
	struct provisions inherited; /* "listener": open at our start */
	char jail[96];		     /* what holds us in, for the log */
	unsigned watchdog_ms;	     /* how often it is fed; 0: there is none */
	int elder; /* a channel to the supervisor before us; -1: none */
};

/* All there is. */
struct gate {
	const struct gate_with *with;
	int starter;
	struct provisions inherited; /* until one serves */
	struct provisions newer;     /* of an heir's policy, as it comes */
	struct processes shared;
	struct process verifier; /* see verify.h */
	bool verified;		 /* it ended well, the last time */
	uint64_t verify_ms;	 /* when a generation last began to serve */
	bool altered;		 /* the ledger, as it found */
	struct generation generations[GENERATION_MAX];
	struct generation *serving; /* NULL: not yet, or no more */
	struct generation *next;    /* LOADING or STARTING; NULL: none */
	uint64_t number;	    /* of the last generation */
	bool reload_again;	    /* told to while one was under way */
	bool upgrade_again;	    /* likewise, and it comes first */
	bool stopping;
	bool told_to_stop;
	bool retired; /* an heir serves; we drain */
	struct gate_heir heir;
	struct gate_elder elder;
	uint64_t shared_deadline_ms; /* no generation is left; 0: not so */
	int exit_status;	     /* of a start that failed */
	uint64_t watchdog_due_ms;
	struct room room; /* on the ledger's disk */
	struct page page; /* our own; see pages.h */
	struct metric_sum ended[NUM_METRIC_ROLES];
	struct scraped scraped;
};

/* generation_first_id: of its processes, to the starter; GENERATION_MAX: of
 * the shared ones. generation_place, generation_index: what an id says. */
uint64_t generation_first_id(uint8_t place);
uint8_t generation_place(uint64_t id);
uint16_t generation_index(uint64_t id);

/*
 * generation_load: start a loader for a new one.
 *
 * out      LOADING
 * Errors   AGAIN: GENERATION_MAX are there; those of starter_start
 */
MUST_USE struct err generation_load(struct generation **out, struct gate *gate);

/* generation_hear: what its loader says. Errors: not as agreed. */
MUST_USE struct err generation_hear(struct generation *g);

/*
 * generation_start: the loader has ended well: start the core, and whoever of
 * the shared is not there. generation_start_workers: the core is ready.
 *
 * Errors   MALFORMED: no plan; CHANGED: what cannot change has; those of
 *          processes_start
 */
MUST_USE struct err generation_start(struct gate *gate, struct generation *g);
MUST_USE struct err generation_start_workers(
    struct gate *gate, struct generation *g);

/* generation_restart: one of its processes, or a shared one, comes back. */
MUST_USE struct err generation_restart(
    struct gate *gate, struct generation *g, struct process *p);

/*
 * generation_is_ready: all of it but the console. generation_is_prepared: and
 * but for shared ones who wait for their elders; generation_core_is_prepared:
 * and for the workers.
 */
bool generation_is_ready(struct gate *gate, const struct generation *g);
bool generation_is_prepared(struct gate *gate, const struct generation *g);
bool generation_core_is_prepared(struct gate *gate, const struct generation *g);

/* generation_keepers: how many there may be, those of an elder included. */
uint64_t generation_keepers(const struct gate *gate);

/* generation_serve: its workers let clients in. */
void generation_serve(struct generation *g);

/* generation_recheck: what it has granted is held against the policy of another
 * one. Errors: of control_send. */
MUST_USE struct err generation_recheck(
    struct generation *g, const struct provisions *newer);

/* generation_drain: from here on, for at most so long. */
void generation_drain(struct generation *g, uint64_t most_ms);

/* generation_go_on: the next step of DRAINING or FAILED; when the one after it
 * is due, at the latest, in ms; -1: it waits for nothing but ends. */
int generation_go_on(const struct gate *gate, struct generation *g);

/* generation_fail: it is not to be: its processes are told to end, and have a
 * moment to say why they could not start. generation_kill: at once. */
void generation_fail(const struct gate *gate, struct generation *g);
void generation_kill(const struct gate *gate, struct generation *g);

#endif
