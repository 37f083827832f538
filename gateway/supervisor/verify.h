#ifndef GATEHOUSE_VERIFY_H
#define GATEHOUSE_VERIFY_H

#include "gateway/supervisor/generation.h"

/*
 * verify: the verifier, of which there is one for all generations, from the
 * first that serves on; nobody waits for it. It reads the ledger and ends:
 * well, and it reads again a day later; for another reason, a minute later.
 *
 * A ledger that it finds altered is not served from: the auditor is ended, and
 * with it the core, and each auditor that starts from then on reads everything
 * itself (processes_with.altered), and does not start for that reason.
 */

/* verify_init: its place, before anything is polled. */
void verify_init(struct gate *gate);

/* verify_begin: a generation serves. A verifier that came to no good end, or
 * runs now and comes to none, begins anew at once: it may be given a better
 * key. */
void verify_begin(struct gate *gate);

/* verify_due: start it when it is due; how long to wait for that, in ms; -1:
 * it is not. */
int verify_due(struct gate *gate);

/* verify_hear: what it says. verify_ended: it has. */
void verify_hear(struct gate *gate);
void verify_ended(struct gate *gate, int status);

/* verify_end: there is nothing left to verify for. */
void verify_end(struct gate *gate);

#endif
