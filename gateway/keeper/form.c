#include "gateway/keeper/form.h"

#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>

#include "crypto/random.h"
#include "gateway/base/log.h"
#include "gateway/base/request_id.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/charge.h"
#include "gateway/keeper/command_say.h"
#include "gateway/keeper/compiled.h"
#include "gateway/keeper/draws.h"
#include "gateway/keeper/form_record.h"
#include "gateway/keeper/handed.h"
#include "gateway/keeper/mills.h"
#include "gateway/keeper/order.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/recheck.h"
#include "gateway/keeper/seeds.h"
#include "gateway/keeper/slot_fill.h"

enum {
	EXIT_FAILED = 1,
	EXIT_DENIED = 6,
	EXIT_AGAIN = 75,
	WHY_MAX = 2048,
};

/* Asked again, it is decided by the policy that serves. */
static const char WITHDRAWN[] = "the policy changed meanwhile";

static const struct agreement *
agreement_of(const struct form *form)
{
	return &form->keeper->policy.agreements[form->decision.agreement];
}

/* --- Its end --- */

static void
note(struct err err)
{
	if (err.code != ERR_OK)
		log_error("completion-not-recorded", err);
}

/* It has seen what a stranger sent: it makes nothing for others. */
static void
dismiss(struct form *form)
{
	struct seam *mill = form->mill;

	form->mill = NULL;
	if (mill == NULL)
		return;
	mill->form = NULL;
	mill->lost(mill);
}

static void
form_free(struct form *form)
{
	dismiss(form);
	pending_forget(form->keeper, form);
	if (form->admin != NULL)
		form->admin->form = NULL;
	TAILQ_REMOVE(&form->keeper->forms, form, next);
	form->keeper->num_forms--;
	sysio_close(&form->source);
	sysio_close(&form->out);
	slot_counts_done(&form->counts);
	buf_done(&form->why);
	free(form);
}

static void
end(struct form *form, uint8_t status, const char *why)
{
	struct keeper *keeper = form->keeper;

	if (form->admin != NULL)
		command_say_end(form->admin, status, why);
	form_free(form);
	slot_fill_dispatch(keeper);
}

static void
say_counts(const struct form *form)
{
	command_say_number(form->admin, "read", form->counts.rows_read);
	command_say_number(form->admin, "released", form->counts.rows_released);
	for (uint32_t i = 0; i < form->counts.num_withheld; i++) {
		char rows[24];
		snprintf(rows, sizeof(rows), "%" PRIu64,
		    form->counts.withheld[i].rows);
		command_say_line(form->admin,
		    &(struct admin_line){
			.fields = {span_str("withheld"),
			    form->counts.withheld[i].reason, span_str(rows)},
			.num_fields = 3});
	}
}

/* More than was made, it cannot have passed on. */
static uint64_t
bytes_taken(const struct form *form)
{
	uint64_t most = UINT64_C(1) << 53;

	if (form->step == FORM_MADE)
		most = form->plain_len;
	return form->taken.bytes < most ? form->taken.bytes : most - 1;
}

/* Both have spoken, or the command has enough. */
static void
settle(struct form *form)
{
	bool all = form->step == FORM_MADE && form->taken.whole &&
	    form->taken.bytes == form->plain_len;

	if (!form->told || (form->taken.whole && form->step < FORM_MADE))
		return;
	note(form_record_complete(form,
	    all			    ? "delivered"
		: form->taken.whole ? "cut"
				    : "client-left",
	    all ? form->plain_len : bytes_taken(form)));
	if (form->step == FORM_FAILED) {
		end(form, form->status, (const char *)form->why.data);
		return;
	}
	if (form->step == FORM_MADE)
		say_counts(form);
	if (form->taken.whole && !all)
		end(form, EXIT_FAILED, "not all of it was taken");
	else
		end(form, 0, "");
}

static void
fail(struct form *form, uint8_t status, const char *why)
{
	form->step = FORM_FAILED;
	form->status = status;
	/* The command sees that its pipe ends, and says what it had. */
	sysio_close(&form->source);
	sysio_close(&form->out);
	if (buf_append_str(&form->why, why).code != ERR_OK ||
	    buf_put_u8(&form->why, '\0').code != ERR_OK)
		buf_reset(&form->why);
	settle(form);
}

void
form_left(struct form *form)
{
	form->admin->form = NULL;
	form->admin = NULL;
	sysio_close(&form->source);
	sysio_close(&form->out);
	if (form->step == FORM_RECORD)
		return; /* it may be on the disk: form_recorded closes it */
	if (form->step == FORM_QUEUED)
		note(form_record_complete(form, "cut", 0));
	else
		note(form_record_interrupted(form));
	end(form, 0, "");
}

void
form_withdraw(struct form *form)
{
	assert(form->step < FORM_MADE);
	form->withdrawn = true;
	if (form->step == FORM_RECORD)
		return; /* it may be on the disk: form_recorded closes it */
	if (form->step == FORM_RUNS) {
		dismiss(form);
		fail(form, EXIT_AGAIN, WITHDRAWN);
		return;
	}
	note(form_record_complete(form, "cut", 0));
	end(form, EXIT_AGAIN, WITHDRAWN);
}

/* --- The mill --- */

/* Half of them stay for those whom the gateway is there for. */
static bool
may_run(const struct keeper *keeper)
{
	size_t num = 0, most = keeper->num_mills / 2;

	for (size_t i = 0; i < keeper->num_mills; i++)
		num += keeper->mills[i].form != NULL;
	return num < (most > 0 ? most : 1);
}

static struct err
give_order(struct form *form, int codes)
{
	const struct order_fds fds = {form->source, form->out, codes};
	uint8_t file_key[16];
	struct compiled *plan;
	uint64_t header_len;
	struct err err =
	    compiled_get(form->keeper, form->decision.agreement, &plan);

	if (err.code != ERR_OK) {
		sysio_close(&codes);
		return err;
	}
	form->source = form->out = -1;
	random_bytes(file_key, sizeof(file_key));
	err = order_send(form->mill,
	    &(struct order){.agreement = form->decision.agreement,
		.plan = plan,
		.file_key = file_key,
		.recipient = form->recipient},
	    &fds, &header_len);
	explicit_bzero(file_key, sizeof(file_key));
	return err;
}

static struct err
run(struct form *form, struct seam *mill)
{
	struct compiled *plan;

	TRY(compiled_get(form->keeper, form->decision.agreement, &plan));
	TRY(mills_bind(mill, plan));
	form->mill = mill;
	form->step = FORM_RUNS;
	mill->form = form;
	memcpy(form->plan, plan->digest, sizeof(form->plan));
	form->epoch = plan->plan.key_epoch;
	/* How long a pipe is, nobody knows. */
	if (plan_has_tokens(&plan->plan))
		return draws_ask(mill, BOOK_MAX_FORM, PENDING_FORM_DRAW, form);
	return give_order(form, -1);
}

void
form_codes(struct form *form, int codes)
{
	struct err err = give_order(form, codes);

	if (err.code == ERR_OK)
		return;
	log_error("form-not-begun", err);
	fail(form, EXIT_FAILED, "no order could be given to a mill");
}

void
form_no_codes(struct form *form)
{
	fail(form, EXIT_AGAIN, "the codebook gives no codes now");
}

static struct form *
next_to_run(struct keeper *keeper)
{
	struct form *form;

	TAILQ_FOREACH(form, &keeper->forms, next)
	{
		if (form->step == FORM_QUEUED)
			break;
	}
	return form;
}

void
form_dispatch(struct keeper *keeper)
{
	struct form *form;
	struct seam *mill;

	while ((form = next_to_run(keeper)) != NULL && may_run(keeper) &&
	    (mill = mills_find(keeper, NULL)) != NULL) {
		struct err err = run(form, mill);
		if (err.code == ERR_OK)
			continue;
		log_error("form-not-begun", err);
		fail(form, EXIT_FAILED, "no order could be given to a mill");
	}
}

struct err
form_made(struct form *form, struct span body)
{
	struct fill_done done;

	TRY(fill_take_done(&done, body));
	TRY(slot_counts_set(&form->counts, &done));
	form->plain_len = done.plain_len;
	memcpy(form->sha256, done.sha256, sizeof(form->sha256));
	form->step = FORM_MADE;
	dismiss(form);
	settle(form);
	return OK;
}

struct err
form_failed(struct form *form, struct span body)
{
	struct fill_failed failed;
	char why[WHY_MAX];

	TRY(fill_take_failed(&failed, body));
	const struct log_field fields[] = {
	    log_span("agreement", agreement_of(form)->id),
	    log_span("why", failed.why), log_number("record", failed.record)};
	log_event("form-failed", fields, 3);
	snprintf(why, sizeof(why), "near record %" PRIu64 ": %.*s",
	    failed.record, (int)failed.why.len, (const char *)failed.why.data);
	dismiss(form);
	fail(form, EXIT_FAILED, why);
	return OK;
}

void
form_mill_lost(struct form *form)
{
	form->mill = NULL;
	fail(form, EXIT_AGAIN, "the process that made it died");
}

struct err
form_taken(struct form *form, struct span body)
{
	TRY(admin_take_taken(&form->taken, body));
	if (form->step < FORM_RUNS)
		return ERR(MALFORMED, "keeper: nothing was given yet");
	form->told = true;
	settle(form);
	return OK;
}

/* --- The record --- */

/* How the plaintext looks, for who shows records of it. */
static void
say_shape(const struct form *form)
{
	const struct policy *policy = &form->keeper->policy;
	const struct agreement *a = agreement_of(form);
	const struct file_format *format = &policy->datasets[a->dataset].format;
	bool csv = format->kind == FILE_CSV;

	command_say_pair(form->admin, "ending",
	    span_str(model_compression_ending(a->compress)));
	command_say_number(form->admin, "quoted", csv && !format->unquoted);
	command_say_number(
	    form->admin, "titled", csv && format->num_header == 0);
}

static void
say_denied(struct form *form)
{
	const struct decision *d = &form->decision;
	struct buf text CLEANUP(buf_done) = {.max = WHY_MAX};

	if (d->reason == DENY_UNKNOWN_BUCKET)
		end(form, EXIT_DENIED,
		    "the policy in force has no such agreement");
	else if (d->reason == DENY_NO_PLACE)
		end(form, EXIT_DENIED,
		    "the policy in force declares no such place");
	else if (decide_sentence(&text, &form->keeper->policy, d).code ==
		ERR_OK &&
	    buf_put_u8(&text, '\0').code == ERR_OK)
		end(form, EXIT_DENIED, (const char *)text.data);
	else
		end(form, EXIT_DENIED, decide_reason_name(d->reason));
}

void
form_recorded(struct form *form, uint64_t index)
{
	form->record = index;
	staged_count(form->keeper, &form->staged, &form->decision);
	if (!form->decision.allowed) {
		say_denied(form);
		return;
	}
	if (form->admin == NULL || form->withdrawn) {
		note(form_record_complete(form, "cut", 0));
		end(form, EXIT_AGAIN, WITHDRAWN);
		return;
	}
	say_shape(form);
	form->step = FORM_QUEUED;
	slot_fill_dispatch(form->keeper);
}

void
form_not_recorded(struct form *form)
{
	end(form, EXIT_AGAIN, "no record can be kept");
}

void
form_over(struct form *form, const struct audit_over *over)
{
	struct buf text CLEANUP(buf_done) = {.max = WHY_MAX};

	if (charge_sentence(&text, form->keeper, form->decision.agreement, over)
		    .code != ERR_OK ||
	    buf_put_u8(&text, '\0').code != ERR_OK)
		end(form, EXIT_AGAIN, "a limit of the agreement is used up");
	else
		end(form, EXIT_AGAIN, (const char *)text.data);
}

/* --- The way in --- */

static struct form *
form_new(
    struct admin *admin, const char *command, const struct admin_form *question)
{
	struct keeper *keeper = admin->seam->keeper;
	struct form *form = calloc(1, sizeof(*form));
	int64_t now_s = sysio_wall_ns() / 1000000000;

	if (form == NULL)
		return NULL;
	form->keeper = keeper;
	form->admin = admin;
	form->command = command;
	form->uid = admin->uid;
	form->source = form->out = -1;
	form->why.max = WHY_MAX;
	memcpy(
	    form->agreement, question->agreement.data, question->agreement.len);
	memcpy(form->recipient, question->recipient, sizeof(form->recipient));
	request_id_make(form->request_id);
	decide_form(&form->decision, &keeper->policy,
	    model_find_place(&keeper->policy, question->place),
	    question->agreement, now_s);
	staged_form(&form->staged, keeper, &form->decision, question->agreement,
	    question->place, now_s);
	if (seeds_deny(keeper->seeds, &keeper->policy, &form->decision))
		form->staged = (struct staged_verdict){.was_asked = false};
	admin->form = form;
	TAILQ_INSERT_TAIL(&keeper->forms, form, next);
	keeper->num_forms++;
	return form;
}

struct err
form_begin(struct admin *admin, const char *command, struct frame *frame)
{
	struct admin_form question;
	struct form *form = NULL;

	TRY(admin_take_form(&question, frame->body));
	if (!handed_is_pipe(frame->fds[0], O_RDONLY) ||
	    !handed_is_pipe(frame->fds[1], O_WRONLY))
		return ERR(MALFORMED, "keeper: not the ends of two pipes");
	if (admin->seam->keeper->num_forms < FORM_MAX)
		form = form_new(admin, command, &question);
	if (form == NULL) {
		command_say_end(admin, EXIT_AGAIN, "too many at once");
		return OK;
	}
	if (form->decision.allowed && !recheck_form_holds(form)) {
		end(form, EXIT_AGAIN, WITHDRAWN);
		return OK;
	}
	form->source = frame_take_fd(frame, 0);
	form->out = frame_take_fd(frame, 1);
	struct err err = form->decision.allowed ? form_record_intent(form)
						: form_record_denied(form);
	if (err.code != ERR_OK)
		form_not_recorded(form);
	return OK;
}
