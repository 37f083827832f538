#include "gateway/transform/transform_band.h"

#include "gateway/transform/cell_number.h"

void
transform_band(struct cells *cells, struct decimal step)
{
	char text[CELL_NUMBER_TEXT];

	for (size_t i = 0; i < cells->num; i++) {
		struct decimal number;

		if (!cell_number_parse(cells->in[i], &number) ||
		    !cell_number_floor(number, step, &number))
			cells->fit[i] = FIT_NOT_A_NUMBER;
		else
			cells->out[i] = cells_put(
			    cells, text, cell_number_format(number, text));
	}
}
