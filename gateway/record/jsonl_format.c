#include "gateway/record/jsonl_format.h"

#include <stdlib.h>

#include "gateway/record/jsonl.h"
#include "gateway/record/jsonl_encode.h"

struct jsonl_file {
	const struct plan *plan;
	struct jsonl *jsonl;
};

static void
close_file(void *state)
{
	struct jsonl_file *file = state;

	if (file == NULL)
		return;
	jsonl_free(file->jsonl);
	free(file);
}

static struct err
open_file(void **out, const struct plan *plan, size_t block_len)
{
	struct jsonl_file *file = calloc(1, sizeof(*file));
	struct err err;

	if (file == NULL)
		return ERR(NO_MEMORY, "no memory for a file");
	file->plan = plan;
	err = jsonl_new(&file->jsonl, plan, block_len);
	if (err.code != ERR_OK) {
		close_file(file);
		return err;
	}
	*out = file;
	return OK;
}

static struct format_size
size(const void *state)
{
	const struct jsonl_file *file = state;

	return (struct format_size){.source_len = jsonl_capacity(file->jsonl),
	    .list_cells = jsonl_list_cells(file->jsonl)};
}

static void
room(void *state, uint8_t **out, size_t *out_len)
{
	struct jsonl_file *file = state;

	jsonl_room(file->jsonl, out, out_len);
}

static void
fill(void *state, size_t len)
{
	struct jsonl_file *file = state;

	jsonl_fill(file->jsonl, len);
}

static void
finish(void *state)
{
	struct jsonl_file *file = state;

	jsonl_finish(file->jsonl);
}

/* There is no header to wait for. */
static struct err
bind(void *state, struct bind *out, struct batch *raw)
{
	struct jsonl_file *file = state;

	TRY(jsonl_batch(file->jsonl, raw));
	*out = jsonl_get_tree(file->jsonl)->bind;
	return OK;
}

static struct err
next(void *state, struct batch *raw)
{
	struct jsonl_file *file = state;

	return jsonl_next(file->jsonl, raw);
}

static uint64_t
record(const void *state)
{
	const struct jsonl_file *file = state;

	return jsonl_record(file->jsonl);
}

static uint32_t
num_dropped(const void *state)
{
	const struct jsonl_file *file = state;

	return jsonl_num_dropped(file->jsonl);
}

/* Nothing stands before the first record. */
static struct err
begin(void *state, struct buf *out)
{
	(void)state;
	(void)out;
	return OK;
}

static struct err
write_rows(void *state, struct buf *out, const struct batch *delivered,
    const uint8_t *left_out)
{
	const struct jsonl_file *file = state;

	return jsonl_encode_rows(out, file->plan, jsonl_get_tree(file->jsonl),
	    jsonl_get_shape(file->jsonl), delivered, left_out);
}

static size_t
written_max(const void *state, size_t len)
{
	(void)state;
	return jsonl_encode_max(len);
}

const struct format jsonl_format = {
    .name = "jsonl",
    .open = open_file,
    .close = close_file,
    .size = size,
    .room = room,
    .fill = fill,
    .finish = finish,
    .bind = bind,
    .next = next,
    .record = record,
    .num_dropped = num_dropped,
    .begin = begin,
    .write = write_rows,
    .written_max = written_max,
};
