#include <assert.h>
#include <string.h>

#include "gateway/record/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Paths of every kind; with all of them kept, raw columns are the plan's. */
static const char *const names[] = {
    "a", "b.c", "b.d.e", "l[].x", "l[].y.z", "m[][]", "s[]"};

enum {
	NUM_NAMES = sizeof(names) / sizeof(names[0])
};

static struct span declared[NUM_NAMES];
static struct plan_column columns[NUM_NAMES];

static struct plan
plan_of_test(void)
{
	for (size_t i = 0; i < NUM_NAMES; i++) {
		declared[i] = columns[i].name = span_str(names[i]);
		columns[i].how.op = PROTECT_KEEP;
	}
	return (struct plan){.version = PLAN_VERSION,
	    .format = {.kind = FILE_JSONL},
	    .declared = declared,
	    .num_declared = NUM_NAMES,
	    .columns = columns,
	    .num_columns = NUM_NAMES};
}

/* Read every byte of every cell, so that a sanitizer dies on one that lies
 * nowhere. Returns a sum, to keep the compiler from leaving it out. */
static uint64_t
walk_cells(const struct batch *batch)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < batch->num_columns; i++) {
		const struct span *cells = batch_column(batch, i);

		for (uint32_t row = 0; row < batch->num_rows; row++)
			for (size_t j = 0; j < cells[row].len; j++)
				sum += cells[row].data[j];
		for (uint32_t at = batch->lists.first[i]; at != BATCH_NO_CELL;
		     at = batch->lists.next[at])
			assert(batch_is_list(batch, i) &&
			    batch->lists.rows[at] < batch->num_rows);
	}
	return sum;
}

/* As in fuzz_csv: read in blocks of block_len, and write. */
static enum err_code
pass(const struct plan *plan, struct span in, size_t block_len, struct buf *out)
{
	static const uint8_t none[BATCH_MAX_ROWS];
	const struct format *format = format_of(plan);
	struct batch raw;
	struct bind bind;
	struct err err;
	void *file;

	assert(format->open(&file, plan, block_len).code == ERR_OK);
	assert(format->bind(file, &bind, &raw).code == ERR_OK);
	do {
		uint8_t *room;
		size_t room_len;

		format->room(file, &room, &room_len);
		assert(room_len == block_len);
		if (room_len > in.len)
			room_len = in.len;
		if (room_len == 0) {
			format->finish(file);
		} else {
			memcpy(room, in.data, room_len);
			format->fill(file, room_len);
			in = span_sub(in, room_len, in.len);
		}
		while ((err = format->next(file, &raw)).code == ERR_OK) {
			assert(walk_cells(&raw) < UINT64_MAX);
			assert(format->write(file, out, &raw, none).code ==
			    ERR_OK);
		}
	} while (err.code == ERR_AGAIN);
	batch_done(&raw);
	format->close(file);
	return err.code;
}

/*
 * However the bytes are cut, the outcome is the same; and what was written
 * reads back as itself.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct plan plan = plan_of_test();
	struct buf whole, cut, again;
	enum err_code code;

	if (len > 65536)
		return 0;
	buf_init(&whole, 1 << 20);
	buf_init(&cut, 1 << 20);
	buf_init(&again, 1 << 20);
	code = pass(&plan, span_of(data, len), 65536, &whole);
	assert(pass(&plan, span_of(data, len), len % 7 + 1, &cut) == code);
	if (code == ERR_CLOSED) {
		assert(span_equal(buf_span(&whole), buf_span(&cut)));
		assert(
		    pass(&plan, buf_span(&whole), 65536, &again) == ERR_CLOSED);
		assert(span_equal(buf_span(&whole), buf_span(&again)));
	}
	buf_done(&whole);
	buf_done(&cut);
	buf_done(&again);
	return 0;
}
