#include "gateway/transform/transform_date.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "gateway/transform/cell_date.h"

enum {
	YEAR_LEN = 4,  /* YYYY */
	MONTH_LEN = 7, /* YYYY-MM */
};

/* Of a date that was parsed, and so has YYYY-MM in front. */
static struct span
coarsen(struct cells *cells, struct span text, const struct cell_date *date,
    enum protection_op op)
{
	uint8_t made[MONTH_LEN] = "0000-Q1"; /* or 0000s */

	if (op == PROTECT_YEAR)
		return span_sub(text, 0, YEAR_LEN);
	if (op == PROTECT_MONTH)
		return span_sub(text, 0, MONTH_LEN);
	memcpy(made, text.data, YEAR_LEN);
	if (op == PROTECT_QUARTER) {
		made[6] = (uint8_t)('1' + (date->month - 1) / 3);
		return cells_put(cells, made, MONTH_LEN);
	}
	made[YEAR_LEN - 1] = '0';
	made[YEAR_LEN] = 's';
	return cells_put(cells, made, YEAR_LEN + 1);
}

void
transform_date(struct cells *cells, enum protection_op op, uint16_t as_of)
{
	const int eldest_year = as_of > 90 ? as_of - 90 : 0;
	struct span eldest = {0};
	char text[16];

	assert(op == PROTECT_DECADE || op == PROTECT_YEAR ||
	    op == PROTECT_QUARTER || op == PROTECT_MONTH);
	for (size_t i = 0; i < cells->num; i++) {
		struct span in = span_trim(cells->in[i]);
		struct cell_date date;

		if (!cell_date_parse(in, &date)) {
			cells->fit[i] = FIT_NOT_A_DATE;
		} else if (date.year > eldest_year) {
			cells->out[i] = coarsen(cells, in, &date, op);
		} else {
			if (eldest.len == 0)
				eldest = cells_put(cells, text,
				    (size_t)snprintf(text, sizeof(text),
					"<=%04d", eldest_year));
			cells->out[i] = eldest;
		}
	}
}
