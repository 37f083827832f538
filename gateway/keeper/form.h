#ifndef GATEHOUSE_FORM_H
#define GATEHOUSE_FORM_H

#include "gateway/keeper/command.h"
#include "gateway/keeper/slot_counts.h"
#include "gateway/keeper/staged.h"

/*
 * form: the delivered form of a file that is no origin's, for a command on
 * this host. The policy in force decides as it does for those whom the
 * agreement names, at the place that the command names. Once the intent is on
 * the disk, a mill that has done nothing before gets the order that it would
 * get for a slot, reads from the one pipe and writes to the other; the file
 * key is in the age header, for the command's recipient. What that mill has
 * seen is a stranger's, so it is let go afterwards.
 *
 * It costs its agreement a request. Rows and bytes it cannot be charged before
 * they leave, since how many there are is known when the mill has ended: where
 * a day has a limit of those, nothing is made.
 *
 * A pipe ends with whoever holds its other end. A file, a terminal, a socket
 * would hold the mill for as long as it pleases, so they are not taken.
 */
enum {
	FORM_MAX = 16, /* at once; those who left before their record too */
};

enum form_step {
	FORM_RECORD, /* the intent, or the denial, is being written */
	FORM_QUEUED, /* it waits for a mill */
	FORM_RUNS,
	FORM_MADE,
	FORM_FAILED,
};

struct form {
	TAILQ_ENTRY(form) next; /* of keeper->forms */
	struct keeper *keeper;
	struct admin *admin; /* NULL: it has left */
	enum form_step step;
	const char *command; /* its name */
	uint64_t uid;
	char agreement[ADMIN_MAX_AGREEMENT + 1]; /* as it was asked for */
	uint8_t recipient[32];
	struct decision decision;
	struct staged_verdict staged;
	char request_id[17];
	uint64_t record;   /* of the intent */
	int source, out;   /* the pipes, until a mill has them; -1 */
	struct seam *mill; /* NULL: none */
	uint8_t plan[32];  /* its digest; of FORM_RUNS and later */
	uint32_t epoch;	   /* of its codes, likewise; 0: it has none */
	/* what the mill said */
	uint64_t plain_len;
	uint8_t sha256[32];
	struct slot_counts counts;
	bool withdrawn; /* the policy that serves by now forbids it */
	uint8_t status; /* FORM_FAILED: of the command */
	struct buf why; /* likewise */
	/* what the command said */
	bool told;
	struct admin_taken taken;
};

/*
 * form_begin: ADMIN_TRANSFORM, ADMIN_PREVIEW. Takes the descriptors.
 *
 * command  its name in records; a literal
 * Errors   not a question
 */
MUST_USE struct err form_begin(
    struct admin *admin, const char *command, struct frame *frame);

/* form_taken: ADMIN_TAKEN. Errors: it is none. */
MUST_USE struct err form_taken(struct form *form, struct span body);

/* form_left: the command is gone. */
void form_left(struct form *form);

/* form_withdraw: the policy that serves by now forbids it, and it is not made
 * yet: no mill makes more of it, and a record says why. It may be gone
 * afterwards. */
void form_withdraw(struct form *form);

/* form_dispatch: give those that wait to fresh mills. */
void form_dispatch(struct keeper *keeper);

/* Answers that were waited for. Errors: the mill broke the protocol. */
void form_recorded(struct form *form, uint64_t index);
void form_not_recorded(struct form *form);
void form_over(struct form *form, const struct audit_over *over);
MUST_USE struct err form_made(struct form *form, struct span body);
MUST_USE struct err form_failed(struct form *form, struct span body);
void form_mill_lost(struct form *form);

/* form_codes: by this its mill gets codes; taken over. form_no_codes: it gets
 * none. */
void form_codes(struct form *form, int codes);
void form_no_codes(struct form *form);

#endif
