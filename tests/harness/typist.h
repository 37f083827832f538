#ifndef GATEHOUSE_TYPIST_H
#define GATEHOUSE_TYPIST_H

#include "tests/harness/keeperbox.h"

/* typist: a command at a keeperbox, and what it has heard. */
struct typist {
	int fd;		  /* our end of the admin seam; -1: none */
	uint32_t place;	  /* of ADMIN_MAX_AT_ONCE; who had it before is lost */
	char pairs[1024]; /* "name value\n" ... */
	char rows[1024];  /* "object state bytes\n" ..., all but the
			     first and last */
	unsigned num_rows;
	int status; /* -1: it has not ended */
	char why[ADMIN_MAX_TEXT];
};

/* typist_connect: as this uid, anew; typist_leave: it is gone. */
void typist_connect(
    struct typist *typist, struct keeperbox *box, const char *uid);
void typist_leave(struct typist *typist, struct keeperbox *box);

/* typist_say: a message, under the id 5; its descriptors stay the test's. */
void typist_say(
    struct typist *typist, struct keeperbox *box, const struct frame *frame);

/* typist_hear: all that it was told so far. */
void typist_hear(struct typist *typist, struct keeperbox *box);

#endif
