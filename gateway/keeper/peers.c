#include "gateway/keeper/peers.h"

#include <stddef.h>

#include "gateway/base/log.h"
#include "gateway/keeper/ask_list.h"
#include "gateway/keeper/command.h"
#include "gateway/keeper/command_slots.h"
#include "gateway/keeper/command_status.h"
#include "gateway/keeper/draws.h"
#include "gateway/keeper/form.h"
#include "gateway/keeper/life.h"
#include "gateway/keeper/peers_audit.h"
#include "gateway/keeper/peers_control.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/recheck.h"
#include "gateway/keeper/seam.h"
#include "gateway/keeper/slot_fill.h"
#include "gateway/keeper/slot_use.h"
#include "gateway/keeper/slot_table.h"

/* --- From an opener --- */

static struct err
source_answer(struct ask *ask, const struct frame *frame)
{
	struct open_file file;
	struct span body = frame->body;

	if (frame->type == OPEN_FAILED) {
		ask_run_source_failed(ask, open_failed(body));
		return OK;
	}
	if (frame->type != OPEN_LOOKED)
		return ERR(MALFORMED, "keeper: not a source");
	TRY(open_take_file(&body, &file));
	TRY(span_end(body));
	ask_run_source(ask, &file);
	return OK;
}

static struct err
list_answer(struct pending *p, const struct frame *frame)
{
	struct ask *ask = p->owner;

	if (frame->type == OPEN_FAILED) {
		ask_run_source_failed(
		    ask, ERR(UNAVAILABLE, "keeper: the origin does not list"));
		return OK;
	}
	if (frame->type != OPEN_LISTED)
		return ERR(MALFORMED, "keeper: not a listing");
	return ask_list_answer(ask, frame->body);
}

/* One that is not there is gone as well. */
static struct err
drop_answer(struct admin *admin, const struct frame *frame)
{
	bool failed = frame->type == OPEN_FAILED;

	if (!failed && frame->type != OPEN_REMOVED)
		return ERR(MALFORMED, "keeper: not a removal");
	command_slots_dropped(
	    admin, !failed || open_failed(frame->body).code == ERR_NOT_FOUND);
	return OK;
}

static struct err
command_answer(struct pending *p, const struct frame *frame)
{
	bool lists = p->kind == PENDING_ADMIN_LIST;

	if (p->kind == PENDING_ADMIN_DROP)
		return drop_answer(p->owner, frame);
	if (frame->type == OPEN_FAILED) {
		command_failed(p->owner,
		    lists ? "the origin does not list" : "the spool fails");
		return OK;
	}
	if (frame->type != (lists ? OPEN_LISTED : OPEN_STOCK_IS))
		return ERR(MALFORMED, "keeper: another answer");
	return lists ? command_slots_listed(p->owner, frame->body)
		     : command_status_stock(p->owner, frame->body);
}

static struct err
on_opened(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;
	struct pending *p = pending_find(seam, frame->id);
	struct err err = OK;

	(void)channel;
	if (p == NULL)
		return ERR(MALFORMED, "keeper: an answer to nothing");
	/* A listing may take several frames; the last one says so. */
	bool more = frame->type == OPEN_LISTED && frame->body.len > 0 &&
	    frame->body.data[0] == 0;
	if (p->owner == NULL)
		;
	else if (p->kind == PENDING_SOURCE)
		err = source_answer(p->owner, frame);
	else if (p->kind == PENDING_LIST)
		err = list_answer(p, frame);
	else if (p->kind == PENDING_ADMIN_LIST ||
	    p->kind == PENDING_ADMIN_STOCK || p->kind == PENDING_ADMIN_DROP)
		err = command_answer(p, frame);
	else
		err = slot_fill_answer(p->owner, p->kind, frame);
	/* What was not answered rightly fails with the peer. */
	if (err.code == ERR_OK && !more) {
		LIST_REMOVE(p, next);
		pending_free(p);
	}
	return err;
}

#define OPENED(type, fds)                                                      \
	{                                                                      \
		type, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, fds, on_opened \
	}
static const struct channel_rule origin_rules[] = {
    OPENED(OPEN_SOURCE_IS, 1),
    OPENED(OPEN_LOOKED, 0),
    OPENED(OPEN_LISTED, 0),
    OPENED(OPEN_FAILED, 0),
};
static struct err
on_evicted(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;

	(void)channel;
	return slot_use_evicted(seam->keeper, frame->body);
}

static const struct channel_rule spool_rules[] = {
    OPENED(OPEN_CREATED, 2),
    OPENED(OPEN_SLOT_IS, 1),
    OPENED(OPEN_DISCARDED, 0),
    OPENED(OPEN_REMOVED, 0),
    OPENED(OPEN_STOCK_IS, 0),
    {OPEN_EVICTED, CHANNEL_ANY_STATE, false, 4 + OPEN_MAX_NAME, 0, on_evicted},
    OPENED(OPEN_FAILED, 0),
};

/* --- From a worker --- */

static struct err
on_read(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;

	(void)channel;
	return ask_run_start(seam->keeper, seam, frame);
}

static struct err
on_done(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;

	(void)channel;
	return ask_run_done(seam->keeper, seam, frame);
}

static struct err
on_cancel(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;

	(void)channel;
	ask_run_cancel(seam->keeper, seam, frame->id);
	return OK;
}

static struct err
on_refusals(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;
	struct tally refusals;

	(void)channel;
	TRY(ask_take_refusals(&refusals, frame->body));
	life_count_refusals(seam->keeper, &refusals);
	return OK;
}

static struct err
on_sign(void *context, struct channel *channel, struct frame *frame)
{
	uint8_t signature[TLS_KEY_MAX_SIGNATURE];
	struct seam *seam = context;
	struct span in = frame->body;
	size_t len = 0;
	uint8_t alg;

	(void)channel;
	TRY(span_take_u8(&in, &alg));
	if (alg != TLS_KEY_ECDSA && alg != TLS_KEY_RSA_RAW)
		return ERR(MALFORMED, "keeper: no such signature");
	struct err err = tls_key_sign(
	    seam->keeper->tls, (enum tls_key_alg)alg, in, signature, &len);
	seam_send(seam, SIGN_RESULT, frame->id,
	    span_of(signature, err.code == ERR_OK ? len : 0));
	return OK;
}

static const struct channel_rule ask_rules[] = {
    {ASK_READ, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, on_read},
    {ASK_DONE, CHANNEL_ANY_STATE, false, 512, 0, on_done},
    {ASK_CANCEL, CHANNEL_ANY_STATE, false, 0, 0, on_cancel},
    {ASK_REFUSALS, CHANNEL_ANY_STATE, false, ASK_MAX_REFUSALS, 0, on_refusals},
};
static const struct channel_rule sign_rules[] = {
    {SIGN_DIGEST, CHANNEL_ANY_STATE, false, TLS_KEY_MAX_INPUT + 1, 0, on_sign},
};

/* --- From a mill --- */

static struct err
on_progress(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;
	struct span body = frame->body;
	uint64_t len;

	(void)channel;
	TRY(span_take_u64be(&body, &len));
	TRY(span_end(body));
	if (seam->slot == NULL)
		return OK; /* it crossed our giving up, or is of a form */
	return slot_fill_progress(seam->slot, len);
}

static struct err
on_filled(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;

	(void)channel;
	if (seam->form != NULL)
		return form_made(seam->form, frame->body);
	if (seam->slot == NULL)
		return OK;
	return slot_fill_done(seam->slot, frame->body);
}

static struct err
on_failed(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;

	(void)channel;
	if (seam->form != NULL)
		return form_failed(seam->form, frame->body);
	if (seam->slot == NULL)
		return OK;
	return slot_fill_failed(seam->slot, frame->body);
}

static const struct channel_rule mill_rules[] = {
    {FILL_PROGRESS, CHANNEL_ANY_STATE, false, 8, 0, on_progress},
    {FILL_DONE, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, on_filled},
    {FILL_FAILED, CHANNEL_ANY_STATE, false, 1024, 0, on_failed},
};

/* --- From a command --- */

static struct err
on_command(void *context, struct channel *channel, struct frame *frame)
{
	(void)channel;
	return command_ask(context, frame);
}

static struct err
on_form(void *context, struct channel *channel, struct frame *frame)
{
	(void)channel;
	return command_form(context, frame);
}

static struct err
on_reveal(void *context, struct channel *channel, struct frame *frame)
{
	(void)channel;
	return command_reveal(context, frame);
}

static struct err
on_taken(void *context, struct channel *channel, struct frame *frame)
{
	(void)channel;
	return command_taken(context, frame);
}

static struct err
on_whose(void *context, struct channel *channel, struct frame *frame)
{
	(void)channel;
	return command_whose(context, frame);
}

#define FORM(type)                                                             \
	{                                                                      \
		type, CHANNEL_ANY_STATE, true,                                 \
		    ADMIN_MAX_AGREEMENT + ADMIN_MAX_PLACE + 40, 2, on_form     \
	}
#define COMMAND_WITH(type, fds)                                                \
	{                                                                      \
		type, CHANNEL_ANY_STATE, true,                                 \
		    ADMIN_MAX_KEY + ADMIN_MAX_AGREEMENT + 12, fds, on_command  \
	}
#define COMMAND(type) COMMAND_WITH(type, 0)
#define RECIPIENT(type)                                                        \
	{                                                                      \
		type, CHANNEL_ANY_STATE, true,                                 \
		    ADMIN_MAX_PARTY + ADMIN_MAX_PROOF + 40, 0, on_whose        \
	}
static const struct channel_rule admin_rules[] = {
    COMMAND(ADMIN_STATUS),
    COMMAND(ADMIN_SPOOL_LIST),
    COMMAND(ADMIN_SPOOL_WARM),
    COMMAND(ADMIN_SPOOL_DROP),
    COMMAND(ADMIN_SPOOL_VERIFY),
    COMMAND(ADMIN_RELOAD),
    COMMAND(ADMIN_UPGRADE),
    COMMAND(ADMIN_STAGE),
    COMMAND(ADMIN_STAGE_END),
    COMMAND(ADMIN_STAGED),
    COMMAND(ADMIN_LIMITS),
    COMMAND_WITH(ADMIN_UNSEAL, 1),
    COMMAND(ADMIN_KEY_LIST),
    COMMAND(ADMIN_KEY_STATUS),
    COMMAND(ADMIN_KEY_PUBLIC),
    COMMAND(ADMIN_KEY_ROTATE),
    COMMAND(ADMIN_KEY_DESTROY),
    COMMAND(ADMIN_BOOK_STATUS),
    COMMAND_WITH(ADMIN_BOOK_BACKUP, 2),
    {ADMIN_BOOK_SHRED, CHANNEL_ANY_STATE, true,
	ADMIN_MAX_DATASET + ADMIN_MAX_COLUMN + ADMIN_MAX_SUBJECT + 12, 0,
	on_whose},
    COMMAND(ADMIN_REVIEW),
    RECIPIENT(ADMIN_RECIPIENT_ASK),
    RECIPIENT(ADMIN_RECIPIENT_ADD),
    RECIPIENT(ADMIN_RECIPIENT_REMOVE),
    COMMAND(ADMIN_RECIPIENT_LIST),
    FORM(ADMIN_TRANSFORM),
    FORM(ADMIN_PREVIEW),
    {ADMIN_REVEAL, CHANNEL_ANY_STATE, true, FRAME_MAX_BODY, 1, on_reveal},
    {ADMIN_TAKEN, CHANNEL_ANY_STATE, true, 9, 0, on_taken},
};

/* --- Losing a peer --- */

static void
lost_core(struct seam *seam)
{
	/* Without supervisor or auditor there is nothing to keep. */
	seam_close(seam);
	loop_stop(seam->keeper->loop);
}

/* Its process may take no notice: the supervisor ends it then. */
static void
part_with(struct seam *seam)
{
	seam_close(seam);
	if (seam->life_len > 0)
		seam_send(&seam->keeper->control, CONTROL_LOST, 0,
		    span_of(seam->life, seam->life_len));
	seam->life_len = 0;
}

static void
lost_opener(struct seam *seam)
{
	part_with(seam);
	pending_fail(seam);
}

static void
lost_worker(struct seam *seam)
{
	part_with(seam);
	ask_run_lost(seam->keeper, seam);
}

static void
lost_sign(struct seam *seam)
{
	part_with(seam);
}

static void
lost_mill(struct seam *seam)
{
	struct slot *slot = seam->slot;
	struct form *form = seam->form;

	part_with(seam);
	loop_cancel_timer(seam->keeper->loop, &seam->stall);
	draws_close(seam);
	seam->bound = false;
	seam->slot = NULL;
	seam->form = NULL;
	if (form != NULL)
		form_mill_lost(form);
	if (slot != NULL)
		slot_fill_end(slot, ERR(UNAVAILABLE, "keeper: a mill died"));
}

/* --- Items of the supervisor --- */

/* One of a kind, or an array of KEEPER_MAX_PEERS of them. */
struct peer_kind {
	const char *name;
	const struct channel_rule *rules;
	size_t num_rules;
	void (*lost)(struct seam *seam);
	size_t offset; /* of struct keeper: its seams */
	size_t num_seams;
	bool packs; /* the peer hears several messages at once */
};

#define RULES(rules) (rules), sizeof(rules) / sizeof((rules)[0])
#define AT(member) offsetof(struct keeper, member)
static const struct peer_kind kinds[] = {
    {"auditor", peers_audit_rules, PEERS_AUDIT_RULES, lost_core, AT(audit), 1,
	true},
    {"spool", RULES(spool_rules), lost_opener, AT(spool), 1, false},
    {"codebook", draws_rules, DRAWS_RULES, lost_opener, AT(codebook), 1, false},
    {"origin", RULES(origin_rules), lost_opener, AT(origins), KEEPER_MAX_PEERS,
	true},
    {"ask", RULES(ask_rules), lost_worker, AT(asks), KEEPER_MAX_PEERS, true},
    {"sign", RULES(sign_rules), lost_sign, AT(signs), KEEPER_MAX_PEERS, false},
    {"mill", RULES(mill_rules), lost_mill, AT(mills), KEEPER_MAX_PEERS, false},
    {"admin", RULES(admin_rules), command_lost, AT(admins), ADMIN_MAX_AT_ONCE,
	false},
};

enum {
	NUM_PEER_KINDS = sizeof(kinds) / sizeof(kinds[0])
};

static struct seam *
seams_of(struct keeper *keeper, const struct peer_kind *kind)
{
	return (void *)((char *)keeper + kind->offset);
}

/* What it is called is told back, and not looked at. */
static void
name_life(struct seam *seam, struct span life)
{
	seam->life_len = life.len <= sizeof(seam->life) ? life.len : 0;
	if (seam->life_len > 0)
		memcpy(seam->life, life.data, life.len);
}

static struct err
attach(struct keeper *keeper, const struct peer_kind *kind,
    struct control_item *item)
{
	if (item->index >= kind->num_seams || item->fd < 0)
		return ERR(MALFORMED, "keeper: not a seam");
	struct seam *seam = &seams_of(keeper, kind)[item->index];
	bool is_mill = kind->offset == AT(mills);
	if (seam->channel.fd >= 0)
		kind->lost(seam);
	name_life(seam, buf_span(&item->value));
	channel_init(
	    &seam->channel, item->fd, kind->rules, kind->num_rules, seam);
	item->fd = -1;
	if (kind->packs)
		channel_pack(&seam->channel);
	if (is_mill && item->index >= keeper->num_mills)
		keeper->num_mills = item->index + 1;
	if (kind->offset == AT(asks) && item->index >= keeper->num_workers)
		keeper->num_workers = item->index + 1;
	if (kind->offset == AT(admins))
		TRY(command_begin(seam, buf_span(&item->value)));
	TRY(seam_open(seam));
	if (is_mill)
		slot_fill_dispatch(keeper);
	return OK;
}

struct err
peers_attach(struct keeper *keeper, struct control_item *item)
{
	for (size_t i = 0; i < NUM_PEER_KINDS; i++) {
		if (span_equal_str(span_str(item->name), kinds[i].name))
			return attach(keeper, &kinds[i], item);
	}
	return OK; /* not a seam */
}

struct err
peers_attach_control(struct keeper *keeper, int fd)
{
	const struct channel_rule *rules;
	size_t num = peers_control_rules(&rules);

	keeper->control.keeper = keeper;
	keeper->control.lost = lost_core;
	channel_init(
	    &keeper->control.channel, fd, rules, num, &keeper->control);
	return seam_open(&keeper->control);
}

void
peers_init(struct keeper *keeper)
{
	for (size_t i = 0; i < NUM_PEER_KINDS; i++) {
		struct seam *seams = seams_of(keeper, &kinds[i]);
		for (size_t j = 0; j < kinds[i].num_seams; j++) {
			seams[j].keeper = keeper;
			seams[j].lost = kinds[i].lost;
			channel_init(&seams[j].channel, -1, kinds[i].rules,
			    kinds[i].num_rules, &seams[j]);
		}
	}
	keeper->stall_ms = FILL_STALL_MS;
	TAILQ_INIT(&keeper->forms);
	slot_table_init(keeper);
}
