#include "gateway/flow/flow.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/flow/source.h"
#include "gateway/pipe/pack_name.h"
#include "gateway/record/format.h"

enum {
	BLOCK_LEN = 256 * 1024,
};

struct flow {
	const struct plan *plan;
	struct source *source;
	struct err (*watch)(void *context, const struct flow_view *view);
	void *context;
	const struct format *format;
	void *file; /* of that format */
	struct transform *transform;
	struct sink *sink;
	struct bind bind;
	struct batch raw, out;
	uint8_t verdicts[BATCH_MAX_ROWS];
	struct buf encoded;
	struct flow_stats stats;
	bool bound, done;
	struct err failed;
};

/* `num` cells full of the longest group. */
static struct err
add_groups(const struct plan *plan, const struct plan_column *column,
    size_t num, size_t *len)
{
	const struct group_table *table;
	size_t longest = 0;

	if (column->how.op != PROTECT_GROUP)
		return OK;
	table = &plan->tables[column->how.table];
	for (uint32_t i = 0; i < table->num_rows; i++)
		if (table->rows[i].group.len > longest)
			longest = table->rows[i].group.len;
	TRY(size_mul(longest, num, &longest));
	return size_add(*len, longest, len);
}

static struct err
fill(struct flow *flow, const struct flow_keys *keys,
    const struct flow_options *options)
{
	uint32_t num = flow->plan->num_columns;
	struct format_size size;
	size_t len, num_cells;

	TRY(source_new(
	    &flow->source, options->in_fd, flow->plan->source_compression));
	TRY(flow->format->open(&flow->file, flow->plan,
	    options->block_len == 0 ? BLOCK_LEN : options->block_len));
	size = flow->format->size(flow->file);
	TRY(transform_new(&flow->transform, flow->plan, keys->columns,
	    size.source_len, size.list_cells));
	if (options->codes != NULL)
		TRY(transform_set_codes(
		    flow->transform, options->codes, options->subject_key));
	TRY(batch_init(&flow->out, num));
	TRY(batch_init_lists(&flow->out, size.list_cells));
	struct sink_options sink = options->sink;
	sink.codes = options->codes;
	struct err err = sink_new(&flow->sink, &sink, flow->plan->compression);
	explicit_bzero(&sink, sizeof(sink));
	TRY(err);
	/* Cells point into the source, the scratch memory or a table. */
	TRY(transform_growth(flow->plan, size.source_len, &len));
	num_cells = (size_t)num * BATCH_MAX_ROWS + size.list_cells;
	for (uint32_t i = 0; i < num; i++) {
		TRY(add_groups(flow->plan, &flow->plan->columns[i],
		    BATCH_MAX_ROWS + size.list_cells, &len));
		len += flow->plan->columns[i].name.len;
	}
	TRY(size_add(len, num_cells * CELLS_TEXT, &len));
	buf_init(&flow->encoded, flow->format->written_max(flow->file, len));
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
	if (options->codes == NULL && plan_has_tokens(plan))
		return ERR(UNAVAILABLE, "random codes without a codebook");
	if (!span_equal(plan->compressor, pack_name(plan->compression)))
		return ERR(UNSUPPORTED, "a plan of another compressor");
	flow = calloc(1, sizeof(*flow));
	if (flow == NULL)
		return ERR(NO_MEMORY, "no memory for a flow");
	flow->plan = plan;
	flow->format = format_of(plan);
	flow->watch = options->watch;
	flow->context = options->context;
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
	flow->format->close(flow->file);
	transform_free(flow->transform);
	sink_free(flow->sink);
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

	flow->format->room(flow->file, &room, &len);
	TRY(source_read(flow->source, room, len, &num));
	if (num == 0)
		flow->format->finish(flow->file);
	else
		flow->format->fill(flow->file, num);
	return OK;
}

static struct err
write_encoded(struct flow *flow)
{
	TRY(sink_put(flow->sink, buf_span(&flow->encoded)));
	buf_reset(&flow->encoded);
	return OK;
}

static struct err
bind_file(struct flow *flow)
{
	TRY(flow->format->bind(flow->file, &flow->bind, &flow->raw));
	transform_bind(
	    flow->transform, flow->bind.columns, flow->bind.conditions);
	flow->bound = true;
	TRY(flow->format->begin(flow->file, &flow->encoded));
	return write_encoded(flow);
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
	TRY(flow->format->write(
	    flow->file, &flow->encoded, &flow->out, flow->verdicts));
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
	while (
	    (err = flow->format->next(flow->file, &flow->raw)).code == ERR_OK)
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
	out->num_dropped = flow->format->num_dropped(flow->file);
	out->num_absent = flow->bind.num_absent;
	out->record = flow->format->record(flow->file);
}
