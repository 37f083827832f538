#ifndef GATEHOUSE_STATE_VERSION_H
#define GATEHOUSE_STATE_VERSION_H

#include "crypto/memory/err.h"

/*
 * state_version: the file VERSION of the state folder says how ledger and spool
 * are written. Programs that would not understand that do not start, and take
 * nobody's place: an upgrade back to them ends before anything is handed over.
 */
enum {
	STATE_VERSION = 1
};

/* state_version_check: says it in a folder that does not yet. Returns 0, or the
 * exit status after saying why. */
MUST_USE int state_version_check(const char *state);

#endif
