#include "gateway/codebook/book_hand.h"

#include "gateway/base/sysio.h"

/* --- The elder --- */

static struct err
offer(const struct book_serve *serve)
{
	int heir = serve->heir;

	for (uint32_t i = 0; i < BOOK_SERVE_KEEPERS; i++)
		if (serve->keepers[i].fd >= 0)
			TRY(hand_send_keeper(
			    heir, i, serve->book.last, serve->keepers[i].fd));
	for (size_t i = 0; i < BOOK_SERVE_FILLS; i++) {
		const struct book_fill *fill = &serve->fills[i];
		if (fill->channel.fd < 0)
			continue;
		TRY(hand_send_draw(heir,
		    &(struct hand_draw){.keeper = fill->keeper,
			.id = fill->id,
			.budget = fill->budget,
			.unmade = fill->unmade,
			.answered = fill->answered},
		    fill->channel.fd));
	}
	return OK;
}

void
book_hand_refuse(struct book_serve *serve)
{
	(void)!hand_send(serve->heir, &(struct frame){.type = HAND_KEPT}).code;
	sysio_close(&serve->heir);
}

struct err
book_hand_over(struct book_serve *serve)
{
	if (offer(serve).code != ERR_OK) {
		book_hand_refuse(serve);
		return OK;
	}
	store_close(serve->book.store);
	serve->book.store = NULL;
	TRY(hand_send(serve->heir, &(struct frame){.type = HAND_OVER}));
	return ERR(CLOSED, "book: an heir has all of it");
}

/* --- The heir --- */

static struct err
take_keeper(struct book_serve *serve, struct frame *frame)
{
	uint64_t last;

	TRY(hand_take_keeper(frame->body, &last));
	if (frame->id >= BOOK_SERVE_KEEPERS ||
	    serve->keepers[frame->id].fd >= 0 || frame->num_fds != 1)
		return ERR(MALFORMED, "book: not a keeper");
	/* Numbers go on behind those of the elder. */
	serve->book.before = serve->book.last = last;
	book_serve_keeper_at(serve, frame->id, frame_take_fd(frame, 0));
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
	    shown.keeper >= BOOK_SERVE_KEEPERS ||
	    serve->keepers[shown.keeper].fd < 0)
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

struct err
book_hand_take(struct book_serve *serve, int elder)
{
	static uint8_t buffer[FRAME_MAX];
	struct frame frame;

	for (;;) {
		TRY(hand_receive(elder, buffer, &frame));
		struct err err = ERR(MALFORMED, "book: not of an elder");
		if (frame.type == HAND_KEEPER)
			err = take_keeper(serve, &frame);
		else if (frame.type == HAND_DRAW)
			err = take_fill(serve, &frame);
		else if (frame.type == HAND_OVER)
			err = OK;
		frame_close_fds(&frame);
		if (frame.type == HAND_OVER)
			return OK;
		TRY(err);
	}
}
