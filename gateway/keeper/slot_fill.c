#include "gateway/keeper/slot_fill.h"

#include <assert.h>
#include <fcntl.h>

#include "crypto/aead.h"
#include "crypto/age_stream.h"
#include "crypto/encode.h"
#include "crypto/random.h"
#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/compiled.h"
#include "gateway/keeper/draws.h"
#include "gateway/keeper/fill_count.h"
#include "gateway/keeper/form.h"
#include "gateway/keeper/handed.h"
#include "gateway/keeper/mills.h"
#include "gateway/keeper/order.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/seam.h"
#include "gateway/keeper/slot_look.h"
#include "gateway/keeper/slot_meta.h"
#include "gateway/keeper/slot_table.h"
#include "gateway/keeper/slot_use.h"
#include "gateway/keeper/slot_verify.h"
#include "gateway/metric/metric_table.h"
#include "gateway/pipe/unpack_budget.h"

static const struct agreement *
agreement_of(const struct slot *slot)
{
	return &slot->keeper->policy.agreements[slot->agreement];
}

/* Tell everybody who waits; each may leave while being told. */
static void
tell(struct slot *slot)
{
	struct ask *ask = TAILQ_FIRST(&slot->waiters), *after;
	struct slot_watch *watch = TAILQ_FIRST(&slot->watches), *later;

	for (; watch != NULL; watch = later) {
		later = TAILQ_NEXT(watch, next);
		watch->changed(watch);
	}
	for (; ask != NULL; ask = after) {
		after = TAILQ_NEXT(ask, waiter);
		ask_run_slot_changed(ask);
	}
}

static void
set_state(struct slot *slot, enum slot_state state)
{
	slot_table_state(slot, state);
	tell(slot);
}

static struct err
ask_slot(struct slot *slot, uint16_t type, enum pending_kind kind)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	TRY(buf_put_field(&body, span_of(slot->name, 64)));
	return pending_ask(
	    &slot->keeper->spool, type, buf_span(&body), kind, slot);
}

/* --- Fill --- */

static struct err
put_name(struct buf *body, const uint8_t generation[16])
{
	struct buf hex CLEANUP(buf_done) = {.max = 64};

	TRY(encode_hex(&hex, span_of(generation, 16)));
	return buf_put_field(body, buf_span(&hex));
}

static struct err
ask_generation(struct slot *slot, uint16_t type, enum pending_kind kind)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	TRY(put_name(&body, slot->generation));
	return pending_ask(&slot->keeper->spool, type, buf_span(&body), kind,
	    kind == PENDING_DISCARD ? NULL : slot);
}

static struct err
ask_source(struct slot *slot, enum pending_kind kind)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	TRY(buf_put_field(&body, span_str(slot->key)));
	return pending_ask(&slot->keeper->origins[slot->dataset], OPEN_SOURCE,
	    buf_span(&body), kind, slot);
}

static void
close_fds(struct slot *slot)
{
	sysio_close(&slot->read_fd);
	sysio_close(&slot->write_fd);
	sysio_close(&slot->source_fd);
}

static void
release_mill(struct slot *slot)
{
	if (slot->mill != NULL) {
		draws_close(slot->mill);
		slot->mill->slot = NULL;
		loop_cancel_timer(slot->keeper->loop, &slot->mill->stall);
	}
	slot->mill = NULL;
}

/* A mill that says nothing any more, be it stopped or somebody else's, is
 * ended: others wait for one. Before it has its order it is not to blame. */
static void
stalled(void *context)
{
	struct seam *mill = context;
	const struct log_field field =
	    log_span("agreement", agreement_of(mill->slot)->id);

	log_event("fill-stalled", &field, 1);
	if (mill->slot->state == SLOT_FILLING)
		mill->lost(mill);
	else
		slot_fill_end(mill->slot,
		    ERR(UNAVAILABLE, "keeper: no descriptors came"));
}

static struct err
expect_more(struct seam *mill)
{
	struct keeper *keeper = mill->keeper;

	mill->stall.fired = stalled;
	mill->stall.context = mill;
	return loop_set_timer(keeper->loop, &mill->stall,
	    sysio_monotonic_ms() + keeper->stall_ms);
}

static void
end(struct slot *slot, struct err why, enum slot_state state)
{
	bool made =
	    slot->state >= SLOT_PREPARING && slot->state <= SLOT_PUBLISHING;

	if (slot->state == SLOT_QUEUED)
		TAILQ_REMOVE(&slot->keeper->queue, slot, queued);
	slot_look_over(slot);
	pending_forget(slot->keeper, slot);
	release_mill(slot);
	close_fds(slot);
	explicit_bzero(slot->file_key, sizeof(slot->file_key));
	if (made)
		(void)!ask_generation(slot, OPEN_DISCARD, PENDING_DISCARD).code;
	slot->failure = why;
	fill_count_over(
	    slot, state == SLOT_BAD ? METRIC_FILL_REFUSED : METRIC_FILL_FAILED);
	set_state(slot, state);
	slot_verify_over(slot, false);
	slot_fill_dispatch(slot->keeper);
}

void
slot_fill_end(struct slot *slot, struct err why)
{
	end(slot, why, SLOT_AWAY);
}

/* Room is made for about as much as it was, or as its source is. */
static struct err
create(struct slot *slot)
{
	struct buf body CLEANUP(buf_done) = {.max = 128};
	uint64_t expected =
	    slot->slot_len > 0 ? slot->slot_len : slot->source.len;

	TRY(put_name(&body, slot->generation));
	TRY(buf_put_u64be(&body, expected));
	return pending_ask(&slot->keeper->spool, OPEN_CREATE, buf_span(&body),
	    PENDING_CREATE, slot);
}

static struct err
begin(struct slot *slot, struct seam *mill)
{
	TRY(mills_bind(mill, slot->plan));
	slot->mill = mill;
	mill->slot = slot;
	random_bytes(slot->generation, sizeof(slot->generation));
	slot_table_state(slot, SLOT_PREPARING);
	fill_count_begun(slot);
	TRY(expect_more(mill));
	return create(slot);
}

/* The first slot of the queue for which there is a mill. */
static struct slot *
next_to_begin(struct keeper *keeper, struct seam **out_mill)
{
	struct slot *slot;

	TAILQ_FOREACH(slot, &keeper->queue, queued)
	{
		/* A trial is for one that has done nothing before. */
		*out_mill = mills_find(
		    keeper, slot->is_trial ? NULL : slot->plan->digest);
		if (*out_mill != NULL)
			break;
	}
	return slot;
}

/* One that cannot begin ends, which comes back here: then it is enough that
 * the loop below goes on. */
void
slot_fill_dispatch(struct keeper *keeper)
{
	struct seam *mill;
	struct slot *slot;

	if (keeper->dispatching)
		return;
	keeper->dispatching = true;
	form_dispatch(keeper);
	while ((slot = next_to_begin(keeper, &mill)) != NULL) {
		TAILQ_REMOVE(&keeper->queue, slot, queued);
		struct err err = begin(slot, mill);
		if (err.code != ERR_OK)
			slot_fill_end(slot, err);
	}
	keeper->dispatching = false;
}

void
slot_fill_enqueue(struct slot *slot)
{
	TAILQ_INSERT_TAIL(&slot->keeper->queue, slot, queued);
	set_state(slot, SLOT_QUEUED);
	slot_fill_dispatch(slot->keeper);
}

/* Its descriptors go to the mill and nowhere else. */
static struct err
send_order(struct slot *slot, int codes)
{
	const struct order_fds fds = {slot->source_fd, slot->write_fd, codes};

	random_bytes(slot->file_key, sizeof(slot->file_key));
	slot->write_fd = slot->source_fd = -1;
	TRY(order_send(slot->mill,
	    &(struct order){.agreement = slot->agreement,
		.plan = slot->plan,
		.file_key = slot->file_key},
	    &fds, &slot->header_len));
	slot->slot_len = slot->num_reports = 0;
	TRY(expect_more(slot->mill));
	set_state(slot, SLOT_FILLING);
	return OK;
}

/* How many codes it may ask for hangs on the size of the source. */
static struct err
order(struct slot *slot, struct frame *source)
{
	const struct policy *policy = &slot->keeper->policy;

	slot->source_fd = frame_take_fd(source, 0);
	if (!plan_has_tokens(&slot->plan->plan))
		return send_order(slot, -1);
	return draws_ask(slot->mill,
	    draws_budget(
		policy->datasets[slot->dataset].compression, slot->source.len),
	    PENDING_DRAW, slot);
}

void
slot_fill_codes(struct slot *slot, int codes)
{
	struct err err = send_order(slot, codes);

	if (err.code != ERR_OK)
		slot_fill_end(slot, err);
}

static bool
same_source(const struct slot *slot, const struct open_file *file)
{
	return memcmp(file->version, slot->source.version,
		   sizeof(file->version)) == 0;
}

/* Full, and its source is what it was: let the opener publish it. */
static struct err
publish(struct slot *slot)
{
	struct buf out CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct buf meta CLEANUP(buf_wipe) = {.max = OPEN_MAX_META};

	TRY(slot_meta_seal(&meta, slot));
	TRY(put_name(&out, slot->generation));
	TRY(buf_put_field(&out, span_of(slot->name, 64)));
	TRY(buf_put_field(&out, buf_span(&meta)));
	slot_table_state(slot, SLOT_PUBLISHING);
	return pending_ask(&slot->keeper->spool, OPEN_PUBLISH, buf_span(&out),
	    PENDING_PUBLISH, slot);
}

static struct err
go_on(struct slot *slot, const struct open_file *file, struct frame *frame,
    bool again)
{
	if (!same_source(slot, file))
		return ERR(CHANGED, "keeper: the source changed meanwhile");
	return again ? publish(slot) : order(slot, frame);
}

static struct err
on_source(struct slot *slot, struct frame *frame, bool again)
{
	struct open_file file;
	struct span body = frame->body;

	TRY(open_take_file(&body, &file));
	TRY(span_end(body));
	if (frame->num_fds != 1 || !handed_is_file(frame->fds[0], O_RDONLY))
		return ERR(MALFORMED, "keeper: a source that is no file");
	struct err err = go_on(slot, &file, frame, again);
	if (err.code != ERR_OK)
		slot_fill_end(slot, err);
	return OK;
}

static struct err
on_created(struct slot *slot, struct frame *frame)
{
	if (frame->type != OPEN_CREATED || frame->num_fds != 2 ||
	    !handed_is_file(frame->fds[0], O_WRONLY) ||
	    !handed_is_file(frame->fds[1], O_RDONLY))
		return ERR(MALFORMED, "keeper: not a new slot");
	slot->write_fd = frame_take_fd(frame, 0);
	slot->read_fd = frame_take_fd(frame, 1);
	struct err err = ask_source(slot, PENDING_FILL_SOURCE);
	if (err.code != ERR_OK)
		slot_fill_end(slot, err);
	return OK;
}

/* What lies there is never served: it goes, and another generation comes. */
static struct err
replace(struct slot *slot)
{
	explicit_bzero(slot->file_key, sizeof(slot->file_key));
	return ask_slot(slot, OPEN_REMOVE, PENDING_REMOVE);
}

/*
 * Found, but not as it can be served: its file key went to somebody who is no
 * recipient any more; or it is not ours, or altered; or the spool does not
 * know yet of a recipient who is new.
 */
static void
mend(struct slot *slot, struct err why)
{
	const struct log_field fields[] = {
	    log_span("agreement", agreement_of(slot)->id),
	    log_text("why", why.why == NULL ? "" : why.why)};
	struct err err;

	if (why.code == ERR_OK) {
		err = slot_meta_remember(slot);
	} else if (!slot->wanted) {
		err = ERR(NOT_FOUND, "keeper: nothing that can be served");
	} else {
		log_event(
		    why.code == ERR_CHANGED ? "slot-revoked" : "slot-refused",
		    fields, 2);
		err = replace(slot);
	}
	if (err.code != ERR_OK)
		slot_fill_end(slot, err);
}

/* Found in the spool, or just published: what lies there is served. */
static struct err
on_slot(struct slot *slot, enum pending_kind kind, struct frame *frame)
{
	struct open_slot found;
	bool current = false;

	if (frame->type != OPEN_SLOT_IS || frame->num_fds != 1 ||
	    !handed_is_file(frame->fds[0], O_RDONLY))
		return ERR(MALFORMED, "keeper: not a slot");
	TRY(open_take_slot(&found, frame->body));
	struct err err = slot_meta_open(slot, found.meta, found.len, &current);
	if (err.code != ERR_OK || !current) {
		if (kind == PENDING_SLOT) {
			mend(slot, err);
			return OK;
		}
		/* Just written, and not what was written. */
		log_event("slot-refused", NULL, 0);
		slot_fill_end(slot, ERR(UNAVAILABLE, "keeper: a slot altered"));
		return OK;
	}
	close_fds(slot);
	slot->read_fd = frame_take_fd(frame, 0);
	release_mill(slot);
	fill_count_over(slot, METRIC_FILL_DONE);
	set_state(slot, SLOT_READY);
	slot_fill_dispatch(slot->keeper);
	return OK;
}

struct err
slot_fill_drop(struct slot *slot, struct admin *admin)
{
	struct buf body CLEANUP(buf_done) = {.max = 128};

	if (slot->state < SLOT_READY)
		return ERR(AGAIN, "keeper: a slot that is being filled");
	if (slot->state == SLOT_BAD)
		slot_table_state(slot, SLOT_AWAY);
	TRY(buf_put_field(&body, span_of(slot->name, 64)));
	TRY(pending_ask(&slot->keeper->spool, OPEN_REMOVE, buf_span(&body),
	    PENDING_ADMIN_DROP, admin));
	if (slot->state == SLOT_READY)
		slot_use_dropped(slot);
	return OK;
}

/*
 * While two generations of the gateway run, both may fill one object, and the
 * other one was faster. Ours is as good, and sealed: who waits for it is served
 * from it, and the next one finds the other's.
 */
static void
serve_unpublished(struct slot *slot)
{
	(void)!ask_generation(slot, OPEN_DISCARD, PENDING_DISCARD).code;
	release_mill(slot);
	slot->evicted = true;
	fill_count_over(slot, METRIC_FILL_DONE);
	set_state(slot, SLOT_READY);
	if (slot->state == SLOT_READY)
		slot_use_dropped(slot);
	slot_fill_dispatch(slot->keeper);
}

static void
on_failure(struct slot *slot, enum pending_kind kind, struct err err)
{
	/* It may have been evicted since it was looked up. */
	bool may_miss = kind == PENDING_SLOT || kind == PENDING_REMOVE ||
	    kind == PENDING_REMEMBER;

	if (may_miss && err.code == ERR_NOT_FOUND && slot->wanted)
		slot_fill_enqueue(slot);
	else if (kind == PENDING_PUBLISH && err.code == ERR_EXISTS)
		serve_unpublished(slot);
	else
		slot_fill_end(slot, err);
}

struct err
slot_fill_answer(struct slot *slot, enum pending_kind kind, struct frame *frame)
{
	slot_look_over(slot);
	if (frame->type == OPEN_FAILED) {
		on_failure(slot, kind, open_failed(frame->body));
		return OK;
	}
	switch (kind) {
	case PENDING_SLOT:
	case PENDING_PUBLISH:
	case PENDING_REMEMBER:
		return on_slot(slot, kind, frame);
	case PENDING_REMOVE:
		if (frame->type != OPEN_REMOVED)
			break;
		slot_fill_enqueue(slot);
		return OK;
	case PENDING_CREATE:
		return on_created(slot, frame);
	case PENDING_FILL_SOURCE:
		return on_source(slot, frame, false);
	case PENDING_SOURCE_AGAIN:
		return on_source(slot, frame, true);
	case PENDING_RECORD:
	case PENDING_NOTE:
	case PENDING_KEY:
	case PENDING_POLICY:
	case PENDING_SHOWN:
	case PENDING_RESOLVE:
	case PENDING_OWED:
	case PENDING_SOURCE:
	case PENDING_LIST:
	case PENDING_DISCARD:
	case PENDING_ADMIN_RECORD:
	case PENDING_ADMIN_LIST:
	case PENDING_ADMIN_STOCK:
	case PENDING_ADMIN_DROP:
	case PENDING_ADMIN_USE:
	case PENDING_ADMIN_BOOK:
	case PENDING_FORM_RECORD:
	case PENDING_DRAW:
	case PENDING_FORM_DRAW:
		break;
	}
	return ERR(MALFORMED, "keeper: not an answer about a slot");
}

/* --- What the mill says --- */

uint64_t
slot_fill_most_len(const struct slot *slot)
{
	const struct policy *policy = &slot->keeper->policy;
	uint64_t len = unpack_budget(
	    policy->datasets[slot->dataset].compression, slot->source.len);

	/* A record holds numbers of 53 bits. */
	if (len > UINT64_C(1) << 47)
		len = UINT64_C(1) << 47;
	return len * 32 + (UINT64_C(1) << 20);
}

struct err
slot_fill_progress(struct slot *slot, uint64_t slot_len)
{
	if (slot->state != SLOT_FILLING || slot_len < slot->slot_len)
		return ERR(MALFORMED, "keeper: progress backwards");
	if (slot_len > slot_fill_most_len(slot))
		return ERR(TOO_BIG, "keeper: a slot larger than its source");
	/* Else one could say the same for ever, and be waited for. */
	if (++slot->num_reports >
	    2 + slot_fill_most_len(slot) / FILL_PROGRESS_BYTES)
		return ERR(TOO_BIG, "keeper: more progress than there can be");
	TRY(expect_more(slot->mill));
	slot->slot_len = slot_len;
	tell(slot);
	return OK;
}

struct err
slot_fill_done(struct slot *slot, struct span body)
{
	struct fill_done done;

	TRY(fill_take_done(&done, body));
	if (slot->state != SLOT_FILLING ||
	    done.plain_len > slot_fill_most_len(slot) ||
	    done.slot_len !=
		slot->header_len + age_payload_len(done.plain_len) ||
	    done.slot_len < slot->slot_len ||
	    done.slot_len > slot_fill_most_len(slot))
		return ERR(MALFORMED, "keeper: lengths that do not fit");
	slot->slot_len = done.slot_len;
	slot->plain_len = done.plain_len;
	memcpy(slot->sha256, done.sha256, sizeof(slot->sha256));
	TRY(slot_counts_set(&slot->counts, &done));
	release_mill(slot);
	if (slot->is_trial) {
		slot_verify_over(slot, true);
		fill_count_over(slot, METRIC_FILL_TRIED);
		slot_fill_end(slot, ERR(CHANGED, "keeper: it was a trial"));
		return OK;
	}
	set_state(slot, SLOT_CHECKING);
	struct err err = ask_source(slot, PENDING_SOURCE_AGAIN);
	if (err.code != ERR_OK)
		slot_fill_end(slot, err);
	return OK;
}

struct err
slot_fill_failed(struct slot *slot, struct span body)
{
	struct fill_failed failed;

	TRY(fill_take_failed(&failed, body));
	const struct log_field fields[] = {
	    log_span("agreement", agreement_of(slot)->id),
	    log_span("why", failed.why), log_number("record", failed.record)};
	log_event("fill-failed", fields, 3);
	struct err why = {.code = (enum err_code)failed.code,
	    .why = "keeper: the mill could not take the file"};
	/* Only a mill has seen what is in the file. */
	bool bad = why.code == ERR_MALFORMED || why.code == ERR_TRUNCATED ||
	    why.code == ERR_TOO_BIG || why.code == ERR_DENIED;
	end(slot, why, bad ? SLOT_BAD : SLOT_AWAY);
	return OK;
}
