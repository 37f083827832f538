#include "gateway/transform/transform_cap.h"

#include "gateway/transform/cell_number.h"

void
transform_cap(struct cells *cells, struct decimal low, struct decimal high)
{
	char text[CELL_NUMBER_TEXT];

	for (size_t i = 0; i < cells->num; i++) {
		struct decimal number;

		if (!cell_number_parse(cells->in[i], &number)) {
			cells->fit[i] = FIT_NOT_A_NUMBER;
			continue;
		}
		if (cell_number_compare(number, low) < 0)
			number = low;
		else if (cell_number_compare(number, high) > 0)
			number = high;
		cells->out[i] =
		    cells_put(cells, text, cell_number_format(number, text));
	}
}
