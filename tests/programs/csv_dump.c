#include <stdio.h>
#include <string.h>

#include "crypto/memory/buf.h"
#include "gateway/record/csv.h"

/*
 * csv_dump BLOCK [DELIMITER [unquoted]]: what the CSV decoder reads, for
 * comparison with another.
 *
 * Standard input is any number of files, each with its length in front (4
 * bytes, big-endian). Per file one line is written: `error`, or `ok ` and the
 * fields in hex, each followed by `,`, or by `;` where its record ends.
 */
enum {
	MAX_FILE = 1 << 20
};

static struct err
put_cell(struct buf *out, struct span cell, bool last)
{
	for (size_t i = 0; i < cell.len; i++)
		TRY(buf_append_format(out, "%02x", cell.data[i]));
	return buf_append_str(out, last ? ";" : ",");
}

static struct err
put_batch(struct buf *out, const struct batch *batch)
{
	for (uint32_t row = 0; row < batch->num_rows; row++)
		for (uint32_t i = 0; i < batch->num_columns; i++)
			TRY(put_cell(out, batch_column(batch, i)[row],
			    i + 1 == batch->num_columns));
	return OK;
}

static struct err
start(struct csv *csv, struct batch *batch, struct buf *out)
{
	static uint32_t column_of[CSV_MAX_FIELDS];
	const struct span *names;
	uint32_t num;

	TRY(csv_header(csv, &names, &num));
	for (uint32_t i = 0; i < num; i++) {
		column_of[i] = i;
		TRY(put_cell(out, names[i], i + 1 == num));
	}
	TRY(batch_init(batch, num));
	csv_select(csv, column_of);
	return OK;
}

/* CLOSED is the good end. */
static struct err
dump(struct csv *csv, struct span in, struct batch *batch, struct buf *out)
{
	struct err err = {ERR_AGAIN, "not begun"};

	while (err.code == ERR_AGAIN) {
		uint8_t *room;
		size_t len;

		csv_room(csv, &room, &len);
		if (len > in.len)
			len = in.len;
		if (len > 0)
			memcpy(room, in.data, len);
		if (len == 0)
			csv_finish(csv);
		else
			csv_fill(csv, len);
		in = span_sub(in, len, in.len);
		if (batch->cells == NULL) {
			err = start(csv, batch, out);
			if (err.code != ERR_OK)
				continue;
		}
		while ((err = csv_next(csv, batch)).code == ERR_OK)
			TRY(put_batch(out, batch));
	}
	return err;
}

int
main(int argc, char **argv)
{
	static uint8_t file[MAX_FILE], head[4];
	struct file_format dialect = {.delimiter = ','};
	uint64_t block_len;
	struct buf out;

	if (argc > 2)
		dialect.delimiter = (uint8_t)argv[2][0];
	dialect.unquoted = argc > 3;
	if (argc < 2 || argc > 4 || dialect.delimiter == 0 ||
	    span_u64(span_str(argv[1]), &block_len, CSV_MAX_BLOCK).code !=
		ERR_OK ||
	    block_len == 0)
		return 2;
	buf_init(&out, 8 * MAX_FILE);
	while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
		size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
		    (size_t)head[2] << 8 | head[3];
		struct batch batch = {0};
		struct csv *csv = NULL;

		if (len > sizeof(file) || fread(file, 1, len, stdin) != len ||
		    csv_new(&csv, &dialect, block_len).code != ERR_OK)
			return 1;
		buf_reset(&out);
		if (dump(csv, span_of(file, len), &batch, &out).code ==
		    ERR_CLOSED)
			printf("ok %.*s\n", (int)out.len, out.data);
		else
			printf("error\n");
		batch_done(&batch);
		csv_free(csv);
	}
	buf_done(&out);
	return 0;
}
