#include "gateway/transform/transform_sealed.h"

#include <assert.h>

#include "gateway/transform/canon.h"

void
transform_sealed(struct cells *cells, enum column_kind kind,
    struct sealed_key *key, uint32_t epoch)
{
	struct span values[BATCH_MAX_ROWS];
	uint16_t rows[BATCH_MAX_ROWS];
	size_t num = 0, len = 0;

	assert(cells->num <= BATCH_MAX_ROWS);
	for (size_t i = 0; i < cells->num; i++) {
		if (canon_value(cells, kind, cells->in[i], &values[num])) {
			len += sealed_room(values[num].len);
			rows[num++] = (uint16_t)i;
		} else {
			cells->fit[i] = FIT_NOT_IDENTIFIER;
		}
	}
	sealed_column(key, epoch, values, num, values, cells_take(cells, len));
	for (size_t k = 0; k < num; k++)
		cells->out[rows[k]] = values[k];
}
