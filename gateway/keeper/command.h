#ifndef GATEHOUSE_COMMAND_H
#define GATEHOUSE_COMMAND_H

#include "crypto/token.h"
#include "gateway/ipc/admin.h"
#include "gateway/keeper/command_list.h"
#include "gateway/keeper/slot_verify.h"

/*
 * command: what somebody on this host types (gateway/ipc/admin.h). Who it is,
 * the kernel has told the supervisor. It is recorded before it shows a name or
 * changes anything; `status` shows counts, and is not.
 */
struct admin {
	struct seam *seam;
	uint64_t uid;
	enum admin_type type;
	uint64_t id;		      /* of the question; 0: none yet */
	uint32_t agreement;	      /* NO_INDEX: all */
	struct buf object;	      /* as clients name it; empty: all */
	struct span dataset;	      /* of `shred`: of whose subject; */
	uint8_t subject[TOKEN_INDEX]; /* whom the codebook knows so */
	struct span party;	      /* of `recipient`: who is said */
	uint8_t key[32];	      /* to hold this one */
	uint32_t number;
	uint32_t caller; /* `status --limits`: 0: all; or a proof, from 1 */
	struct arena arena;
	uint64_t num_seen, num_done, num_busy; /* slots */
	uint32_t num_waiting;		       /* for answers about slots */
	uint32_t num_wrong, num_unknown;
	uint64_t turn; /* of one that waits for a reload; 0: it does not */
	struct slot_verify verify;
	struct command_list list;
	struct form *form;	   /* that is made for it; NULL: none */
	int passed[ADMIN_MAX_FDS]; /* with the question; -1: none */
	struct shown *shown;	   /* values of codes, for it; NULL: none */
};

/* command_init: the places of all commands. Errors: NO_MEMORY. */
MUST_USE struct err command_init(struct keeper *keeper);

/* command_begin: somebody has connected. Errors: `uid` is no number. */
MUST_USE struct err command_begin(struct seam *seam, struct span uid);

/* command_lost: the one who typed it has left. */
void command_lost(struct seam *seam);

/* command_ask: a question; takes the descriptors that it passes. Errors: it is
 * none, or the second one. */
MUST_USE struct err command_ask(struct seam *seam, struct frame *frame);

/* command_whose: likewise, of one who is named: who is to go from the codebook,
 * or who holds a key. */
MUST_USE struct err command_whose(struct seam *seam, struct frame *frame);

/* command_form: it asks for a form; takes the descriptors that it passes.
 * command_taken: it has it. Errors: as above. */
MUST_USE struct err command_form(struct seam *seam, struct frame *frame);
MUST_USE struct err command_taken(struct seam *seam, const struct frame *frame);

/* command_reveal: it asks for values of codes; takes the descriptor that it
 * passes. Errors: as above. */
MUST_USE struct err command_reveal(struct seam *seam, struct frame *frame);

/* Answers that were waited for. Errors: the peer broke the protocol. `index` is
 * the record's. */
void command_recorded(struct admin *admin, uint64_t index);
void command_failed(struct admin *admin, const char *why);
MUST_USE struct err command_reloaded(
    struct keeper *keeper, uint64_t turn, struct span value);

#endif
