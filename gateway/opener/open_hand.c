#include "gateway/opener/open_hand.h"

#include <assert.h>

static_assert(HAND_SLOT_NAME == (int)SPOOL_DIR_SLOT, "names are as long");

/* --- The elder --- */

static struct err
offer_fills(const struct open_serve *serve, int heir)
{
	for (size_t i = 0; i < OPEN_SERVE_MAX_FILLS; i++) {
		const struct spool_fill *fill = &serve->fills[i].fill;
		if (fill->fd < 0)
			continue;
		struct hand_fill shown = {.expected = fill->expected,
		    .sealed = fill->sealed,
		    .size = fill->size,
		    .keeper = (uint32_t)keepers_place(
			&serve->keepers, serve->fills[i].keeper)};
		memcpy(shown.generation, fill->generation,
		    sizeof(shown.generation));
		memcpy(shown.hash, fill->hash, sizeof(shown.hash));
		TRY(hand_send_fill(heir, &shown, fill->fd));
	}
	return OK;
}

/* One message of slots, from *at on; *at goes to the first that is left. */
static struct err
offer_slots(int heir, const struct spool_item **at)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	for (size_t i = 0; i < HAND_SLOTS_MAX && *at != NULL; i++) {
		struct hand_slot slot = {.len = (*at)->len};
		memcpy(slot.name, (*at)->name, sizeof(slot.name));
		TRY(hand_put_slot(&body, &slot));
		*at = TAILQ_NEXT(*at, used);
	}
	return hand_send(
	    heir, &(struct frame){.type = HAND_SLOTS, .body = buf_span(&body)});
}

struct err
open_hand_offer(const struct open_serve *serve)
{
	static const uint64_t none[HAND_KEEPERS];
	const struct spool_item *at = spool_stock_oldest(&serve->spool.stock);

	while (at != NULL)
		TRY(offer_slots(serve->keepers.heir, &at));
	TRY(keepers_offer(&serve->keepers, none));
	return offer_fills(serve, serve->keepers.heir);
}

/* --- The heir --- */

static struct err
take_keeper(struct open_serve *serve, struct frame *frame)
{
	uint64_t none; /* it has no number here */

	return keepers_take(&serve->keepers, frame, &none);
}

static struct err
take_fill(struct open_serve *serve, struct frame *frame)
{
	struct hand_fill shown;
	size_t i = 0;

	TRY(hand_take_fill(&shown, frame->body));
	while (i < OPEN_SERVE_MAX_FILLS && serve->fills[i].fill.fd >= 0)
		i++;
	if (i == OPEN_SERVE_MAX_FILLS || frame->num_fds != 1 ||
	    shown.keeper >= HAND_KEEPERS ||
	    shown.expected > serve->spool.max - serve->spool.expected)
		return ERR(MALFORMED, "opener: not a filling");
	struct open_fill *place = &serve->fills[i];
	*place =
	    (struct open_fill){.keeper = &serve->keepers.channels[shown.keeper],
		.fill = {.fd = frame_take_fd(frame, 0),
		    .expected = shown.expected,
		    .sealed = shown.sealed,
		    .size = shown.size}};
	memcpy(place->fill.generation, shown.generation,
	    sizeof(place->fill.generation));
	memcpy(place->fill.hash, shown.hash, sizeof(place->fill.hash));
	serve->spool.expected += shown.expected;
	return OK;
}

static struct err
take_slots(struct open_serve *serve, const struct frame *frame)
{
	struct span body = frame->body;
	struct hand_slot slot;

	while (body.len > 0) {
		TRY(hand_take_slot(&body, &slot));
		TRY(spool_stock_add(&serve->spool.stock, slot.name, slot.len));
	}
	return OK;
}

static struct err
take(void *context, struct frame *frame)
{
	if (frame->type == HAND_KEEPER)
		return take_keeper(context, frame);
	if (frame->type == HAND_FILL)
		return take_fill(context, frame);
	if (frame->type == HAND_SLOTS)
		return take_slots(context, frame);
	return ERR(MALFORMED, "opener: not of an elder");
}

struct err
open_hand_take(struct open_serve *serve, int elder)
{
	TRY(keepers_inherit(elder, take, serve));
	return spool_dir_take(&serve->spool);
}
