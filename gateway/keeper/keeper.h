#ifndef GATEHOUSE_KEEPER_H
#define GATEHOUSE_KEEPER_H

#include <sys/queue.h>

#include "crypto/tls_key.h"
#include "gateway/base/loop.h"
#include "gateway/base/proven_file.h"
#include "gateway/ipc/admin.h"
#include "gateway/ipc/ask.h"
#include "gateway/ipc/audit.h"
#include "gateway/ipc/control.h"
#include "gateway/ipc/fill.h"
#include "gateway/ipc/open.h"
#include "gateway/ipc/policy_version.h"
#include "gateway/keeper/keyring.h"
#include "gateway/s3/s3_route.h"
#include "policy/decide.h"
#include "policy/plan.h"

/*
 * keeper: what the parts of the keeper share. It has one thread and waits for
 * nobody: every question to another role is a `pending` that its answer, or
 * the loss of that role, ends.
 */
enum {
	KEEPER_MAX_PEERS = 64, /* workers, mills, datasets: of each */
	KEEPER_MAX_HOSTS = 16,
	KEEPER_MAX_ASKS = 4096,
	KEEPER_MAX_SLOTS = 16384,
	KEEPER_MAX_LOOKS = 64, /* questions of the spool's opener at once */
	KEEPER_SLOT_BUCKETS = 4096,
	KEEPER_SLOT_STATES = 10, /* as many as enum slot_state has */
	KEEPER_PENDING_BUCKETS = 1024,
	KEEPER_ASK_BUCKETS = 1024,
	KEEPER_MAX_FDS = 20000,
	/* One of each ask, mill and command, and those of life.c, owed.c. */
	KEEPER_MAX_TIMERS =
	    KEEPER_MAX_ASKS + KEEPER_MAX_PEERS + ADMIN_MAX_AT_ONCE + 2,
	KEEPER_ARENA = 64 * 1024 * 1024,
	KEEPER_ASK_ARENA = 256 * 1024,
};

struct keeper;
struct admin;
struct ask;
struct form;
struct recheck;
struct seeds;
struct slot;
struct staged;
struct zone;

/* A channel in the loop. */
struct seam {
	struct keeper *keeper;
	struct channel channel;
	struct loop_handler handler;
	void (*lost)(struct seam *seam); /* the peer is gone, or misbehaved */
	TAILQ_ENTRY(seam) unsent;
	struct loop_timer patience; /* when what waits is sent all the same */
	bool is_unsent;		    /* it is among keeper->unsent */
	bool is_deaf;		    /* its queue is full: it is lost, soon */
	size_t num_asks;	    /* of a worker: its requests */
	struct slot *slot;	    /* of a mill: what it fills, */
	struct form *form;	    /* or what it makes */
	uint8_t plan[32];	    /* of a mill: the plan it is bound to */
	bool bound;
	struct loop_timer stall; /* of a mill with a slot */
	uint64_t draw; /* of a mill: how it gets codes (draws.h); 0: not */
	uint8_t life[CONTROL_LIFE_LEN]; /* what the supervisor calls it, */
	size_t life_len;		/* if it does */
};

/* What an answer of an opener or of the auditor goes on with. */
enum pending_kind {
	PENDING_RECORD,	      /* ask: its record is on the disk */
	PENDING_NOTE,	      /* nobody: a record that gates nothing */
	PENDING_KEY,	      /* keeper: the ledger has an epoch of a scope */
	PENDING_SHOWN,	      /* shown: the record of a value is on the disk */
	PENDING_RESOLVE,      /* shown: what the codebook has of its code */
	PENDING_POLICY,	      /* keeper: its policy is in force */
	PENDING_OWED,	      /* nobody: a record that there must be */
	PENDING_SOURCE,	      /* ask: the file behind its key */
	PENDING_LIST,	      /* ask: the files of its dataset */
	PENDING_SLOT,	      /* slot: is it in the spool? */
	PENDING_CREATE,	      /* slot: descriptors of a new generation */
	PENDING_FILL_SOURCE,  /* slot: the descriptor for the mill */
	PENDING_SOURCE_AGAIN, /* slot: is the file what it was? */
	PENDING_PUBLISH,      /* slot */
	PENDING_REMEMBER,     /* slot: its meta names a new recipient */
	PENDING_REMOVE,	      /* slot: what lay there is gone */
	PENDING_DISCARD,      /* nobody */
	PENDING_ADMIN_RECORD, /* admin: its record is on the disk */
	PENDING_ADMIN_LIST,   /* admin: the files of a dataset */
	PENDING_ADMIN_STOCK,  /* admin: what lies in the spool */
	PENDING_ADMIN_DROP,   /* admin: a slot is gone */
	PENDING_ADMIN_USE,    /* admin: what is used of limits */
	PENDING_ADMIN_BOOK,   /* admin: what it asks of the codebook */
	PENDING_FORM_RECORD,  /* form: its record is on the disk */
	PENDING_DRAW,	      /* slot: codes for its mill */
	PENDING_FORM_DRAW,    /* form: likewise */
};

struct pending {
	LIST_ENTRY(pending) next;
	uint64_t id;
	enum pending_kind kind;
	void *owner; /* struct ask, slot, admin or form; NULL: forgotten */
	const struct seam *seam; /* who was asked */
	struct buf record;	 /* PENDING_OWED: to say it again, */
	bool refused;		 /* as has to be done with this one */
};

/* An agreement compiled for one year. */
struct compiled {
	uint16_t year;
	struct arena arena;
	struct plan plan;
	struct buf bytes;
	uint8_t digest[32];
	struct buf columns; /* as records name them; of every year */
};

struct keeper {
	struct loop *loop;
	struct policy policy;
	struct arena policy_arena;
	uint8_t image_digest[32];
	struct proven_file proven;	      /* of keys/recipients, and */
	bool only_proven;		      /* whether it counts */
	struct span ledger_name;	      /* the gateway's own */
	struct policy_version policy_version; /* of a policy that has them */
	struct compiled *compiled; /* per agreement; year 0: not yet */
	const struct zone *zone;   /* of the policy; NULL: not looked up yet */
	struct keyring *ring;
	struct seeds *seeds; /* of keys/scopes; */
	size_t next_key;     /* the first that the ledger was not told of */
	struct tls_key *tls;
	struct span region;
	struct span host_names[KEEPER_MAX_HOSTS];
	struct s3_hosts hosts;
	uint64_t wait_ms;
	uint64_t stall_ms;	 /* as limits.h has it */
	uint64_t spool_max;	 /* bytes */
	int64_t started_s;	 /* Unix time */
	bool draining;		 /* it ends when nothing is left to do */
	struct recheck *recheck; /* what serves by now; NULL: we do */
	struct staged *staged;	 /* a candidate; NULL: none */

	struct seam control, audit, spool, codebook;
	uint8_t codebook_id[16]; /* which one it is */
	bool knows_codebook;
	struct seam origins[KEEPER_MAX_PEERS]; /* per dataset */
	struct seam asks[KEEPER_MAX_PEERS], signs[KEEPER_MAX_PEERS];
	struct seam mills[KEEPER_MAX_PEERS];
	size_t num_mills;
	size_t num_workers; /* also those that are away */
	struct seam admins[ADMIN_MAX_AT_ONCE];
	struct admin *commands;	  /* of each */
	uint64_t num_turns;	  /* reloads and upgrades that were typed */
	TAILQ_HEAD(, form) forms; /* the oldest first */
	size_t num_forms;
	TAILQ_HEAD(, seam) unsent; /* they hold messages of this turn */

	LIST_HEAD(, pending) pending[KEEPER_PENDING_BUCKETS];
	uint64_t next_id;
	size_t num_owed; /* PENDING_OWED */
	struct loop_timer owed_timer;
	LIST_HEAD(, ask) ask_buckets[KEEPER_ASK_BUCKETS]; /* by id */
	size_t num_asks;
	LIST_HEAD(, slot) slots[KEEPER_SLOT_BUCKETS]; /* by name */
	LIST_HEAD(, slot) known[KEEPER_SLOT_BUCKETS]; /* by what makes it */
	size_t num_slots;
	size_t slots_in[KEEPER_SLOT_STATES]; /* by state */
	TAILQ_HEAD(, slot) used;     /* all of them, the oldest use first */
	TAILQ_HEAD(, slot) queue;    /* slots that wait for a mill */
	bool dispatching;	     /* they are being given to mills */
	TAILQ_HEAD(, slot) unlooked; /* slots to be asked for in the spool */
	size_t num_looks;	     /* asked for, not answered */
};

#endif
