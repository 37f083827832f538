#include "gateway/keeper/peers_control.h"

#include "gateway/base/log.h"
#include "gateway/ipc/admin.h"
#include "gateway/ipc/control.h"
#include "gateway/keeper/command.h"
#include "gateway/keeper/key_records.h"
#include "gateway/keeper/life.h"
#include "gateway/keeper/peers.h"
#include "gateway/keeper/recheck.h"

static struct err
on_item(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;
	struct control_item item;

	(void)channel;
	TRY(control_take_item(&item, frame));
	struct err err = peers_attach(seam->keeper, &item);
	if (err.code == ERR_OK)
		err = recheck_item(seam->keeper, &item);
	control_item_done(&item);
	return err;
}

/* Its workers have ended before; what is open now is not theirs. */
static struct err
on_drain(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;

	(void)channel, (void)frame;
	seam->keeper->draining = true;
	return OK;
}

static struct err
on_recheck(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;

	(void)channel, (void)frame;
	return recheck_all(seam->keeper);
}

static struct err
on_reloaded(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;

	(void)channel;
	return command_reloaded(seam->keeper, frame->id, frame->body);
}

static struct err
on_admit(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;

	(void)channel, (void)frame;
	return key_records_begin(seam->keeper);
}

static struct err
on_refused(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;
	struct err err = life_record_refused(seam->keeper, frame->body);

	(void)channel;
	if (err.code != ERR_OK)
		log_error("refusal-not-recorded", err);
	return OK;
}

static struct err
on_scraped(void *context, struct channel *channel, struct frame *frame)
{
	struct seam *seam = context;

	(void)channel;
	if (frame->body.len != 16)
		return ERR(MALFORMED, "keeper: not an address");
	struct err err = life_record_scraped(seam->keeper, frame->body.data);
	if (err.code != ERR_OK)
		log_error("scrape-not-recorded", err);
	return OK;
}

static const struct channel_rule control_rules[] = {
    {CONTROL_ITEM, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 1, on_item},
    {CONTROL_ITEM, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, on_item},
    {CONTROL_RECHECK, CHANNEL_ANY_STATE, false, 0, 0, on_recheck},
    {CONTROL_DRAIN, CHANNEL_ANY_STATE, true, 0, 0, on_drain},
    {CONTROL_SCRAPED, CHANNEL_ANY_STATE, false, 16, 0, on_scraped},
    {CONTROL_ADMIT, CHANNEL_ANY_STATE, true, 0, 0, on_admit},
    {CONTROL_REFUSED, CHANNEL_ANY_STATE, false, ADMIN_MAX_TEXT, 0, on_refused},
    {CONTROL_RELOADED, CHANNEL_ANY_STATE, false, ADMIN_MAX_TEXT + 1, 0,
	on_reloaded},
};

size_t
peers_control_rules(const struct channel_rule **out)
{
	*out = control_rules;
	return sizeof(control_rules) / sizeof(control_rules[0]);
}
