#include "gateway/transform/transform_age.h"

#include "gateway/transform/cell_number.h"

void
transform_age(struct cells *cells)
{
	const struct decimal one = {1, 0}, ninety = {90, 0}, zero = {0, 0};
	char text[CELL_NUMBER_TEXT];

	for (size_t i = 0; i < cells->num; i++) {
		struct decimal age;

		if (!cell_number_parse(cells->in[i], &age))
			cells->fit[i] = FIT_NOT_A_NUMBER;
		else if (cell_number_compare(age, zero) < 0)
			cells->fit[i] = FIT_NOT_AN_AGE;
		else if (cell_number_compare(age, ninety) >= 0)
			cells->out[i] = span_str("90+");
		else if (!cell_number_floor(age, one, &age))
			cells->fit[i] = FIT_NOT_A_NUMBER;
		else
			cells->out[i] = cells_put(
			    cells, text, cell_number_format(age, text));
	}
}
