#ifndef GATEHOUSE_BATCH_H
#define GATEHOUSE_BATCH_H

#include "crypto/memory/span.h"
#include "gateway/base/limits.h"

/*
 * batch: up to BATCH_MAX_ROWS rows, held by column, so that a transform runs
 * down one column. The cells are spans into bytes of somebody else: for a raw
 * batch the decoder's block, which bounds the bytes of a batch too; for a
 * transformed one that block, the plan and the transform's scratch memory.
 */
struct batch {
	struct span *cells; /* column c, row r: [c * BATCH_MAX_ROWS + r] */
	uint32_t num_columns;
	uint32_t num_rows;
	uint64_t first_record; /* the record of row 0; the header is 1 */
};

/*
 * batch_init: an empty batch. The memory for all rows is taken here, and none
 * later.
 *
 * batch    caller-owned; batch_done
 * Errors   TOO_BIG: over CSV_MAX_FIELDS columns; NO_MEMORY
 */
MUST_USE struct err batch_init(struct batch *batch, uint32_t num_columns);
void batch_done(struct batch *batch); /* accepts the zero value */

/* batch_column: the cells of one column, one per row. */
struct span *batch_column(const struct batch *batch, uint32_t column);

#endif
