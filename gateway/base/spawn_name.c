#include "gateway/base/spawn.h"

enum {
	PREFIX = 10, /* "gatehouse-" */
};

static const char programs[NUM_SPAWN_ROLES][SPAWN_PROGRAM] = {
    [SPAWN_KEEPER] = "gatehouse-keeper",
    [SPAWN_AUDITOR] = "gatehouse-auditor",
    [SPAWN_OPENER] = "gatehouse-opener",
    [SPAWN_WORKER] = "gatehouse-worker",
    [SPAWN_MILL] = "gatehouse-mill",
    [SPAWN_POLICYC] = "gatehouse-policyc",
    [SPAWN_LOADER] = "gatehouse-loader",
    [SPAWN_CONSOLE] = "gatehouse-console",
    [SPAWN_ROOTFILE] = "gatehouse-rootfile",
    [SPAWN_ROOTPKCS11] = "gatehouse-rootpkcs11",
    [SPAWN_CODEBOOK] = "gatehouse-codebook",
    [SPAWN_ROOTVAULT] = "gatehouse-rootvault",
    [SPAWN_VERIFIER] = "gatehouse-verifier",
};

const char *
spawn_program(enum spawn_role role)
{
	return programs[role];
}

const char *
spawn_name(enum spawn_role role)
{
	return programs[role] + PREFIX;
}
