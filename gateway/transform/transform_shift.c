#include "gateway/transform/transform_shift.h"

#include <assert.h>

#include "gateway/transform/cell_date.h"

enum {
	DATE_TEXT = 10 /* YYYY-MM-DD */
};

void
transform_shift_days(const struct hmac_key *key, const struct span *subjects,
    size_t num, int16_t *out_days)
{
	struct span values[BATCH_MAX_ROWS];
	uint16_t rows[BATCH_MAX_ROWS];
	int16_t days[BATCH_MAX_ROWS];
	size_t num_values = 0;

	assert(num <= BATCH_MAX_ROWS);
	for (size_t i = 0; i < num; i++) {
		out_days[i] = 0;
		if (subjects[i].len == 0)
			continue;
		values[num_values] = subjects[i];
		rows[num_values++] = (uint16_t)i;
	}
	if (num_values == 0)
		return;
	shift_column(key, values, num_values, days);
	for (size_t k = 0; k < num_values; k++)
		out_days[rows[k]] = days[k];
}

static void
put_digits(uint8_t *out, int value, unsigned num)
{
	while (num > 0) {
		out[--num] = (uint8_t)('0' + value % 10);
		value /= 10;
	}
}

static enum fit
shift(struct cells *cells, struct span cell, int16_t days, struct span *out)
{
	struct span text = span_trim(cell);
	struct cell_date date;
	uint8_t *to;

	if (!cell_date_parse(text, &date))
		return FIT_NOT_A_DATE;
	if (days == 0)
		return FIT_NO_SUBJECT;
	if (!cell_date_of_days(cell_date_days(&date) + days, &date))
		return FIT_NOT_A_DATE;
	to = cells_take(cells, text.len);
	memcpy(to, text.data, text.len);
	put_digits(to, date.year, 4);
	put_digits(to + 5, date.month, 2);
	put_digits(to + 8, date.day, 2);
	*out = span_of(to, text.len);
	return FIT_VALUE;
}

void
transform_shift(struct cells *cells, const int16_t *days, const uint16_t *rows)
{
	for (size_t i = 0; i < cells->num; i++)
		cells->fit[i] = (uint8_t)shift(cells, cells->in[i],
		    days[rows == NULL ? i : rows[i]], &cells->out[i]);
}
