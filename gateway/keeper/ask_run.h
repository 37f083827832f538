#ifndef GATEHOUSE_ASK_RUN_H
#define GATEHOUSE_ASK_RUN_H

#include "gateway/keeper/keeper.h"
#include "gateway/keeper/listed.h"
#include "gateway/keeper/staged.h"
#include "gateway/s3/s3_list.h"

/*
 * ask_run: one request, from the worker's question to its completion. It goes
 * through steps; each ends in a question to another role, or in the answer.
 * The record of the intent is always the last thing before a grant.
 */
enum ask_step {
	ASK_STEP_SOURCE, /* the file behind its key is looked up */
	ASK_STEP_SLOT,	 /* its slot is looked up, or filled */
	ASK_STEP_LIST,	 /* the dataset is listed, its slots are filled */
	ASK_STEP_RECORD, /* the intent, or the denial, is being written */
	ASK_STEP_GRANTED,
};

struct ask {
	LIST_ENTRY(ask) next;	 /* of its bucket */
	TAILQ_ENTRY(ask) waiter; /* of its slot */
	struct keeper *keeper;
	struct seam *seam;
	uint64_t id; /* the worker's */
	enum ask_step step;
	struct arena arena;
	struct ask_request request;
	struct s3_route route;
	struct caller caller;
	const char *how;
	struct decision decision;
	struct staged_verdict staged;
	char request_id[17];
	int64_t now_s; /* Unix time when it was asked */
	/* what it ends with */
	enum ask_kind kind;
	enum ask_refusal refusal;
	struct buf sentence;
	uint32_t num_ready, num_total, retry_after_s;
	const char *limit; /* that it would be over; NULL: none */
	/* an object */
	struct span source_key; /* below the origin's folder */
	struct open_file source;
	struct slot *slot; /* held; the ask is in its waiters or followers */
	bool fresh_source; /* its record names the source */
	bool orphan;	   /* its worker was lost before the record was there */
	bool told_all;	   /* of a growing slot: it is full, or spoilt */
	bool withdrawn;	   /* the policy that serves by now forbids it */
	/* a listing */
	struct listed listed; /* of its slots, each is held */
	/* the record */
	uint64_t record;
	uint8_t generation[16]; /* of the slot that the intent names */
	uint64_t bytes_most;
	struct loop_timer timer;
};

/* ask_run_start: ASK_READ of a worker. Errors: the worker broke the protocol.
 */
MUST_USE struct err ask_run_start(
    struct keeper *keeper, struct seam *seam, struct frame *frame);

/* ask_run_done: ASK_DONE. Errors: no such ask, or it has no grant. */
MUST_USE struct err ask_run_done(
    struct keeper *keeper, struct seam *seam, struct frame *frame);

/* ask_run_cancel: ASK_CANCEL. An unknown id is fine: the answer crossed it. */
void ask_run_cancel(struct keeper *keeper, struct seam *seam, uint64_t id);

/* ask_run_lost: the worker is gone: each of its asks is completed as such. */
void ask_run_lost(struct keeper *keeper, struct seam *seam);

/* Answers that were waited for. */
void ask_run_recorded(struct ask *ask, uint64_t index);
void ask_run_not_recorded(struct ask *ask, enum ask_refusal refusal);
void ask_run_over(struct ask *ask, const struct audit_over *over);
void ask_run_source(struct ask *ask, const struct open_file *file);
void ask_run_source_failed(struct ask *ask, struct err err);

/* ask_run_record: nothing is missing any more: the intent, then the grant. */
void ask_run_record(struct ask *ask);

/* ask_run_deny: a refusal that the ledger shows; the answer follows the
 * record. ask_run_deny_slot: of a slot that is bad or away, with why. */
void ask_run_deny(struct ask *ask, enum ask_refusal refusal);
void ask_run_deny_slot(struct ask *ask, const struct slot *slot);

/* ask_run_slot_changed: the slot that it waits for, or follows, has moved. */
void ask_run_slot_changed(struct ask *ask);

/* ask_run_withdraw: the policy that serves by now forbids it: a grant is cut,
 * whoever waits for one is sent to those who serve. */
void ask_run_withdraw(struct ask *ask);

/* ask_run_find: by the worker's id, or NULL. */
struct ask *ask_run_find(
    struct keeper *keeper, const struct seam *seam, uint64_t id);

#endif
