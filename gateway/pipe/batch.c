#include "gateway/pipe/batch.h"

#include <assert.h>
#include <stdlib.h>

struct err
batch_init(struct batch *batch, uint32_t num_columns)
{
	struct span *cells;

	if (num_columns > CSV_MAX_FIELDS)
		return ERR(TOO_BIG, "a batch of so many columns");
	/* A batch of no columns still counts rows. */
	cells = calloc((size_t)num_columns * BATCH_STRIDE + 1, sizeof(*cells));
	if (cells == NULL)
		return ERR(NO_MEMORY, "no memory for a batch");
	*batch = (struct batch){.cells = cells, .num_columns = num_columns};
	return OK;
}

void
batch_done(struct batch *batch)
{
	free(batch->cells);
	free(batch->lists.cells);
	free(batch->lists.next);
	free(batch->lists.rows);
	free(batch->lists.first);
	free(batch->lists.last);
	free(batch->lists.is_list);
	*batch = (struct batch){0};
}

struct err
batch_init_lists(struct batch *batch, uint32_t max_cells)
{
	struct batch_lists *lists = &batch->lists;
	size_t num = batch->num_columns + 1ul;

	if (max_cells == 0)
		return OK;
	lists->cells = calloc(max_cells, sizeof(*lists->cells));
	lists->next = calloc(max_cells, sizeof(*lists->next));
	lists->rows = calloc(max_cells, sizeof(*lists->rows));
	lists->first = calloc(num, sizeof(*lists->first));
	lists->last = calloc(num, sizeof(*lists->last));
	lists->is_list = calloc(num, sizeof(*lists->is_list));
	/* What was taken is freed by batch_done. */
	if (lists->cells == NULL || lists->next == NULL ||
	    lists->rows == NULL || lists->first == NULL ||
	    lists->last == NULL || lists->is_list == NULL)
		return ERR(NO_MEMORY, "no memory for a batch");
	lists->max_cells = max_cells;
	batch_empty(batch);
	return OK;
}

void
batch_empty(struct batch *batch)
{
	struct batch_lists *lists = &batch->lists;

	batch->num_rows = 0;
	if (lists->max_cells == 0)
		return;
	lists->num_cells = 0;
	for (uint32_t i = 0; i < batch->num_columns; i++)
		lists->first[i] = lists->last[i] = BATCH_NO_CELL;
}

bool
batch_is_list(const struct batch *batch, uint32_t column)
{
	return batch->lists.max_cells > 0 && batch->lists.is_list[column];
}

uint32_t
batch_add(struct batch *batch, uint32_t column, struct span cell)
{
	struct batch_lists *lists = &batch->lists;
	uint32_t index = lists->num_cells++;

	assert(index < lists->max_cells && column < batch->num_columns);
	lists->cells[index] = cell;
	lists->rows[index] = (uint16_t)batch->num_rows;
	lists->next[index] = BATCH_NO_CELL;
	if (lists->last[column] == BATCH_NO_CELL)
		lists->first[column] = index;
	else
		lists->next[lists->last[column]] = index;
	lists->last[column] = index;
	return index;
}

static const uint8_t misfit;

struct span
batch_misfit(void)
{
	return span_of(&misfit, 0);
}

bool
batch_is_misfit(struct span cell)
{
	return cell.data == &misfit;
}

struct span *
batch_column(const struct batch *batch, uint32_t column)
{
	assert(column < batch->num_columns);
	return batch->cells + (size_t)column * BATCH_STRIDE;
}
