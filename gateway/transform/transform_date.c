#include "gateway/transform/transform_date.h"

#include <assert.h>

#include "gateway/transform/cell_date.h"

/* Four digits, then what the step says. */
static size_t
format(const struct cell_date *date, enum protection_op op, char out[8])
{
	static const int tens[] = {1000, 100, 10, 1};

	for (int i = 0; i < 4; i++)
		out[i] = (char)('0' + date->year / tens[i] % 10);
	if (op == PROTECT_DECADE) {
		out[3] = '0';
		out[4] = 's';
		return 5;
	}
	if (op == PROTECT_YEAR)
		return 4;
	out[4] = '-';
	if (op == PROTECT_QUARTER) {
		out[5] = 'Q';
		out[6] = (char)('1' + (date->month - 1) / 3);
	} else {
		out[5] = (char)('0' + date->month / 10);
		out[6] = (char)('0' + date->month % 10);
	}
	return 7;
}

void
transform_date(struct cells *cells, enum protection_op op, uint16_t as_of)
{
	const struct cell_date eldest = {as_of > 90 ? as_of - 90 : 0, 1, 1};
	char text[10] = "<=";

	assert(op == PROTECT_DECADE || op == PROTECT_YEAR ||
	    op == PROTECT_QUARTER || op == PROTECT_MONTH);
	for (size_t i = 0; i < cells->num; i++) {
		struct cell_date date;

		if (!cell_date_parse(cells->in[i], &date)) {
			cells->fit[i] = FIT_NOT_A_DATE;
		} else if (date.year <= eldest.year) {
			size_t len = format(&eldest, PROTECT_YEAR, text + 2);

			cells->out[i] = cells_put(cells, text, 2 + len);
		} else {
			size_t len = format(&date, op, text + 2);

			cells->out[i] = cells_put(cells, text + 2, len);
		}
	}
}
