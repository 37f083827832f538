#include "gateway/flow/flow.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/flow/bind.h"
#include "gateway/flow/source.h"
#include "gateway/pipe/pack_name.h"
#include "gateway/record/csv.h"
#include "gateway/record/csv_encode.h"

enum {
	BLOCK_LEN = 256 * 1024,
	/* Names and indices of one header. */
	BIND_MAX = 8 * 1024 * 1024,
};

struct flow {
	const struct plan *plan;
	struct source *source;
	struct err (*watch)(void *context, const struct flow_view *view);
	void *context;
	struct csv *csv;
	struct transform *transform;
	struct sink *sink;
	struct arena arena; /* of `bind` */
	struct bind bind;
	struct batch raw, out;
	uint8_t verdicts[BATCH_MAX_ROWS];
	struct buf encoded;
	struct flow_stats stats;
	bool bound, done;
	struct err failed;
};

/* A batch full of the longest group. */
static struct err
add_groups(
    const struct plan *plan, const struct plan_column *column, size_t *len)
{
	const struct group_table *table;
	size_t longest = 0;

	if (column->how.op != PROTECT_GROUP)
		return OK;
	table = &plan->tables[column->how.table];
	for (uint32_t i = 0; i < table->num_rows; i++)
		if (table->rows[i].group.len > longest)
			longest = table->rows[i].group.len;
	TRY(size_mul(longest, BATCH_MAX_ROWS, &longest));
	return size_add(*len, longest, len);
}

static struct err
fill(struct flow *flow, const struct flow_keys *keys,
    const struct flow_options *options)
{
	uint32_t num = flow->plan->num_columns;
	size_t len;

	TRY(source_new(
	    &flow->source, options->in_fd, flow->plan->source_compression));
	TRY(csv_new(&flow->csv,
	    options->block_len == 0 ? BLOCK_LEN : options->block_len));
	len = csv_capacity(flow->csv);
	TRY(transform_new(&flow->transform, flow->plan, keys->columns, len));
	TRY(batch_init(&flow->out, num));
	TRY(sink_new(&flow->sink, &options->sink, flow->plan->compression));
	/* Cells point into the source, the scratch memory or a table. */
	for (uint32_t i = 0; i < num; i++)
		TRY(add_groups(flow->plan, &flow->plan->columns[i], &len));
	len += (size_t)num * CELLS_TEXT * BATCH_MAX_ROWS;
	for (uint32_t i = 0; i < num; i++)
		len += flow->plan->columns[i].name.len;
	buf_init(&flow->encoded, csv_encode_max(num, len));
	return OK;
}

struct err
flow_new(struct flow **out, const struct plan *plan,
    const struct flow_keys *keys, const struct flow_options *options)
{
	struct flow *flow;
	struct err err;

	if (plan->num_columns == 0)
		return ERR(MALFORMED, "a plan that delivers no column");
	if (keys->columns != NULL && keys->num_columns != plan->num_columns)
		return ERR(MALFORMED, "keys of another plan");
	if (!span_equal(plan->compressor, pack_name(plan->compression)))
		return ERR(UNSUPPORTED, "a plan of another compressor");
	flow = calloc(1, sizeof(*flow));
	if (flow == NULL)
		return ERR(NO_MEMORY, "no memory for a flow");
	flow->plan = plan;
	flow->watch = options->watch;
	flow->context = options->context;
	arena_init(&flow->arena, BIND_MAX);
	err = fill(flow, keys, options);
	if (err.code != ERR_OK) {
		flow_free(flow);
		return err;
	}
	*out = flow;
	return OK;
}

void
flow_free(struct flow *flow)
{
	if (flow == NULL)
		return;
	source_free(flow->source);
	csv_free(flow->csv);
	transform_free(flow->transform);
	sink_free(flow->sink);
	arena_done(&flow->arena);
	batch_done(&flow->raw);
	batch_done(&flow->out);
	buf_wipe(&flow->encoded);
	free(flow);
}

static struct err
read_block(struct flow *flow)
{
	uint8_t *room;
	size_t len, num;

	csv_room(flow->csv, &room, &len);
	TRY(source_read(flow->source, room, len, &num));
	if (num == 0)
		csv_finish(flow->csv);
	else
		csv_fill(flow->csv, num);
	return OK;
}

static struct err
write_encoded(struct flow *flow)
{
	TRY(sink_put(flow->sink, buf_span(&flow->encoded)));
	buf_reset(&flow->encoded);
	return OK;
}

/* The names as the policy has them, in the order of delivery. */
static struct err
write_names(struct flow *flow)
{
	uint32_t num = flow->plan->num_columns;
	struct span *names;

	TRY(arena_alloc(&flow->arena, &names, num, sizeof(*names)));
	for (uint32_t i = 0; i < num; i++)
		names[i] = flow->plan->columns[i].name;
	TRY(csv_encode_record(&flow->encoded, names, num));
	return write_encoded(flow);
}

static struct err
bind_file(struct flow *flow)
{
	const struct span *names;
	uint32_t num;

	TRY(csv_header(flow->csv, &names, &num));
	TRY(bind_header(&flow->bind, &flow->arena, flow->plan, names, num));
	TRY(batch_init(&flow->raw, flow->bind.num_raw));
	csv_select(flow->csv, flow->bind.column_of);
	transform_bind(
	    flow->transform, flow->bind.columns, flow->bind.conditions);
	flow->bound = true;
	return write_names(flow);
}

static struct err
run_batch(struct flow *flow)
{
	const struct flow_view view = {
	    .plan = flow->plan,
	    .raw = &flow->raw,
	    .columns = flow->bind.columns,
	    .out = &flow->out,
	    .verdicts = flow->verdicts,
	};

	TRY(transform_run(flow->transform, &flow->raw, &flow->out,
	    flow->verdicts, &flow->stats.counts));
	flow->stats.rows_read += flow->raw.num_rows;
	if (flow->watch != NULL)
		TRY(flow->watch(flow->context, &view));
	_Static_assert(VERDICT_RELEASED == 0, "the encoder leaves out others");
	TRY(csv_encode_rows(&flow->encoded, &flow->out, flow->verdicts));
	return write_encoded(flow);
}

/* All that the bytes at hand give, and the end after the last of them. */
static struct err
step(struct flow *flow)
{
	struct err err;

	if (!flow->bound) {
		err = bind_file(flow);
		if (err.code == ERR_AGAIN)
			return OK;
		TRY(err);
	}
	while ((err = csv_next(flow->csv, &flow->raw)).code == ERR_OK)
		TRY(run_batch(flow));
	if (err.code == ERR_AGAIN)
		return OK;
	if (err.code != ERR_CLOSED)
		return err;
	TRY(sink_finish(flow->sink, flow->stats.plain_sha256));
	flow->done = true;
	return OK;
}

struct err
flow_step(struct flow *flow, bool *out_done)
{
	struct err err;

	TRY(flow->failed);
	assert(!flow->done);
	err = read_block(flow);
	if (err.code == ERR_AGAIN)
		return err;
	if (err.code == ERR_OK)
		err = step(flow);
	flow->failed = err;
	if (err.code == ERR_OK)
		*out_done = flow->done;
	return err;
}

void
flow_counted(const struct flow *flow, struct flow_stats *out)
{
	*out = flow->stats;
	out->sink = sink_counted(flow->sink);
	out->in_len = source_read_len(flow->source);
	out->num_dropped = flow->bind.num_dropped;
	out->num_absent = flow->bind.num_absent;
	out->record = csv_record(flow->csv);
}
