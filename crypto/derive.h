#ifndef GATEHOUSE_DERIVE_H
#define GATEHOUSE_DERIVE_H

#include "crypto/memory/span.h"

/*
 * derive: every key and name that is computed from another key. FORMATS.md
 * argues each encoding. Ids (purpose, dataset, recipient, kind, label) are
 * texts of the policy; none may hold a NUL, and each is refused if it does,
 * so the NUL between them separates without doubt.
 */
enum {
	DERIVE_ETAG_TEXT = 34,	    /* 32 hex digits and "-1" */
	DERIVE_SLOT_NAME_TEXT = 64, /* hex digits */
	DERIVE_ID_MAX = 1024	    /* bytes of one id */
};

/*
 * derive_subkey: the key for one use of a root key.
 * HKDF(root, info = "gatehouse/subkey/v1" 00 label).
 *
 * Errors   MALFORMED: the label is empty; TOO_BIG: over DERIVE_ID_MAX
 */
MUST_USE struct err derive_subkey(
    uint8_t out[32], const uint8_t root[32], const char *label);

/* The algorithm that a column's key is for: none meets another's key. */
enum derive_use {
	DERIVE_PSEUDONYM,
	DERIVE_SEALED,
	DERIVE_FORMAT,
	DERIVE_SHIFT,
	DERIVE_TOKEN,
	NUM_DERIVE_USES
};

/* What the key of a column is for. The spans are borrowed. */
struct derive_column {
	enum derive_use use;
	struct span purpose;
	struct span dataset;
	struct span recipient;
	struct span kind; /* of identifier, e.g. "mrn" */
	uint32_t epoch;
};

/*
 * derive_column_key: HKDF(root, salt = seed, info = "gatehouse/<use>/v1" 00
 * purpose 00 dataset 00 recipient 00 kind 00 epoch_be32).
 *
 * seed     32 random bytes of the scope and epoch: with it the key can be
 *          derived, and once it is destroyed nobody can
 * Errors   MALFORMED: an id holds a NUL; TOO_BIG: one over DERIVE_ID_MAX
 */
MUST_USE struct err derive_column_key(uint8_t out[32], const uint8_t root[32],
    const uint8_t seed[32], const struct derive_column *what);

/*
 * derive_scope_tag: what stands for root, seed and epoch of a scope where they
 * must not be known: HKDF(root, salt = seed, info = "gatehouse/scope-tag/v1" 00
 * epoch_be32). It is in the ledger, and tells nothing of a key.
 */
MUST_USE struct err derive_scope_tag(uint8_t out[32], const uint8_t root[32],
    const uint8_t seed[32], uint32_t epoch);

/*
 * derive_ephemeral: the X25519 scalar that wraps a generation's file key for
 * one recipient: HKDF(header_key, info = "gatehouse/age-ephemeral/v1" 00
 * generation recipient). The same header each time, and nothing to store.
 * `generation` must be unique to one file key: see FORMATS.md.
 */
MUST_USE struct err derive_ephemeral(uint8_t out[32],
    const uint8_t header_key[32], const uint8_t generation[16],
    const uint8_t recipient[32]);

/*
 * derive_sort_recipients: in place: byte order, each once. A delivered header
 * lists its recipients so, that one set is one header and one ETag, however a
 * policy orders them.
 *
 * Returns  how many are left
 */
size_t derive_sort_recipients(uint8_t (*recipients)[32], size_t num);

/*
 * derive_etag: hex(HMAC(etag_key, generation SHA-256(recipients in byte
 * order, doubles removed)))[:32] "-1", NUL-terminated. It does not depend on
 * the order of `recipients`; with none it is the ETag of what is delivered
 * in the clear under TLS.
 *
 * Errors   CRYPTO; NO_MEMORY
 */
MUST_USE struct err derive_etag(char out[DERIVE_ETAG_TEXT + 1],
    const uint8_t etag_key[32], const uint8_t generation[16],
    const uint8_t (*recipients)[32], size_t num);

/* What a slot's name stands for. The spans are borrowed. */
struct derive_slot {
	struct span source_version; /* opaque bytes of the origin */
	const uint8_t *plan_digest; /* 32 bytes */
	const uint8_t *codes; /* 32 bytes that stand for what its codes are
				 made under; NULL: it has none */
	struct span codebook; /* its id, where codes are its own; else empty */
	struct span object_key; /* as the client names it */
};

/*
 * derive_slot_name: hex(HMAC(slot_key, "gatehouse/slot-name/v2" 00
 * len_be32 source_version, plan_digest, codes, len_be32 codebook, len_be32
 * object_key)), NUL-terminated: a file name that tells nothing of what it
 * holds. Without codes there are 32 zeros.
 *
 * Errors   TOO_BIG: a length over 32 bits
 */
MUST_USE struct err derive_slot_name(char out[DERIVE_SLOT_NAME_TEXT + 1],
    const uint8_t slot_key[32], const struct derive_slot *what);

#endif
