#include "gateway/transform/transform_blank.h"

void
transform_blank(struct cells *cells)
{
	for (size_t i = 0; i < cells->num; i++)
		cells->out[i] = span_of(NULL, 0);
}
