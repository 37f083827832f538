#ifndef GATEHOUSE_MATERIAL_H
#define GATEHOUSE_MATERIAL_H

#include "gateway/base/config.h"
#include "gateway/supervisor/starter.h"
#include "policy/model.h"

/*
 * material: what the roles are given, opened once, at start: keys,
 * certificates, folders, listeners, the compiled policy. Every failure is one
 * line on stderr, and no start. Keys are handed on as descriptors: not a byte
 * of them is read here.
 */
enum {
	MATERIAL_MAX_S3 = 256,
	MATERIAL_MAX_ORIGINS = 64,
	MATERIAL_MAX_ID = 255, /* of an access key: a file's name */
};

struct material_s3 {
	char id[MATERIAL_MAX_ID + 1];
	int secret;
};

struct material {
	int root, spool_key, ledger_key, tls_key;
	struct buf certificate, client_ca;
	struct material_s3 s3[MATERIAL_MAX_S3];
	size_t num_s3;
	struct buf image;
	struct arena arena; /* of the policy */
	struct policy policy;
	int ledger_dir, spool_dir;
	int origins[MATERIAL_MAX_ORIGINS];
	int listeners[CONFIG_MAX_LISTENERS];
	int admin; /* listens at run/admin.sock */
};

/* Who starts policyc, and which uids own what is made here. */
struct material_spawn {
	const struct spawn *spawn;
	int starter;
	bool allow_degraded;
};

/* material_load: returns 0, or the exit status after saying why. */
MUST_USE int material_load(struct material *out, const struct config *config,
    const struct material_spawn *with);

#endif
