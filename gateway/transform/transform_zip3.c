#include "gateway/transform/transform_zip3.h"

#include "gateway/transform/zip3_table.h"

static bool
is_zip(struct span in)
{
	if (in.len != 5 && in.len != 9 && in.len != 10)
		return false;
	for (size_t i = 0; i < in.len; i++) {
		if (in.len == 10 && i == 5) {
			if (in.data[i] != '-')
				return false;
		} else if (in.data[i] < '0' || in.data[i] > '9') {
			return false;
		}
	}
	return true;
}

void
transform_zip3(struct cells *cells)
{
	for (size_t i = 0; i < cells->num; i++) {
		struct span in = span_trim(cells->in[i]);
		unsigned prefix;

		if (!is_zip(in)) {
			cells->fit[i] = FIT_NOT_A_ZIP;
			continue;
		}
		prefix = (in.data[0] - '0') * 100u + (in.data[1] - '0') * 10u +
		    (in.data[2] - '0') * 1u;
		if ((zip3_table[prefix / 8] >> prefix % 8 & 1) != 0)
			cells->out[i] = span_sub(in, 0, 3);
		else
			cells->out[i] = span_str("000");
	}
}
