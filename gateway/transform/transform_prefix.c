#include "gateway/transform/transform_prefix.h"

#include "gateway/transform/cell_text.h"

void
transform_prefix(struct cells *cells, uint32_t len)
{
	for (size_t i = 0; i < cells->num; i++) {
		struct span in = span_trim(cells->in[i]);
		size_t num;

		/* The whole cell is checked: a cut must not hide rubbish. */
		if (!cell_text_count(in, &num))
			cells->fit[i] = FIT_NOT_TEXT;
		else
			cells->out[i] =
			    span_sub(in, 0, cell_text_offset(in, len));
	}
}
