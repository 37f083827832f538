#ifndef GATEHOUSE_STORE_ENTRY_H
#define GATEHOUSE_STORE_ENTRY_H

#include "crypto/aead.h"
#include "gateway/store/store.h"

/*
 * store_entry: what an entry says: who its subject is, its index and its code,
 * and the value, sealed under the subject's key together with the other three:
 * an entry of which any is changed does not open.
 */
enum {
	STORE_ENTRY_MAX = STORE_MAX_SEALED + AEAD_OVERHEAD
};

struct store_entry {
	uint8_t index[STORE_INDEX];
	uint8_t subject[STORE_SUBJECT];
	uint8_t code[STORE_CODE];
};

/* store_entry_seal: append the sealed value. Errors: as aead_seal. */
MUST_USE struct err store_entry_seal(struct buf *out, const uint8_t key[32],
    const struct store_entry *entry, struct span value);

/* store_entry_open: append the value. Errors: as aead_open. */
MUST_USE struct err store_entry_open(struct buf *out, const uint8_t key[32],
    const struct store_entry *entry, struct span sealed);

#endif
