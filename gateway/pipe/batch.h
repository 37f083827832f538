#ifndef GATEHOUSE_BATCH_H
#define GATEHOUSE_BATCH_H

#include "crypto/memory/span.h"
#include "gateway/base/limits.h"

/*
 * batch: up to BATCH_MAX_ROWS rows, held by column, so that a transform runs
 * down one column. The cells are spans into bytes of somebody else: for a raw
 * batch the decoder's block, which bounds the bytes of a batch too; for a
 * transformed one that block, the plan and the transform's scratch memory.
 *
 * Where one row may hold many values of a column (a path through an array),
 * the column is a list: its cells do not stand in `cells` but in `lists`,
 * chained in the order of the source.
 *
 * A cell with data == NULL is not there: the record has no such member, or
 * null. A misfit is a cell where an object or array stood instead of a value.
 * Both have the length 0.
 */
#define BATCH_NO_CELL UINT32_MAX

struct batch_lists {
	struct span *cells;	/* of all list columns, in the source's order */
	uint32_t *next;		/* of the same column, or BATCH_NO_CELL */
	uint16_t *rows;		/* in which each one stands */
	uint32_t *first, *last; /* per column, or BATCH_NO_CELL */
	bool *is_list;		/* per column */
	uint32_t num_cells, max_cells;
};

struct batch {
	struct span *cells; /* column c, row r: [c * BATCH_STRIDE + r] */
	uint32_t num_columns;
	uint32_t num_rows;
	uint64_t first_record;	  /* the record of row 0; the first is 1 */
	struct batch_lists lists; /* its arrays are NULL where there are none */
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

/*
 * batch_init_lists: room for `max_cells` cells in lists; 0 is nothing to do.
 *
 * batch    after batch_init; no column is a list yet
 * Errors   NO_MEMORY
 */
MUST_USE struct err batch_init_lists(struct batch *batch, uint32_t max_cells);

/* batch_empty: no rows, and no cells in lists. */
void batch_empty(struct batch *batch);

/* batch_is_list: the cells of the column stand in `lists`. */
bool batch_is_list(const struct batch *batch, uint32_t column);

/*
 * batch_add: a cell of a list column in the row at hand, which is num_rows.
 * There is room: lists.num_cells is below lists.max_cells.
 *
 * Returns  its index
 */
uint32_t batch_add(struct batch *batch, uint32_t column, struct span cell);

/* batch_misfit: the cell of a value that is none; batch_is_misfit: it is it. */
struct span batch_misfit(void);
bool batch_is_misfit(struct span cell);

/* batch_column: the cells of one column, one per row. */
struct span *batch_column(const struct batch *batch, uint32_t column);

#endif
