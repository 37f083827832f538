#include <stdio.h>

#include "gateway/tool/json_members.h"
#include "gateway/tool/options.h"
#include "gateway/tool/policy_job.h"
#include "gateway/tool/policy_out.h"
#include "gateway/tool/policy_trial.h"
#include "gateway/tool/policy_verbs.h"

enum {
	EXIT_TESTS_FAILED = 4,
	MAX_WHY = 64 * 1024,
};

static const char *const result_words[NUM_TRIAL_RESULTS] = {
    [TRIAL_PASSED] = "passed",
    [TRIAL_FAILED] = "FAILED",
    [TRIAL_NOT_RUN] = "not run",
};

/* What came of all of them. */
struct report {
	const struct policy *policy;
	enum trial_result *results; /* beside policy->tests */
	struct span *whys;
	size_t counts[NUM_TRIAL_RESULTS];
	size_t num_columns, num_covered;
};

static struct err
run_all(struct report *r, struct arena *arena)
{
	struct buf why CLEANUP(buf_done) = {.max = MAX_WHY};
	const struct policy *p = r->policy;

	TRY(arena_alloc(
	    arena, &r->results, p->num_tests + 1, sizeof(*r->results)));
	TRY(arena_alloc(arena, &r->whys, p->num_tests + 1, sizeof(*r->whys)));
	for (uint32_t i = 0; i < p->num_tests; i++) {
		buf_reset(&why);
		TRY(policy_trial_run(&r->results[i], &why, p, &p->tests[i]));
		TRY(arena_copy(arena, &r->whys[i], buf_span(&why)));
		r->counts[r->results[i]]++;
	}
	return OK;
}

/* --- Coverage: the form of a column, shown by a test that passed --- */

static bool
is_covered(const struct report *r, uint32_t agreement, uint32_t column)
{
	for (uint32_t i = 0; i < r->policy->num_tests; i++) {
		const struct policy_test *t = &r->policy->tests[i];

		if (t->agreement != agreement || r->results[i] != TRIAL_PASSED)
			continue;
		for (uint32_t j = 0; j < t->num_get; j++)
			if (t->get[j].column == column)
				return true;
	}
	return false;
}

/* The columns of an agreement that no test shows, as "zip, sex". */
static struct err
put_uncovered(struct buf *out, struct report *r, uint32_t agreement)
{
	const struct agreement *a = &r->policy->agreements[agreement];
	const struct dataset *ds = &r->policy->datasets[a->dataset];
	bool first = true;

	for (uint32_t i = 0; i < a->num_columns; i++) {
		uint32_t column = a->columns[i].column;

		if (a->columns[i].how.op == PROTECT_DROP)
			continue;
		r->num_columns++;
		if (is_covered(r, agreement, column)) {
			r->num_covered++;
			continue;
		}
		TRY(buf_append_str(out, first ? "" : ", "));
		TRY(buf_append(out, ds->columns[column].name));
		first = false;
	}
	return OK;
}

/* --- Text --- */

static struct err
put_test(struct buf *out, const struct report *r, uint32_t i)
{
	const struct policy_test *t = &r->policy->tests[i];

	TRY(buf_append_format(out, "%-7s  ", result_words[r->results[i]]));
	TRY(buf_append(out, t->name));
	TRY(buf_append_str(out, "  ("));
	TRY(buf_append(out, t->file));
	TRY(buf_append_format(out, ":%u)", (unsigned)t->line));
	if (r->whys[i].len > 0) {
		TRY(buf_append_str(out, ": "));
		TRY(buf_append(out, r->whys[i]));
	}
	return buf_append_str(out, "\n");
}

static struct err
put_text(struct buf *out, struct report *r)
{
	struct buf left CLEANUP(buf_done) = {.max = MAX_WHY};

	for (uint32_t i = 0; i < r->policy->num_tests; i++)
		TRY(put_test(out, r, i));
	for (uint32_t i = 0; i < r->policy->num_agreements; i++) {
		buf_reset(&left);
		TRY(put_uncovered(&left, r, i));
		if (left.len == 0)
			continue;
		TRY(buf_append_str(out, "no test shows  "));
		TRY(buf_append(out, r->policy->agreements[i].id));
		TRY(buf_append_str(out, ": "));
		TRY(buf_append(out, buf_span(&left)));
		TRY(buf_append_str(out, "\n"));
	}
	return buf_append_format(out,
	    "%zu passed, %zu failed, %zu not run; %zu of %zu columns of "
	    "agreements are shown by a test\n",
	    r->counts[TRIAL_PASSED], r->counts[TRIAL_FAILED],
	    r->counts[TRIAL_NOT_RUN], r->num_covered, r->num_columns);
}

/* --- JSON --- */

static struct err
put_json_test(struct jcs *j, const struct report *r, uint32_t i)
{
	const struct policy_test *t = &r->policy->tests[i];

	TRY(jcs_open_object(j));
	TRY(json_text(j, "file", t->file));
	TRY(json_number(j, "line", t->line));
	TRY(json_text(j, "name", t->name));
	TRY(json_text(j, "result", span_str(result_words[r->results[i]])));
	if (r->whys[i].len > 0)
		TRY(json_text(j, "why", r->whys[i]));
	return jcs_close_object(j);
}

static struct err
put_json_columns(struct jcs *j, const struct report *r, uint32_t agreement)
{
	const struct agreement *a = &r->policy->agreements[agreement];
	const struct dataset *ds = &r->policy->datasets[a->dataset];

	for (uint32_t i = 0; i < a->num_columns; i++) {
		uint32_t column = a->columns[i].column;

		if (a->columns[i].how.op == PROTECT_DROP)
			continue;
		TRY(jcs_open_object(j));
		TRY(json_text(j, "agreement", a->id));
		TRY(json_text(j, "column", ds->columns[column].name));
		TRY(json_bool(j, "shown", is_covered(r, agreement, column)));
		TRY(jcs_close_object(j));
	}
	return OK;
}

static struct err
put_json(struct buf *out, const struct report *r)
{
	struct jcs j;

	jcs_init(&j, out);
	TRY(jcs_open_object(&j));
	TRY(json_open_array(&j, "coverage"));
	for (uint32_t i = 0; i < r->policy->num_agreements; i++)
		TRY(put_json_columns(&j, r, i));
	TRY(jcs_close_array(&j));
	TRY(json_number(&j, "failed", r->counts[TRIAL_FAILED]));
	TRY(json_number(&j, "not-run", r->counts[TRIAL_NOT_RUN]));
	TRY(json_number(&j, "passed", r->counts[TRIAL_PASSED]));
	TRY(json_open_array(&j, "tests"));
	for (uint32_t i = 0; i < r->policy->num_tests; i++)
		TRY(put_json_test(&j, r, i));
	TRY(jcs_close_array(&j));
	TRY(jcs_close_object(&j));
	return buf_append_str(out, "\n");
}

static int
answer(struct policy_job *job, const struct policy *policy, bool json)
{
	struct buf text CLEANUP(buf_done) = {.max = POLICY_OUT_MAX};
	struct report report = {.policy = policy};
	struct err err = run_all(&report, &job->arena);

	if (err.code == ERR_OK)
		err =
		    json ? put_json(&text, &report) : put_text(&text, &report);
	int code = policy_out(err, buf_span(&text), !json);
	if (code == 0 && report.counts[TRIAL_FAILED] > 0)
		code = EXIT_TESTS_FAILED;
	return code;
}

int
policy_test_main(int argc, char **argv)
{
	static struct policy_job job;
	struct policy policy;
	const char *config = NULL;
	bool json = false;
	struct options options = {
	    .usage = "policy test [--json] [--config FILE] "
		     "[FILE or FOLDER...]",
	    .rows = {{"json", .flag = &json}, {"config", .text = &config}},
	    .most = OPTIONS_MANY,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	policy_job_init(&job);
	code = policy_job_load(
	    &job, &policy, options.operands, options.num_operands, config);
	if (code == 0)
		code = answer(&job, &policy, json);
	policy_job_done(&job);
	return code;
}
