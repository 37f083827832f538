#include "gateway/keeper/draws.h"

#include <unistd.h>

#include "gateway/base/log.h"
#include "gateway/keeper/command_book.h"
#include "gateway/keeper/form.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/seam.h"
#include "gateway/keeper/shown.h"
#include "gateway/keeper/slot_fill.h"
#include "gateway/pipe/unpack_budget.h"

struct err
draws_ask(
    struct seam *mill, uint64_t budget, enum pending_kind kind, void *owner)
{
	struct keeper *keeper = mill->keeper;
	struct buf body CLEANUP(buf_done) = {.max = 8};

	TRY(buf_put_u64be(&body, budget));
	TRY(pending_ask(
	    &keeper->codebook, BOOK_OPEN, buf_span(&body), kind, owner));
	mill->draw = keeper->next_id;
	return OK;
}

uint64_t
draws_budget(enum compression compression, uint64_t len)
{
	return unpack_budget(compression, len) / BOOK_LEAST_VALUE + DRAW_BATCH;
}

static void
close_draw(struct keeper *keeper, uint64_t id)
{
	if (keeper->codebook.channel.fd >= 0)
		seam_send(&keeper->codebook, BOOK_CLOSE, id, span_of(NULL, 0));
}

void
draws_close(struct seam *mill)
{
	if (mill->draw != 0)
		close_draw(mill->keeper, mill->draw);
	mill->draw = 0;
}

/* --- What the codebook says --- */

static struct err
on_is(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;
	struct keeper *keeper = seam->keeper;
	uint8_t id[BOOK_ID];

	(void)channel;
	TRY(book_take_bytes(id, frame->body));
	/* The slots that we know of hold codes of that one. */
	if (keeper->knows_codebook &&
	    !span_equal(span_of(id, sizeof(id)),
		span_of(keeper->codebook_id, sizeof(id))))
		return ERR(CHANGED,
		    "keeper: another codebook than before; stop and start");
	memcpy(keeper->codebook_id, id, sizeof(id));
	keeper->knows_codebook = true;
	return OK;
}

/* Who wanted it may have gone meanwhile. */
static void
give(struct seam *seam, struct pending *p, struct frame *frame)
{
	if (p->owner == NULL)
		close_draw(seam->keeper, p->id);
	else if (p->kind == PENDING_DRAW)
		slot_fill_codes(p->owner, frame_take_fd(frame, 0));
	else
		form_codes(p->owner, frame_take_fd(frame, 0));
}

static struct err
on_opened(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;
	struct pending *p = pending_find(seam, frame->id);

	(void)channel;
	if (p == NULL ||
	    (p->kind != PENDING_DRAW && p->kind != PENDING_FORM_DRAW))
		return ERR(MALFORMED, "keeper: codes that nobody asked for");
	LIST_REMOVE(p, next);
	give(seam, p, frame);
	pending_free(p);
	return OK;
}

/* To what somebody typed. */
static struct err
on_answer(void *context, struct channel *channel, struct frame *frame)
{
	struct pending *p = pending_find(context, frame->id);

	(void)channel;
	if (p == NULL || p->kind != PENDING_ADMIN_BOOK)
		return ERR(
		    MALFORMED, "keeper: an answer that nobody asked for");
	/* What was not answered rightly fails with the codebook. */
	TRY(command_book_answer(p->owner, frame));
	LIST_REMOVE(p, next);
	pending_free(p);
	return OK;
}

static struct err
on_resolved(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;
	struct pending *p = pending_find(seam, frame->id);

	(void)channel;
	if (p == NULL || p->kind != PENDING_RESOLVE)
		return ERR(MALFORMED, "keeper: a code that nobody asked for");
	LIST_REMOVE(p, next);
	if (p->owner != NULL)
		shown_resolved(p->owner, frame->body);
	pending_free(p);
	return OK;
}

static struct err
on_failed(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;
	struct pending *p = pending_take(seam, frame->id);
	struct err err = book_failed(frame->body);

	(void)channel;
	if (p == NULL)
		return ERR(MALFORMED, "keeper: a failure of nothing");
	if (p->owner != NULL && p->kind == PENDING_DRAW)
		slot_fill_end(p->owner, err);
	else if (p->owner != NULL && p->kind == PENDING_FORM_DRAW)
		form_no_codes(p->owner);
	else if (p->owner != NULL && p->kind == PENDING_ADMIN_BOOK)
		command_book_failed(p->owner, err);
	else if (p->owner != NULL && p->kind == PENDING_RESOLVE)
		shown_not_resolved(p->owner, err);
	pending_free(p);
	return err.code == ERR_MALFORMED ? err : OK;
}

static struct span
agreement_of(const struct seam *mill)
{
	const struct policy *policy = &mill->keeper->policy;

	if (mill->slot != NULL)
		return policy->agreements[mill->slot->agreement].id;
	return mill->form != NULL
	    ? policy->agreements[mill->form->decision.agreement].id
	    : span_str("");
}

/* A mill that asks for more than there can be, or says what is no question, is
 * not ours any more. */
static struct err
on_broken(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;
	struct keeper *keeper = seam->keeper;

	(void)channel;
	for (size_t i = 0; i < keeper->num_mills; i++) {
		struct seam *mill = &keeper->mills[i];
		if (mill->channel.fd < 0 || mill->draw != frame->id)
			continue;
		const struct log_field field =
		    log_span("agreement", agreement_of(mill));
		log_event("codes-over-budget", &field, 1);
		mill->lost(mill);
	}
	return OK;
}

const struct channel_rule draws_rules[DRAWS_RULES] = {
    {BOOK_IS, CHANNEL_ANY_STATE, true, BOOK_ID, 0, on_is},
    {BOOK_OPENED, CHANNEL_ANY_STATE, false, 0, 1, on_opened},
    {BOOK_RESOLVED, CHANNEL_ANY_STATE, false, DRAW_MAX_SEALED, 0, on_resolved},
    {BOOK_BROKEN, CHANNEL_ANY_STATE, false, 0, 0, on_broken},
    {BOOK_STATUS_IS, CHANNEL_ANY_STATE, false, 17, 0, on_answer},
    {BOOK_SHREDDED, CHANNEL_ANY_STATE, false, 8, 0, on_answer},
    {BOOK_COPIED, CHANNEL_ANY_STATE, false, 0, 0, on_answer},
    {BOOK_FAILED, CHANNEL_ANY_STATE, false, 1, 0, on_failed},
};
