#include "gateway/keeper/shown.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "crypto/hash.h"
#include "crypto/hmac_key.h"
#include "crypto/sshsig.h"
#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/book.h"
#include "gateway/keeper/command_say.h"
#include "gateway/keeper/handed.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/record_terms.h"
#include "gateway/keeper/undo.h"
#include "gateway/ledger/record.h"
#include "policy/day.h"

enum {
	EXIT_FAILED = 1,
	EXIT_BAD_REQUEST = 2,
	EXIT_DENIED = 6,
	EXIT_AGAIN = 75,
	DAY_S = 24 * 60 * 60,
	MAX_DAY = 32, /* a date, as text */
	MAX_LINE = REVEAL_MAX_CODE + 2 * REVEAL_MAX_VALUE + 2,
};

_Static_assert((int)REVEAL_MAX_CODES *(int)MAX_LINE <= (int)ADMIN_REVEAL_PIPE,
    "a pipe holds all that is shown");

struct shown {
	struct admin *admin;
	struct keeper *keeper;
	uint64_t uid;
	int out; /* the pipe */
	struct buf text;
	uint8_t digest[HASH_SHA256_LEN]; /* of the text */
	struct reveal_request request;	 /* borrowed from it */
	struct reveal_grant grant;
	uint32_t at;	  /* the code that is on its way */
	struct buf value; /* of it */
	uint32_t num_shown;
};

struct err
shown_init(void)
{
	TRY(hmac_key_reserve(UNDO_NUM_KEYS));
	return sshsig_init();
}

static void
shown_free(struct shown *s)
{
	s->admin->shown = NULL;
	pending_forget(s->keeper, s);
	sysio_close(&s->out);
	buf_done(&s->text);
	buf_wipe(&s->value);
	free(s);
}

static void
end(struct shown *s, uint8_t status, const char *why)
{
	struct admin *admin = s->admin;

	shown_free(s);
	command_say_end(admin, status, why);
}

/* What became of a code: the value itself is never on this way. */
static void
say_code(struct shown *s, const char *what)
{
	command_say_line(s->admin,
	    &(struct admin_line){
		.fields = {s->request.codes[s->at], span_str(what)},
		.num_fields = 2});
}

/* --- Records --- */

struct draft {
	struct record record;
	struct span approvers[2];
	char rule_at[RECORD_TERMS_RULE_AT];
};

/* The emergency is the rule, and its purpose the purpose. */
static void
put_emergency(struct draft *d, const struct shown *s)
{
	const struct policy *p = &s->keeper->policy;
	const struct emergency *e = &p->emergencies[s->grant.emergency];
	struct record *r = &d->record;
	int len = snprintf(d->rule_at, sizeof(d->rule_at), "%.*s:%" PRIu32,
	    (int)e->file.len, (const char *)e->file.data, e->line);

	r->rule = e->id;
	if (len > 0 && (size_t)len < sizeof(d->rule_at))
		r->rule_at = span_str(d->rule_at);
	r->purpose = p->purposes[e->purpose].id;
	r->purpose_text = p->purposes[e->purpose].say;
	r->dataset = p->datasets[e->dataset].id;
	r->controller = p->parties[p->datasets[e->dataset].controller].id;
	r->about = p->datasets[e->dataset].about;
}

static void
begin(struct draft *d, const struct shown *s, enum record_kind kind)
{
	const struct policy *p = &s->keeper->policy;
	struct record *r = &d->record;

	*d = (struct draft){.record = {.kind = kind}};
	r->time_ms = (uint64_t)(sysio_wall_ns() / 1000000);
	r->uid = record_number(s->uid);
	r->command = span_str("reveal");
	r->policy = span_of(s->keeper->image_digest, 32);
	r->reveal_request = span_of(s->digest, sizeof(s->digest));
	if (s->grant.emergency != NO_INDEX)
		put_emergency(d, s);
	if (s->grant.agreement != NO_INDEX)
		r->agreement = p->agreements[s->grant.agreement].id;
	if (s->grant.place != NO_INDEX)
		r->place = p->places[s->grant.place].id;
	if (s->grant.asked_by != NO_INDEX)
		r->asked_by = p->signers[s->grant.asked_by].id;
}

static struct err
submit(const struct draft *d, struct shown *s)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	TRY(record_encode(&body, &d->record));
	return pending_ask(
	    &s->keeper->audit, AUDIT_APPEND, buf_span(&body), PENDING_SHOWN, s);
}

static struct err
record_denied(struct shown *s)
{
	struct draft d;

	begin(&d, s, RECORD_DENIED);
	d.record.decision = span_str("denied");
	d.record.reason = span_str(s->grant.denied);
	if (s->grant.guardrail != NO_INDEX)
		record_terms_guardrail(&d.record, d.rule_at, &s->keeper->policy,
		    s->grant.guardrail);
	return submit(&d, s);
}

/* The value is not in it: who reads the ledger learns who was looked up. */
static struct err
record_value(struct shown *s)
{
	const struct policy *p = &s->keeper->policy;
	const struct emergency *e = &p->emergencies[s->grant.emergency];
	struct buf day CLEANUP(buf_done) = {.max = MAX_DAY};
	const struct record_column column = {
	    s->request.column, span_str("as it is")};
	struct draft d;

	begin(&d, s, RECORD_REVEAL);
	for (size_t i = 0; i < 2; i++)
		d.approvers[i] = p->signers[s->grant.approvers[i]].id;
	d.record.approvers = (struct record_list){d.approvers, 2};
	d.record.decision = span_str("allowed");
	d.record.reason = s->request.reason;
	d.record.columns = (struct record_columns){.items = &column, .num = 1};
	d.record.code = s->request.codes[s->at];
	TRY(day_append(
	    &day, (int32_t)(d.record.time_ms / 1000 / DAY_S + e->review_days)));
	d.record.review_by = buf_span(&day);
	return submit(&d, s);
}

/* --- One code after the other --- */

static void
finish(struct shown *s)
{
	uint32_t num = s->request.num_codes;

	command_say_number(s->admin, "shown", s->num_shown);
	command_say_number(s->admin, "not-shown", num - s->num_shown);
	if (s->num_shown == num)
		end(s, 0, "");
	else
		end(s, EXIT_FAILED, "not all of them could be shown");
}

/* Its value is in s->value, and the record on its way; else why not. */
static struct err
make_value(struct shown *s, const struct undo *undo, struct span sealed)
{
	TRY(undo_code(&s->value, undo, s->request.codes[s->at], sealed));
	return record_value(s);
}

static struct undo
undo_of(const struct shown *s)
{
	return (struct undo){
	    .keeper = s->keeper, .grant = &s->grant, .epoch = s->request.epoch};
}

/* Somebody will answer, and it goes on then. */
static struct err
start_code(struct shown *s)
{
	const struct undo undo = undo_of(s);
	uint8_t code[TOKEN_CODE];
	bool asks;

	TRY(undo_asks(&undo, s->request.codes[s->at], &asks, code));
	if (!asks)
		return make_value(s, &undo, span_of(NULL, 0));
	return pending_ask(&s->keeper->codebook, BOOK_RESOLVE,
		   span_of(code, sizeof(code)), PENDING_RESOLVE, s)
		    .code == ERR_OK
	    ? OK
	    : ERR(UNAVAILABLE, "the codebook is away: ask again");
}

static void
go_on(struct shown *s)
{
	for (; s->at < s->request.num_codes; s->at++) {
		struct err err = start_code(s);

		if (err.code == ERR_OK)
			return;
		buf_wipe(&s->value);
		s->value.max = REVEAL_MAX_VALUE;
		say_code(s, err.why);
	}
	finish(s);
}

static void
next(struct shown *s)
{
	buf_wipe(&s->value);
	s->value.max = REVEAL_MAX_VALUE;
	s->at++;
	go_on(s);
}

static void
not_made(struct shown *s, const char *why)
{
	say_code(s, why);
	next(s);
}

void
shown_resolved(struct shown *s, struct span sealed)
{
	const struct undo undo = undo_of(s);
	struct err err = make_value(s, &undo, sealed);

	if (err.code != ERR_OK)
		not_made(s, err.why);
}

void
shown_not_resolved(struct shown *s, struct err why)
{
	not_made(s,
	    why.code == ERR_NOT_FOUND || why.code == ERR_CRYPTO
		? "the codebook does not have it, or not any more"
		: "the codebook is away: ask again");
}

/* As the value was, but that it is one line, and shown to be. */
static struct err
put_value(struct buf *line, struct span value)
{
	static const char marks[] = {'\n', '\r', '\t', '\\'};
	static const char letters[] = {'n', 'r', 't', '\\'};

	for (size_t i = 0; i < value.len; i++) {
		const char *mark = memchr(marks, value.data[i], sizeof(marks));

		if (mark == NULL) {
			TRY(buf_append(line, span_sub(value, i, 1)));
			continue;
		}
		const char pair[] = {'\\', letters[mark - marks]};
		TRY(buf_append(line, span_of(pair, sizeof(pair))));
	}
	return OK;
}

/* All lines together are less than the pipe holds (ADMIN_REVEAL_PIPE). */
static struct err
write_value(struct shown *s)
{
	struct buf line CLEANUP(buf_wipe) = {.max = MAX_LINE};
	size_t len;

	TRY(buf_append(&line, s->request.codes[s->at]));
	TRY(buf_append_str(&line, "\t"));
	TRY(put_value(&line, buf_span(&s->value)));
	TRY(buf_append_str(&line, "\n"));
	TRY(sysio_write(s->out, buf_span(&line), &len));
	return len == line.len ? OK : ERR(IO, "keeper: a pipe that is full");
}

void
shown_recorded(struct shown *s, uint64_t index)
{
	char text[64];

	if (s->grant.denied != NULL) {
		end(s, EXIT_DENIED, s->grant.denied);
		return;
	}
	struct err err = write_value(s);
	if (err.code == ERR_OK) {
		s->num_shown++;
		snprintf(text, sizeof(text), "shown, record %" PRIu64, index);
		say_code(s, text);
	} else {
		log_error("value-not-shown", err);
		say_code(s, "recorded, and not taken from the pipe");
	}
	next(s);
}

void
shown_not_recorded(struct shown *s, bool before)
{
	if (s->grant.denied != NULL) {
		end(s, EXIT_DENIED, s->grant.denied);
		return;
	}
	if (!before) {
		end(s, EXIT_AGAIN, "no record can be kept");
		return;
	}
	not_made(s, "was shown under this approval before: ask again");
}

void
shown_left(struct shown *s)
{
	/* What is on its way to the ledger finds nobody: nothing is written. */
	shown_free(s);
}

/* --- The way in --- */

static struct err
take(struct shown *s, const struct admin_reveal *question)
{
	TRY(buf_append(&s->text, question->text));
	TRY(hash_sha256(s->digest, buf_span(&s->text)));
	return reveal_parse(&s->request, buf_span(&s->text));
}

static struct shown *
shown_new(struct admin *admin)
{
	struct shown *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->admin = admin;
	s->keeper = admin->seam->keeper;
	s->uid = admin->uid;
	s->out = -1;
	s->text.max = REVEAL_MAX;
	s->value.max = REVEAL_MAX_VALUE;
	admin->shown = s;
	return s;
}

/* A command that reads slowly does not hold the keeper. */
static bool
take_pipe(struct shown *s, struct frame *frame)
{
	s->out = frame_take_fd(frame, 0);
	return fcntl(s->out, F_SETFL, O_WRONLY | O_NONBLOCK) == 0;
}

struct err
shown_begin(struct admin *admin, struct frame *frame)
{
	struct admin_reveal question;
	struct shown *s;

	TRY(admin_take_reveal(&question, frame->body));
	if (!handed_is_pipe(frame->fds[0], O_WRONLY))
		return ERR(MALFORMED, "keeper: not the end of a pipe");
	s = shown_new(admin);
	if (s == NULL || !take_pipe(s, frame)) {
		command_say_end(admin, EXIT_AGAIN, "there is no memory");
		return OK;
	}
	struct err err = take(s, &question);
	if (err.code != ERR_OK) {
		end(s, EXIT_BAD_REQUEST, err.why);
		return OK;
	}
	reveal_judge(&s->grant, &s->keeper->policy,
	    &(struct reveal_question){.request = &s->request,
		.text = buf_span(&s->text),
		.signatures = question.signatures,
		.num_signatures = question.num_signatures,
		.now_s = sysio_wall_ns() / 1000000000});
	if (s->grant.denied == NULL) {
		go_on(s);
		return OK;
	}
	err = record_denied(s);
	if (err.code != ERR_OK)
		shown_not_recorded(s, false);
	return OK;
}
