#include "gateway/keeper/pending.h"

#include "gateway/keeper/command.h"
#include "gateway/keeper/command_slots.h"
#include "gateway/keeper/form.h"
#include "gateway/keeper/life.h"
#include "gateway/keeper/seam.h"
#include "gateway/keeper/shown.h"
#include "gateway/keeper/slot_fill.h"

/* What gates nothing can wait for company. */
static struct err
send(struct seam *seam, struct frame *frame, enum pending_kind kind)
{
	if (kind == PENDING_NOTE || kind == PENDING_OWED)
		return seam_note(seam, frame->type, frame->id, frame->body);
	return seam_ask_with(seam, frame);
}

struct err
pending_ask_with(
    struct seam *seam, struct frame *frame, enum pending_kind kind, void *owner)
{
	struct pending *pending = calloc(1, sizeof(*pending));

	if (pending == NULL) {
		frame_close_fds(frame);
		return ERR(NO_MEMORY, "keeper: no memory for a question");
	}
	pending->id = frame->id = ++seam->keeper->next_id;
	pending->kind = kind;
	pending->owner = owner;
	pending->seam = seam;
	struct err err = send(seam, frame, kind);
	if (err.code != ERR_OK) {
		free(pending);
		return ERR(UNAVAILABLE, "keeper: a role is away");
	}
	if (kind == PENDING_OWED)
		seam->keeper->num_owed++;
	LIST_INSERT_HEAD(
	    &seam->keeper->pending[pending->id % KEEPER_PENDING_BUCKETS],
	    pending, next);
	return OK;
}

struct err
pending_ask(struct seam *seam, uint16_t type, struct span body,
    enum pending_kind kind, void *owner)
{
	struct frame frame = {.type = type, .body = body};

	return pending_ask_with(seam, &frame, kind, owner);
}

struct pending *
pending_find(const struct seam *seam, uint64_t id)
{
	struct pending *p;

	LIST_FOREACH(
	    p, &seam->keeper->pending[id % KEEPER_PENDING_BUCKETS], next)
	{
		if (p->id == id && p->seam == seam)
			return p;
	}
	return NULL;
}

struct pending *
pending_take(const struct seam *seam, uint64_t id)
{
	struct pending *p = pending_find(seam, id);

	if (p != NULL)
		LIST_REMOVE(p, next);
	return p;
}

void
pending_free(struct pending *pending)
{
	if (pending->kind == PENDING_OWED)
		pending->seam->keeper->num_owed--;
	buf_done(&pending->record);
	free(pending);
}

void
pending_forget(struct keeper *k, const void *owner)
{
	for (size_t i = 0; i < KEEPER_PENDING_BUCKETS; i++) {
		struct pending *p;
		LIST_FOREACH(p, &k->pending[i], next)
		{
			if (p->owner == owner)
				p->owner = NULL;
		}
	}
}

/* Go on with the failure. The owner may end while it is told. */
static void
fail_one(const struct pending *p)
{
	const struct err away = ERR(UNAVAILABLE, "keeper: a role went away");

	if (p->owner == NULL)
		return;
	if (p->kind == PENDING_SOURCE || p->kind == PENDING_LIST)
		ask_run_source_failed(p->owner, away);
	else if (p->kind == PENDING_RECORD)
		ask_run_not_recorded(p->owner, ASK_LEDGER_AWAY);
	else if (p->kind == PENDING_ADMIN_RECORD ||
	    p->kind == PENDING_ADMIN_LIST || p->kind == PENDING_ADMIN_STOCK ||
	    p->kind == PENDING_ADMIN_USE || p->kind == PENDING_ADMIN_BOOK)
		command_failed(p->owner, "a role is away");
	else if (p->kind == PENDING_FORM_RECORD)
		form_not_recorded(p->owner);
	else if (p->kind == PENDING_FORM_DRAW)
		form_no_codes(p->owner);
	else if (p->kind == PENDING_SHOWN)
		shown_not_recorded(p->owner, false);
	else if (p->kind == PENDING_RESOLVE)
		shown_not_resolved(p->owner, away);
	else if (p->kind == PENDING_KEY || p->kind == PENDING_POLICY)
		life_policy_refused(p->owner, "the auditor went away");
	else if (p->kind == PENDING_ADMIN_DROP)
		command_slots_dropped(p->owner, false);
	else
		slot_fill_end(p->owner, away);
}

void
pending_fail(struct seam *seam)
{
	for (size_t i = 0; i < KEEPER_PENDING_BUCKETS; i++) {
		struct pending *p = LIST_FIRST(&seam->keeper->pending[i]);
		while (p != NULL) {
			struct pending *after = LIST_NEXT(p, next);
			if (p->seam == seam) {
				LIST_REMOVE(p, next);
				fail_one(p);
				pending_free(p);
				/* Others may have gone with it. */
				after = LIST_FIRST(&seam->keeper->pending[i]);
			}
			p = after;
		}
	}
}
