#ifndef GATEHOUSE_AUDITORBOX_H
#define GATEHOUSE_AUDITORBOX_H

#include <sys/types.h>

#include "crypto/note.h"
#include "gateway/ipc/audit.h"
#include "gateway/ledger/record.h"
#include "tests/harness/inbox.h"

/*
 * auditorbox: the auditor as a program, with its supervisor and its keeper
 * played by the caller. For unit tests and for programs: it asserts nothing.
 */
struct auditorbox {
	pid_t pid;
	int control;	    /* the supervisor's end */
	int keeper;	    /* the keeper's end; -1: it has left */
	struct inbox inbox; /* of `keeper` */
};

struct auditorbox_options {
	const char *program;
	int dir;			  /* of the ledger; borrowed */
	const struct note_signer *signer; /* borrowed */
	bool allow_degraded;		  /* it may go on without a jail */
	const char *preload;		  /* LD_PRELOAD of it; NULL: none */
	int output; /* becomes its descriptor 1; -1: ours */
	/* Whose place it takes, with its keeper; NULL: nobody's. */
	const struct auditorbox *elder;
};

/* auditorbox_find: the program of the same build as this one; false: there is
 * none. */
bool auditorbox_find(char *out, size_t size);

/*
 * auditorbox_start: returns once it is ready.
 *
 * Errors   CLOSED: it has ended instead; auditorbox_stop says how
 *          IO, NO_MEMORY, UNAVAILABLE: not ready within 30 s
 */
MUST_USE struct err auditorbox_start(
    struct auditorbox *out, const struct auditorbox_options *options);

/* auditorbox_stop: the keeper leaves, after a signal if it is not 0. The
 * status of waitpid. */
int auditorbox_stop(struct auditorbox *box, int signal_number);

/* auditorbox_send: a record, once there is room; auditorbox_charge: the same
 * with limits. Errors: CLOSED, IO. */
MUST_USE struct err auditorbox_send(
    const struct auditorbox *box, uint64_t id, const struct record *record);
MUST_USE struct err auditorbox_charge(const struct auditorbox *box, uint64_t id,
    const struct record *record, const struct audit_limits *limits);

struct auditorbox_answer {
	uint64_t id; /* of the record that was sent */
	bool is_receipt, is_over;
	uint64_t index;		/* of a receipt */
	struct audit_over over; /* likewise */
};

/* auditorbox_take: what has come. Errors: AGAIN: nothing; CLOSED; MALFORMED. */
MUST_USE struct err auditorbox_take(
    struct auditorbox *box, struct auditorbox_answer *out);

/* auditorbox_wait: until something comes. Errors: UNAVAILABLE: not in 30 s. */
MUST_USE struct err auditorbox_wait(int socket);

#endif
