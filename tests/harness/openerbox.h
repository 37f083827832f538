#ifndef GATEHOUSE_OPENERBOX_H
#define GATEHOUSE_OPENERBOX_H

#include <sys/types.h>

#include "crypto/memory/err.h"
#include "gateway/ipc/frame.h"
#include "gateway/ipc/open.h"
#include "tests/harness/inbox.h"

/*
 * openerbox: an opener that serves a folder of its own, in a process of its
 * own, without its jail; the test is its keeper, and its supervisor.
 */
struct openerbox {
	char place[64];
	int dir;
	int keeper, control; /* our ends; -1: none */
	pid_t pid;	     /* -1: it does not run */
	uint64_t last_id;    /* of what it was told */
	struct frame got;    /* what was heard last */
	struct inbox inbox;  /* of `keeper` */
};

/* openerbox_init: an empty folder. Both return 0, or they failed. */
int openerbox_init(struct openerbox *box);
int openerbox_done(struct openerbox *box);

void openerbox_write_file(
    struct openerbox *box, const char *name, const char *text);

/* openerbox_start: with one keeper. `pattern` NULL: a spool of that size. */
void openerbox_start(
    struct openerbox *box, const char *pattern, uint64_t spool_max);

/* openerbox_take_place: another opener takes the place of the box's, by all
 * that the one hands over to the other (ipc/hand.h); the box goes on with it.
 */
void openerbox_take_place(struct openerbox *box, uint64_t spool_max);

/* openerbox_expect_end: it ends by this error; CLOSED: when its last keeper
 * leaves. */
void openerbox_expect_end(struct openerbox *box, enum err_code code);

/* openerbox_tell: a message; of fields, one behind the other, which NULL ends;
 * OPEN_CREATE. */
void openerbox_tell(struct openerbox *box, uint16_t type, struct span body);
void openerbox_tell_fields(struct openerbox *box, uint16_t type, const char *a,
    const char *b, const char *c);
void openerbox_tell_create(
    struct openerbox *box, const char *generation, uint64_t expected);

/* openerbox_hear: the next message is this answer, and is in box->got. */
void openerbox_hear(struct openerbox *box, uint16_t type);
void openerbox_hear_failure(struct openerbox *box, enum err_code code);

/* openerbox_expect_content: all that it reads, and it cannot be written. */
void openerbox_expect_content(int fd, const char *text);

#endif
