#include "gateway/transform/transform_round.h"

#include "gateway/transform/cell_number.h"

void
transform_round(struct cells *cells, struct decimal step)
{
	char text[CELL_NUMBER_TEXT];

	for (size_t i = 0; i < cells->num; i++) {
		struct decimal number;

		if (!cell_number_parse(cells->in[i], &number) ||
		    !cell_number_round(number, step, &number))
			cells->fit[i] = FIT_NOT_A_NUMBER;
		else
			cells->out[i] = cells_put(
			    cells, text, cell_number_format(number, text));
	}
}
