#ifndef GATEHOUSE_SLOT_VIEW_H
#define GATEHOUSE_SLOT_VIEW_H

#include "gateway/keeper/slot_fill.h"
#include "gateway/keeper/slot_recipients.h"

/* slot_view: a slot as clients see it. */

/* slot_view_len: bytes of the object; the slot is ready. */
uint64_t slot_view_len(const struct slot *slot);

/* slot_view_recipients: those who may have its file key now.
 * Errors: as slot_recipients_of. */
MUST_USE struct err slot_view_recipients(
    const struct slot *slot, struct slot_recipients *out);

/* slot_view_etag: with its quotes. Errors: as derive_etag. */
MUST_USE struct err slot_view_etag(struct slot *slot, char out[37]);

#endif
