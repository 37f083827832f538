#include "gateway/keeper/seam.h"

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"

enum {
	DRAIN = 64 /* frames of one peer before the others have their turn */
};

static void
watch(struct seam *seam, unsigned events)
{
	(void)!loop_modify(seam->keeper->loop, seam->channel.fd, events).code;
}

/* All that it holds can wait for company, and will not wait for ever. */
static bool
let_wait(struct seam *seam)
{
	if (channel_is_due(&seam->channel) || seam->keeper->draining)
		return false;
	return seam->patience.place != 0 ||
	    loop_set_timer(seam->keeper->loop, &seam->patience,
		sysio_monotonic_ms() + CHANNEL_PATIENT_MS)
		.code == ERR_OK;
}

/* It holds a message, or is to be lost: the end of this turn, or a later one,
 * sees to it. */
static void
note_unsent(struct seam *seam)
{
	if (seam->is_unsent || seam->channel.num_queued == 0 ||
	    (!seam->is_deaf && let_wait(seam)))
		return;
	seam->is_unsent = true;
	TAILQ_INSERT_TAIL(&seam->keeper->unsent, seam, unsent);
}

static void
forget_unsent(struct seam *seam)
{
	loop_cancel_timer(seam->keeper->loop, &seam->patience);
	if (seam->is_unsent)
		TAILQ_REMOVE(&seam->keeper->unsent, seam, unsent);
	seam->is_unsent = false;
}

void
seam_close(struct seam *seam)
{
	if (seam->channel.fd < 0)
		return;
	forget_unsent(seam);
	seam->is_deaf = false;
	loop_remove(seam->keeper->loop, seam->channel.fd);
	channel_done(&seam->channel);
}

static void
lose(struct seam *seam, struct err err)
{
	if (err.code != ERR_CLOSED)
		log_error("peer-ended", err);
	seam->lost(seam);
}

/* A peer that is gone shows in the loop, after what it said before. */
static void
send_unsent(struct seam *seam)
{
	forget_unsent(seam);
	struct err err = seam->is_deaf
	    ? ERR(TOO_BIG, "keeper: a peer that does not read")
	    : channel_flush(&seam->channel);
	if (err.code == ERR_CLOSED)
		watch(seam, LOOP_READ);
	else if (err.code != ERR_OK)
		lose(seam, err);
	else
		watch(seam,
		    seam->channel.num_queued > 0 ? LOOP_READ | LOOP_WRITE
						 : LOOP_READ);
}

/* Every grant's end is recorded, and every command is answered. */
static bool
is_drained(const struct keeper *keeper)
{
	if (!keeper->draining || keeper->num_asks > 0 ||
	    keeper->num_forms > 0 || keeper->num_owed > 0 ||
	    keeper->audit.channel.num_queued > 0)
		return false;
	for (size_t i = 0; i < ADMIN_MAX_AT_ONCE; i++) {
		if (keeper->admins[i].channel.fd >= 0)
			return false;
	}
	return true;
}

/* Losing a peer may leave something to be said to others. */
void
seam_settle(struct keeper *keeper)
{
	struct seam *seam;

	while ((seam = TAILQ_FIRST(&keeper->unsent)) != NULL)
		send_unsent(seam);
	keyring_lock(keeper->ring);
	if (is_drained(keeper))
		loop_stop(keeper->loop);
}

static void
settle(void *keeper)
{
	seam_settle(keeper);
}

void
seam_begin(struct keeper *keeper)
{
	TAILQ_INIT(&keeper->unsent);
	loop_settle(keeper->loop, settle, keeper);
}

void
seam_hurry(struct seam *seam)
{
	channel_hurry(&seam->channel);
	note_unsent(seam);
}

static void
waited_enough(void *seam)
{
	seam_hurry(seam);
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
	if (err.code != ERR_OK)
		lose(seam, err);
	else if (seam->channel.num_queued == 0)
		watch(seam, LOOP_READ);
	else
		note_unsent(seam);
}

struct err
seam_open(struct seam *seam)
{
	seam->patience =
	    (struct loop_timer){.fired = waited_enough, .context = seam};
	channel_hold(&seam->channel);
	return loop_add(seam->keeper->loop, seam->channel.fd, LOOP_READ,
	    (struct loop_handler){ready, seam});
}

void
seam_send_frame(struct seam *seam, struct frame *frame)
{
	struct err err = channel_send(&seam->channel, frame);

	/* A lost peer shows as a hang-up in the loop; here it is enough that
	 * the message is not taken for sent. One that left so many unread is
	 * lost too, when whoever called us is done with it. */
	if (err.code == ERR_TOO_BIG)
		seam->is_deaf = true;
	else if (err.code != ERR_OK && err.code != ERR_CLOSED)
		log_error("not-sent", err);
	note_unsent(seam);
}

struct err
seam_ask_with(struct seam *seam, struct frame *frame)
{
	struct err err = channel_send(&seam->channel, frame);

	note_unsent(seam);
	return err;
}

struct err
seam_ask(struct seam *seam, uint16_t type, uint64_t id, struct span body)
{
	struct frame frame = {.type = type, .id = id, .body = body};

	return seam_ask_with(seam, &frame);
}

struct err
seam_note(struct seam *seam, uint16_t type, uint64_t id, struct span body)
{
	struct err err = channel_send_patient(&seam->channel, type, id, body);

	note_unsent(seam);
	return err;
}

void
seam_send(struct seam *seam, uint16_t type, uint64_t id, struct span body)
{
	struct frame frame = {.type = type, .id = id, .body = body};

	seam_send_frame(seam, &frame);
}

bool
seam_has_room(const struct keeper *keeper, const struct seam *seam)
{
	size_t kept = 0; /* for others */

	if (keeper->num_asks < KEEPER_MAX_ASKS / 2)
		return true;
	for (size_t i = 0; i < keeper->num_workers; i++) {
		const struct seam *other = &keeper->asks[i];
		size_t part = KEEPER_MAX_ASKS / 2 / keeper->num_workers;
		if (other != seam && other->num_asks < part)
			kept += part - other->num_asks;
	}
	return keeper->num_asks + kept < KEEPER_MAX_ASKS;
}
