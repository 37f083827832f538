#include "gateway/keeper/form_record.h"

#include <inttypes.h>

#include "gateway/base/sysio.h"
#include "gateway/keeper/charge.h"
#include "gateway/keeper/compiled.h"
#include "gateway/keeper/owed.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/record_terms.h"

/* Texts and lists that a record borrows while it is encoded. */
struct draft {
	struct record record;
	struct record_withheld withheld[FILL_MAX_REASONS];
	char rule_at[RECORD_TERMS_RULE_AT];
	char reason[RECORD_TERMS_REASON];
	char name[32]; /* what who typed it is counted by */
};

static void
begin(struct draft *d, const struct form *form, enum record_kind kind)
{
	const struct policy *policy = &form->keeper->policy;
	struct record *r = &d->record;

	*d = (struct draft){.record = {.kind = kind}};
	r->time_ms = (uint64_t)(sysio_wall_ns() / 1000000);
	r->request = span_str(form->request_id);
	r->uid = record_number(form->uid);
	r->command = span_str(form->command);
	r->policy = span_of(form->keeper->image_digest, 32);
	r->agreement = span_str(form->agreement);
	if (form->decision.place != NO_INDEX)
		r->place = policy->places[form->decision.place].id;
	if (form->decision.agreement == NO_INDEX)
		return;
	record_terms_agreement(r, d->rule_at, policy, form->decision.agreement);
	r->recipient = r->recipient_name = r->encrypt = span_of(NULL, 0);
}

static struct err
submit_decision(struct draft *d, struct form *form)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct keeper *keeper = form->keeper;
	bool charged = d->record.charge.known;
	struct audit_limits limits;

	if (charged) {
		(void)charge_limits(&limits,
		    &keeper->policy.agreements[form->decision.agreement]);
		TRY(audit_put_limits(&body, &limits));
	}
	TRY(staged_encode(&body, &d->record, keeper, &form->staged));
	return pending_ask(&keeper->audit,
	    charged ? AUDIT_CHARGE : AUDIT_APPEND, buf_span(&body),
	    PENDING_FORM_RECORD, form);
}

static struct err
submit_end(const struct draft *d, struct keeper *keeper)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	TRY(record_encode(&body, &d->record));
	return owed_submit(keeper, &body);
}

/* A request, of the person who typed it. */
static struct err
set_charge(struct draft *d, const struct form *form)
{
	struct keeper *keeper = form->keeper;

	if (!model_has_limits(
		&keeper->policy.agreements[form->decision.agreement]))
		return OK;
	snprintf(d->name, sizeof(d->name), "uid:%" PRIu64, form->uid);
	return charge_put(
	    &d->record.charge, keeper, span_str(d->name), d->record.time_ms);
}

struct err
form_record_intent(struct form *form)
{
	struct draft d;

	begin(&d, form, RECORD_INTENT);
	d.record.decision = span_str("allowed");
	TRY(compiled_columns(
	    form->keeper, form->decision.agreement, &d.record.columns));
	TRY(set_charge(&d, form));
	return submit_decision(&d, form);
}

struct err
form_record_denied(struct form *form)
{
	struct draft d;

	begin(&d, form, RECORD_DENIED);
	d.record.decision = span_str("denied");
	record_terms_reason(&d.record, d.reason, &form->decision);
	if (form->decision.guardrail != NO_INDEX)
		record_terms_guardrail(&d.record, d.rule_at,
		    &form->keeper->policy, form->decision.guardrail);
	return submit_decision(&d, form);
}

static void
begin_end(struct draft *d, const struct form *form, enum record_kind kind)
{
	begin(d, form, kind);
	d->record.intent = record_number(form->record);
	if (form->step < FORM_RUNS)
		return;
	d->record.plan = span_of(form->plan, 32);
	if (form->epoch > 0)
		d->record.epoch = record_number(form->epoch);
	if (form->step != FORM_MADE)
		return;
	d->record.sha256 = span_of(form->sha256, 32);
	slot_counts_put(&form->counts, &d->record.rows, d->withheld);
}

struct err
form_record_complete(
    const struct form *form, const char *outcome, uint64_t bytes)
{
	struct draft d;

	begin_end(&d, form, RECORD_COMPLETE);
	d.record.bytes = record_number(bytes);
	d.record.outcome = span_str(outcome);
	if (form->withdrawn && span_equal_str(d.record.outcome, "cut"))
		d.record.reason = span_str(RECORD_TERMS_WITHDRAWN);
	return submit_end(&d, form->keeper);
}

struct err
form_record_interrupted(const struct form *form)
{
	struct draft d;

	begin_end(&d, form, RECORD_INTERRUPTED);
	d.record.outcome = span_str("interrupted");
	return submit_end(&d, form->keeper);
}
