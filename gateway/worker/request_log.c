#include "gateway/worker/request_log.h"

#include <sodium.h>

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/s3/s3_error.h"
#include "gateway/worker/compose.h"

enum {
	MAX_FIELDS = 16,
};

struct line {
	struct log_field fields[MAX_FIELDS];
	size_t num;
	char trace[2 * HTTP_TRACE_ID + 1];
};

static void
add(struct line *line, struct log_field field)
{
	if (line->num < MAX_FIELDS)
		line->fields[line->num++] = field;
}

/* It reached a keeper that knows who asks. */
static bool
is_known(const struct request *r)
{
	return r->call.answered &&
	    (r->call.answer.party || r->call.answer.record != UINT64_MAX);
}

static const char *
outcome_name(const struct request *r, enum ask_outcome outcome)
{
	switch (outcome) {
	case ASK_CLIENT_LEFT:
		return "client-left";
	case ASK_CUT:
		return "cut";
	case ASK_NOT_MODIFIED:
		return "no-data";
	case ASK_DELIVERED:
	case ASK_HEAD_ONLY:
	case NUM_ASK_OUTCOMES:
		break;
	}
	if (r->error != S3_ERR_NONE)
		return "refused";
	return outcome == ASK_HEAD_ONLY ? "head-only" : "delivered";
}

/* What was asked. Of a bucket the name is told where it is an agreement, and
 * the caller's: else it is whatever somebody wrote. */
static void
add_question(struct line *line, const struct request *r)
{
	if (r->health != NULL)
		add(line, log_text("op", r->health));
	else if (r->routed)
		add(line, log_text("op", s3_route_op_name(r->route.op)));
	if (r->call.answered && r->call.answer.party)
		add(line, log_span("agreement", r->route.bucket));
	if (r->source.head->refused == 0)
		add(line,
		    log_text(
			"http", r->source.head->version_1_0 ? "1.0" : "1.1"));
	if (r->has_trace)
		add(line,
		    log_text("trace",
			sodium_bin2hex(line->trace, sizeof(line->trace),
			    r->trace_id, sizeof(r->trace_id))));
}

static void
add_slot(struct line *line, const struct request *r)
{
	const struct reply *reply = &r->reply;

	if (!r->call.answered ||
	    (r->call.answer.kind != ASK_OBJECT &&
		r->call.answer.kind != ASK_GROWING))
		return;
	add(line,
	    log_text("slot",
		r->call.answer.kind == ASK_GROWING ? "growing" : "ready"));
	add(line,
	    log_number("ranges", reply->slot != NULL && reply->status == 206));
}

static void
add_answer(struct line *line, const struct request *r)
{
	if (r->reply.started)
		add(line, log_number("status", r->reply.status));
	if (r->error != S3_ERR_NONE)
		add(line, log_text("code", s3_error_code(r->error)));
	add(line, log_number("bytes", r->reply.body_sent));
	if (r->reply.first_us != 0)
		add(line,
		    log_number("first-us", r->reply.first_us - r->begun_us));
	add(line, log_number("us", sysio_monotonic_us() - r->begun_us));
	if (r->call.answered && r->call.answer.record != UINT64_MAX)
		add(line, log_number("record", r->call.answer.record));
}

void
request_log_ended(
    struct request_log *log, const struct request *r, enum ask_outcome outcome)
{
	struct line line = {.num = 0};

	if (!log->on)
		return;
	if (!is_known(r) && log->num_unrecorded++ >= LOG_UNRECORDED_PER_S) {
		log->num_left_out++;
		return;
	}
	add(&line, log_text("id", r->request_id));
	add(&line, log_text("outcome", outcome_name(r, outcome)));
	add_question(&line, r);
	add_answer(&line, r);
	add_slot(&line, r);
	log_event_soon("request", line.fields, line.num);
}

void
request_log_tick(struct request_log *log)
{
	const struct log_field fields[] = {
	    log_number("count", log->num_left_out)};

	if (log->num_left_out > 0)
		log_event("requests-left-out", fields, 1);
	log->num_unrecorded = 0;
	log->num_left_out = 0;
}
