#include "gateway/transform/transform_group.h"

#include <stdlib.h>

static int
compare(const void *key, const void *row)
{
	return span_compare(
	    *(const struct span *)key, ((const struct group_row *)row)->value);
}

void
transform_group(struct cells *cells, const struct group_table *table)
{
	for (size_t i = 0; i < cells->num; i++) {
		struct span in = span_trim(cells->in[i]);
		const struct group_row *row = table->num_rows == 0
		    ? NULL
		    : bsearch(&in, table->rows, table->num_rows,
			  sizeof(*table->rows), compare);

		if (row == NULL)
			cells->fit[i] = FIT_NOT_MAPPED;
		else
			cells->out[i] = row->group;
	}
}
