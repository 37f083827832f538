#include "gateway/tool/policy_sample.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/sysio.h"
#include "gateway/flow/flow.h"
#include "gateway/tool/sample_kind.h"
#include "gateway/transform/rows.h"
#include "policy/preset.h"

enum {
	EXIT_FAILED = 1,
	EXIT_BAD_USAGE = 2,
	SAMPLE_ARENA = 64 * 1024 * 1024,
	ANY_YEAR = 2000,
};

struct count {
	uint64_t values, missing, fit;
	uint64_t like[NUM_KINDS]; /* looks like */
};

struct sample {
	const struct policy *policy;
	const struct dataset *dataset;
	struct plan plan;
	struct count *counts; /* per column of the dataset */
};

static void
count_cell(struct sample *s, uint32_t column, struct span cell)
{
	struct count *count = &s->counts[column];

	if (rows_missing(&s->plan, cell)) {
		count->missing++;
		return;
	}
	count->values++;
	count->fit += sample_kind_fits(s->dataset->columns[column].kind, cell);
	count->like[sample_kind_guess(cell)]++;
}

/* Column `column` of the plan is that of the dataset: all are listed. */
static void
count_column(struct sample *s, const struct batch *raw, uint32_t column,
    uint32_t raw_column)
{
	const struct span *cells;

	if (batch_is_list(raw, raw_column)) {
		uint32_t i = raw->lists.first[raw_column];

		for (; i != BATCH_NO_CELL; i = raw->lists.next[i])
			count_cell(s, column, raw->lists.cells[i]);
		return;
	}
	cells = batch_column(raw, raw_column);
	for (uint32_t row = 0; row < raw->num_rows; row++)
		count_cell(s, column, cells[row]);
}

static struct err
watch(void *context, const struct flow_view *view)
{
	struct sample *s = context;

	for (uint32_t i = 0; i < view->plan->num_columns; i++)
		if (view->columns[i] != NO_INDEX)
			count_column(s, view->raw, i, view->columns[i]);
	return OK;
}

/* An agreement that nobody has: every column, none in its own form. What comes
 * out goes nowhere. */
static struct err
make_plan(struct sample *s, struct arena *arena)
{
	struct policy policy = *s->policy;
	struct agreement all = {.id = span_str("sample"),
	    .dataset = (uint32_t)(s->dataset - s->policy->datasets),
	    .purpose = NO_INDEX};

	TRY(arena_alloc(arena, &all.columns, s->dataset->num_columns + 1,
	    sizeof(*all.columns)));
	for (uint32_t i = 0; i < s->dataset->num_columns; i++)
		all.columns[i] = (struct delivered){
		    .column = i, .how = {.op = PROTECT_BLANK}};
	all.num_columns = s->dataset->num_columns;
	policy.agreements = &all;
	policy.num_agreements = 1;
	TRY(plan_build(&s->plan, arena, &policy, 0, ANY_YEAR, 0));
	/* What is not as declared is what is asked for. */
	s->plan.refuse_new_column = false;
	s->plan.empty_missing_column = true;
	s->plan.num_required = 0;
	return arena_alloc(
	    arena, &s->counts, s->dataset->num_columns + 1, sizeof(*s->counts));
}

static struct err
read_all(struct sample *s, struct flow_stats *out, int in_fd, int out_fd)
{
	const struct flow_keys keys = {.num_columns = s->plan.num_columns};
	const struct flow_options options = {.in_fd = in_fd,
	    .sink = {.fd = out_fd},
	    .watch = watch,
	    .context = s};
	struct flow *flow;
	struct err err = OK;
	bool done = false;

	TRY(flow_new(&flow, &s->plan, &keys, &options));
	while (!done && err.code == ERR_OK)
		err = flow_step(flow, &done);
	flow_counted(flow, out);
	flow_free(flow);
	return err;
}

/* --- What was found --- */

/* A column that identifies nobody by what is said of it. */
static bool
is_harmless(const struct column *column)
{
	return !preset_is_identifier(column) &&
	    column->class != CLASS_FREE_TEXT;
}

static void
print_column(const struct column *column, const struct count *count)
{
	(void)printf("  %.*s: %s%s%s; %" PRIu64 " values, %" PRIu64
		     " fit, %" PRIu64 " missing\n",
	    (int)column->name.len, (const char *)column->name.data,
	    model_class_name(column->class),
	    column->kind == KIND_NONE ? "" : " ",
	    column->kind == KIND_NONE ? "" : model_kind_name(column->kind),
	    count->values, count->fit, count->missing);
	for (int kind = KIND_NONE + 1; kind < NUM_KINDS; kind++)
		if (is_harmless(column) && count->like[kind] > 0)
			(void)printf("    warning: %" PRIu64
				     " of them look like the kind %s, which "
				     "identifies people\n",
			    count->like[kind],
			    model_kind_name((enum column_kind)kind));
}

static void
print_all(const struct sample *s, const struct flow_stats *stats)
{
	(void)printf("%.*s: %" PRIu64 " rows\n", (int)s->dataset->id.len,
	    (const char *)s->dataset->id.data, stats->rows_read);
	for (uint32_t i = 0; i < s->dataset->num_columns; i++)
		print_column(&s->dataset->columns[i], &s->counts[i]);
	if (stats->num_absent > 0)
		(void)printf("  warning: %" PRIu32
			     " declared columns are not in the file\n",
		    stats->num_absent);
	if (stats->num_dropped > 0)
		(void)printf("  %" PRIu32
			     " columns are not declared, and never leave\n",
		    stats->num_dropped);
}

static int
run(struct sample *s, const char *path)
{
	CLEANUP(arena_done) struct arena arena = {.max = SAMPLE_ARENA};
	CLEANUP(sysio_close) int in = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP(sysio_close) int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct flow_stats stats = {.rows_read = 0};
	struct err err = in < 0 || out < 0 ? ERR(IO, "the file cannot be read")
					   : make_plan(s, &arena);

	if (err.code == ERR_OK)
		err = read_all(s, &stats, in, out);
	if (err.code != ERR_OK) {
		(void)fprintf(stderr,
		    "gatehouse: %s: near record %" PRIu64 ": %s\n", path,
		    stats.record, err.why);
		return EXIT_FAILED;
	}
	print_all(s, &stats);
	return fflush(stdout) == 0 ? 0 : EXIT_FAILED;
}

/* Below the folder of an origin, or there is but one. */
static const struct dataset *
find(const struct policy *p, const char *path, const char *id)
{
	char *real = realpath(path, NULL);
	const struct dataset *found = NULL;

	for (uint32_t i = 0; i < p->num_datasets; i++) {
		const struct dataset *ds = &p->datasets[i];
		struct span below = span_str(real == NULL ? "" : real);

		if (id != NULL ? span_equal_str(ds->id, id)
			       : p->num_datasets == 1 ||
			    (span_starts_with(below, ds->root) &&
				below.len > ds->root.len &&
				below.data[ds->root.len] == '/'))
			found = found == NULL ? ds : NULL;
	}
	free(real);
	return found;
}

int
policy_sample(const struct policy *policy, const char *path, const char *id)
{
	struct sample s = {.policy = policy, .dataset = find(policy, path, id)};

	if (s.dataset != NULL)
		return run(&s, path);
	(void)fprintf(
	    stderr, "gatehouse: %s: say whose it is: --dataset ID\n", path);
	return EXIT_BAD_USAGE;
}
