#include "gateway/transform/cells.h"

#include <assert.h>
#include <string.h>

uint8_t *
cells_take(struct cells *cells, size_t len)
{
	uint8_t *taken = cells->scratch + cells->scratch_used;

	/* Not of the input's making: see CELLS_TEXT. */
	assert(len <= cells->scratch_len - cells->scratch_used);
	cells->scratch_used += len;
	return taken;
}

struct span
cells_put(struct cells *cells, const void *data, size_t len)
{
	uint8_t *to = cells_take(cells, len);

	if (len > 0)
		memcpy(to, data, len);
	return span_of(to, len);
}

const char *
cells_fit_name(enum fit fit)
{
	switch (fit) {
	case FIT_VALUE:
		return "fits";
	case FIT_NOT_A_DATE:
		return "not a date";
	case FIT_NOT_A_NUMBER:
		return "not a number";
	case FIT_NOT_AN_AGE:
		return "not an age";
	case FIT_NOT_A_ZIP:
		return "not a ZIP code";
	case FIT_NOT_A_FLAG:
		return "not a flag";
	case FIT_NOT_IDENTIFIER:
		return "not an identifier of its kind";
	case FIT_NOT_TEXT:
		return "not UTF-8";
	case FIT_NOT_LISTED:
		return "not in the list of values";
	case FIT_NOT_MAPPED:
		return "not in the group table";
	case FIT_NO_SHAPE:
		return "too short or too long to keep its shape";
	case FIT_CHECK_DIGIT:
		return "check digits that do not hold";
	case FIT_NO_SUBJECT:
		return "without a subject to move it by";
	case FIT_NESTED:
		return "nested otherwise than declared";
	case NUM_FITS:
		break;
	}
	return "unknown";
}
