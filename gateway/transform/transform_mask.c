#include "gateway/transform/transform_mask.h"

#include <string.h>

#include "gateway/transform/cell_text.h"

static const char stars[] = "****";

enum {
	NUM_STARS = sizeof(stars) - 1
};

static struct span
mask(struct cells *cells, struct span in, size_t head, size_t tail)
{
	uint8_t *to = cells_take(cells, head + NUM_STARS + tail);

	if (head > 0)
		memcpy(to, in.data, head);
	memcpy(to + head, stars, NUM_STARS);
	if (tail > 0)
		memcpy(to + head + NUM_STARS, in.data + in.len - tail, tail);
	return span_of(to, head + NUM_STARS + tail);
}

void
transform_mask(struct cells *cells, uint32_t first, uint32_t last)
{
	for (size_t i = 0; i < cells->num; i++) {
		struct span in = span_trim(cells->in[i]);
		size_t num, head = 0, tail = 0;

		if (!cell_text_count(in, &num)) {
			cells->fit[i] = FIT_NOT_TEXT;
			continue;
		}
		if (num >= (size_t)first + last + NUM_STARS) {
			head = cell_text_offset(in, first);
			tail = in.len - cell_text_offset(in, num - last);
		}
		cells->out[i] = mask(cells, in, head, tail);
	}
}
