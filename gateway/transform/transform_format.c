#include "gateway/transform/transform_format.h"

#include <assert.h>

#include "gateway/transform/canon.h"

void
transform_format(
    struct cells *cells, enum column_kind kind, struct shape_key *key)
{
	struct span values[BATCH_MAX_ROWS];
	uint8_t *outs[BATCH_MAX_ROWS];
	bool exact = false;
	size_t num = 0;

	assert(cells->num <= BATCH_MAX_ROWS);
	for (size_t i = 0; i < cells->num; i++) {
		struct span value;

		if (!canon_shape(kind, cells->in[i], &value, &exact)) {
			cells->fit[i] = FIT_NOT_IDENTIFIER;
		} else if (!shape_checks(key, value)) {
			cells->fit[i] = FIT_CHECK_DIGIT;
		} else if (!shape_fits(key, value)) {
			cells->fit[i] = FIT_NO_SHAPE;
		} else {
			outs[num] = cells_take(cells, value.len);
			cells->out[i] = span_of(outs[num], value.len);
			values[num++] = value;
		}
	}
	shape_encrypt(key, exact ? SHAPE_CASE_COUNTS : SHAPE_CASE_FOLDED,
	    values, outs, num);
}
