#ifndef GATEHOUSE_KEYRING_H
#define GATEHOUSE_KEYRING_H

#include "gateway/s3/sigv4.h"

/*
 * keyring: every secret of the keeper but the TLS key, in guarded memory. The
 * root key never leaves; what others get is derived from it for one use.
 */
struct keyring;

enum {
	KEYRING_MAX_S3 = 256,	  /* S3 access keys */
	KEYRING_MAX_ID = 128,	  /* bytes of an access key id */
	KEYRING_MAX_SECRET = 128, /* bytes of its secret */
	KEYRING_MIN_SECRET = 16,
};

/* What is derived once, at start. Readable while the keyring is open. */
struct keyring_keys {
	uint8_t root[32]; /* of pseudonym keys */
	uint8_t slot[32]; /* names of slots */
	uint8_t etag[32];
	uint8_t header[32]; /* ephemeral scalars of age headers */
	uint8_t meta[32];   /* seals what lies beside a slot */
	uint8_t token[32];  /* seals continuation tokens */
	uint8_t spool[32];  /* the spool's age identity */
	uint8_t spool_public[32];
};

/*
 * keyring_new: of the root, and of the bytes of spool.key.
 *
 * root     32 bytes; NULL: it is sealed, and only access keys are known
 * spool    "AGE-SECRET-KEY-1…" LF; empty: the spool's identity is derived
 * Errors   MALFORMED, TRUNCATED: not such a file; NO_MEMORY
 */
MUST_USE struct err keyring_new(
    struct keyring **out, const uint8_t root[32], struct span spool);
void keyring_free(struct keyring *ring); /* accepts NULL */

/*
 * keyring_add_s3: an access key.
 *
 * secret   the file's bytes; one LF at the end is dropped
 * Errors   MALFORMED: the id or the secret breaks its form; EXISTS; TOO_BIG:
 *          over KEYRING_MAX_S3
 */
MUST_USE struct err keyring_add_s3(
    struct keyring *ring, struct span id, struct span secret);

/* keyring_is_sealed: there is no root, and so nothing to serve with. */
bool keyring_is_sealed(const struct keyring *ring);

/*
 * keyring_open, keyring_close: the bytes are readable in between, and stay so
 * until keyring_lock. A sealed one is opened for access keys alone.
 */
const struct keyring_keys *keyring_open(struct keyring *ring);
void keyring_open_s3(struct keyring *ring);
void keyring_close(struct keyring *ring);

/*
 * keyring_lock: nobody can read the bytes until somebody opens them again.
 * The keeper does so before each wait: a process that sleeps, and may be
 * looked at for hours, holds nothing readable. While it runs, the guard pages
 * around the bytes stand, open or not; to lock after each use rather than
 * after each turn would shut out only reads through a wild pointer, at two
 * page table changes for every use.
 */
void keyring_lock(struct keyring *ring);

/* Of an access key. All of it lies in the keyring. */
struct keyring_s3 {
	struct span secret;
	struct sigv4_day *day; /* of that secret, for who verifies with it */
};

/*
 * keyring_find_s3: what an access key id has, while the keyring is open. For
 * an id that nobody has, *out_known is false and the secret is one that nobody
 * knows, so that a verification takes as long either way.
 */
struct keyring_s3 keyring_find_s3(
    struct keyring *ring, struct span id, bool *out_known);

/* keyring_hidden: the secrets lie in memory hidden from the kernel's root. */
bool keyring_hidden(const struct keyring *ring);

#endif
