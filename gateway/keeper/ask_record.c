#include "gateway/keeper/ask_record.h"

#include <arpa/inet.h>

#include "gateway/base/address.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/charge.h"
#include "gateway/keeper/compiled.h"
#include "gateway/keeper/owed.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/recheck.h"
#include "gateway/keeper/record_terms.h"
#include "gateway/keeper/slot_fill.h"
#include "gateway/ledger/record.h"

enum {
	TYPICAL_RECORD = 4096, /* bytes, with twenty columns */
	NAME_MAX_LEN = ASK_MAX_URI + 32,
};

/* Texts and lists that a record borrows while it is encoded. */
struct draft {
	struct record record;
	struct span group;
	struct record_withheld withheld[FILL_MAX_REASONS];
	struct record_range ranges[ASK_MAX_RANGES];
	char peer[INET6_ADDRSTRLEN];
	char rule_at[RECORD_TERMS_RULE_AT];
	char reason[RECORD_TERMS_REASON];
	uint8_t name[NAME_MAX_LEN]; /* what the caller is counted by */
};

static struct span
text(const char *literal)
{
	return span_str(literal);
}

static void
set_peer(struct draft *d, const struct ask *ask)
{
	const uint8_t *address = ask->request.address;
	bool four = address_is_v4(address);

	if (inet_ntop(four ? AF_INET : AF_INET6, address + (four ? 12 : 0),
		d->peer, sizeof(d->peer)) != NULL)
		d->record.peer = span_str(d->peer);
}

static void
set_caller(struct draft *d, const struct ask *ask)
{
	const struct policy *policy = &ask->keeper->policy;
	struct record *r = &d->record;

	r->access_key = ask->caller.access_key;
	r->spiffe = ask->caller.certificate;
	r->certificate = ask->request.certificate_digest;
	if (ask->how != NULL)
		r->proof = text(ask->how);
	if (ask->decision.group != NO_INDEX) {
		d->group = policy->groups[ask->decision.group].id;
		r->groups = (struct record_list){&d->group, 1};
	}
	if (ask->decision.place != NO_INDEX)
		r->place = policy->places[ask->decision.place].id;
	set_peer(d, ask);
}

static void
set_agreement(struct draft *d, const struct ask *ask)
{
	if (ask->decision.agreement != NO_INDEX)
		record_terms_agreement(&d->record, d->rule_at,
		    &ask->keeper->policy, ask->decision.agreement);
}

static void
set_guardrail(struct draft *d, const struct ask *ask)
{
	if (ask->decision.guardrail != NO_INDEX)
		record_terms_guardrail(&d->record, d->rule_at,
		    &ask->keeper->policy, ask->decision.guardrail);
}

static struct draft *
draft_new(const struct ask *ask, enum record_kind kind)
{
	struct draft *d = malloc(sizeof(*d));

	if (d == NULL)
		return NULL;
	/* What the record does not point to is not looked at. */
	d->record = (struct record){0};
	d->record.kind = kind;
	d->record.time_ms = (uint64_t)(sysio_wall_ns() / 1000000);
	d->record.request = span_str(ask->request_id);
	d->record.method = text(s3_route_op_name(ask->route.op));
	d->record.policy = span_of(ask->keeper->image_digest, 32);
	set_caller(d, ask);
	set_agreement(d, ask);
	return d;
}

/* Whoever has an agreement to read by may use up what it allows; whom it
 * denies, does not. */
static struct err
set_charge(struct draft *d, const struct ask *ask)
{
	const struct decision *decision = &ask->decision;
	struct buf name = {
	    .data = d->name, .cap = sizeof(d->name), .max = sizeof(d->name)};
	struct keeper *keeper = ask->keeper;

	if (decision->agreement == NO_INDEX ||
	    (decision->reason != DENY_NONE && decision->reason != DENY_LIMIT) ||
	    !model_has_limits(&keeper->policy.agreements[decision->agreement]))
		return OK;
	TRY(decide_name(&name, &keeper->policy, decision->group, &ask->caller));
	return charge_put(
	    &d->record.charge, keeper, buf_span(&name), d->record.time_ms);
}

/* Into the ledger; what is charged, within the limits. */
static struct err
submit_charged(
    const struct buf *record, struct ask *ask, enum pending_kind kind)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct audit_limits limits;

	(void)charge_limits(
	    &limits, &ask->keeper->policy.agreements[ask->decision.agreement]);
	recheck_limits(&limits, ask);
	TRY(buf_reserve(&body, AUDIT_LIMITS_LEN + record->len));
	TRY(audit_put_limits(&body, &limits));
	TRY(buf_append(&body, buf_span(record)));
	return pending_ask(
	    &ask->keeper->audit, AUDIT_CHARGE, buf_span(&body), kind, ask);
}

static struct err
submit(struct draft *d, struct ask *ask, enum pending_kind kind)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	/* Most fit; the rest makes it grow. */
	struct err err = buf_reserve(&body, TYPICAL_RECORD);
	bool charged = d->record.charge.known;

	if (err.code == ERR_OK && kind == PENDING_RECORD)
		err =
		    staged_encode(&body, &d->record, ask->keeper, &ask->staged);
	else if (err.code == ERR_OK)
		err = record_encode(&body, &d->record);
	free(d);
	TRY(err);
	if (kind == PENDING_OWED)
		return owed_submit(ask->keeper, &body);
	if (charged)
		return submit_charged(&body, ask, kind);
	return pending_ask(
	    &ask->keeper->audit, AUDIT_APPEND, buf_span(&body), kind, ask);
}

bool
ask_record_is_of(const struct ask *ask, const struct slot *slot)
{
	return span_equal(
	    span_of(ask->generation, 16), span_of(slot->generation, 16));
}

static void
set_object(struct draft *d, const struct ask *ask)
{
	const struct slot *slot = ask->slot;
	struct record *r = &d->record;

	r->object = ask->route.key;
	if (ask->fresh_source)
		r->source_version = span_of(ask->source.version, 32);
	if (slot == NULL)
		return;
	r->plan = span_of(slot->plan->digest, 32);
	if (slot->plan->plan.key_epoch > 0)
		r->epoch = record_number(slot->plan->plan.key_epoch);
	r->generation = span_of(ask->generation, 16);
	if (slot->state != SLOT_READY || !ask_record_is_of(ask, slot))
		return;
	r->sha256 = span_of(slot->sha256, 32);
	slot_counts_put(&slot->counts, &r->rows, d->withheld);
}

struct err
ask_record_intent(struct ask *ask)
{
	struct draft *d = draft_new(ask, RECORD_INTENT);

	if (d == NULL)
		return ERR(NO_MEMORY, "keeper: no memory for a record");
	d->record.decision = text("allowed");
	d->record.trace = ask->request.trace;
	d->record.bytes_most = record_number(ask->bytes_most);
	struct err err = ask->decision.agreement == NO_INDEX
	    ? OK
	    : compiled_columns(
		  ask->keeper, ask->decision.agreement, &d->record.columns);
	if (err.code == ERR_OK)
		err = set_charge(d, ask);
	if (d->record.charge.known && ask->kind == ASK_OBJECT)
		charge_put_rows(&d->record.charge, ask->slot, ask->bytes_most);
	else if (d->record.charge.known)
		d->record.charge.bytes = ask->bytes_most;
	if (err.code != ERR_OK) {
		free(d);
		return err;
	}
	if (ask->slot != NULL)
		memcpy(ask->generation, ask->slot->generation, 16);
	set_object(d, ask);
	return submit(d, ask, PENDING_RECORD);
}

struct err
ask_record_denied(struct ask *ask)
{
	struct draft *d = draft_new(ask, RECORD_DENIED);

	if (d == NULL)
		return ERR(NO_MEMORY, "keeper: no memory for a record");
	d->record.decision = text("denied");
	d->record.trace = ask->request.trace;
	d->record.object = ask->route.key;
	if (ask->decision.reason != DENY_NONE)
		record_terms_reason(&d->record, d->reason, &ask->decision);
	else
		d->record.reason = text(ask_refusal_name(ask->refusal));
	if (ask->limit != NULL)
		d->record.reason = text(ask->limit);
	set_guardrail(d, ask);
	struct err err = set_charge(d, ask);
	if (err.code != ERR_OK) {
		free(d);
		return err;
	}
	return submit(d, ask, PENDING_RECORD);
}

static struct span
outcome_name(enum ask_outcome outcome)
{
	switch (outcome) {
	case ASK_DELIVERED:
		return text("delivered");
	case ASK_CLIENT_LEFT:
		return text("client-left");
	case ASK_CUT:
		return text("cut");
	case ASK_NOT_MODIFIED:
		return text("not-modified");
	case ASK_HEAD_ONLY:
		return text("head-only");
	case NUM_ASK_OUTCOMES:
		break;
	}
	return text("unknown");
}

struct err
ask_record_complete(struct ask *ask, const struct ask_done *done)
{
	struct draft *d = draft_new(ask, RECORD_COMPLETE);

	if (d == NULL)
		return ERR(NO_MEMORY, "keeper: no memory for a record");
	d->record.intent = record_number(ask->record);
	d->record.bytes = record_number(done->bytes);
	d->record.outcome = outcome_name(done->outcome);
	if (ask->withdrawn && done->outcome == ASK_CUT)
		d->record.reason = text(RECORD_TERMS_WITHDRAWN);
	for (uint32_t i = 0; i < done->num_ranges; i++)
		d->ranges[i] = (struct record_range){
		    done->ranges[i].first, done->ranges[i].last};
	d->record.ranges = (struct record_ranges){d->ranges, done->num_ranges};
	set_object(d, ask);
	return submit(d, ask, PENDING_OWED);
}

struct err
ask_record_interrupted(struct ask *ask)
{
	struct draft *d = draft_new(ask, RECORD_INTERRUPTED);

	if (d == NULL)
		return ERR(NO_MEMORY, "keeper: no memory for a record");
	d->record.intent = record_number(ask->record);
	d->record.bytes_most = record_number(ask->bytes_most);
	d->record.outcome = text("interrupted");
	set_object(d, ask);
	return submit(d, ask, PENDING_OWED);
}
