#include "gateway/ipc/hand.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

/* Not poll: of that the kernel may make another call (see keepers.c). */
static struct err
wait_for(int socket, short events, int ms)
{
	struct pollfd polls = {.fd = socket, .events = events};
	const struct timespec most = {
	    .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
	int num;

	do
		num = ppoll(&polls, 1, &most, NULL);
	while (num < 0 && errno == EINTR);
	return num > 0 ? OK : ERR(AGAIN, "the other one is too slow");
}

struct err
hand_send(int heir, const struct frame *frame)
{
	for (;;) {
		struct err err = frame_send(heir, frame);
		if (err.code != ERR_AGAIN)
			return err;
		TRY(wait_for(heir, POLLOUT, HAND_SEND_MS));
	}
}

struct err
hand_send_keeper(int heir, uint32_t place, uint64_t num_open, int fd)
{
	uint8_t bytes[sizeof(num_open)];
	struct buf body = {
	    .data = bytes, .cap = sizeof(bytes), .max = sizeof(bytes)};

	TRY(buf_put_u64be(&body, num_open));
	return hand_send(heir,
	    &(struct frame){.type = HAND_KEEPER,
		.id = place,
		.body = buf_span(&body),
		.fds = {fd},
		.num_fds = 1});
}

struct err
hand_take_keeper(struct span body, uint64_t *out_open)
{
	uint64_t num_open;

	TRY(span_take_u64be(&body, &num_open));
	TRY(span_end(body));
	*out_open = num_open;
	return OK;
}

struct err
hand_put_fill(struct buf *out, const struct hand_fill *fill)
{
	TRY(buf_append(
	    out, span_of(fill->generation, sizeof(fill->generation))));
	TRY(buf_put_u64be(out, fill->expected));
	TRY(buf_put_bool(out, fill->sealed));
	TRY(buf_append(out, span_of(fill->hash, sizeof(fill->hash))));
	TRY(buf_put_u64be(out, fill->size));
	return buf_put_u32be(out, fill->keeper);
}

struct err
hand_send_fill(int heir, const struct hand_fill *fill, int fd)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	TRY(hand_put_fill(&body, fill));
	return hand_send(heir,
	    &(struct frame){.type = HAND_FILL,
		.body = buf_span(&body),
		.fds = {fd},
		.num_fds = 1});
}

struct err
hand_take_fill(struct hand_fill *out, struct span body)
{
	struct span generation, hash;
	struct hand_fill fill;

	TRY(span_take(&body, &generation, sizeof(fill.generation)));
	TRY(span_take_u64be(&body, &fill.expected));
	TRY(span_take_bool(&body, &fill.sealed));
	TRY(span_take(&body, &hash, sizeof(fill.hash)));
	TRY(span_take_u64be(&body, &fill.size));
	TRY(span_take_u32be(&body, &fill.keeper));
	TRY(span_end(body));
	memcpy(fill.generation, generation.data, generation.len);
	memcpy(fill.hash, hash.data, hash.len);
	*out = fill;
	return OK;
}

struct err
hand_put_draw(struct buf *out, const struct hand_draw *draw)
{
	TRY(buf_put_u32be(out, draw->keeper));
	TRY(buf_put_u64be(out, draw->id));
	TRY(buf_put_u64be(out, draw->budget));
	TRY(buf_put_u64be(out, draw->unmade));
	return buf_put_u64be(out, draw->answered);
}

struct err
hand_take_draw(struct hand_draw *out, struct span body)
{
	struct hand_draw draw;

	TRY(span_take_u32be(&body, &draw.keeper));
	TRY(span_take_u64be(&body, &draw.id));
	TRY(span_take_u64be(&body, &draw.budget));
	TRY(span_take_u64be(&body, &draw.unmade));
	TRY(span_take_u64be(&body, &draw.answered));
	TRY(span_end(body));
	*out = draw;
	return OK;
}

struct err
hand_send_draw(int heir, const struct hand_draw *draw, int fd)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	TRY(hand_put_draw(&body, draw));
	return hand_send(heir,
	    &(struct frame){.type = HAND_DRAW,
		.body = buf_span(&body),
		.fds = {fd},
		.num_fds = 1});
}

struct err
hand_put_slot(struct buf *out, const struct hand_slot *slot)
{
	TRY(buf_append(out, span_of(slot->name, sizeof(slot->name))));
	return buf_put_u64be(out, slot->len);
}

struct err
hand_take_slot(struct span *in, struct hand_slot *out)
{
	struct span rest = *in, name;
	struct hand_slot slot;

	TRY(span_take(&rest, &name, sizeof(slot.name)));
	TRY(span_take_u64be(&rest, &slot.len));
	memcpy(slot.name, name.data, name.len);
	*in = rest;
	*out = slot;
	return OK;
}

struct err
hand_receive(int elder, uint8_t buffer[FRAME_MAX], struct frame *out)
{
	struct err err;

	do {
		TRY(wait_for(elder, POLLIN, HAND_WAIT_MS));
		err = frame_recv(elder, buffer, out);
	} while (err.code == ERR_AGAIN);
	TRY(err);
	if (out->type != HAND_KEPT)
		return OK;
	frame_close_fds(out);
	return ERR(AGAIN, "a keeper takes no answers, so the old one goes on");
}
