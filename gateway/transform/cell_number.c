#include "gateway/transform/cell_number.h"

enum {
	MAX_DIGITS = 18,
	MAX_SCALE = 18,
	MAX_EXPONENT = 100,
};

/* One more than what 18 digits hold. */
#define MOST INT64_C(1000000000000000000)

/* 18 digits times 10^18 fit, and twice that and as much again. */
__extension__ typedef __int128 wide;

static wide
scaled(struct decimal a, unsigned scale)
{
	wide value = a.value;

	for (unsigned i = a.scale; i < scale; i++)
		value *= 10;
	return value;
}

/* What stands behind `e`: a sign perhaps, and digits. */
static bool
parse_exponent(struct span in, int *out)
{
	bool negative = in.len > 0 && in.data[0] == '-';
	size_t i = in.len > 0 && (negative || in.data[0] == '+') ? 1 : 0;
	int value = 0;

	if (i == in.len)
		return false;
	for (; i < in.len; i++) {
		if (in.data[i] < '0' || in.data[i] > '9')
			return false;
		value = value * 10 + (in.data[i] - '0');
		if (value > MAX_EXPONENT)
			return false;
	}
	*out = negative ? -value : value;
	return true;
}

/* value / 10^scale with a scale that there is: zeros go, or come. */
static bool
fit_scale(int64_t value, int scale, struct decimal *out)
{
	while (scale > MAX_SCALE && value % 10 == 0) {
		value /= 10;
		scale--;
	}
	for (; scale < 0 && value != 0; scale++) {
		if (value >= MOST / 10 || value <= -MOST / 10)
			return false;
		value *= 10;
	}
	if (value == 0 && scale < 0)
		scale = 0;
	if (scale > MAX_SCALE)
		return false;
	*out = (struct decimal){.value = value, .scale = (uint8_t)scale};
	return true;
}

bool
cell_number_parse(struct span text, struct decimal *out)
{
	struct span in = span_trim(text);
	int64_t value = 0;
	unsigned digits = 0, scale = 0, num = 0;
	int exponent = 0;
	bool negative = in.len > 0 && in.data[0] == '-', point = false;
	size_t i = in.len > 0 && (negative || in.data[0] == '+') ? 1 : 0;

	for (; i < in.len; i++) {
		uint8_t c = in.data[i];

		if (c == '.' && !point && num > 0) {
			point = true;
			num = 0;
			continue;
		}
		if ((c == 'e' || c == 'E') && num > 0 &&
		    parse_exponent(span_sub(in, i + 1, in.len), &exponent))
			break;
		if (c < '0' || c > '9')
			return false;
		num++;
		digits += value != 0 || c != '0';
		scale += point;
		if (digits > MAX_DIGITS || scale > MAX_SCALE)
			return false;
		value = value * 10 + (c - '0');
	}
	/* A digit before the point, and one after it if there is one. */
	if (num == 0)
		return false;
	return fit_scale(negative ? -value : value, (int)scale - exponent, out);
}

int
cell_number_compare(struct decimal a, struct decimal b)
{
	unsigned scale = a.scale > b.scale ? a.scale : b.scale;
	wide x = scaled(a, scale), y = scaled(b, scale);

	return (x > y) - (x < y);
}

/* Nearly all are of 64 bits, for which the machine has an instruction. */
static wide
divide(wide a, wide b)
{
	return a <= INT64_MAX && b <= INT64_MAX ? (int64_t)a / (int64_t)b
						: a / b;
}

/* steps * step, if that is a number of 64 bits. */
static bool
times(wide steps, struct decimal step, struct decimal *out)
{
	wide value = steps * step.value;

	if (value > INT64_MAX || value < -(wide)INT64_MAX)
		return false;
	*out = (struct decimal){.value = (int64_t)value, .scale = step.scale};
	return true;
}

bool
cell_number_floor(struct decimal a, struct decimal step, struct decimal *out)
{
	unsigned scale = a.scale > step.scale ? a.scale : step.scale;
	wide x = scaled(a, scale), y = scaled(step, scale);

	/* C divides towards zero. */
	return times(x / y - (x % y < 0), step, out);
}

bool
cell_number_round(struct decimal a, struct decimal step, struct decimal *out)
{
	unsigned scale = a.scale > step.scale ? a.scale : step.scale;
	wide x = scaled(a, scale), y = scaled(step, scale), size, steps;

	size = x < 0 ? -x : x;
	steps = divide(2 * size + y, 2 * y);
	return times(x < 0 ? -steps : steps, step, out);
}

size_t
cell_number_format(struct decimal a, char out[CELL_NUMBER_TEXT])
{
	char digits[CELL_NUMBER_TEXT];
	uint64_t left = a.value < 0 ? -(uint64_t)a.value : (uint64_t)a.value;
	size_t num = 0, len = 0;

	/* From the last digit on; one at least before the point. */
	while (left > 0 || num <= a.scale) {
		digits[num++] = (char)('0' + left % 10);
		left /= 10;
	}
	if (a.value < 0)
		out[len++] = '-';
	while (num > 0) {
		if (num == a.scale)
			out[len++] = '.';
		out[len++] = digits[--num];
	}
	return len;
}
