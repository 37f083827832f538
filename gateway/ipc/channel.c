#include "gateway/ipc/channel.h"

#include <assert.h>
#include <poll.h>
#include <unistd.h>

void
channel_init(struct channel *channel, int fd, const struct channel_rule *rules,
    size_t num_rules, void *context)
{
	*channel = (struct channel){.fd = fd,
	    .rules = rules,
	    .num_rules = num_rules,
	    .context = context};
	STAILQ_INIT(&channel->queue);
}

static void
drop_first(struct channel *channel)
{
	struct channel_waiting *first = STAILQ_FIRST(&channel->queue);

	STAILQ_REMOVE_HEAD(&channel->queue, next);
	channel->num_queued--;
	channel->queued_len -= first->frame.body.len;
	frame_close_fds(&first->frame);
	/* It may hold a key on its way to a mill or a worker. */
	explicit_bzero(first->body, first->frame.body.len);
	free(first);
}

void
channel_done(struct channel *channel)
{
	while (channel->num_queued > 0)
		drop_first(channel);
	if (channel->rules != NULL && channel->fd >= 0)
		close(channel->fd);
	channel->fd = -1;
}

short
channel_events(const struct channel *channel)
{
	return (short)(POLLIN | (channel->num_queued > 0 ? POLLOUT : 0));
}

/* Takes over the descriptors when it succeeds. */
static struct err
enqueue(struct channel *channel, const struct frame *frame)
{
	struct channel_waiting *waiting;

	if (channel->num_queued >= CHANNEL_MAX_QUEUE ||
	    frame->body.len > CHANNEL_MAX_QUEUE_LEN - channel->queued_len)
		return ERR(TOO_BIG, "channel: the peer does not read");
	waiting = calloc(1, sizeof(*waiting) + frame->body.len);
	if (waiting == NULL)
		return ERR(NO_MEMORY, "channel: no memory");
	waiting->frame = *frame;
	if (frame->body.len > 0)
		memcpy(waiting->body, frame->body.data, frame->body.len);
	waiting->frame.body = span_of(waiting->body, frame->body.len);
	STAILQ_INSERT_TAIL(&channel->queue, waiting, next);
	channel->num_queued++;
	channel->queued_len += frame->body.len;
	return OK;
}

/* Without memory for a copy; what waits goes first. */
static struct err
send_now(struct channel *channel, const struct frame *frame)
{
	struct err err = channel_flush(channel);

	if (err.code == ERR_OK && channel->num_queued == 0)
		err = frame_send(channel->fd, frame);
	else if (err.code == ERR_OK)
		err.code = ERR_AGAIN;
	return err.code == ERR_AGAIN ? ERR(NO_MEMORY, "channel: no memory")
				     : err;
}

/* *out_kept: the frame's descriptors are the queue's. */
static struct err
send_or_queue(struct channel *channel, const struct frame *frame, bool patient,
    bool *out_kept)
{
	struct err err;

	if (channel->num_queued == 0 && !channel->held) {
		err = frame_send(channel->fd, frame);
		if (err.code != ERR_AGAIN)
			return err;
	}
	err = enqueue(channel, frame);
	*out_kept = err.code == ERR_OK;
	channel->due = channel->due || !patient;
	/* What is said when memory is short may be that it is. */
	if (err.code == ERR_NO_MEMORY)
		return send_now(channel, frame);
	TRY(err);
	return channel->held && channel->num_queued % CHANNEL_HELD == 0
	    ? channel_flush(channel)
	    : OK;
}

static struct err
send_any(struct channel *channel, struct frame *frame, bool patient)
{
	bool kept = false;
	struct err err = ERR(CLOSED, "channel: no peer");

	if (channel->fd >= 0)
		err = send_or_queue(channel, frame, patient, &kept);
	if (kept)
		frame->num_fds = 0;
	frame_close_fds(frame);
	return err;
}

struct err
channel_send(struct channel *channel, struct frame *frame)
{
	return send_any(channel, frame, false);
}

void
channel_hold(struct channel *channel)
{
	channel->held = true;
}

void
channel_pack(struct channel *channel)
{
	channel->held = true;
	channel->packs = true;
}

struct err
channel_send_patient(
    struct channel *channel, uint16_t type, uint64_t id, struct span body)
{
	struct frame frame = {.type = type, .id = id, .body = body};

	return send_any(channel, &frame, true);
}

bool
channel_is_due(const struct channel *channel)
{
	return channel->num_queued > 0 && channel->due;
}

void
channel_hurry(struct channel *channel)
{
	channel->due = true;
}

struct err
channel_send_body(
    struct channel *channel, uint16_t type, uint64_t id, struct span body)
{
	struct frame frame = {.type = type, .id = id, .body = body};

	return channel_send(channel, &frame);
}

/* The first of the queue, as many as go in one message. */
static size_t
gather(const struct channel *channel, const struct frame *frames[FRAME_PACK])
{
	const struct channel_waiting *waiting;
	size_t num = 0, max = channel->packs ? FRAME_PACK : 1;

	STAILQ_FOREACH(waiting, &channel->queue, next)
	{
		if (num == max)
			break;
		frames[num++] = &waiting->frame;
	}
	size_t fit = frame_pack_fit(frames, num);
	return fit > 0 ? fit : 1; /* which frame_send_pack refuses */
}

struct err
channel_flush(struct channel *channel)
{
	const struct frame *frames[FRAME_PACK];

	while (channel->num_queued > 0) {
		size_t num = gather(channel, frames);
		struct err err = frame_send_pack(channel->fd, frames, num);
		/* From now on it is the peer that lets it wait. */
		channel->due = true;
		if (err.code == ERR_AGAIN)
			return OK;
		TRY(err);
		for (size_t i = 0; i < num; i++)
			drop_first(channel);
	}
	channel->due = false;
	return OK;
}

/* A type may have two rows, with and without descriptors. */
static const struct channel_rule *
find_rule(const struct channel *channel, const struct frame *frame)
{
	const struct channel_rule *found = NULL;

	for (size_t i = 0; i < channel->num_rules; i++) {
		const struct channel_rule *rule = &channel->rules[i];

		if (rule->type != frame->type)
			continue;
		if (found == NULL || rule->num_fds == frame->num_fds)
			found = rule;
	}
	return found;
}

/* Everything but the handler: what the table says of this frame. */
static struct err
check(struct channel *channel, const struct channel_rule *rule,
    const struct frame *frame)
{
	if (rule == NULL)
		return ERR(MALFORMED, "channel: no such message");
	assert(rule->type < 64 && channel->state < 8);
	if ((rule->states & (1u << channel->state)) == 0)
		return ERR(MALFORMED, "channel: not in this state");
	if (rule->once && (channel->seen >> rule->type & 1) != 0)
		return ERR(MALFORMED, "channel: only once");
	if (frame->body.len > rule->max_len)
		return ERR(TOO_BIG, "channel: longer than its kind may be");
	if (frame->num_fds != rule->num_fds)
		return ERR(MALFORMED, "channel: not its descriptors");
	return OK;
}

static struct err
handle(struct channel *channel, struct frame *frame)
{
	const struct channel_rule *rule = find_rule(channel, frame);
	struct err err = check(channel, rule, frame);

	if (err.code == ERR_OK) {
		channel->seen |= UINT64_C(1) << rule->type;
		err = rule->handler(channel->context, channel, frame);
		if (err.code == ERR_AGAIN)
			err = OK;
	}
	frame_close_fds(frame);
	return err;
}

struct err
channel_receive(struct channel *channel)
{
	static uint8_t buffer[FRAME_MAX]; /* one thread; no handler recurses */
	const int fd = channel->fd;
	struct frame_pack pack;
	struct frame frame;

	if (fd < 0)
		return ERR(CLOSED, "channel: no peer");
	TRY(frame_recv_pack(fd, buffer, &pack));
	size_t len = pack.rest.len;
	struct err err;
	/* A handler may end the peer: then the rest is for nobody. */
	do {
		err = frame_pack_next(&pack, &frame);
		if (err.code == ERR_OK)
			err = handle(channel, &frame);
	} while (err.code == ERR_OK && pack.rest.len > 0 && channel->fd == fd);
	frame_pack_close(&pack);
	explicit_bzero(buffer, len);
	return err;
}

struct err
channel_drain(struct channel *channel, size_t num)
{
	for (size_t i = 0; i < num; i++) {
		struct err err = channel_receive(channel);
		if (err.code == ERR_AGAIN)
			return OK;
		TRY(err);
	}
	return OK;
}
