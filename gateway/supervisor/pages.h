#ifndef GATEHOUSE_PAGES_H
#define GATEHOUSE_PAGES_H

#include "gateway/supervisor/generation.h"

/*
 * pages: what all processes count, and which of it consoles see. A console is
 * given, by control.h, before CONTROL_GO and after it:
 *
 *   "sums" r    value: a metric_sum of role r: of all that have ended before
 *   "page" i    value: u8 role; descriptor: the page of a process; i is ours
 *   "ended" i   that process has: what it counted is of the past now
 *
 * It adds up by itself, so what it shows never falls. A page is given away
 * only when its process is ready, and from then on nobody but that can write
 * it. One who reads too slowly is ended: the next one gets the whole again.
 */

/* pages_begin: our own page, too. Errors: IO. */
MUST_USE struct err pages_begin(struct gate *gate);

/* pages_ready: that process is. pages_ended: it has. */
void pages_ready(struct gate *gate, struct process *p);
void pages_ended(struct gate *gate, struct process *p);

/* pages_show: all there is, to a console that starts. Errors: those of
 * control_send. */
MUST_USE struct err pages_show(
    struct gate *gate, const struct process *console);

#endif
