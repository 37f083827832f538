#include "gateway/transform/transform_keep.h"

#include "gateway/transform/cell_date.h"

static size_t
skip_digits(struct span in, size_t at)
{
	while (at < in.len && in.data[at] >= '0' && in.data[at] <= '9')
		at++;
	return at;
}

static size_t
skip_sign(struct span in, size_t at)
{
	return at + (at < in.len && (in.data[at] == '-' || in.data[at] == '+'));
}

/* Any length: it is only shown, not reckoned with. */
static bool
is_number(struct span text)
{
	struct span in = span_trim(text);
	size_t from = skip_sign(in, 0), at = skip_digits(in, from);

	if (at == from)
		return false;
	if (at < in.len && in.data[at] == '.') {
		from = at + 1;
		at = skip_digits(in, from);
		if (at == from)
			return false;
	}
	if (at < in.len && (in.data[at] == 'e' || in.data[at] == 'E')) {
		from = skip_sign(in, at + 1);
		at = skip_digits(in, from);
		if (at == from)
			return false;
	}
	return at == in.len;
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

static bool
is_date(struct span text)
{
	struct cell_date date;

	return cell_date_parse(text, &date);
}

static inline void
check(struct cells *cells, bool (*is_one)(struct span text), enum fit otherwise)
{
	for (size_t i = 0; i < cells->num; i++)
		if (!is_one(cells->in[i]))
			cells->fit[i] = (uint8_t)otherwise;
}

void
transform_keep(struct cells *cells, enum column_kind kind)
{
	for (size_t i = 0; i < cells->num; i++)
		cells->out[i] = cells->in[i];
	if (kind == KIND_DATE || kind == KIND_DATETIME)
		check(cells, is_date, FIT_NOT_A_DATE);
	else if (kind == KIND_AGE || kind == KIND_INTERVAL ||
	    kind == KIND_AMOUNT || kind == KIND_NUMBER)
		check(cells, is_number, FIT_NOT_A_NUMBER);
	else if (kind == KIND_FLAG)
		check(cells, is_flag, FIT_NOT_A_FLAG);
}
