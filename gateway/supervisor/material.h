#ifndef GATEHOUSE_MATERIAL_H
#define GATEHOUSE_MATERIAL_H

#include "gateway/base/config.h"
#include "gateway/supervisor/spawn.h"
#include "policy/model.h"

/*
 * material: what the roles are given, read and opened once, at start: keys,
 * certificates, folders, listeners, the compiled policy. Every failure is one
 * line on stderr, and no start.
 */
enum {
	MATERIAL_MAX_S3 = 256,
	MATERIAL_MAX_ORIGINS = 64
};

struct material {
	struct buf root, spool_key, ledger_key, tls_key;
	struct buf certificate, client_ca;
	struct buf s3[MATERIAL_MAX_S3]; /* field id, field secret */
	size_t num_s3;
	struct buf image;
	struct arena arena; /* of the policy */
	struct policy policy;
	int ledger_dir, spool_dir;
	int origins[MATERIAL_MAX_ORIGINS];
	int listeners[CONFIG_MAX_LISTENERS];
};

/* material_load: returns 0, or the exit status after saying why. */
MUST_USE int material_load(struct material *out, const struct config *config,
    const struct spawn *spawn, bool allow_degraded);

#endif
