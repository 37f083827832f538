#include "gateway/record/csv_encode.h"

#include <string.h>

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

static inline uint64_t
load_8(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* Not 0 when one of the eight bytes is `b`. */
static inline uint64_t
has_byte(uint64_t word, uint8_t b)
{
	uint64_t zero = word ^ EACH_BYTE(b);

	return (zero - EACH_BYTE(0x01)) & ~zero & EACH_BYTE(0x80);
}

/* What a field cannot hold without quotes, if the dialect has them. */
struct special {
	uint8_t delimiter;
	uint8_t quote; /* the delimiter, where a quote means nothing */
};

static inline uint64_t
has_special(const uint8_t *bytes, struct special special)
{
	uint64_t word = load_8(bytes);

	return has_byte(word, special.delimiter) |
	    has_byte(word, special.quote) | has_byte(word, '\r') |
	    has_byte(word, '\n');
}

static inline bool
is_special(uint8_t c, struct special special)
{
	return c == special.delimiter || c == special.quote || c == '\r' ||
	    c == '\n';
}

/* Eight bytes at a time; the last eight may overlap those before. */
static inline bool
needs_quotes(struct span cell, struct special special)
{
	uint64_t any = 0;
	size_t i = 0;

	if (cell.len >= 8) {
		for (; i + 8 < cell.len; i += 8)
			any |= has_special(cell.data + i, special);
		any |= has_special(cell.data + cell.len - 8, special);
		return any != 0;
	}
	for (; i < cell.len; i++)
		any |= is_special(cell.data[i], special);
	return any != 0;
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

/* Field i lies at fields[i * stride]: a record, or a row of a batch. */
static struct err
put_record(struct buf *out, const struct file_format *dialect,
    const struct span *fields, uint32_t num, size_t stride)
{
	const bool quoted = !dialect->unquoted;
	const struct special special = {
	    dialect->delimiter, quoted ? '"' : dialect->delimiter};
	size_t most = 0;

	/* Reserve the worst, so that the loop has no branch for room. */
	for (uint32_t i = 0; i < num; i++)
		most += 2 * fields[i * stride].len + 3;
	TRY(buf_reserve(out, most));
	uint8_t *to = out->data + out->len;
	for (uint32_t i = 0; i < num; i++) {
		struct span cell = fields[i * stride];

		if (needs_quotes(cell, special)) {
			if (!quoted)
				return ERR(MALFORMED,
				    "csv: a value cannot stand without quotes");
			to = copy_quoted(to, cell);
		} else if (num == 1 && cell.len == 0 && quoted) {
			to = copy_quoted(to, cell);
		} else {
			to = copy(to, cell);
		}
		*to++ = i + 1 < num ? special.delimiter : '\n';
	}
	out->len = (size_t)(to - out->data);
	return OK;
}

struct err
csv_encode_record(struct buf *out, const struct file_format *dialect,
    const struct span *fields, uint32_t num)
{
	return put_record(out, dialect, fields, num, 1);
}

struct err
csv_encode_rows(struct buf *out, const struct file_format *dialect,
    const struct batch *batch, const uint8_t *left_out)
{
	for (uint32_t row = 0; row < batch->num_rows; row++)
		if (left_out[row] == 0)
			TRY(put_record(out, dialect, batch->cells + row,
			    batch->num_columns, BATCH_MAX_ROWS));
	return OK;
}

size_t
csv_encode_max(uint32_t num_columns, size_t len)
{
	return 2 * len + (size_t)num_columns * BATCH_MAX_ROWS * 3;
}
