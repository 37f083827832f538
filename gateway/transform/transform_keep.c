#include "gateway/transform/transform_keep.h"

#include "gateway/transform/cell_date.h"

/* Any length: it is only shown, not reckoned with. */
static bool
is_number(struct span text)
{
	struct span in = span_trim(text);
	size_t i = in.len > 0 && (in.data[0] == '-' || in.data[0] == '+');
	size_t num = 0;
	bool point = false, exponent = false;

	for (; i < in.len; i++) {
		if (in.data[i] == '.' && !point && !exponent && num > 0) {
			point = true;
			num = 0;
		} else if ((in.data[i] == 'e' || in.data[i] == 'E') &&
		    !exponent && num > 0) {
			exponent = true;
			num = 0;
			if (i + 1 < in.len &&
			    (in.data[i + 1] == '-' || in.data[i + 1] == '+'))
				i++;
		} else if (in.data[i] >= '0' && in.data[i] <= '9') {
			num++;
		} else {
			return false;
		}
	}
	return num > 0;
}

static bool
is_flag(struct span text)
{
	static const char *const flags[] = {
	    "yes", "no", "y", "n", "true", "false", "t", "f", "1", "0"};
	struct span in = span_trim(text);

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (span_equal_fold(in, span_str(flags[i])))
			return true;
	return false;
}

static enum fit
fit_of(enum column_kind kind, struct span text)
{
	struct cell_date date;

	if (kind == KIND_DATE || kind == KIND_DATETIME)
		return cell_date_parse(text, &date) ? FIT_VALUE
						    : FIT_NOT_A_DATE;
	if (kind == KIND_AGE || kind == KIND_INTERVAL || kind == KIND_AMOUNT ||
	    kind == KIND_NUMBER)
		return is_number(text) ? FIT_VALUE : FIT_NOT_A_NUMBER;
	if (kind == KIND_FLAG)
		return is_flag(text) ? FIT_VALUE : FIT_NOT_A_FLAG;
	return FIT_VALUE;
}

void
transform_keep(struct cells *cells, enum column_kind kind)
{
	for (size_t i = 0; i < cells->num; i++) {
		cells->out[i] = cells->in[i];
		cells->fit[i] = (uint8_t)fit_of(kind, cells->in[i]);
	}
}
