#include "gateway/record/csv_encode.h"

#include <string.h>

#include "gateway/record/csv_line.h"

static inline bool
is_special(uint8_t c, struct csv_special special)
{
	return c == special.delimiter || c == special.quote || c == '\r' ||
	    c == '\n';
}

static bool
needs_quotes(struct span cell, struct csv_special special)
{
	for (size_t i = 0; i < cell.len; i++)
		if (is_special(cell.data[i], special))
			return true;
	return false;
}

static uint8_t *
copy(uint8_t *to, struct span cell)
{
	if (cell.len > 0)
		memcpy(to, cell.data, cell.len);
	return to + cell.len;
}

static uint8_t *
copy_quoted(uint8_t *to, struct span cell)
{
	*to++ = '"';
	for (size_t i = 0; i < cell.len; i++) {
		if (cell.data[i] == '"')
			*to++ = '"';
		*to++ = cell.data[i];
	}
	*to++ = '"';
	return to;
}

/* Field by field: at least one of them needs quotes, or a second look. */
static struct err
put_quoted(struct buf *out, const struct csv_fields *fields,
    struct csv_special special, bool quoted)
{
	uint8_t *to = out->data + out->len;

	for (uint32_t i = 0; i < fields->num; i++) {
		struct span cell = fields->items[i * fields->stride];

		if (needs_quotes(cell, special)) {
			if (!quoted)
				return ERR(MALFORMED,
				    "csv: a value cannot stand without quotes");
			to = copy_quoted(to, cell);
		} else if (fields->num == 1 && cell.len == 0 && quoted) {
			to = copy_quoted(to, cell);
		} else {
			to = copy(to, cell);
		}
		*to++ = i + 1 < fields->num ? special.delimiter : '\n';
	}
	out->len = (size_t)(to - out->data);
	return OK;
}

static struct err
put_record(struct buf *out, const struct file_format *dialect,
    const struct csv_fields *fields)
{
	const bool quoted = !dialect->unquoted;
	const struct csv_special special = {
	    dialect->delimiter, quoted ? '"' : dialect->delimiter};
	size_t most = 0;

	if (fields->num == 0)
		return OK;
	/* Reserve the worst, so that the loops have no branch for room. */
	for (uint32_t i = 0; i < fields->num; i++)
		most += 2 * fields->items[i * fields->stride].len + 3;
	TRY(buf_reserve(out, most + CSV_LINE_SLACK));
	uint8_t *from = out->data + out->len;
	bool plain;
	size_t len = (size_t)(csv_line(from, fields, special, &plain) - from);
	/* An only field that is empty would be no record. */
	if (len == 1 || !plain)
		return put_quoted(out, fields, special, quoted);
	out->len += len;
	return OK;
}

struct err
csv_encode_record(struct buf *out, const struct file_format *dialect,
    const struct span *fields, uint32_t num)
{
	const struct csv_fields all = {fields, num, 1};

	return put_record(out, dialect, &all);
}

struct err
csv_encode_rows(struct buf *out, const struct file_format *dialect,
    const struct batch *batch, const uint8_t *left_out)
{
	for (uint32_t row = 0; row < batch->num_rows; row++)
		if (left_out[row] == 0)
			TRY(put_record(out, dialect,
			    &(struct csv_fields){batch->cells + row,
				batch->num_columns, BATCH_STRIDE}));
	return OK;
}

size_t
csv_encode_max(uint32_t num_columns, size_t len)
{
	return 2 * len + (size_t)num_columns * BATCH_MAX_ROWS * 3 +
	    CSV_LINE_SLACK;
}
