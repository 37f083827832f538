#ifndef GATEHOUSE_SLOT_META_H
#define GATEHOUSE_SLOT_META_H

#include "gateway/keeper/slot_fill.h"

/*
 * slot_meta: what the keeper has to know of a slot to serve it again after a
 * restart, sealed under a key of its own and bound to the slot's name:
 *
 *     u8 2 | generation[16] | file_key[16] | u64 header_len | u64 plain_len |
 *     sha256[32] | u64 rows_read | u64 rows_released |
 *     u32 n, n × (field reason, u64 rows) | recipients
 *
 * recipients: slot_recipients.h; a seal names those of now. It is on the disk
 * before any of them is sent a header of this generation.
 */
MUST_USE struct err slot_meta_seal(struct buf *out, const struct slot *slot);

/*
 * slot_meta_remember: have the spool replace a slot's meta by one that names
 * the recipients of now. Its answer comes as PENDING_REMEMBER.
 *
 * Errors   as slot_meta_seal; UNAVAILABLE: the spool is away
 */
MUST_USE struct err slot_meta_remember(struct slot *slot);

/*
 * slot_meta_open: into the slot, which has its name.
 *
 * slot_len     of the file; it has to be what the meta says
 * out_current  whether it names all recipients of now; if not, it has to be
 *              sealed anew before the slot is served
 * Errors       CRYPTO: not sealed by us for this slot; MALFORMED, TRUNCATED;
 *              CHANGED: it names somebody who is no recipient any more, or
 *              is of another version: never serve this generation
 */
MUST_USE struct err slot_meta_open(
    struct slot *slot, struct span meta, uint64_t slot_len, bool *out_current);

#endif
