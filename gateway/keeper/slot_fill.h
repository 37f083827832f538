#ifndef GATEHOUSE_SLOT_FILL_H
#define GATEHOUSE_SLOT_FILL_H

#include "gateway/keeper/ask_run.h"
#include "gateway/keeper/slot_counts.h"

/*
 * slot_fill: one object of one plan: found in the spool, or filled by a mill,
 * once, whoever waits or leaves.
 */
enum slot_state {
	SLOT_LOOKING,	/* the spool is asked */
	SLOT_QUEUED,	/* waits for a mill */
	SLOT_PREPARING, /* descriptors are on their way */
	SLOT_FILLING,
	SLOT_CHECKING, /* full; is the source still what it was? */
	SLOT_PUBLISHING,
	SLOT_READY,
	SLOT_GONE, /* it was READY, and had to go: its lengths are known */
	SLOT_BAD,  /* of this source version: it never works */
	SLOT_AWAY, /* something was away; the next ask tries again */
};

/* Of SLOT_LOOKING: see slot_look.h. */
enum slot_look {
	LOOK_NONE,
	LOOK_WAITS, /* for its turn to be asked about */
	LOOK_ASKED,
};

struct slot {
	LIST_ENTRY(slot) next;	  /* of its bucket */
	LIST_ENTRY(slot) known;	  /* likewise; slot_table_know */
	uint8_t named_by[32];	  /* the plan's digest, for that */
	TAILQ_ENTRY(slot) queued; /* for a mill, or to be looked for */
	TAILQ_ENTRY(slot) used;	  /* in the order of their last use */
	uint64_t told_used_ms;	  /* when the spool was told of a use */
	struct keeper *keeper;
	enum slot_state state;
	enum slot_look look;
	uint32_t agreement, dataset;
	struct compiled *plan;
	char name[65];		    /* hex */
	char key[OPEN_MAX_KEY + 1]; /* below the origin's folder */
	struct open_file source;
	uint8_t generation[16];
	char etag[37];	     /* "" or that of etag_of, with its quotes */
	uint8_t etag_of[16]; /* a generation */
	uint8_t file_key[16];
	int read_fd;		 /* of the payload; -1: none */
	int write_fd, source_fd; /* on their way to a mill */
	struct seam *mill;
	uint64_t header_len;  /* the spool's own header, in front */
	uint64_t slot_len;    /* readable by now; header included */
	uint64_t num_reports; /* of progress, of this filling */
	uint64_t begun_ms;    /* likewise, monotonic; 0: there is none */
	uint64_t plain_len;
	uint8_t sha256[32]; /* of the plaintext */
	struct slot_counts counts;
	struct err failure; /* SLOT_BAD, SLOT_AWAY */
	bool wanted;	    /* it is filled if it is not there */
	TAILQ_HEAD(, slot_watch) watches;
	TAILQ_HEAD(, ask) waiters;
	size_t num_waiters;
	size_t num_holders;	    /* listings that have it in their files */
	bool evicted;		    /* it goes when the last one leaves it */
	bool is_known;		    /* it is among keeper->known */
	bool is_trial;		    /* of slot_verify.h: never published, */
	struct slot *tried;	    /* of this slot; NULL: it is over */
	struct slot_verify *verify; /* who hears of it; NULL: nobody */
};

/* slot_fill_dispatch: give waiting slots to idle mills. */
void slot_fill_dispatch(struct keeper *keeper);

/* slot_fill_enqueue: it waits for a mill from now on. */
void slot_fill_enqueue(struct slot *slot);

/*
 * slot_fill_drop: what lies in the spool goes, if it lies there and nothing is
 * under way; readers read on.
 *
 * admin    hears when it is gone (command_slots_dropped)
 * Errors   AGAIN: it is busy; UNAVAILABLE: the spool is away; NO_MEMORY
 */
MUST_USE struct err slot_fill_drop(struct slot *slot, struct admin *admin);

/* slot_fill_codes: by this its mill gets codes; taken over. */
void slot_fill_codes(struct slot *slot, int codes);

/* slot_fill_end: it failed, for now (AWAY). For good (BAD) is the mill's to
 * say, in slot_fill_failed. */
void slot_fill_end(struct slot *slot, struct err why);

/* slot_fill_most_len: bytes of the slot; more than any honest form of this
 * source, unpacked: pseudonyms grow short fields. */
uint64_t slot_fill_most_len(const struct slot *slot);

/* slot_fill_answer: an opener has answered. Takes what it needs of `frame`.
 * Errors: the opener broke the protocol. */
MUST_USE struct err slot_fill_answer(
    struct slot *slot, enum pending_kind kind, struct frame *frame);

/* From the mill: errors, as above. */
MUST_USE struct err slot_fill_progress(struct slot *slot, uint64_t slot_len);
MUST_USE struct err slot_fill_done(struct slot *slot, struct span body);
MUST_USE struct err slot_fill_failed(struct slot *slot, struct span body);

#endif
