/*
 * gatehouse-keeper: holds every secret, decides every request, and hands out
 * what a grant needs, after the auditor has its record on the disk.
 *
 * From the supervisor (control.h), before it is told to go:
 *   "image"      the policy image, a value in pieces (index 0, 1, …)
 *   "root", "spool-key", "tls-key"   descriptors of those files
 *   "certificate" its bytes
 *   "s3" i        an access key's id, and a descriptor of its secret's file
 *   "region", "host" i, "wait-ms", "allow-degraded", "own-uids"
 *   "config"     SHA-256 of the configuration
 *   "auditor", "spool", "origin" d, "ask" i, "sign" i, "mill" i: channels;
 *                later ones of the same name take the place of lost ones
 *
 * Exit   0   the supervisor or the auditor went away
 *        1   it could not start: one line on stderr says why
 *        70  its own event loop failed
 */
#include <signal.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/base/jail.h"
#include "gateway/base/jail_tables.h"
#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/life.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/provided.h"
#include "gateway/keeper/slot_fill.h"

enum {
	EXIT_LOOP = 70,
	DRAIN = 64
};

static struct keeper keeper;

/* --- Seams --- */

void
keeper_watch(struct seam *seam)
{
	unsigned events = LOOP_READ;

	if (seam->channel.fd < 0)
		return;
	if (seam->channel.num_queued > 0)
		events |= LOOP_WRITE;
	(void)!loop_modify(seam->keeper->loop, seam->channel.fd, events).code;
}

static void
seam_close(struct seam *seam)
{
	if (seam->channel.fd < 0)
		return;
	loop_remove(seam->keeper->loop, seam->channel.fd);
	channel_done(&seam->channel);
}

static void
ready(void *context, unsigned events)
{
	struct seam *seam = context;
	struct err err = OK;

	if ((events & LOOP_WRITE) != 0)
		err = channel_flush(&seam->channel);
	if (err.code == ERR_OK && (events & (LOOP_READ | LOOP_HANGUP)) != 0)
		err = channel_drain(&seam->channel, DRAIN);
	if (err.code != ERR_OK) {
		if (err.code != ERR_CLOSED)
			log_error("peer-ended", err);
		seam->lost(seam);
		return;
	}
	keeper_watch(seam);
}

void
keeper_send_frame(struct seam *seam, struct frame *frame)
{
	struct err err = channel_send(&seam->channel, frame);

	/* A lost peer shows as a hang-up in the loop; here it is enough that
	 * the message is not taken for sent. */
	if (err.code != ERR_OK && err.code != ERR_CLOSED)
		log_error("not-sent", err);
	keeper_watch(seam);
}

void
keeper_send(struct seam *seam, uint16_t type, uint64_t id, struct span body)
{
	struct frame frame = {.type = type, .id = id, .body = body};

	keeper_send_frame(seam, &frame);
}

/* --- From the auditor --- */

static struct err
on_receipt(void *context, struct channel *channel, struct frame *frame)
{
	struct pending *p = pending_take(&keeper.audit, frame->id);
	uint64_t index;

	(void)context;
	(void)channel;
	if (p == NULL)
		return ERR(MALFORMED, "keeper: a receipt for nothing");
	struct err err = audit_read_receipt(frame->body, &index);
	if (err.code == ERR_OK && p->owner != NULL)
		ask_run_recorded(p->owner, index);
	free(p);
	return err;
}

static struct err
on_refused(void *context, struct channel *channel, struct frame *frame)
{
	struct pending *p = pending_take(&keeper.audit, frame->id);
	enum audit_refusal why;

	(void)context;
	(void)channel;
	if (p == NULL)
		return ERR(MALFORMED, "keeper: a refusal of nothing");
	struct err err = audit_read_refused(frame->body, &why);
	if (err.code == ERR_OK && p->owner != NULL)
		ask_run_not_recorded(p->owner,
		    why == AUDIT_FULL ? ASK_LEDGER_FULL : ASK_INTERNAL);
	free(p);
	return err;
}

static const struct channel_rule audit_rules[] = {
    {AUDIT_RECEIPT, CHANNEL_ANY_STATE, false, 8, 0, on_receipt},
    {AUDIT_REFUSED, CHANNEL_ANY_STATE, false, 1, 0, on_refused},
};

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
	return ask_run_listed(ask, frame->body);
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
	if (!more)
		LIST_REMOVE(p, next);
	if (p->owner == NULL)
		;
	else if (p->kind == PENDING_SOURCE)
		err = source_answer(p->owner, frame);
	else if (p->kind == PENDING_LIST)
		err = list_answer(p, frame);
	else
		err = slot_fill_answer(p->owner, p->kind, frame);
	if (!more)
		free(p);
	return err;
}

#define OPENED(type, fds)                                                      \
	{                                                                      \
		type, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, fds, on_opened \
	}
static const struct channel_rule origin_rules[] = {
    OPENED(OPEN_SOURCE_IS, 1),
    OPENED(OPEN_LISTED, 0),
    OPENED(OPEN_FAILED, 0),
};
static const struct channel_rule spool_rules[] = {
    OPENED(OPEN_CREATED, 2),
    OPENED(OPEN_SLOT_IS, 1),
    OPENED(OPEN_DISCARDED, 0),
    OPENED(OPEN_FAILED, 0),
};

/* --- From a worker --- */

static struct err
on_read(void *context, struct channel *channel, struct frame *frame)
{
	(void)channel;
	return ask_run_start(&keeper, context, frame);
}

static struct err
on_done(void *context, struct channel *channel, struct frame *frame)
{
	(void)channel;
	return ask_run_done(&keeper, context, frame);
}

static struct err
on_cancel(void *context, struct channel *channel, struct frame *frame)
{
	(void)channel;
	ask_run_cancel(&keeper, context, frame->id);
	return OK;
}

static struct err
on_sign(void *context, struct channel *channel, struct frame *frame)
{
	uint8_t signature[TLS_KEY_MAX_SIGNATURE];
	struct span in = frame->body;
	size_t len = 0;
	uint8_t alg;

	(void)channel;
	TRY(span_take_u8(&in, &alg));
	if (alg != TLS_KEY_ECDSA && alg != TLS_KEY_RSA_RAW)
		return ERR(MALFORMED, "keeper: no such signature");
	struct err err = tls_key_sign(
	    keeper.tls, (enum tls_key_alg)alg, in, signature, &len);
	keeper_send(context, SIGN_RESULT, frame->id,
	    span_of(signature, err.code == ERR_OK ? len : 0));
	return OK;
}

static const struct channel_rule ask_rules[] = {
    {ASK_READ, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, on_read},
    {ASK_DONE, CHANNEL_ANY_STATE, false, 512, 0, on_done},
    {ASK_CANCEL, CHANNEL_ANY_STATE, false, 0, 0, on_cancel},
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
		return OK; /* it crossed our giving up */
	return slot_fill_progress(seam->slot, len);
}

static struct err
on_filled(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;

	(void)channel;
	if (seam->slot == NULL)
		return OK;
	return slot_fill_done(seam->slot, frame->body);
}

static struct err
on_failed(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;

	(void)channel;
	if (seam->slot == NULL)
		return OK;
	return slot_fill_failed(seam->slot, frame->body);
}

static const struct channel_rule mill_rules[] = {
    {FILL_PROGRESS, CHANNEL_ANY_STATE, false, 8, 0, on_progress},
    {FILL_DONE, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, on_filled},
    {FILL_FAILED, CHANNEL_ANY_STATE, false, 1024, 0, on_failed},
};

/* --- Losing a peer --- */

static void
lost_core(struct seam *seam)
{
	/* Without supervisor or auditor there is nothing to keep. */
	seam_close(seam);
	loop_stop(keeper.loop);
}

static void
lost_opener(struct seam *seam)
{
	seam_close(seam);
	pending_fail(seam);
}

static void
lost_worker(struct seam *seam)
{
	seam_close(seam);
	ask_run_lost(&keeper, seam);
}

static void
lost_sign(struct seam *seam)
{
	seam_close(seam);
}

static void
lost_mill(struct seam *seam)
{
	struct slot *slot = seam->slot;

	seam_close(seam);
	seam->bound = false;
	seam->slot = NULL;
	if (slot != NULL)
		slot_fill_end(slot, ERR(UNAVAILABLE, "keeper: a mill died"));
}

/* --- Items of the supervisor --- */

struct seam_kind {
	const char *name;
	const struct channel_rule *rules;
	size_t num_rules;
	void (*lost)(struct seam *seam);
	struct seam *seams;
	size_t num_seams;
};

#define RULES(rules) (rules), sizeof(rules) / sizeof((rules)[0])
static const struct seam_kind seam_kinds[] = {
    {"auditor", RULES(audit_rules), lost_core, &keeper.audit, 1},
    {"spool", RULES(spool_rules), lost_opener, &keeper.spool, 1},
    {"origin", RULES(origin_rules), lost_opener, keeper.origins,
	KEEPER_MAX_PEERS},
    {"ask", RULES(ask_rules), lost_worker, keeper.asks, KEEPER_MAX_PEERS},
    {"sign", RULES(sign_rules), lost_sign, keeper.signs, KEEPER_MAX_PEERS},
    {"mill", RULES(mill_rules), lost_mill, keeper.mills, KEEPER_MAX_PEERS},
};

static struct err
attach(struct control_item *item)
{
	for (size_t i = 0; i < sizeof(seam_kinds) / sizeof(seam_kinds[0]);
	     i++) {
		const struct seam_kind *kind = &seam_kinds[i];
		if (!span_equal_str(span_str(item->name), kind->name))
			continue;
		if (item->index >= kind->num_seams || item->fd < 0)
			return ERR(MALFORMED, "keeper: not a seam");
		struct seam *seam = &kind->seams[item->index];
		if (seam->channel.fd >= 0)
			kind->lost(seam);
		seam->keeper = &keeper;
		seam->lost = kind->lost;
		channel_init(&seam->channel, item->fd, kind->rules,
		    kind->num_rules, seam);
		item->fd = -1;
		if (kind->seams == keeper.mills &&
		    item->index >= keeper.num_mills)
			keeper.num_mills = item->index + 1;
		TRY(loop_add(keeper.loop, seam->channel.fd, LOOP_READ,
		    (struct loop_handler){ready, seam}));
		if (kind->seams == keeper.mills)
			slot_fill_dispatch(&keeper);
		return OK;
	}
	return OK; /* not a seam */
}

static struct err
on_item(void *context, struct channel *channel, struct frame *frame)
{
	struct control_item item;

	(void)context;
	(void)channel;
	TRY(control_take_item(&item, frame));
	struct err err = attach(&item);
	control_item_done(&item);
	return err;
}

static const struct channel_rule control_rules[] = {
    {CONTROL_ITEM, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 1, on_item},
};

/* --- Start --- */

/* What is being read, for the line that says why there is no start. */
static const char *reading = "settings";

static void
init_seams(void)
{
	for (size_t i = 0; i < sizeof(seam_kinds) / sizeof(seam_kinds[0]);
	     i++) {
		for (size_t j = 0; j < seam_kinds[i].num_seams; j++) {
			struct seam *seam = &seam_kinds[i].seams[j];
			seam->keeper = &keeper;
			channel_init(&seam->channel, -1, seam_kinds[i].rules,
			    seam_kinds[i].num_rules, seam);
		}
	}
	TAILQ_INIT(&keeper.queue);
}

static struct err
set_up(struct control_items *items)
{
	init_seams();
	TRY(loop_new(&keeper.loop, KEEPER_MAX_FDS, KEEPER_MAX_ASKS));
	TRY(provided_read(&keeper, items, &reading));
	for (size_t i = 0; i < items->num_items; i++) {
		if (items->items[i].fd >= 0)
			TRY(attach(&items->items[i]));
	}
	if (keeper.audit.channel.fd < 0 || keeper.spool.channel.fd < 0)
		return ERR(NOT_FOUND, "keeper: auditor or spool not given");
	keeper.control.keeper = &keeper;
	keeper.control.lost = lost_core;
	channel_init(&keeper.control.channel, CONTROL_FD, control_rules, 1,
	    &keeper.control);
	return loop_add(keeper.loop, CONTROL_FD, LOOP_READ,
	    (struct loop_handler){ready, &keeper.control});
}

static struct err
enter_jail(struct life_start *start, bool allow_degraded)
{
	const struct jail_table *table = jail_tables_find("keeper");
	char text[160];

	TRY(jail_enter(&start->jail,
	    &(struct jail_spec){.role = "keeper",
		.syscalls = table->syscalls,
		.num_syscalls = table->num_syscalls,
		.allow_degraded = allow_degraded}));
	start->memfd_secret = keyring_hidden(keeper.ring);
	snprintf(text, sizeof(text), "landlock=%u seccomp=%zu hidden=%d",
	    start->jail.landlock_abi, start->jail.num_syscalls,
	    start->memfd_secret);
	TRY(life_record_start(&keeper, start));
	return control_send_ready(CONTROL_FD, text);
}

/* What the start's record says of the supervisor. */
static struct err
read_start(struct life_start *start, const struct control_items *items)
{
	struct span config;

	start->own_uids = control_find(items, "own-uids", 0) != NULL;
	TRY(control_value(items, "config", 0, &config));
	return arena_copy(&keeper.policy_arena, &start->config, config);
}

static struct err
start(void)
{
	struct control_items items;
	struct life_start life = {.memfd_secret = false};

	TRY(crypto_init());
	TRY(control_receive(&items, CONTROL_FD));
	bool degraded = control_find(&items, "allow-degraded", 0) != NULL;
	struct err err = set_up(&items);
	if (err.code == ERR_OK)
		err = read_start(&life, &items);
	control_items_done(&items);
	TRY(err);
	return enter_jail(&life, degraded);
}

int
main(void)
{
	log_set_role("keeper");
	signal(SIGPIPE, SIG_IGN);
	struct err err = start();
	if (err.code != ERR_OK) {
		control_not_started(reading, err);
		_exit(1);
	}
	err = loop_run(keeper.loop);
	life_flush_refusals(&keeper);
	if (err.code != ERR_OK)
		log_error("loop-failed", err);
	/* No exit handlers: they make calls of their own. */
	_exit(err.code != ERR_OK ? EXIT_LOOP : 0);
}
