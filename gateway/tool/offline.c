#include "gateway/tool/offline.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crypto/random.h"
#include "gateway/pipe/pack_name.h"
#include "gateway/tool/policy_job.h"
#include "gateway/transform/trial_codes.h"
#include "policy/plan.h"

enum {
	EXIT_FAILED = 1,
	EXIT_DENIED = 6,
};

/* What one run reads and makes. */
struct run {
	struct policy_job job;
	struct policy policy;
	struct plan plan;
	uint8_t (*keys)[32];
};

static struct err
find_place(
    const struct run *run, const struct agreement *agreement, const char *place)
{
	for (uint32_t i = 0; i < agreement->num_places; i++)
		if (span_equal_str(
			run->policy.places[agreement->places[i]].id, place))
			return OK;
	return ERR(DENIED, "the agreement does not name this place");
}

static struct err
make_plan(struct run *run, const struct form_options *options, int year)
{
	for (uint32_t i = 0; i < run->policy.num_agreements; i++) {
		const struct agreement *agreement = &run->policy.agreements[i];

		if (!span_equal_str(agreement->id, options->agreement))
			continue;
		if (options->place != NULL)
			TRY(find_place(run, agreement, options->place));
		TRY(plan_build(&run->plan, &run->job.arena, &run->policy, i,
		    (uint16_t)year, 0));
		run->plan.compressor = pack_name(run->plan.compression);
		TRY(arena_alloc(
		    &run->job.arena, &run->keys, run->plan.num_columns, 32));
		random_bytes(run->keys, (size_t)run->plan.num_columns * 32);
		return OK;
	}
	return ERR(NOT_FOUND, "the policy has no such agreement");
}

/* Returns 0, or the exit status after saying why. */
static int
load(struct run *run, const struct form_options *options)
{
	time_t now = time(NULL);
	struct tm tm;
	int status = policy_job_add(&run->job, options->policy);

	if (status != 0)
		return status;
	struct err err = policy_job_check(&run->job, &run->policy);
	status = policy_job_report(&run->job, err, POLICY_FORMAT_TEXT);
	if (status != 0)
		return status;
	if (gmtime_r(&now, &tm) == NULL)
		err = ERR(IO, "the clock cannot be read");
	else
		err = make_plan(run, options, tm.tm_year + 1900);
	if (err.code == ERR_OK)
		return 0;
	(void)fprintf(stderr, "gatehouse: %s\n", err.why);
	return err.code == ERR_DENIED || err.code == ERR_NOT_FOUND
	    ? EXIT_DENIED
	    : EXIT_FAILED;
}

static void
print_stats(const struct flow_stats *stats)
{
	(void)fprintf(stderr, "rows: %" PRIu64 " read, %" PRIu64 " released\n",
	    stats->rows_read, stats->counts.rows[VERDICT_RELEASED]);
	for (int i = VERDICT_RELEASED + 1; i < NUM_VERDICTS; i++)
		if (stats->counts.rows[i] > 0)
			(void)fprintf(stderr, "  withheld: %" PRIu64 ", %s\n",
			    stats->counts.rows[i],
			    rows_verdict_name((enum verdict)i));
	for (int i = FIT_VALUE + 1; i < NUM_FITS; i++)
		if (stats->counts.unfit[i] > 0)
			(void)fprintf(stderr,
			    "  unfit cells: %" PRIu64 ", %s\n",
			    stats->counts.unfit[i],
			    cells_fit_name((enum fit)i));
	if (stats->num_dropped > 0)
		(void)fprintf(stderr,
		    "  undeclared columns dropped: %" PRIu32 "\n",
		    stats->num_dropped);
}

static struct err
pump(struct flow *flow)
{
	bool done = false;

	while (!done)
		TRY(flow_step(flow, &done));
	return OK;
}

static int
run_flow(const struct run *run, const struct flow_options *options)
{
	const struct flow_keys keys = {
	    (const uint8_t(*)[32])run->keys, run->plan.num_columns};
	struct flow_stats stats;
	struct flow *flow;
	struct err err = flow_new(&flow, &run->plan, &keys, options);

	if (err.code != ERR_OK) {
		(void)fprintf(stderr, "gatehouse: %s\n", err.why);
		return EXIT_FAILED;
	}
	err = pump(flow);
	flow_counted(flow, &stats);
	flow_free(flow);
	if (err.code == ERR_CLOSED && options->watch != NULL)
		return 0;
	if (err.code != ERR_OK) {
		(void)fprintf(stderr,
		    "gatehouse: near record %" PRIu64 ": %s\n", stats.record,
		    err.why);
		return EXIT_FAILED;
	}
	print_stats(&stats);
	return 0;
}

int
offline_run(const struct form_options *options, int in_fd, int out_fd,
    struct err (*watch)(void *context, const struct flow_view *view),
    void *context)
{
	const struct flow_options flow = {
	    .in_fd = in_fd,
	    .codes = trial_codes(),
	    .subject_key = trial_codes_subject_key(),
	    .sink = {.fd = out_fd},
	    .watch = watch,
	    .context = context,
	};
	static struct run run;

	policy_job_init(&run.job);
	int status = load(&run, options);
	if (status == 0) {
		(void)fprintf(stderr,
		    "gatehouse: with throw-away keys: codes match nothing "
		    "that was delivered%s\n",
		    plan_has_tokens(&run.plan)
			? "; random codes are of this run alone"
			: "");
		status = run_flow(&run, &flow);
	}
	if (run.keys != NULL)
		OPENSSL_cleanse(run.keys, (size_t)run.plan.num_columns * 32);
	policy_job_done(&run.job);
	return status;
}
