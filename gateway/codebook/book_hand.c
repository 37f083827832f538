#include "gateway/codebook/book_hand.h"

/* --- The elder --- */

static struct err
offer(const struct book_serve *serve)
{
	uint64_t lasts[HAND_KEEPERS];

	for (size_t i = 0; i < HAND_KEEPERS; i++)
		lasts[i] = serve->book.last;
	TRY(keepers_offer(&serve->keepers, lasts));
	for (size_t i = 0; i < BOOK_SERVE_FILLS; i++) {
		const struct book_fill *fill = &serve->fills[i];
		if (fill->channel.fd < 0)
			continue;
		TRY(hand_send_draw(serve->keepers.heir,
		    &(struct hand_draw){.keeper = fill->keeper,
			.id = fill->id,
			.budget = fill->budget,
			.unmade = fill->unmade,
			.answered = fill->answered},
		    fill->channel.fd));
	}
	return OK;
}

struct err
book_hand_over(struct book_serve *serve)
{
	if (offer(serve).code != ERR_OK) {
		keepers_refuse_heir(&serve->keepers);
		return OK;
	}
	store_close(serve->book.store);
	serve->book.store = NULL;
	return keepers_give_up(&serve->keepers);
}

/* --- The heir --- */

static struct err
take_keeper(struct book_serve *serve, struct frame *frame)
{
	uint64_t last;

	TRY(keepers_take(&serve->keepers, frame, &last));
	/* Numbers go on behind those of the elder. */
	serve->book.before = serve->book.last = last;
	return OK;
}

static struct err
take_fill(struct book_serve *serve, struct frame *frame)
{
	struct hand_draw shown;
	size_t i = 0;

	TRY(hand_take_draw(&shown, frame->body));
	while (i < BOOK_SERVE_FILLS && serve->fills[i].channel.fd >= 0)
		i++;
	if (i == BOOK_SERVE_FILLS || frame->num_fds != 1 ||
	    shown.keeper >= HAND_KEEPERS ||
	    serve->keepers.channels[shown.keeper].fd < 0)
		return ERR(MALFORMED, "book: not a fill");
	struct book_fill *fill = &serve->fills[i];
	book_fill_init(fill, &serve->book, frame_take_fd(frame, 0));
	fill->keeper = shown.keeper;
	fill->id = shown.id;
	fill->budget = shown.budget;
	fill->unmade = shown.unmade;
	fill->answered = shown.answered;
	return OK;
}

static struct err
take(void *context, struct frame *frame)
{
	if (frame->type == HAND_KEEPER)
		return take_keeper(context, frame);
	if (frame->type == HAND_DRAW)
		return take_fill(context, frame);
	return ERR(MALFORMED, "book: not of an elder");
}

struct err
book_hand_take(struct book_serve *serve, int elder)
{
	return keepers_inherit(elder, take, serve);
}
