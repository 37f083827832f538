#ifndef GATEHOUSE_SUPERVISE_H
#define GATEHOUSE_SUPERVISE_H

#include "gateway/supervisor/generation.h"

/*
 * supervise: the half of the supervisor that is in the jail: it has a
 * generation loaded and started, starts again what ends, and has the next one
 * loaded when it is told to.
 */

/* supervise_run: until told to end. Returns the exit status. */
int supervise_run(const struct gate_with *with);

#endif
