#ifndef GATEHOUSE_SLOT_META_H
#define GATEHOUSE_SLOT_META_H

#include "gateway/keeper/slot_fill.h"

/*
 * slot_meta: what the keeper has to know of a slot to serve it again after a
 * restart, sealed under a key of its own and bound to the slot's name:
 *
 *     u8 1 | generation[16] | file_key[16] | u64 header_len | u64 plain_len |
 *     sha256[32] | u64 rows_read | u64 rows_released |
 *     u32 n, n × (field reason, u64 rows)
 */
MUST_USE struct err slot_meta_seal(struct buf *out, const struct slot *slot);

/*
 * slot_meta_open: into the slot, which has its name.
 *
 * slot_len  of the file; it has to be what the meta says
 * Errors    CRYPTO: not sealed by us for this slot; MALFORMED, TRUNCATED
 */
MUST_USE struct err slot_meta_open(
    struct slot *slot, struct span meta, uint64_t slot_len);

/* slot_meta_set_counts: copies the reasons. Errors: TOO_BIG, NO_MEMORY. */
MUST_USE struct err slot_meta_set_counts(
    struct slot *slot, const struct fill_done *done);

#endif
