#include "gateway/worker/request.h"

#include <assert.h>

#include "gateway/base/request_id.h"
#include "gateway/base/sysio.h"
#include "gateway/s3/s3_presigned.h"
#include "gateway/s3/sigv4.h"
#include "gateway/worker/compose.h"
#include "gateway/worker/request_count.h"

/* --- the steps --------------------------------------------------------- */

/* A request is refused: by which code. */
static struct err
refuse(struct request *r, enum s3_error error)
{
	r->error = error;
	return ERR(DENIED, "request: refused");
}

static struct err
check(struct request *r, enum s3_error error)
{
	return error == S3_ERR_NONE ? OK : refuse(r, error);
}

/* Other workers, under another policy, take what comes while this one drains:
 * the client tries again, and finds them. */
static struct err
begin_or_refuse(struct request *r)
{
	if (!r->service->draining)
		return OK;
	r->reply.close = true;
	return refuse(r, S3_ERR_SLOW_DOWN);
}

/* Which one it is, by name; NULL: none. */
static const char *
health_check(struct span target)
{
	if (span_equal_str(target, "/livez"))
		return "livez";
	return span_equal_str(target, "/readyz") ? "readyz" : NULL;
}

/* What the head alone decides: garbage, and the two health checks. */
static struct err
step_head(struct request *r)
{
	const struct http_head *head = r->source.head;
	bool get = span_equal_str(head->method, "GET");
	bool is_head = span_equal_str(head->method, "HEAD");

	r->reply.no_body = is_head;
	r->reply.close = head->refused != 0 || !head->keep_alive;
	if (head->refused == 501)
		return refuse(r, S3_ERR_NOT_IMPLEMENTED);
	if (head->refused != 0)
		return ERR(MALFORMED, "request: the head is refused");
	r->has_trace = http_trace_find(r->trace_id, head);
	if (get || is_head)
		r->health = health_check(head->target);
	if (r->health == NULL)
		return begin_or_refuse(r);
	return compose_health(r,
	    span_equal_str(head->target, "/livez") ||
		(asker_connected(r->service->asker) && !r->service->draining &&
		    !r->service->sealed));
}

/* The signature in the query; it covers the rest of the query. */
static struct err
presigned_form(struct request *r, const struct s3_presigned *presigned,
    struct s3_request *raw)
{
	struct span payload =
	    http_head_find(r->source.head, "x-amz-content-sha256");

	if (r->authorization.data != NULL)
		return refuse(r, S3_ERR_INVALID_ARGUMENT);
	if (payload.data == NULL)
		payload = span_str("UNSIGNED-PAYLOAD");
	raw->target = presigned->target;
	r->authorization = presigned->signature;
	return check(r,
	    s3_canonical_build(&r->canonical, raw, presigned->names, payload));
}

/* The signature in the Authorization header. */
static struct err
signed_form(struct request *r, const struct s3_request *raw)
{
	struct span payload =
	    http_head_find(r->source.head, "x-amz-content-sha256");
	struct sigv4_auth auth;

	TRY(check(r, sigv4_parse(r->authorization, &auth)));
	if (payload.data == NULL)
		return refuse(r, S3_ERR_MISSING_SECURITY_HEADER);
	return check(
	    r, s3_canonical_build(&r->canonical, raw, auth.names, payload));
}

/* Bring it into the form that the keeper verifies. */
static struct err
step_identity(struct request *r)
{
	const struct http_head *head = r->source.head;
	struct s3_request raw = {.method = head->method,
	    .target = head->target,
	    .headers = head->headers,
	    .num_headers = head->num_headers};
	struct s3_presigned presigned;

	r->authorization = http_head_find(head, "authorization");
	TRY(check(r, s3_presigned_split(&r->arena, head->target, &presigned)));
	if (presigned.target.data != NULL)
		return presigned_form(r, &presigned, &raw);
	if (r->authorization.data != NULL)
		return signed_form(r, &raw);
	return check(r, s3_canonical_unsigned(&r->canonical, &raw));
}

/* What a route may ask of the answer, given the rest of the request. */
static struct err
check_route(struct request *r)
{
	bool has_range = http_head_find(r->source.head, "range").data != NULL;

	/* Whoever chooses headers for others to see has to be known by a
	 * signature over that choice. */
	for (size_t i = 0; i < NUM_S3_OVERRIDES; i++)
		if (r->route.overrides[i].data != NULL &&
		    r->authorization.data == NULL)
			return refuse(r, S3_ERR_INVALID_REQUEST);
	if (r->route.first_part && has_range)
		return refuse(r, S3_ERR_INVALID_REQUEST);
	return OK;
}

/* The keeper routes for itself, from the same text; here it is known how to
 * answer, and what is not served is refused without asking. */
static struct err
step_route(struct request *r)
{
	struct s3_canonical *canonical;

	TRY(arena_alloc(&r->arena, &canonical, 1, sizeof(*canonical)));
	TRY(s3_canonical_parse(buf_span(&r->canonical), canonical));
	TRY(check(r,
	    s3_route_parse(
		&r->arena, canonical, &r->service->hosts, &r->route)));
	r->routed = true;
	return check_route(r);
}

/* As the client sent them: which part is granted is the keeper's to say. */
static void
set_headers(struct ask_request *question, const struct http_head *head)
{
	static const char *const names[NUM_ASK_HEADERS] = {
	    [ASK_HEADER_RANGE] = "range",
	    [ASK_HEADER_IF_MATCH] = "if-match",
	    [ASK_HEADER_IF_NONE_MATCH] = "if-none-match",
	    [ASK_HEADER_IF_MODIFIED_SINCE] = "if-modified-since",
	    [ASK_HEADER_IF_UNMODIFIED_SINCE] = "if-unmodified-since",
	    [ASK_HEADER_IF_RANGE] = "if-range"};

	for (size_t i = 0; i < NUM_ASK_HEADERS; i++)
		question->headers[i] = http_head_find(head, names[i]);
}

static struct err
send_question(struct request *r)
{
	const struct http_head *head = r->source.head;
	const struct tls_conn_peer *peer = r->source.peer;
	struct ask_request question = {.port = r->source.port,
	    .canonical = buf_span(&r->canonical),
	    .authorization = r->authorization,
	    .whole = r->route.op == S3_OP_GET_OBJECT && !head->version_1_0 &&
		!r->route.first_part &&
		http_head_find(head, "range").data == NULL};

	memcpy(question.address, r->source.address, sizeof(question.address));
	if (r->route.op == S3_OP_GET_OBJECT)
		set_headers(&question, head);
	if (r->has_trace)
		question.trace = span_of(r->trace_id, sizeof(r->trace_id));
	if (peer != NULL && peer->spiffe[0] != '\0') {
		question.certificate = span_str(peer->spiffe);
		question.certificate_digest =
		    span_of(peer->sha256, sizeof(peer->sha256));
	}
	r->asked = true;
	return asker_ask(r->service->asker, &r->call, &question);
}

/* Ask the keeper. Whatever it grants, the ledger already shows. */
static struct err
step_ask(struct request *r)
{
	const struct ask_answer *answer = &r->call.answer;

	if (!r->asked)
		TRY(send_question(r));
	if (r->call.lost)
		return ERR(UNAVAILABLE, "request: the keeper went away");
	if (!r->call.answered)
		return ERR(AGAIN, "request: the keeper thinks");
	memcpy(r->request_id, answer->request, sizeof(r->request_id));
	if (answer->kind == ASK_REFUSED)
		return refuse(r, compose_refusal(answer->refusal));
	if ((answer->kind == ASK_BUCKETS || answer->kind == ASK_LISTING) &&
	    !r->call.complete)
		return ERR(AGAIN, "request: the listing comes");
	if (r->call.fd >= 0)
		slot_init(&r->slot, answer, r->call.fd);
	return OK;
}

/* A grant holds as long as the keeper that gave it. */
static struct err
check_grant(struct request *r)
{
	if (!r->asked || r->error != S3_ERR_NONE)
		return OK;
	if (r->call.lost)
		return ERR(UNAVAILABLE, "request: its grant is void");
	if (r->call.answer.kind != ASK_GROWING)
		return OK;
	return slot_progress(&r->slot, &r->call.progress);
}

static struct err
step_serve(struct request *r)
{
	struct err err = check_grant(r);

	if (err.code == ERR_CHANGED)
		r->error = S3_ERR_SOURCE_MALFORMED;
	if (err.code == ERR_UNAVAILABLE)
		r->error = S3_ERR_SERVICE_UNAVAILABLE;
	TRY(err);
	if (!r->reply.composed)
		TRY(compose_granted(r));
	err = reply_send(
	    &r->reply, r->source.tls, r->service->scratch, &r->wants_turn);
	request_count_sent(r);
	return err;
}

/* --- the end ----------------------------------------------------------- */

static enum ask_outcome
outcome_of(const struct request *r)
{
	if (r->no_data)
		return ASK_NOT_MODIFIED;
	if (!r->reply.ended || r->cut)
		return r->cut ? ASK_CUT : ASK_CLIENT_LEFT;
	if (r->route.op == S3_OP_HEAD_OBJECT ||
	    r->route.op == S3_OP_GET_OBJECT_ATTRIBUTES)
		return ASK_HEAD_ONLY;
	return ASK_DELIVERED;
}

/* The client's fault, and the keeper does not know of it. */
static bool
is_refused_alone(const struct request *r)
{
	return !r->asked && r->error != S3_ERR_NONE &&
	    (s3_error_status(r->error) < 500 ||
		r->error == S3_ERR_NOT_IMPLEMENTED);
}

/* Tell the log and the keeper what became of it. On every way out, once. */
static void
complete(struct request *r)
{
	bool data = r->reply.slot != NULL && r->reply.body_sent > 0;
	struct ask_done done = {.outcome = outcome_of(r)};

	if (r->completed)
		return;
	r->completed = true;
	request_log_ended(r->service->log, r, done.outcome);
	if (is_refused_alone(r))
		tally_add(r->service->refused, r->source.address, 1);
	request_count_ended(r);
	/* An error that we wrote ourselves tells nothing of the data. */
	if (r->error == S3_ERR_NONE || r->reply.slot != NULL)
		done.bytes = r->reply.body_sent;
	if (data) {
		done.num_ranges = 1;
		done.ranges[0].first = r->reply.first;
		done.ranges[0].last = r->reply.first + r->reply.body_sent - 1;
	}
	asker_finish(r->service->asker, &r->call, &done);
}

static struct err
step_complete(struct request *r)
{
	complete(r);
	return OK;
}

static_assert(SPOOL_MAX_WAIT_S * 1000 < WORKER_ASK_MS,
    "the keeper says SlowDown before the worker gives it up");

enum {
	STEP_ASK = 3,
	STEP_SERVE = 4,
	STEP_COMPLETE = 5,
	NUM_STEPS,
};

static const struct step {
	const char *name;
	struct err (*run)(struct request *r);
	int64_t deadline_ms; /* for each wait; 0: none */
	enum s3_error status_on_failure;
} steps[NUM_STEPS] = {
    {"head", step_head, 0, S3_ERR_BAD_REQUEST},
    {"identity", step_identity, 0, S3_ERR_INTERNAL},
    {"route", step_route, 0, S3_ERR_INVALID_REQUEST},
    {"ask", step_ask, WORKER_ASK_MS, S3_ERR_SERVICE_UNAVAILABLE},
    {"serve", step_serve, WORKER_STALL_MS, S3_ERR_INTERNAL},
    {"complete", step_complete, 0, S3_ERR_INTERNAL},
};

/* Before the first byte a failure is an answer, later it is a cut. */
static struct err
fail(struct request *r, struct err why)
{
	struct err err = why;

	if (!r->reply.started && !r->failed) {
		r->failed = true;
		/* Not the client's fault, whatever he sent. */
		if (r->error == S3_ERR_NONE && why.code == ERR_NO_MEMORY)
			r->error = S3_ERR_INTERNAL;
		if (r->error == S3_ERR_NONE)
			r->error = steps[r->step].status_on_failure;
		err = compose_error(r);
	}
	if (err.code == ERR_OK && r->reply.composed && !r->reply.started) {
		r->step = STEP_SERVE;
		return OK;
	}
	/* The socket's failures are the client's, the rest is ours. */
	r->cut = why.code != ERR_IO && why.code != ERR_CLOSED;
	complete(r);
	return why;
}

/* A wait that lasts too long is a failure like any other. Waiting for the
 * client is judged by its rate, in connection.c. */
static struct err
judge_wait(struct request *r, struct err err)
{
	int64_t now_ms = r->service->now_ms;

	if (r->wants_turn || tls_conn_wants_write(r->source.tls) ||
	    r->waited_for != r->reply.body_sent + r->step) {
		r->waited_for = r->reply.body_sent + r->step;
		r->waits_since_ms = now_ms;
	}
	if (steps[r->step].deadline_ms > 0 &&
	    now_ms - r->waits_since_ms > steps[r->step].deadline_ms)
		return ERR(UNAVAILABLE, "request: waited too long");
	return err;
}

struct err
request_run(struct request *r)
{
	r->wants_turn = false;
	while (r->step < NUM_STEPS) {
		struct err err = steps[r->step].run(r);

		if (err.code == ERR_AGAIN)
			err = judge_wait(r, err);
		if (err.code == ERR_AGAIN)
			return err;
		if (err.code != ERR_OK) {
			TRY(fail(r, err));
			continue;
		}
		/* A step may have composed the answer: the rest is skipped. */
		r->step = r->step < STEP_SERVE && r->reply.composed
		    ? STEP_SERVE
		    : r->step + 1;
		r->waits_since_ms = r->service->now_ms;
	}
	return OK;
}

/* --- life -------------------------------------------------------------- */

struct err
request_new(struct request **out, const struct request_service *service,
    const struct request_source *source)
{
	struct request *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return ERR(NO_MEMORY, "request: no memory");
	r->service = service;
	r->source = *source;
	r->waits_since_ms = service->now_ms;
	r->begun_us = sysio_monotonic_us();
	arena_init(&r->arena, WORKER_MAX_REQUEST);
	buf_init(&r->canonical, S3_MAX_CANONICAL);
	reply_init(&r->reply);
	asker_call_init(&r->call, source->wake, source->context);
	/* Until the keeper gives one: for answers that no record covers. */
	request_id_make(r->request_id);
	*out = r;
	return OK;
}

void
request_free(struct request *r)
{
	if (r == NULL)
		return;
	complete(r);
	slot_done(&r->slot);
	reply_done(&r->reply);
	buf_done(&r->canonical);
	arena_done(&r->arena);
	free(r);
}

void
request_cut(struct request *r)
{
	r->cut = true;
}

bool
request_wants_turn(const struct request *r)
{
	return r->wants_turn;
}

bool
request_was_granted(const struct request *r)
{
	return r->asked && r->error == S3_ERR_NONE;
}

bool
request_keeps_alive(const struct request *r)
{
	return r->reply.ended && !r->reply.close && !r->cut;
}
