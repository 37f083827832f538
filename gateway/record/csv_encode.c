#include "gateway/record/csv_encode.h"

#include <string.h>

static bool
needs_quotes(struct span cell)
{
	static const bool special[256] = {
	    [','] = true, ['"'] = true, ['\r'] = true, ['\n'] = true};
	uint8_t any = 0;

	for (size_t i = 0; i < cell.len; i++)
		any |= special[cell.data[i]];
	return any != 0;
}

/* One field and the byte after it. */
static struct err
put_field(struct buf *out, struct span cell, bool quoted, uint8_t after)
{
	uint8_t *to;

	/* Reserve the worst, so that the loop has no branch for room. */
	TRY(buf_reserve(out, 2 * cell.len + 3));
	to = out->data + out->len;
	if (!quoted) {
		if (cell.len > 0)
			memcpy(to, cell.data, cell.len);
		to += cell.len;
	} else {
		*to++ = '"';
		for (size_t i = 0; i < cell.len; i++) {
			if (cell.data[i] == '"')
				*to++ = '"';
			*to++ = cell.data[i];
		}
		*to++ = '"';
	}
	*to++ = after;
	out->len = (size_t)(to - out->data);
	return OK;
}

/* Field i lies at fields[i * stride]: a record, or a row of a batch. */
static struct err
put_record(
    struct buf *out, const struct span *fields, uint32_t num, size_t stride)
{
	for (uint32_t i = 0; i < num; i++) {
		struct span cell = fields[i * stride];
		bool quoted = needs_quotes(cell) || (num == 1 && cell.len == 0);

		TRY(put_field(out, cell, quoted, i + 1 < num ? ',' : '\n'));
	}
	return OK;
}

struct err
csv_encode_record(struct buf *out, const struct span *fields, uint32_t num)
{
	return put_record(out, fields, num, 1);
}

struct err
csv_encode_rows(
    struct buf *out, const struct batch *batch, const uint8_t *left_out)
{
	for (uint32_t row = 0; row < batch->num_rows; row++)
		if (left_out[row] == 0)
			TRY(put_record(out, batch->cells + row,
			    batch->num_columns, BATCH_MAX_ROWS));
	return OK;
}

size_t
csv_encode_max(uint32_t num_columns, size_t len)
{
	return 2 * len + (size_t)num_columns * BATCH_MAX_ROWS * 3;
}
