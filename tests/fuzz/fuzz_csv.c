#include <assert.h>
#include <string.h>

#include "crypto/memory/buf.h"
#include "gateway/record/csv.h"
#include "gateway/record/csv_encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/*
 * Decode in blocks of block_len and write what was read, up to the error or
 * the end, whose code is returned.
 */
static enum err_code
pass(const struct file_format *dialect, struct span in, size_t block_len,
    struct buf *out)
{
	static uint32_t column_of[CSV_MAX_FIELDS];
	static const uint8_t none[BATCH_MAX_ROWS];
	struct batch batch = {0};
	const struct span *names;
	struct csv *csv = NULL;
	struct err err = csv_new(&csv, dialect, block_len);
	bool header = false;
	uint32_t num;

	while (err.code == ERR_OK || err.code == ERR_AGAIN) {
		uint8_t *room;
		size_t room_len;

		csv_room(csv, &room, &room_len);
		assert(room_len == block_len);
		if (room_len > in.len)
			room_len = in.len;
		if (room_len == 0) {
			csv_finish(csv);
		} else {
			memcpy(room, in.data, room_len);
			csv_fill(csv, room_len);
			in = span_sub(in, room_len, in.len);
		}
		if (!header) {
			err = csv_header(csv, &names, &num);
			if (err.code == ERR_OK)
				err =
				    csv_encode_record(out, dialect, names, num);
			if (err.code == ERR_OK)
				err = batch_init(&batch, num);
			if (err.code != ERR_OK)
				continue;
			for (uint32_t i = 0; i < num; i++)
				column_of[i] = i;
			csv_select(csv, column_of);
			header = true;
		}
		while ((err = csv_next(csv, &batch)).code == ERR_OK)
			assert(
			    csv_encode_rows(out, dialect, &batch, none).code ==
			    ERR_OK);
	}
	batch_done(&batch);
	csv_free(csv);
	return err.code;
}

/*
 * However the bytes are cut, the outcome is the same; and what was written
 * reads back as itself.
 */
static void
check(const struct file_format *dialect, const uint8_t *data, size_t len)
{
	struct buf whole, cut, again;
	enum err_code code;

	buf_init(&whole, 1 << 20);
	buf_init(&cut, 1 << 20);
	buf_init(&again, 1 << 20);
	code = pass(dialect, span_of(data, len), 65536, &whole);
	assert(pass(dialect, span_of(data, len), len % 7 + 1, &cut) == code);
	if (code == ERR_CLOSED) {
		assert(span_equal(buf_span(&whole), buf_span(&cut)));
		assert(pass(dialect, buf_span(&whole), 65536, &again) ==
		    ERR_CLOSED);
		assert(span_equal(buf_span(&whole), buf_span(&again)));
	}
	buf_done(&whole);
	buf_done(&cut);
	buf_done(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct file_format dialects[] = {{.delimiter = ','},
	    {.delimiter = ';'}, {.delimiter = '\t', .unquoted = true}};

	for (size_t i = 0; i < 3 && len <= 65536; i++)
		check(&dialects[i], data, len);
	return 0;
}
