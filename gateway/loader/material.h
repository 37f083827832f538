#ifndef GATEHOUSE_MATERIAL_H
#define GATEHOUSE_MATERIAL_H

#include "gateway/base/config.h"
#include "gateway/base/spawn.h"
#include "gateway/ipc/control.h"
#include "policy/model.h"

/*
 * material: what the roles of a generation are given, opened once: keys,
 * certificates, folders, listeners, the compiled policy. Every failure is one
 * line on stderr, and no generation. Keys are handed on as descriptors: not a
 * byte of them is read here, but for the seeds of keys/scopes, of which nothing
 * follows without the root.
 */
enum {
	MATERIAL_MAX_S3 = 256,
	MATERIAL_MAX_ORIGINS = 64,
	MATERIAL_MAX_IMAGE = 8 * 1024 * 1024, /* bytes */
	MATERIAL_MAX_ID = 255, /* of an access key: a file's name */
};

struct material_s3 {
	char id[MATERIAL_MAX_ID + 1];
	int secret;
};

struct material {
	int root; /* a secret_fd; -1: `sealed` */
	bool sealed;
	struct buf root_check; /* hex; empty: the file has none */
	int spool_key;	       /* -1: it is derived */
	int ledger_key, tls_key;
	struct buf ledger_vkey; /* the public half; empty: it is not there */
	int scopes;		/* keys/scopes, with a seed for each scope */
	struct buf destroyed;	/* u32 epoch, field scope of each (recheck.h) */
	struct buf certificate, client_ca;
	struct material_s3 s3[MATERIAL_MAX_S3];
	size_t num_s3;
	struct buf image;
	struct buf candidate; /* the image of one that is staged; or empty */
	struct buf about;     /* of a version: what policyc says of it */
	struct buf proven;    /* keys/recipients, where it counts; or empty */
	bool unproven;	      /* keys that the policy names are not in it */
	bool edited;	      /* `policy:` holds another text than serves */
	struct arena arena;   /* of the policy */
	struct policy policy;
	int ledger_dir, spool_dir, codebook_dir;
	int codebook_password; /* of PostgreSQL; -1: none is needed */
	int origins[MATERIAL_MAX_ORIGINS];
	int listeners[CONFIG_MAX_LISTENERS];
	int metrics; /* listens for who reads counters; -1: nobody does */
	int admin;   /* listens at run/admin.sock */
};

/* Which uids own what is made here, and what is open already. */
struct material_with {
	const struct spawn *spawn;
	const struct control_items *given;
	bool allow_degraded;
};

/* material_load: returns 0, or the exit status after saying why. */
MUST_USE int material_load(struct material *out, const struct config *config,
    const struct material_with *with);

#endif
