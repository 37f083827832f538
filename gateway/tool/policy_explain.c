#include "gateway/base/sysio.h"
#include "gateway/tool/options.h"
#include "gateway/tool/policy_job.h"
#include "gateway/tool/policy_request.h"
#include "gateway/tool/policy_verbs.h"
#include "policy/explain.h"
#include "policy/literal.h"

enum {
	EXIT_FAILED = 1,
	EXIT_BAD_USAGE = 2,
	EXIT_DENIED = 6,
	MAX_TEXT_BYTES = 16 * 1024 * 1024,
	SECONDS_PER_DAY = 86400,
	DAY_LEN = 10,	   /* 2026-06-30 */
	DAY_TIME_LEN = 20, /* 2026-06-30T12:00:00Z */
};

static const char usage[] =
    "policy explain --who GROUP --read BUCKET\n"
    "           [--place PLACE] [--at 2026-06-30T12:00:00Z]\n"
    "           [--config FILE] [[--policy] FILE or FOLDER...]\n"
    "       gatehouse policy explain --request ID [--ledger DIR]\n"
    "           [--config FILE] [--json]";

/* What was asked for on the command line. */
struct question {
	struct span who, bucket; /* no data: not given */
	struct span place;	 /* no data: nowhere that is declared */
	int64_t at;
	struct policy_request past; /* with an id: one that was made */
	struct policy_job *job;
	int code; /* what came of a --policy */
};

static struct err
parse_two_digits(struct span in, size_t from, int64_t max, int64_t *out)
{
	uint64_t tens, ones;

	TRY(span_u64(span_sub(in, from, 1), &tens, 9));
	TRY(span_u64(span_sub(in, from + 1, 1), &ones, 9));
	if ((int64_t)(tens * 10 + ones) > max)
		return ERR(MALFORMED, "not a time of day");
	*out = (int64_t)(tens * 10 + ones);
	return OK;
}

/* RFC 3339 in UTC, to the second; or a day alone, for its first second. */
static struct err
parse_moment(struct span in, int64_t *out)
{
	int64_t hour = 0, minute = 0, second = 0;
	int32_t day;

	TRY(literal_day(span_sub(in, 0, DAY_LEN), &day));
	if (in.len != DAY_LEN) {
		if (in.len != DAY_TIME_LEN || in.data[10] != 'T' ||
		    in.data[13] != ':' || in.data[16] != ':' ||
		    in.data[19] != 'Z')
			return ERR(MALFORMED, "not a moment in UTC");
		TRY(parse_two_digits(in, 11, 23, &hour));
		TRY(parse_two_digits(in, 14, 59, &minute));
		TRY(parse_two_digits(in, 17, 59, &second));
	}
	*out =
	    (int64_t)day * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
	return OK;
}

/* What was asked may be one of both, what was made or what could be. */
static bool
is_usable(const struct question *q, const struct policy_job *job, bool has_rest)
{
	const struct policy_request *past = &q->past;

	if (past->id == NULL)
		return q->who.data != NULL && q->bucket.data != NULL &&
		    past->ledger == NULL && !past->json;
	return q->who.data == NULL && q->bucket.data == NULL &&
	    q->place.data == NULL && job->num_files == 0 && !has_rest;
}

static struct err
take_moment(void *into, const char *value)
{
	return parse_moment(span_str(value), into);
}

/* Why one cannot be read is said at once. */
static struct err
take_policy(void *into, const char *value)
{
	struct question *q = into;

	if (q->code == 0)
		q->code = policy_job_add(q->job, value);
	return OK;
}

static int
read_arguments(
    struct policy_job *job, struct question *q, int argc, char **argv)
{
	struct options options = {
	    .usage = usage,
	    .rows = {{"who", .span = &q->who}, {"read", .span = &q->bucket},
		{"place", .span = &q->place},
		{"at", .take = take_moment, .into = &q->at},
		{"policy", .take = take_policy, .into = q},
		{"config", .text = &q->past.config},
		{"request", .text = &q->past.id},
		{"ledger", .text = &q->past.ledger},
		{"json", .flag = &q->past.json}},
	    .most = OPTIONS_MANY,
	};

	q->job = job;
	int code = options_read(&options, argc, argv);
	if (code == 0)
		code = q->code;
	if (code == 0 && !is_usable(q, job, options.num_operands > 0))
		return options_usage(&options);
	for (int i = 0; i < options.num_operands && code == 0; i++)
		code = policy_job_add(job, options.operands[i]);
	if (code == 0 && q->past.id == NULL && job->num_files == 0)
		code = policy_job_add_configured(job, q->past.config);
	return code;
}

static uint32_t
find_group(const struct policy *policy, struct span id)
{
	for (uint32_t i = 0; i < policy->num_groups; i++)
		if (span_equal(policy->groups[i].id, id))
			return i;
	(void)fprintf(stderr, "gatehouse: the policy has no group `%.*s`\n",
	    (int)id.len, (const char *)id.data);
	return NO_INDEX;
}

static uint32_t
find_place(const struct policy *policy, struct span id)
{
	for (uint32_t i = 0; i < policy->num_places; i++)
		if (span_equal(policy->places[i].id, id))
			return i;
	(void)fprintf(stderr, "gatehouse: the policy has no place `%.*s`\n",
	    (int)id.len, (const char *)id.data);
	return NO_INDEX;
}

/* An unknown name is most likely a slip: no answer is better than "denied". */
static int
answer(const struct policy *policy, const struct question *q)
{
	struct buf CLEANUP(buf_done) text = {.max = MAX_TEXT_BYTES};
	uint32_t group = find_group(policy, q->who);
	uint32_t place = NO_INDEX;
	struct decision decision;

	if (q->place.data != NULL)
		place = find_place(policy, q->place);
	if (group == NO_INDEX || (q->place.data != NULL && place == NO_INDEX))
		return EXIT_BAD_USAGE;
	decide_named(&decision, policy, group, place, q->bucket, q->at);
	struct err err = explain_agreement(
	    &text, policy, &decision, group, place, q->bucket);
	if (err.code != ERR_OK) {
		(void)fprintf(stderr, "gatehouse: %s\n", err.why);
		return EXIT_FAILED;
	}
	if (fwrite(text.data, 1, text.len, stdout) != text.len ||
	    fflush(stdout) != 0)
		return EXIT_FAILED;
	return decision.allowed ? 0 : EXIT_DENIED;
}

static int
explain(struct policy_job *job, const struct question *q)
{
	struct policy policy;

	if (q->past.id != NULL)
		return policy_request(&q->past);
	struct err err = policy_job_check(job, &policy);
	return err.code == ERR_OK
	    ? answer(&policy, q)
	    : policy_job_report(job, err, POLICY_FORMAT_TEXT);
}

int
policy_explain_main(int argc, char **argv)
{
	struct question q = {.at = sysio_wall_ns() / 1000000000};
	struct policy_job job;

	policy_job_init(&job);
	int code = read_arguments(&job, &q, argc, argv);
	if (code == 0)
		code = explain(&job, &q);
	policy_job_done(&job);
	return code;
}
