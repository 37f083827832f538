#ifndef GATEHOUSE_HEAD_H
#define GATEHOUSE_HEAD_H

#include <stdio.h>

#include "gateway/pipe/unpack.h"

/* head: the first records of a delivered form, from bytes that come in pieces.
 */
struct head {
	FILE *out;
	uint64_t num_left; /* records; the line of names is one */
	enum compression packed;
	bool quoted; /* a line may end within quotes */
	bool in_quotes;
	struct unpack *unpack; /* NULL: not packed, or nothing came yet */
};

/*
 * head_put: the next bytes.
 *
 * Errors   CLOSED: that was the last record; IO; those of unpack_take
 */
MUST_USE struct err head_put(struct head *head, struct span bytes);
void head_done(struct head *head);

#endif
