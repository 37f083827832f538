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
	cells =
	    calloc((size_t)num_columns * BATCH_MAX_ROWS + 1, sizeof(*cells));
	if (cells == NULL)
		return ERR(NO_MEMORY, "no memory for a batch");
	*batch = (struct batch){.cells = cells, .num_columns = num_columns};
	return OK;
}

void
batch_done(struct batch *batch)
{
	free(batch->cells);
	*batch = (struct batch){0};
}

struct span *
batch_column(const struct batch *batch, uint32_t column)
{
	assert(column < batch->num_columns);
	return batch->cells + (size_t)column * BATCH_MAX_ROWS;
}
