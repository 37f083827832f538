#include "policy/table.h"

#include <stdlib.h>

#include "crypto/hash.h"
#include "crypto/memory/buf.h"

/* A quoted cell; `in` begins after the opening quote. "" stands for ". */
static struct err
take_quoted(struct buf *out, struct span *in)
{
	for (;;) {
		uint8_t c;

		TRY(span_take_u8(in, &c));
		if (c == '"') {
			if (in->len == 0 || in->data[0] != '"')
				return OK;
			TRY(span_take_u8(in, &c));
		}
		TRY(buf_put_u8(out, c));
	}
}

/* One cell and what ends it: ',' or '\n'. The end of the file ends a line. */
static struct err
take_cell(struct buf *out, struct span *in, uint8_t *out_end)
{
	uint8_t c;

	buf_reset(out);
	*out_end = '\n';
	if (in->len > 0 && in->data[0] == '"') {
		TRY(span_take_u8(in, &c));
		TRY(take_quoted(out, in));
	}
	while (in->len > 0) {
		TRY(span_take_u8(in, &c));
		if (c == '\r' && in->len > 0 && in->data[0] == '\n')
			continue;
		if (c == ',' || c == '\n') {
			*out_end = c;
			return OK;
		}
		if (c == '"' || c == '\r' || c == 0)
			return ERR(MALFORMED, "a table's cell is misquoted");
		TRY(buf_put_u8(out, c));
	}
	return OK;
}

static struct err
take_row(struct group_row *out, struct arena *arena, struct buf *cell,
    struct span *in)
{
	struct group_row row;
	uint8_t end;

	TRY(take_cell(cell, in, &end));
	if (end != ',')
		return ERR(MALFORMED, "a table has two columns");
	TRY(arena_copy(arena, &row.value, buf_span(cell)));
	TRY(take_cell(cell, in, &end));
	if (end != '\n')
		return ERR(MALFORMED, "a table has two columns");
	TRY(arena_copy(arena, &row.group, buf_span(cell)));
	if (row.value.len == 0 || row.group.len == 0)
		return ERR(MALFORMED, "a table has an empty cell");
	*out = row;
	return OK;
}

static int
by_value(const void *a, const void *b)
{
	const struct group_row *x = a, *y = b;

	return span_compare(x->value, y->value);
}

static struct err
take_rows(struct group_table *table, struct arena *arena, struct buf *cell,
    struct span in)
{
	struct group_row header;
	size_t lines = 1;

	for (size_t i = 0; i < in.len; i++)
		lines += in.data[i] == '\n';
	if (lines > TABLE_MAX_ROWS)
		return ERR(TOO_BIG, "a table has too many rows");
	TRY(arena_alloc(arena, &table->rows, lines, sizeof(*table->rows)));
	TRY(take_row(&header, arena, cell, &in));
	while (in.len > 0)
		TRY(take_row(
		    &table->rows[table->num_rows++], arena, cell, &in));
	if (table->num_rows == 0)
		return ERR(MALFORMED, "a table has no rows");
	qsort(table->rows, table->num_rows, sizeof(*table->rows), by_value);
	for (uint32_t i = 1; i < table->num_rows; i++)
		if (by_value(&table->rows[i - 1], &table->rows[i]) == 0)
			return ERR(MALFORMED, "a table has a value twice");
	return OK;
}

struct err
table_parse(struct group_table *out, struct arena *arena, struct span bytes)
{
	struct group_table table = {0};
	CLEANUP(buf_done) struct buf cell;

	buf_init(&cell, TABLE_MAX_CELL);
	if (bytes.len > TABLE_MAX_FILE)
		return ERR(TOO_BIG, "a table is over 8 MiB");
	TRY(hash_sha256(table.digest, bytes));
	TRY(take_rows(&table, arena, &cell, bytes));
	*out = table;
	return OK;
}
