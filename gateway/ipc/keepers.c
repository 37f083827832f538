#include "gateway/ipc/keepers.h"

#include <errno.h>
#include <time.h>

#include "gateway/base/sysio.h"
#include "gateway/ipc/control.h"

void
keepers_init(
    struct keepers *out, const struct keepers_manner *manner, void *context)
{
	*out =
	    (struct keepers){.heir = -1, .manner = *manner, .context = context};
	channel_init(&out->control, -1, NULL, 0, NULL);
	for (size_t i = 0; i < HAND_KEEPERS; i++)
		channel_init(&out->channels[i], -1, NULL, 0, NULL);
}

/* --- They come and go --- */

static void
place_at(struct keepers *keepers, size_t place, int socket)
{
	struct channel *keeper = &keepers->channels[place];

	channel_init(keeper, socket, keepers->manner.rules,
	    keepers->manner.num_rules, keepers->context);
	if (keepers->manner.packs)
		channel_pack(keeper);
}

struct err
keepers_add(struct keepers *keepers, int socket)
{
	size_t place = 0;

	while (place < HAND_KEEPERS && keepers->channels[place].fd >= 0)
		place++;
	if (place == HAND_KEEPERS) {
		sysio_close(&socket);
		return ERR(TOO_BIG, "too many keepers");
	}
	place_at(keepers, place, socket);
	if (keepers->manner.greet == NULL)
		return OK;
	struct err err =
	    keepers->manner.greet(keepers->context, &keepers->channels[place]);
	/* One that has left already shows in the loop. */
	return err.code == ERR_CLOSED ? OK : err;
}

size_t
keepers_place(const struct keepers *keepers, const struct channel *keeper)
{
	return (size_t)(keeper - keepers->channels);
}

struct err
keepers_part(struct keepers *keepers, struct channel *keeper)
{
	size_t num = 0;

	channel_done(keeper);
	for (size_t i = 0; i < HAND_KEEPERS; i++)
		num += keepers->channels[i].fd >= 0;
	return num > 0 ? OK : ERR(CLOSED, "no keeper is left");
}

static struct err
take_item(void *context, struct channel *channel, struct frame *frame)
{
	static const char *const names[] = {"keeper", "heir", NULL};
	struct keepers *keepers = context;
	size_t which;
	int socket;

	(void)channel;
	TRY(control_take_channel(&socket, &which, frame, names));
	if (which == 0)
		return keepers_add(keepers, socket);
	sysio_close(&keepers->heir);
	keepers->heir = socket;
	return OK;
}

static const struct channel_rule control_rules[] = {
    {CONTROL_ITEM, CHANNEL_ANY_STATE, false, 256, 1, take_item},
};

void
keepers_listen(struct keepers *keepers, int control)
{
	channel_init(&keepers->control, control, control_rules, 1, keepers);
}

/* --- The loop --- */

struct pollfd
keepers_watch(const struct keepers *keepers, const struct channel *channel)
{
	bool speaks = channel->num_queued > 0, hears = keepers->heir < 0;
	bool waits = !hears || (speaks && keepers->manner.in_turn);

	return (struct pollfd){.fd = hears || speaks ? channel->fd : -1,
	    .events = waits ? POLLOUT : channel_events(channel)};
}

void
keepers_watch_all(
    const struct keepers *keepers, struct pollfd polls[KEEPERS_POLLS])
{
	for (size_t i = 0; i < HAND_KEEPERS; i++)
		polls[i] = keepers_watch(keepers, &keepers->channels[i]);
	polls[KEEPERS_CONTROL] =
	    (struct pollfd){.fd = keepers->control.fd, .events = POLLIN};
}

/* Not poll: after SIGSTOP the kernel resumes that by a call of its own,
 * restart_syscall, of which we would die. */
struct err
keepers_wait(struct pollfd *polls, size_t num, int ms, bool *out_idle)
{
	const struct timespec most = {
	    .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
	int ready = ppoll(polls, num, ms < 0 ? NULL : &most, NULL);

	if (ready < 0 && errno != EINTR)
		return ERR(IO, "the wait for keepers failed");
	for (size_t i = 0; ready < 0 && i < num; i++)
		polls[i].revents = 0;
	*out_idle = ready == 0;
	return OK;
}

struct err
keepers_hear(
    const struct keepers *keepers, struct channel *channel, size_t most)
{
	TRY(channel_flush(channel));
	if (keepers->heir >= 0 ||
	    (keepers->manner.in_turn && channel->num_queued > 0))
		return OK;
	return channel_drain(channel, most);
}

struct err
keepers_hear_control(struct keepers *keepers)
{
	if (keepers->control.fd < 0)
		return OK;
	struct err err = channel_drain(&keepers->control, HAND_KEEPERS);
	if (err.code != ERR_CLOSED)
		return err;
	channel_done(&keepers->control);
	return OK;
}

struct err
keepers_flush(struct keepers *keepers)
{
	for (size_t i = 0; i < HAND_KEEPERS; i++) {
		struct err err = channel_flush(&keepers->channels[i]);
		if (err.code != ERR_OK && err.code != ERR_CLOSED)
			return err;
	}
	return OK;
}

/* --- An heir --- */

bool
keepers_are_quiet(const struct keepers *keepers)
{
	for (size_t i = 0; i < HAND_KEEPERS; i++)
		if (keepers->channels[i].num_queued > 0)
			return false;
	return true;
}

struct err
keepers_offer(
    const struct keepers *keepers, const uint64_t numbers[HAND_KEEPERS])
{
	for (uint32_t i = 0; i < HAND_KEEPERS; i++) {
		int fd = keepers->channels[i].fd;
		if (fd >= 0)
			TRY(hand_send_keeper(keepers->heir, i, numbers[i], fd));
	}
	return OK;
}

void
keepers_refuse_heir(struct keepers *keepers)
{
	const struct frame kept = {.type = HAND_KEPT};

	(void)!hand_send(keepers->heir, &kept).code;
	sysio_close(&keepers->heir);
}

struct err
keepers_give_up(const struct keepers *keepers)
{
	TRY(hand_send(keepers->heir, &(struct frame){.type = HAND_OVER}));
	return ERR(CLOSED, "an heir has all of it");
}

struct err
keepers_inherit(int elder,
    struct err (*take)(void *context, struct frame *frame), void *context)
{
	static uint8_t buffer[FRAME_MAX];
	struct frame frame;

	for (;;) {
		TRY(hand_receive(elder, buffer, &frame));
		bool over = frame.type == HAND_OVER && frame.num_fds == 0;
		struct err err = over ? OK : take(context, &frame);
		frame_close_fds(&frame);
		TRY(err);
		if (over)
			return OK;
	}
}

struct err
keepers_take(struct keepers *keepers, struct frame *frame, uint64_t *out_number)
{
	TRY(hand_take_keeper(frame->body, out_number));
	if (frame->id >= HAND_KEEPERS || keepers->channels[frame->id].fd >= 0 ||
	    frame->num_fds != 1)
		return ERR(MALFORMED, "not a keeper of an elder's");
	place_at(keepers, frame->id, frame_take_fd(frame, 0));
	return OK;
}
