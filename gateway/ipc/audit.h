#ifndef GATEHOUSE_AUDIT_H
#define GATEHOUSE_AUDIT_H

#include "gateway/ipc/channel.h"

/*
 * audit: the seam between keeper (client) and auditor (server). The frame's id
 * is the keeper's; it comes back with the receipt.
 *
 *   keeper   AUDIT_APPEND   body: one record, canonical JSON as the ledger
 *                           takes it; the auditor reads kind, request and
 *                           ceiling from it
 *   auditor  AUDIT_RECEIPT  u64 index: it is on the disk
 *   auditor  AUDIT_REFUSED  u8 audit_refusal: it is not, and will not be
 *
 * A receipt is sent only after the sync that covers it has returned.
 */
enum audit_type {
	AUDIT_APPEND = 1,
	AUDIT_RECEIPT = 2,
	AUDIT_REFUSED = 3
};

enum audit_refusal {
	AUDIT_FULL = 1, /* no room; try again later */
	AUDIT_WRONG,	/* not a record, or a completion of nothing */
	NUM_AUDIT_REFUSALS,
};

/* Server: send the answers. Errors: as channel_send. */
MUST_USE struct err audit_send_receipt(
    struct channel *channel, uint64_t id, uint64_t index);
MUST_USE struct err audit_send_refused(
    struct channel *channel, uint64_t id, enum audit_refusal why);

/* Client: read the answers. Errors: TRUNCATED, MALFORMED. */
MUST_USE struct err audit_read_receipt(struct span body, uint64_t *out_index);
MUST_USE struct err audit_read_refused(
    struct span body, enum audit_refusal *out_why);

#endif
