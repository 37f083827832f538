#ifndef GATEHOUSE_SLOT_COUNTS_H
#define GATEHOUSE_SLOT_COUNTS_H

#include "gateway/ipc/fill.h"
#include "gateway/ledger/record.h"

/* slot_counts: the rows of a fill, as the ledger is told of them. The zero
 * value counts none. */
struct slot_counts {
	uint64_t rows_read, rows_released;
	struct fill_reason withheld[FILL_MAX_REASONS];
	uint32_t num_withheld;
	struct buf texts; /* the reasons live here */
};

/* slot_counts_set: copies the reasons. Errors: TOO_BIG, NO_MEMORY. */
MUST_USE struct err slot_counts_set(
    struct slot_counts *counts, const struct fill_done *done);
void slot_counts_done(struct slot_counts *counts); /* accepts zero */

/* slot_counts_put: into a record, which borrows them. */
void slot_counts_put(const struct slot_counts *counts, struct record_rows *out,
    struct record_withheld withheld[FILL_MAX_REASONS]);

#endif
