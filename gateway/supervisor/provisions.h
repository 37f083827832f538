#ifndef GATEHOUSE_PROVISIONS_H
#define GATEHOUSE_PROVISIONS_H

#include "gateway/ipc/control.h"

/*
 * provisions: what each process of a generation is given when it starts, and
 * starts again, as a loader gave it to us: kept, and not looked at.
 */
struct provision {
	uint8_t role;
	uint32_t index; /* LOAD_EVERY, or that one of the role */
	char name[CONTROL_MAX_NAME + 1];
	struct buf body; /* of a CONTROL_ITEM */
	int fd;		 /* owned; -1: none */
};

struct provisions {
	struct provision *items;
	size_t num, cap;
};

/*
 * provisions_add: a LOAD_ITEM; its descriptor is taken over.
 *
 * Errors   MALFORMED: not an item; TOO_BIG: too many; NO_MEMORY
 */
MUST_USE struct err provisions_add(
    struct provisions *provisions, struct frame *frame);

/*
 * provisions_keep: a descriptor of our own under that name, in the place of the
 * one before; no process is given it.
 *
 * fd       taken over, whatever comes of it
 * Errors   as above
 */
MUST_USE struct err provisions_keep(
    struct provisions *provisions, const char *name, int fd);

/* provisions_done: accepts the zero state, and leaves it. */
void provisions_done(struct provisions *provisions);

/* provisions_send: all that this process is given. Errors: of control_send. */
MUST_USE struct err provisions_send(const struct provisions *provisions,
    int control, uint8_t role, uint32_t index);

/* provisions_send_named: those of that name alone, of whatever role. */
MUST_USE struct err provisions_send_named(
    const struct provisions *provisions, int control, const char *name);

/* provisions_send_recheck: what a keeper that drains holds its grants against
 * (gateway/keeper/recheck.h). */
MUST_USE struct err provisions_send_recheck(
    const struct provisions *provisions, int control);

/* provisions_fd: the descriptor of that name; borrowed; -1: there is none. */
int provisions_fd(const struct provisions *provisions, const char *name);

/* provisions_close: the descriptors of that name. */
void provisions_close(struct provisions *provisions, const char *name);

#endif
