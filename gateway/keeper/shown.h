#ifndef GATEHOUSE_SHOWN_H
#define GATEHOUSE_SHOWN_H

#include "gateway/keeper/command.h"

/*
 * shown: values of codes, for who may see subjects by name (policy/reveal.h).
 * One code after the other: its value is made, a record says that it leaves,
 * and when that is on the disk it goes into the command's pipe, and nowhere
 * else. The auditor takes one record for each code and request, whatever was
 * restarted in between (auditor/shown_once.h).
 */
struct shown;

/* shown_init: what the jail would not let it make. Errors: NO_MEMORY, CRYPTO.
 */
MUST_USE struct err shown_init(void);

/* shown_begin: ADMIN_REVEAL. Takes the descriptor. Errors: not a question. */
MUST_USE struct err shown_begin(struct admin *admin, struct frame *frame);

/* shown_left: the command is gone. */
void shown_left(struct shown *shown);

/* Answers that were waited for; `before`: it was shown under this request. */
void shown_recorded(struct shown *shown, uint64_t index);
void shown_not_recorded(struct shown *shown, bool before);
void shown_resolved(struct shown *shown, struct span sealed);
void shown_not_resolved(struct shown *shown, struct err why);

#endif
