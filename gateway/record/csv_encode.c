#include "gateway/record/csv_encode.h"

#include <string.h>

#include "gateway/record/csv_mask.h"

/* What a field cannot hold without quotes, if the dialect has them. */
struct special {
	uint8_t delimiter;
	uint8_t quote; /* the delimiter, where a quote means nothing */
};

static inline bool
is_special(uint8_t c, struct special special)
{
	return c == special.delimiter || c == special.quote || c == '\r' ||
	    c == '\n';
}

static bool
needs_quotes(struct span cell, struct special special)
{
	for (size_t i = 0; i < cell.len; i++)
		if (is_special(cell.data[i], special))
			return true;
	return false;
}

/* memcpy, without the call where cells are as short as most are. */
static inline uint8_t *
copy(uint8_t *to, struct span cell)
{
	if (cell.len > 16) {
		memcpy(to, cell.data, cell.len);
	} else if (cell.len >= 8) {
		memcpy(to, cell.data, 8);
		memcpy(to + cell.len - 8, cell.data + cell.len - 8, 8);
	} else if (cell.len >= 4) {
		memcpy(to, cell.data, 4);
		memcpy(to + cell.len - 4, cell.data + cell.len - 4, 4);
	} else {
		for (size_t i = 0; i < cell.len; i++)
			to[i] = cell.data[i];
	}
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

/* Field i lies at items[i * stride]: a record, or a row of a batch. */
struct fields {
	const struct span *items;
	uint32_t num;
	size_t stride;
};

/* How many bytes of a text stop a field; NULs count too. */
static size_t
count_stops(const uint8_t *text, size_t len, struct special special)
{
	uint8_t rest[CSV_MASK_BLOCK];
	size_t num = 0;

	for (; len >= CSV_MASK_BLOCK; len -= CSV_MASK_BLOCK) {
		num += (size_t)__builtin_popcountll(
		    csv_mask(text, special.delimiter, special.quote));
		text += CSV_MASK_BLOCK;
	}
	memset(rest, 'x', sizeof(rest));
	memcpy(rest, text, len);
	return num +
	    (size_t)__builtin_popcountll(
		csv_mask(rest, special.delimiter, special.quote));
}

/*
 * As if no field needed quotes. Most records are so, and to count what stands
 * in the whole of it takes less than to look into each field.
 */
static uint8_t *
put_plain(uint8_t *to, const struct fields *fields, struct special special)
{
	for (uint32_t i = 0; i < fields->num; i++) {
		to = copy(to, fields->items[i * fields->stride]);
		*to++ = special.delimiter;
	}
	to[-1] = '\n';
	return to;
}

/* Field by field: at least one of them needs quotes, or a second look. */
static struct err
put_quoted(struct buf *out, const struct fields *fields, struct special special,
    bool quoted)
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
    const struct fields *fields)
{
	const bool quoted = !dialect->unquoted;
	const struct special special = {
	    dialect->delimiter, quoted ? '"' : dialect->delimiter};
	size_t most = 0;

	if (fields->num == 0)
		return OK;
	/* Reserve the worst, so that the loops have no branch for room. */
	for (uint32_t i = 0; i < fields->num; i++)
		most += 2 * fields->items[i * fields->stride].len + 3;
	TRY(buf_reserve(out, most));
	uint8_t *from = out->data + out->len;
	size_t len = (size_t)(put_plain(from, fields, special) - from);
	/* An only field that is empty would be no record. */
	if (len == 1 || count_stops(from, len, special) != fields->num)
		return put_quoted(out, fields, special, quoted);
	out->len += len;
	return OK;
}

struct err
csv_encode_record(struct buf *out, const struct file_format *dialect,
    const struct span *fields, uint32_t num)
{
	const struct fields all = {fields, num, 1};

	return put_record(out, dialect, &all);
}

struct err
csv_encode_rows(struct buf *out, const struct file_format *dialect,
    const struct batch *batch, const uint8_t *left_out)
{
	for (uint32_t row = 0; row < batch->num_rows; row++)
		if (left_out[row] == 0)
			TRY(put_record(out, dialect,
			    &(struct fields){batch->cells + row,
				batch->num_columns, BATCH_STRIDE}));
	return OK;
}

size_t
csv_encode_max(uint32_t num_columns, size_t len)
{
	return 2 * len + (size_t)num_columns * BATCH_MAX_ROWS * 3;
}
