#include "gateway/transform/transform_pseudonym.h"

#include <assert.h>

#include "gateway/transform/canon.h"

_Static_assert(sizeof(struct pseudonym_code) <= CELLS_TEXT,
    "a code has room in the scratch memory");
_Static_assert(_Alignof(struct pseudonym_code) == 1,
    "a code may lie anywhere in the scratch memory");

void
transform_pseudonym(struct cells *cells, enum column_kind kind,
    const struct hmac_key *key, uint32_t epoch)
{
	struct span values[BATCH_MAX_ROWS];
	uint16_t rows[BATCH_MAX_ROWS];
	struct pseudonym_code *codes;
	size_t num = 0;

	assert(cells->num <= BATCH_MAX_ROWS);
	for (size_t i = 0; i < cells->num; i++) {
		if (canon_value(cells, kind, cells->in[i], &values[num]))
			rows[num++] = (uint16_t)i;
		else
			cells->fit[i] = FIT_NOT_IDENTIFIER;
	}
	codes = (void *)cells_take(cells, num * sizeof(*codes));
	pseudonym_column(key, epoch, values, num, codes);
	for (size_t k = 0; k < num; k++)
		cells->out[rows[k]] = span_of(codes[k].text, codes[k].len);
}
