#include "gateway/tool/policy_trial.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/random.h"
#include "gateway/base/sysio.h"
#include "gateway/flow/flow.h"
#include "gateway/transform/rows.h"
#include "gateway/transform/trial_codes.h"
#include "policy/decide.h"
#include "policy/literal.h"
#include "policy/protect.h"
#include "policy/waits.h"
#include "policy/zone.h"

enum {
	TRIAL_ARENA = 64 * 1024 * 1024,
	MAX_ROW = 1024 * 1024, /* bytes of the file that is made */
	NOON_S = 43200,
};

/* One run: what is asked, and what came of the row. */
struct trial {
	const struct policy *policy;
	const struct policy_test *test;
	const struct agreement *agreement;
	struct plan plan;
	struct buf *why;
	bool came; /* the row was released */
	bool same; /* and had the cells that it should */
};

/* --- The row --- */

static struct span
cell_of(const struct policy_test *test, uint32_t column)
{
	for (uint32_t i = 0; i < test->num_row; i++)
		if (test->row[i].column == column)
			return test->row[i].value;
	return (struct span){.data = NULL};
}

static struct err
put_csv(struct buf *out, struct span cell, bool first)
{
	TRY(buf_append_str(out, first ? "\"" : ",\""));
	for (size_t i = 0; i < cell.len; i++) {
		if (cell.data[i] == '"')
			TRY(buf_put_u8(out, '"'));
		TRY(buf_put_u8(out, cell.data[i]));
	}
	return buf_put_u8(out, '"');
}

/* All declared columns; what the test does not say is missing. */
static struct err
make_file(struct buf *out, const struct trial *t)
{
	const struct dataset *ds = &t->policy->datasets[t->agreement->dataset];

	for (uint32_t i = 0; i < ds->num_columns; i++)
		TRY(put_csv(out, ds->columns[i].name, i == 0));
	TRY(buf_append_str(out, "\n"));
	for (uint32_t i = 0; i < ds->num_columns; i++)
		TRY(put_csv(out, cell_of(t->test, i), i == 0));
	return buf_append_str(out, "\n");
}

/* `fd` is the caller's to close, also after an error. */
static struct err
open_file(int *fd, struct span bytes)
{
	*fd = memfd_create("row", MFD_CLOEXEC);
	if (*fd < 0)
		return ERR(IO, "there is no room for a row");
	TRY(sysio_write_full(*fd, bytes));
	return lseek(*fd, 0, SEEK_SET) == 0
	    ? OK
	    : ERR(IO, "there is no room for a row");
}

/* --- What came of it --- */

/* A code is said by the word of its form; all else by what it is. */
static bool
is_as_said(const struct plan_column *column, struct span got, struct span want)
{
	if (protect_is_keyed(column->how.op))
		return got.len > 0 &&
		    span_equal_str(want, model_protection_name(column->how.op));
	return span_equal(got, want);
}

static struct err
put_difference(
    struct trial *t, struct span name, struct span got, struct span want)
{
	if (t->why->len > 0)
		TRY(buf_append_str(t->why, "; "));
	TRY(buf_append(t->why, name));
	TRY(buf_append_str(t->why, " is `"));
	TRY(buf_append(t->why, got));
	TRY(buf_append_str(t->why, "`, not `"));
	TRY(buf_append(t->why, want));
	return buf_append_str(t->why, "`");
}

static struct err
compare_cell(
    struct trial *t, const struct batch *out, const struct test_cell *cell)
{
	struct span name = t->policy->datasets[t->agreement->dataset]
			       .columns[cell->column]
			       .name;

	for (uint32_t i = 0; i < t->plan.num_columns; i++) {
		struct span got;

		if (!span_equal(t->plan.columns[i].name, name))
			continue;
		got = batch_column(out, i)[0];
		if (is_as_said(&t->plan.columns[i], got, cell->value))
			return OK;
		t->same = false;
		return put_difference(t, name, got, cell->value);
	}
	return OK; /* `dropped`: the checker saw that it is */
}

static struct err
watch(void *context, const struct flow_view *view)
{
	struct trial *t = context;

	t->came =
	    view->raw->num_rows == 1 && view->verdicts[0] == VERDICT_RELEASED;
	if (!t->came)
		return buf_append_str(t->why,
		    view->raw->num_rows == 1
			? rows_verdict_name((enum verdict)view->verdicts[0])
			: "not one row");
	for (uint32_t i = 0; i < t->test->num_get; i++)
		TRY(compare_cell(t, view->out, &t->test->get[i]));
	return OK;
}

/* As the agreement has it, but for how files are written and packed. */
static struct err
make_plan(struct trial *t, struct arena *arena)
{
	int year, month, day;

	literal_civil(t->test->on, &year, &month, &day);
	TRY(plan_build(
	    &t->plan, arena, t->policy, t->test->agreement, (uint16_t)year, 0));
	t->plan.format =
	    (struct file_format){.kind = FILE_CSV, .delimiter = ','};
	t->plan.source_compression = COMPRESSION_NONE;
	t->plan.compression = COMPRESSION_NONE;
	return OK;
}

static struct err
run_flow(struct trial *t, struct arena *arena, int in_fd, int out_fd)
{
	const struct flow_options options = {.in_fd = in_fd,
	    .sink = {.fd = out_fd},
	    .codes = trial_codes(),
	    .subject_key = trial_codes_subject_key(),
	    .watch = watch,
	    .context = t};
	uint8_t(*keys)[32];
	struct flow *flow;
	bool done = false;
	struct err err = OK;

	TRY(arena_alloc(arena, &keys, t->plan.num_columns + 1, 32));
	random_bytes(keys, (size_t)t->plan.num_columns * 32);
	const struct flow_keys secrets = {
	    (const uint8_t(*)[32])keys, t->plan.num_columns};
	TRY(flow_new(&flow, &t->plan, &secrets, &options));
	while (!done && err.code == ERR_OK)
		err = flow_step(flow, &done);
	flow_free(flow);
	return err;
}

static struct err
run_row(struct trial *t)
{
	CLEANUP(arena_done) struct arena arena = {.max = TRIAL_ARENA};
	struct buf file CLEANUP(buf_done) = {.max = MAX_ROW};
	CLEANUP(sysio_close) int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	CLEANUP(sysio_close) int in = -1;

	if (out < 0)
		return ERR(IO, "/dev/null cannot be written");
	TRY(make_plan(t, &arena));
	TRY(make_file(&file, t));
	TRY(open_file(&in, buf_span(&file)));
	t->same = true;
	struct err err = run_flow(t, &arena, in, out);
	/* A value that refuses its file is an answer as well. */
	if (err.code != ERR_MALFORMED)
		return err;
	t->came = false;
	buf_reset(t->why);
	return buf_append_str(t->why, err.why);
}

/* --- The question --- */

static void
decide(struct decision *out, const struct trial *t)
{
	const struct zone *zone = zone_find(t->policy->time_zone, NULL);
	int64_t noon = zone_day_start(zone, t->test->on) + NOON_S;

	decide_named(out, t->policy, t->test->who, t->test->place,
	    t->agreement->id, noon);
}

static struct err
judge_denial(struct trial *t, enum trial_result *out, const struct decision *d)
{
	bool waits = d->reason == DENY_WAITS;
	bool by = t->test->guardrail == NO_INDEX ||
	    d->guardrail == t->test->guardrail;

	*out = !d->allowed && !waits && by ? TRIAL_PASSED : TRIAL_FAILED;
	if (*out == TRIAL_PASSED)
		return OK;
	if (d->allowed || waits)
		return buf_append_str(t->why, "it is allowed");
	return decide_sentence(t->why, t->policy, d);
}

static struct err
judge_row(struct trial *t, enum trial_result *out)
{
	bool wanted = t->test->outcome == TEST_COLUMNS;

	TRY(run_row(t));
	*out = t->came == wanted && (!t->came || t->same) ? TRIAL_PASSED
							  : TRIAL_FAILED;
	if (*out == TRIAL_PASSED)
		buf_reset(t->why);
	else if (t->came && !wanted)
		return buf_append_str(t->why, "the row leaves");
	return OK;
}

struct err
policy_trial_run(enum trial_result *out, struct buf *out_why,
    const struct policy *policy, const struct policy_test *test)
{
	struct trial t = {.policy = policy,
	    .test = test,
	    .agreement = &policy->agreements[test->agreement],
	    .why = out_why};
	struct decision d;

	decide(&d, &t);
	if (test->outcome == TEST_DENIED)
		return judge_denial(&t, out, &d);
	if (d.reason == DENY_WAITS) {
		*out = TRIAL_NOT_RUN;
		TRY(buf_append_str(out_why, "waits for "));
		return waits_words(out_why, d.waits);
	}
	if (!d.allowed) {
		*out = TRIAL_FAILED;
		return decide_sentence(out_why, policy, &d);
	}
	return judge_row(&t, out);
}
