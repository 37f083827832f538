#include "gateway/record/csv_format.h"

#include <stdlib.h>

#include "gateway/record/csv.h"
#include "gateway/record/csv_encode.h"

enum {
	/* Names and indices of one header. */
	BIND_MAX = 8 * 1024 * 1024,
};

struct csv_file {
	const struct plan *plan;
	struct csv *csv;
	struct arena arena; /* of what bind gives */
	uint32_t num_dropped;
};

static void
close_file(void *state)
{
	struct csv_file *file = state;

	if (file == NULL)
		return;
	csv_free(file->csv);
	arena_done(&file->arena);
	free(file);
}

static struct err
open_file(void **out, const struct plan *plan, size_t block_len)
{
	struct csv_file *file = calloc(1, sizeof(*file));
	struct err err;

	if (file == NULL)
		return ERR(NO_MEMORY, "no memory for a file");
	file->plan = plan;
	arena_init(&file->arena, BIND_MAX);
	err = csv_new(&file->csv, &plan->format, block_len);
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
	const struct csv_file *file = state;

	return (struct format_size){.source_len = csv_capacity(file->csv)};
}

static void
room(void *state, uint8_t **out, size_t *out_len)
{
	struct csv_file *file = state;

	csv_room(file->csv, out, out_len);
}

static void
fill(void *state, size_t len)
{
	struct csv_file *file = state;

	csv_fill(file->csv, len);
}

static void
finish(void *state)
{
	struct csv_file *file = state;

	csv_finish(file->csv);
}

static struct err
bind(void *state, struct bind *out, struct batch *raw)
{
	struct csv_file *file = state;
	const struct span *names;
	struct bind bound;
	uint32_t num;

	TRY(csv_header(file->csv, &names, &num));
	TRY(bind_header(&bound, &file->arena, file->plan, names, num));
	TRY(batch_init(raw, bound.num_raw));
	csv_select(file->csv, bound.column_of);
	file->num_dropped = bound.num_dropped;
	*out = bound;
	return OK;
}

static struct err
next(void *state, struct batch *raw)
{
	struct csv_file *file = state;

	return csv_next(file->csv, raw);
}

static uint64_t
record(const void *state)
{
	const struct csv_file *file = state;

	return csv_record(file->csv);
}

static uint32_t
num_dropped(const void *state)
{
	const struct csv_file *file = state;

	return file->num_dropped;
}

/* The names as the policy has them, in the order of delivery. */
static struct err
begin(void *state, struct buf *out)
{
	struct csv_file *file = state;
	const struct plan *plan = file->plan;
	struct span *names;

	/* A reader that has the names from elsewhere finds no line of them. */
	if (plan->format.num_header > 0)
		return OK;
	TRY(arena_alloc(
	    &file->arena, &names, plan->num_columns, sizeof(*names)));
	for (uint32_t i = 0; i < plan->num_columns; i++)
		names[i] = plan->columns[i].name;
	return csv_encode_record(out, &plan->format, names, plan->num_columns);
}

static struct err
write_rows(void *state, struct buf *out, const struct batch *delivered,
    const uint8_t *left_out)
{
	struct csv_file *file = state;

	return csv_encode_rows(out, &file->plan->format, delivered, left_out);
}

static size_t
written_max(const void *state, size_t len)
{
	const struct csv_file *file = state;

	return csv_encode_max(file->plan->num_columns, len);
}

const struct format csv_format = {
    .name = "csv",
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
