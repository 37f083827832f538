#include "gateway/keeper/peers_audit.h"

#include "gateway/keeper/ask_run.h"
#include "gateway/keeper/command.h"
#include "gateway/keeper/command_limits.h"
#include "gateway/keeper/form.h"
#include "gateway/keeper/key_records.h"
#include "gateway/keeper/life.h"
#include "gateway/keeper/owed.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/shown.h"

/* A record that it was sent; NULL: the id is of none. */
static struct pending *
find_record(const struct seam *seam, uint64_t id)
{
	struct pending *p = pending_find(seam, id);

	return p != NULL && p->kind != PENDING_ADMIN_USE ? p : NULL;
}

static struct err
on_receipt(void *context, struct channel *channel, struct frame *frame)
{
	struct pending *p = find_record(context, frame->id);
	uint64_t index;

	(void)channel;
	if (p == NULL)
		return ERR(MALFORMED, "keeper: a receipt for nothing");
	LIST_REMOVE(p, next);
	struct err err = audit_read_receipt(frame->body, &index);
	if (err.code == ERR_OK && p->owner != NULL) {
		if (p->kind == PENDING_ADMIN_RECORD)
			command_recorded(p->owner, index);
		else if (p->kind == PENDING_FORM_RECORD)
			form_recorded(p->owner, index);
		else if (p->kind == PENDING_KEY)
			key_records_recorded(p->owner);
		else if (p->kind == PENDING_SHOWN)
			shown_recorded(p->owner, index);
		else if (p->kind == PENDING_POLICY)
			life_policy_recorded(p->owner);
		else
			ask_run_recorded(p->owner, index);
	}
	pending_free(p);
	return err;
}

static struct err
on_refused(void *context, struct channel *channel, struct frame *frame)
{
	struct pending *p = find_record(context, frame->id);
	enum audit_refusal why;

	(void)channel;
	if (p == NULL || p->refused)
		return ERR(MALFORMED, "keeper: a refusal of nothing");
	TRY(audit_read_refused(frame->body, &why));
	if (p->kind == PENDING_OWED && why == AUDIT_FULL) {
		owed_refused(p);
		return OK;
	}
	LIST_REMOVE(p, next);
	if (p->owner != NULL) {
		if (p->kind == PENDING_ADMIN_RECORD)
			command_failed(p->owner, "no record can be kept");
		else if (p->kind == PENDING_FORM_RECORD)
			form_not_recorded(p->owner);
		else if (p->kind == PENDING_KEY)
			life_policy_refused(p->owner,
			    why == AUDIT_KEYS
				? "keys/scopes contradicts what the ledger has "
				  "seen; its last record says in what"
				: "no record of the keys can be kept");
		else if (p->kind == PENDING_SHOWN)
			shown_not_recorded(p->owner, why == AUDIT_SHOWN);
		else if (p->kind == PENDING_POLICY)
			life_policy_refused(p->owner,
			    why == AUDIT_POLICY
				? "this version of the policy does not follow "
				  "the last one that the ledger shows; its "
				  "last "
				  "record says why"
				: "no record of the policy can be kept");
		else
			ask_run_not_recorded(p->owner,
			    why == AUDIT_FULL ? ASK_LEDGER_FULL : ASK_INTERNAL);
	}
	pending_free(p);
	return OK;
}

/* Who is over a limit has nothing in the ledger yet. */
static struct err
on_over(void *context, struct channel *channel, struct frame *frame)
{
	struct pending *p = pending_find(context, frame->id);
	struct audit_over over;

	(void)channel;
	if (p == NULL ||
	    (p->kind != PENDING_RECORD && p->kind != PENDING_FORM_RECORD))
		return ERR(MALFORMED, "keeper: over a limit of nothing");
	TRY(audit_read_over(frame->body, &over));
	LIST_REMOVE(p, next);
	if (p->owner != NULL && p->kind == PENDING_RECORD)
		ask_run_over(p->owner, &over);
	else if (p->owner != NULL)
		form_over(p->owner, &over);
	pending_free(p);
	return OK;
}

static struct err
on_used(void *context, struct channel *channel, struct frame *frame)
{
	struct pending *p = pending_find(context, frame->id);
	struct audit_used used;

	(void)channel;
	if (p == NULL || p->kind != PENDING_ADMIN_USE)
		return ERR(MALFORMED, "keeper: what nobody asked for is used");
	TRY(audit_read_used(frame->body, &used));
	LIST_REMOVE(p, next);
	if (p->owner != NULL)
		command_limits_used(p->owner, &used);
	pending_free(p);
	return OK;
}

const struct channel_rule peers_audit_rules[PEERS_AUDIT_RULES] = {
    {AUDIT_RECEIPT, CHANNEL_ANY_STATE, false, 8, 0, on_receipt},
    {AUDIT_REFUSED, CHANNEL_ANY_STATE, false, 1, 0, on_refused},
    {AUDIT_OVER, CHANNEL_ANY_STATE, false, 64, 0, on_over},
    {AUDIT_USED, CHANNEL_ANY_STATE, false, 32, 0, on_used},
};
