#ifndef GATEHOUSE_ROOT_RUN_H
#define GATEHOUSE_ROOT_RUN_H

#include "crypto/root_file.h"
#include "gateway/base/config.h"
#include "gateway/base/spawn.h"

/*
 * root_run: have the program of a provider open or seal a root.sealed
 * (root_job.h). What it needs, the caller opens, as who it is; of the root
 * nobody here sees a byte.
 */
struct root_run {
	const struct spawn *spawn;
	const struct config_root *settings;
	bool allow_degraded;
	enum root_provider provider;
	bool seals;
	int file; /* root.sealed, to read; of `seals`, what it is written to */
	int out;  /* a secret_fd: of open */
	int root; /* a secret_fd: of `seals`; -1: a new root is drawn */
	int key;  /* of a passphrase: what is read of it; else -1 */
};

/*
 * root_run
 *
 * Returns  0, or the exit status after it was said why: 1 it does not open, 2 a
 *          setting is missing, 75 what opens it is away
 */
MUST_USE int root_run(const struct root_run *run);

#endif
