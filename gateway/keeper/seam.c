#include "gateway/keeper/seam.h"

#include "gateway/base/log.h"

enum {
	DRAIN = 64 /* frames of one peer before the others have their turn */
};

void
seam_watch(struct seam *seam)
{
	unsigned events = LOOP_READ;

	if (seam->channel.fd < 0)
		return;
	if (seam->channel.num_queued > 0)
		events |= LOOP_WRITE;
	(void)!loop_modify(seam->keeper->loop, seam->channel.fd, events).code;
}

void
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
	seam_watch(seam);
}

struct err
seam_open(struct seam *seam)
{
	return loop_add(seam->keeper->loop, seam->channel.fd, LOOP_READ,
	    (struct loop_handler){ready, seam});
}

void
seam_send_frame(struct seam *seam, struct frame *frame)
{
	struct err err = channel_send(&seam->channel, frame);

	/* A lost peer shows as a hang-up in the loop; here it is enough that
	 * the message is not taken for sent. */
	if (err.code != ERR_OK && err.code != ERR_CLOSED)
		log_error("not-sent", err);
	seam_watch(seam);
}

void
seam_send(struct seam *seam, uint16_t type, uint64_t id, struct span body)
{
	struct frame frame = {.type = type, .id = id, .body = body};

	seam_send_frame(seam, &frame);
}
