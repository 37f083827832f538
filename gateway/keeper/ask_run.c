#include "gateway/keeper/ask_run.h"

#include <assert.h>

#include "gateway/base/log.h"
#include "gateway/base/request_id.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/ask_answer.h"
#include "gateway/keeper/ask_life.h"
#include "gateway/keeper/ask_list.h"
#include "gateway/keeper/ask_record.h"
#include "gateway/keeper/charge.h"
#include "gateway/keeper/identity.h"
#include "gateway/keeper/life.h"
#include "gateway/keeper/object_key.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/recheck.h"
#include "gateway/keeper/refusal.h"
#include "gateway/keeper/seam.h"
#include "gateway/keeper/seeds.h"
#include "gateway/keeper/slot_fill.h"
#include "gateway/keeper/slot_use.h"
#include "gateway/keeper/slot_view.h"
#include "gateway/metric/metric.h"

static const struct agreement *
agreement_of(const struct ask *ask)
{
	return &ask->keeper->policy.agreements[ask->decision.agreement];
}

struct ask *
ask_run_find(struct keeper *keeper, const struct seam *seam, uint64_t id)
{
	struct ask *ask;

	LIST_FOREACH(ask, &keeper->ask_buckets[id % KEEPER_ASK_BUCKETS], next)
	{
		/* The ids of a worker that was lost are the next one's. */
		if (ask->seam == seam && ask->id == id && !ask->orphan)
			return ask;
	}
	return NULL;
}

/* --- Ends without a grant --- */

static void
refuse(struct ask *ask, enum ask_refusal refusal)
{
	ask_answer_refused(ask, refusal);
	ask_life_free(ask);
}

/* A refusal that the ledger shows; the answer follows the record. */
void
ask_run_deny(struct ask *ask, enum ask_refusal refusal)
{
	ask->kind = ASK_REFUSED;
	ask->refusal = refusal;
	ask->step = ASK_STEP_RECORD;
	if (ask->decision.reason != DENY_NONE)
		metric_count(METRIC_DENIALS + ask->decision.reason);
	if (ask_record_denied(ask).code != ERR_OK)
		refuse(ask, ASK_LEDGER_AWAY);
}

/* A grant that nobody will complete: the ledger has to say so. */
static void abandon(struct ask *ask);

/* Half a sentence is none. */
static void
say(struct ask *ask, struct err appended)
{
	if (appended.code != ERR_OK)
		buf_reset(&ask->sentence);
}

/* Whoever asks for a slot is a party, and may know what is wrong. */
void
ask_run_deny_slot(struct ask *ask, const struct slot *slot)
{
	say(ask, buf_append_str(&ask->sentence, refusal_sentence(slot)));
	ask_run_deny(ask, refusal_of_slot(slot));
}

/* --- The record, then the grant --- */

/* The record names every column: what does not fit is not delivered. */
static void
deny_too_big(struct ask *ask)
{
	const struct log_field fields[] = {
	    log_span("agreement", agreement_of(ask)->id)};

	log_event("record-too-big", fields, 1);
	say(ask,
	    buf_append_str(&ask->sentence,
		"the agreement delivers more columns than one record can name; "
		"its controller has to divide it"));
	ask_run_deny(ask, ASK_INTERNAL);
}

void
ask_run_record(struct ask *ask)
{
	loop_cancel_timer(ask->keeper->loop, &ask->timer);
	ask->step = ASK_STEP_RECORD;
	struct err err = ask_record_intent(ask);
	if (err.code == ERR_TOO_BIG && ask->decision.agreement != NO_INDEX)
		deny_too_big(ask);
	else if (err.code != ERR_OK)
		refuse(ask, ASK_LEDGER_AWAY);
}

/* A slot that grows may have failed since the intent named it, and even have
 * begun anew. */
static struct err
grant(struct ask *ask)
{
	const struct slot *slot = ask->slot;

	if (slot != NULL && (slot->read_fd < 0 || !ask_record_is_of(ask, slot)))
		return ERR(CHANGED, "keeper: the slot was spoilt meanwhile");
	return ask_answer_granted(ask);
}

/* Recorded, and still not given: it is complete, and nothing was delivered. */
static void
take_back(struct ask *ask, struct err why)
{
	const struct ask_done nothing = {.outcome = ASK_CUT};
	enum ask_refusal refusal = why.code == ERR_USAGE ? ASK_BAD_REQUEST
	    : why.code == ERR_CHANGED			 ? ASK_SLOW_DOWN
							 : ASK_INTERNAL;

	/* What a client got wrong is in the ledger; it may do so for ever. */
	if (why.code != ERR_USAGE)
		log_error("answer-failed", why);
	struct err err = ask_record_complete(ask, &nothing);
	if (err.code != ERR_OK)
		log_error("completion-not-recorded", err);
	refuse(ask, refusal);
}

/* How far it is, until there is no more to say of that generation. */
static void
follow(struct ask *ask)
{
	if (ask->told_all)
		return;
	ask->told_all = ask_answer_progress(ask);
}

void
ask_run_recorded(struct ask *ask, uint64_t index)
{
	ask->record = index;
	staged_count(ask->keeper, &ask->staged, &ask->decision);
	if (ask->orphan) {
		ask->step = ASK_STEP_GRANTED;
		abandon(ask);
		return;
	}
	if (ask->kind == ASK_REFUSED) {
		refuse(ask, ask->refusal);
		return;
	}
	ask->step = ASK_STEP_GRANTED;
	struct err err = ask->withdrawn
	    ? ERR(CHANGED, "keeper: the policy changed meanwhile")
	    : grant(ask);
	if (err.code != ERR_OK) {
		take_back(ask, err);
		return;
	}
	metric_count(METRIC_GRANTS);
	if (ask->kind == ASK_GROWING)
		follow(ask);
}

void
ask_run_not_recorded(struct ask *ask, enum ask_refusal refusal)
{
	if (ask->orphan) {
		ask_life_free(ask);
		return;
	}
	/* Parties hear why (DESIGN.md, rule 1). */
	if (ask->decision.party)
		say(ask,
		    buf_append_str(&ask->sentence,
			refusal == ASK_LEDGER_FULL
			    ? "no record can be kept: the ledger's disk is full"
			    : "no record can be kept: the ledger is away"));
	refuse(ask, refusal);
}

/* A day's limit shows in the ledger; a minute's, which can be met as often as
 * somebody likes, is counted by where it came from. */
void
ask_run_over(struct ask *ask, const struct audit_over *over)
{
	if (ask->orphan) {
		ask_life_free(ask);
		return;
	}
	/* The limit decides: about that no candidate was asked. */
	ask->staged = (struct staged_verdict){.was_asked = false};
	buf_reset(&ask->sentence);
	say(ask,
	    charge_sentence(
		&ask->sentence, ask->keeper, ask->decision.agreement, over));
	if (charge_is_of_day(over)) {
		ask->limit = charge_word(over);
		ask->decision.reason = DENY_LIMIT;
		ask_run_deny(ask, ASK_ACCESS_DENIED);
		return;
	}
	life_count_over(ask->keeper, ask->request.address);
	ask->retry_after_s = over->retry_after_s;
	refuse(ask, ASK_SLOW_DOWN);
}

void
ask_run_withdraw(struct ask *ask)
{
	if (ask->step < ASK_STEP_RECORD) {
		refuse(ask, ASK_SLOW_DOWN);
		return;
	}
	ask->withdrawn = true;
	if (ask->step == ASK_STEP_GRANTED)
		seam_send(ask->seam, ASK_WITHDRAW, ask->id, span_of(NULL, 0));
}

/* --- An object --- */

/* The first chunk is out: the header was bound, rows flow. What is charged by
 * the row or the byte has to be known before. */
static bool
starts_growing(const struct ask *ask, const struct slot *slot)
{
	return ask->request.whole && !model_has_day_limits(agreement_of(ask)) &&
	    ask->route.op == S3_OP_GET_OBJECT && slot->state == SLOT_FILLING &&
	    slot->slot_len > slot->header_len;
}

void
ask_run_slot_changed(struct ask *ask)
{
	struct slot *slot = ask->slot;

	if (ask->step == ASK_STEP_GRANTED) {
		if (ask->kind == ASK_GROWING)
			follow(ask);
		return;
	}
	if (ask->step == ASK_STEP_LIST) {
		ask_list_changed(ask);
		return;
	}
	if (ask->step != ASK_STEP_SLOT)
		return;
	if (slot->state == SLOT_READY) {
		ask->kind = ASK_OBJECT;
		ask->bytes_most = charge_bytes(ask);
		ask_run_record(ask);
	} else if (starts_growing(ask, slot)) {
		ask->kind = ASK_GROWING;
		/* The completion narrows it. */
		ask->bytes_most = slot_fill_most_len(slot) + ASK_MAX_HEADER;
		ask_run_record(ask);
	} else if (slot->state == SLOT_BAD || slot->state == SLOT_AWAY) {
		ask_run_deny_slot(ask, slot);
	}
}

static void
waited_enough(void *context)
{
	struct ask *ask = context;

	if (ask->step == ASK_STEP_SLOT || ask->step == ASK_STEP_LIST ||
	    ask->step == ASK_STEP_SOURCE)
		refuse(ask, ASK_SLOW_DOWN);
}

void
ask_run_source(struct ask *ask, const struct open_file *file)
{
	struct slot *slot;

	ask->source = *file;
	ask->fresh_source = true;
	ask->step = ASK_STEP_SLOT;
	struct err err = slot_use_get(&slot, ask->keeper,
	    &(struct slot_source){.agreement = ask->decision.agreement,
		.key = ask->source_key,
		.file = file,
		.want = SLOT_PAYLOAD});
	if (err.code != ERR_OK) {
		ask_run_deny(ask, ASK_ORIGIN_AWAY);
		return;
	}
	slot_use_wait(slot, ask);
	ask_run_slot_changed(ask);
}

void
ask_run_source_failed(struct ask *ask, struct err err)
{
	bool missing = err.code == ERR_NOT_FOUND || err.code == ERR_MALFORMED ||
	    err.code == ERR_DENIED || err.code == ERR_TOO_BIG;

	ask_run_deny(ask, missing ? ASK_NO_SUCH_KEY : ASK_ORIGIN_AWAY);
}

/* The file behind the client's key; false: no object has such a name. */
static bool
source_key(struct ask *ask)
{
	struct span key = ask->route.key;

	if (key.len == 0 || key.data[0] == '_' ||
	    object_key_file(
		&key, &ask->arena, &ask->keeper->policy, agreement_of(ask), key)
		    .code != ERR_OK ||
	    key.len > OPEN_MAX_KEY)
		return false;
	ask->source_key = key;
	return true;
}

static void
start_object(struct ask *ask)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	if (!source_key(ask)) {
		ask_run_deny(ask, ASK_NO_SUCH_KEY);
		return;
	}
	ask->step = ASK_STEP_SOURCE;
	struct err err = buf_put_field(&body, ask->source_key);
	if (err.code == ERR_OK)
		err = pending_ask(
		    &ask->keeper->origins[agreement_of(ask)->dataset],
		    OPEN_LOOK, buf_span(&body), PENDING_SOURCE, ask);
	if (err.code != ERR_OK)
		ask_run_deny(ask, ASK_ORIGIN_AWAY);
}

/* --- The way in --- */

static void
start_op(struct ask *ask)
{
	switch (ask->route.op) {
	case S3_OP_LIST_BUCKETS:
		ask->kind = ASK_BUCKETS;
		ask_run_record(ask);
		return;
	case S3_OP_HEAD_BUCKET:
	case S3_OP_GET_BUCKET_LOCATION:
		ask->kind = ASK_BUCKET;
		ask_run_record(ask);
		return;
	case S3_OP_LIST_OBJECTS_V1:
	case S3_OP_LIST_OBJECTS_V2:
	case S3_OP_LIST_OBJECT_VERSIONS:
		ask_list_start(ask);
		return;
	case S3_OP_HEAD_OBJECT:
	case S3_OP_GET_OBJECT:
	case S3_OP_GET_OBJECT_ATTRIBUTES:
		start_object(ask);
		return;
	case S3_OP_WRITE:
		ask_run_deny(ask, ASK_WRITE);
		return;
	}
}

static void
decide(struct ask *ask)
{
	const struct policy *policy = &ask->keeper->policy;

	ask->decision = (struct decision){.agreement = NO_INDEX,
	    .group = NO_INDEX,
	    .place = NO_INDEX,
	    .guardrail = NO_INDEX};
	if (ask->route.op == S3_OP_LIST_BUCKETS) {
		bool known = decide_caller_known(policy, &ask->caller);
		staged_known(&ask->staged, ask->keeper, known, &ask->caller);
		if (!known) {
			ask->decision.reason = DENY_UNKNOWN_CALLER;
			ask_run_deny(ask, ASK_ACCESS_DENIED);
			return;
		}
		start_op(ask);
		return;
	}
	decide_read(&ask->decision, policy, &ask->caller, ask->route.bucket,
	    ask->now_s);
	if (ask->decision.allowed && !recheck_holds(ask)) {
		refuse(ask, ASK_SLOW_DOWN);
		return;
	}
	staged_read(&ask->staged, ask->keeper, &ask->decision, &ask->caller,
	    ask->route.bucket, ask->now_s);
	/* Of what keys decide no candidate was asked. */
	if (seeds_deny(ask->keeper->seeds, policy, &ask->decision))
		ask->staged = (struct staged_verdict){.was_asked = false};
	if (ask->decision.allowed) {
		start_op(ask);
		return;
	}
	if (ask->decision.party)
		say(ask,
		    decide_sentence(&ask->sentence, policy, &ask->decision));
	ask_run_deny(ask, ASK_ACCESS_DENIED);
}

/* Who asks is known, and hears why nobody is served: there is no name in it. No
 * record is due, since nothing was decided. */
static void
refuse_sealed(struct ask *ask)
{
	ask->decision.party = true;
	say(ask, buf_append_str(&ask->sentence, refusal_sealed()));
	refuse(ask, ASK_SEALED);
}

/* Signature, then route: nothing of an unproved request is looked at. */
static void
run(struct ask *ask, const struct s3_canonical *canonical)
{
	struct keeper *keeper = ask->keeper;
	struct identity identity = {.arena = &ask->arena,
	    .region = keeper->region,
	    .now_s = ask->now_s};
	enum s3_error error =
	    identity_prove(&identity, keeper->ring, &ask->request, canonical);

	if (error == S3_ERR_NONE)
		error = s3_route_parse(
		    &ask->arena, canonical, &keeper->hosts, &ask->route);
	if (error != S3_ERR_NONE) {
		life_count_refusal(keeper, ask->request.address);
		refuse(ask, refusal_of_s3(error));
		return;
	}
	ask->caller = identity.caller;
	ask->how = identity.how;
	if (keyring_is_sealed(keeper->ring))
		refuse_sealed(ask);
	else
		decide(ask);
}

static struct err
read_request(struct ask *ask, struct span body, struct s3_canonical **canonical)
{
	struct span copy;

	TRY(arena_copy(&ask->arena, &copy, body));
	TRY(ask_take_request(&ask->request, copy));
	TRY(arena_alloc(&ask->arena, canonical, 1, sizeof(**canonical)));
	return s3_canonical_parse(ask->request.canonical, *canonical);
}

/* So many at once are no fault of this worker, nor of its clients. */
static void
refuse_at_once(struct seam *seam, uint64_t id)
{
	struct ask ask = {.seam = seam, .id = id, .record = UINT64_MAX};

	request_id_make(ask.request_id);
	ask_answer_refused(&ask, ASK_SLOW_DOWN);
}

struct err
ask_run_start(struct keeper *keeper, struct seam *seam, struct frame *frame)
{
	struct s3_canonical *canonical;

	if (ask_run_find(keeper, seam, frame->id) != NULL)
		return ERR(MALFORMED, "keeper: an ask twice");
	if (!seam_has_room(keeper, seam)) {
		refuse_at_once(seam, frame->id);
		return OK;
	}
	struct ask *ask = ask_life_new(keeper, seam, frame->id, waited_enough);
	if (ask == NULL)
		return ERR(NO_MEMORY, "keeper: no memory for an ask");
	struct err err = read_request(ask, frame->body, &canonical);
	if (err.code == ERR_OK)
		err = loop_set_timer(keeper->loop, &ask->timer,
		    sysio_monotonic_ms() + keeper->wait_ms);
	if (err.code != ERR_OK) {
		/* A worker of ours never writes such a request. */
		ask_life_free(ask);
		return err;
	}
	run(ask, canonical);
	return OK;
}

struct err
ask_run_done(struct keeper *keeper, struct seam *seam, struct frame *frame)
{
	struct ask *ask = ask_run_find(keeper, seam, frame->id);
	struct ask_done done;

	if (ask == NULL || ask->step != ASK_STEP_GRANTED)
		return ERR(MALFORMED, "keeper: done without a grant");
	TRY(ask_take_done(&done, frame->body));
	struct err err = ask_record_complete(ask, &done);
	if (err.code != ERR_OK)
		log_error("completion-not-recorded", err);
	ask_life_free(ask);
	return OK;
}

static void
abandon(struct ask *ask)
{
	if (ask->step == ASK_STEP_RECORD && ask->kind != ASK_REFUSED) {
		ask->orphan = true; /* its intent may be on the disk already */
		return;
	}
	if (ask->step == ASK_STEP_GRANTED &&
	    ask_record_interrupted(ask).code != ERR_OK)
		log_event("interruption-not-recorded", NULL, 0);
	ask_life_free(ask);
}

void
ask_run_cancel(struct keeper *keeper, struct seam *seam, uint64_t id)
{
	struct ask *ask = ask_run_find(keeper, seam, id);

	/* With its record on the way it goes on; the worker answers done. */
	if (ask != NULL && ask->step < ASK_STEP_RECORD)
		ask_life_free(ask);
}

void
ask_run_lost(struct keeper *keeper, struct seam *seam)
{
	struct ask *ask, *after;

	for (size_t i = 0; i < KEEPER_ASK_BUCKETS; i++) {
		ask = LIST_FIRST(&keeper->ask_buckets[i]);
		for (; ask != NULL; ask = after) {
			after = LIST_NEXT(ask, next);
			if (ask->seam == seam)
				abandon(ask);
		}
	}
}
