#include "gateway/auditor/audit_serve.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "gateway/auditor/audit_own.h"
#include "gateway/auditor/audit_round.h"
#include "gateway/base/limits.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/control.h"
#include "gateway/metric/metric.h"

static uint64_t
wall_ms(void)
{
	return (uint64_t)sysio_wall_ns() / 1000000;
}

/* --- What the keeper says --- */

/* The batch or the journal is used up: what waits goes to the disk first. */
static struct err
append_after_commit(
    struct audit_serve *serve, struct span record, uint64_t *out_index)
{
	TRY(audit_round_commit(serve));
	if (!ledger_is_full(serve->ledger)) {
		struct err err = ledger_publish(serve->ledger);
		if (err.code != ERR_OK && err.code != ERR_NO_SPACE)
			return err;
	}
	return ledger_append(serve->ledger, record, out_index);
}

/* Nothing of it is appended but that it was tried. */
static struct err
refuse_policy(struct audit_serve *serve, struct channel *channel, uint64_t id,
    const char *why)
{
	const struct record record = {.kind = RECORD_POLICY,
	    .time_ms = wall_ms(),
	    .decision = span_str("denied"),
	    .reason = span_str(why)};

	TRY(audit_round_commit(serve));
	struct err err = audit_own_append(serve->ledger, &record);
	if (err.code == ERR_OK)
		err = audit_own_commit(serve->ledger);
	if (err.code != ERR_OK && err.code != ERR_NO_SPACE)
		return err;
	metric_count(METRIC_UNRECORDED + METRIC_UNRECORDED_WRONG);
	return audit_send_refused(channel, id, AUDIT_POLICY);
}

/* It is not kept: the keeper's fault, or a lack of room; else all ends. */
static struct err
answer_failed(struct channel *channel, uint64_t id, struct err err)
{
	if (err.code == ERR_NO_SPACE) {
		metric_count(METRIC_UNRECORDED + METRIC_UNRECORDED_FULL);
		return audit_send_refused(channel, id, AUDIT_FULL);
	}
	if (err.code == ERR_MALFORMED || err.code == ERR_TRUNCATED ||
	    err.code == ERR_TOO_BIG || err.code == ERR_NOT_FOUND) {
		metric_count(METRIC_UNRECORDED + METRIC_UNRECORDED_WRONG);
		return audit_send_refused(channel, id, AUDIT_WRONG);
	}
	return err.code == ERR_AGAIN ? ERR(IO, "auditor: no batch is empty")
				     : err;
}

/* There is room for it in the round. Errors: of answer_failed. */
static struct err
append(struct audit_keeper *keeper, uint64_t id, struct span record)
{
	struct audit_serve *serve = keeper->serve;
	uint64_t index;

	struct err err = ledger_append(serve->ledger, record, &index);
	if (err.code == ERR_AGAIN ||
	    (err.code == ERR_NO_SPACE && !ledger_is_full(serve->ledger)))
		err = append_after_commit(serve, record, &index);
	if (err.code != ERR_OK)
		return err;
	policy_chain_see(&serve->next, record);
	shown_once_see(serve->shown, record);
	audit_round_await(keeper, id, index);
	return OK;
}

/* Nothing of it is appended but that it was tried. */
static struct err
refuse_key(struct audit_serve *serve, struct channel *channel,
    const struct frame *frame, const char *why)
{
	struct span entry = span_sub(frame->body, 1, frame->body.len);
	struct record record;

	TRY(key_chain_refusal(&record, entry, why));
	record.time_ms = wall_ms();
	struct err err = audit_own_append(serve->ledger, &record);
	if (err.code == ERR_OK)
		err = audit_own_commit(serve->ledger);
	if (err.code != ERR_OK && err.code != ERR_NO_SPACE)
		return err;
	metric_count(METRIC_UNRECORDED + METRIC_UNRECORDED_WRONG);
	return audit_send_refused(channel, frame->id, AUDIT_KEYS);
}

/* They are few: each has its own commit, and is seen when it is on the disk. */
static struct err
append_key(struct audit_keeper *keeper, uint64_t id, struct span entry)
{
	struct audit_serve *serve = keeper->serve;
	uint64_t size = ledger_size(serve->ledger);
	struct err err = append(keeper, id, entry);

	if (err.code != ERR_OK)
		return answer_failed(&keeper->channel, id, err);
	uint64_t index = serve->waiting[serve->num_waiting - 1].index;
	TRY(audit_round_commit(serve));
	return ledger_size(serve->ledger) > size
	    ? key_chain_see(serve->keys, index, entry)
	    : OK;
}

static struct err
take_key(void *context, struct channel *channel, struct frame *frame)
{
	struct audit_keeper *keeper = context;
	struct audit_serve *serve = keeper->serve;
	struct span entry = frame->body;
	uint64_t index;
	uint8_t place;

	TRY(span_take_u8(&entry, &place));
	TRY(audit_round_commit(serve));
	struct err err = key_chain_check(serve->keys, place, entry, &index);
	if (err.code == ERR_EXISTS)
		return audit_send_receipt(channel, frame->id, index);
	if (err.code == ERR_DENIED)
		return refuse_key(serve, channel, frame, err.why);
	return err.code == ERR_OK ? append_key(keeper, frame->id, entry) : err;
}

/* A pack may be more than a round has room for. */
static struct err
make_room(struct audit_serve *serve)
{
	return serve->num_waiting == AUDIT_SERVE_ROUND
	    ? audit_round_commit(serve)
	    : OK;
}

static struct err
take_append(void *context, struct channel *channel, struct frame *frame)
{
	struct audit_keeper *keeper = context;

	/* Of keys, one that was not held against the others is none. */
	if (key_chain_is_key(frame->body))
		return ERR(MALFORMED, "auditor: a key among other records");
	TRY(make_room(keeper->serve));
	struct err err = policy_chain_check(&keeper->serve->next, frame->body);
	if (err.code != ERR_OK)
		return refuse_policy(
		    keeper->serve, channel, frame->id, err.why);
	err = shown_once_check(keeper->serve->shown, frame->body);
	if (err.code != ERR_OK) {
		metric_count(METRIC_UNRECORDED + METRIC_UNRECORDED_WRONG);
		return audit_send_refused(channel, frame->id, AUDIT_SHOWN);
	}
	err = append(keeper, frame->id, frame->body);
	return err.code == ERR_OK ? OK : answer_failed(channel, frame->id, err);
}

/* Once it is to be in the ledger, the next one is held against it, too. */
static struct err
take_charge(void *context, struct channel *channel, struct frame *frame)
{
	struct audit_keeper *keeper = context;
	struct audit_serve *serve = keeper->serve;
	struct record_charged charged;
	struct span record = frame->body;
	struct audit_over over;

	TRY(make_room(serve));
	struct err err =
	    charging_check(serve->charging, &record, &charged, &over);
	if (err.code == ERR_DENIED) {
		metric_count(METRIC_OVER_LIMIT + over.limit * METRIC_NUM_WHOSE +
		    over.each);
		return audit_send_over(channel, frame->id, &over);
	}
	if (err.code == ERR_OK)
		err = append(keeper, frame->id, record);
	if (err.code != ERR_OK)
		return answer_failed(channel, frame->id, err);
	struct audit_waiting *last = &serve->waiting[serve->num_waiting - 1];
	last->charged = true;
	return charging_add(serve->charging, &charged, &last->mark);
}

static struct err
take_use(void *context, struct channel *channel, struct frame *frame)
{
	const struct audit_keeper *keeper = context;
	struct audit_used used;

	TRY(charging_use(keeper->serve->charging, frame->body, &used));
	return audit_send_used(channel, frame->id, &used);
}

static const struct channel_rule RULES[] = {
    {AUDIT_APPEND, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, take_append},
    {AUDIT_CHARGE, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, take_charge},
    {AUDIT_USE, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, take_use},
    {AUDIT_KEY, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, take_key},
};

static struct err
add_keeper(struct audit_serve *serve, int socket, uint64_t num_open)
{
	for (size_t i = 0; i < AUDIT_SERVE_KEEPERS; i++) {
		struct audit_keeper *keeper = &serve->keepers[i];
		if (keeper->channel.fd >= 0)
			continue;
		keeper->num_open = num_open;
		channel_init(&keeper->channel, socket, RULES,
		    sizeof(RULES) / sizeof(RULES[0]), keeper);
		channel_pack(&keeper->channel);
		return OK;
	}
	close(socket);
	return ERR(TOO_BIG, "auditor: too many keepers");
}

struct err
audit_serve_keeper(struct audit_serve *serve, int socket)
{
	return add_keeper(serve, socket, 0);
}

/* --- An heir, or an elder --- */

static void
await_heir(struct audit_serve *serve, int socket)
{
	if (serve->heir >= 0)
		(void)close(serve->heir);
	serve->heir = socket;
	serve->quiet_by_ms = sysio_monotonic_ms() + HAND_QUIET_MS;
}

static struct err
take_item(void *context, struct channel *channel, struct frame *frame)
{
	static const char *const names[] = {"keeper", "heir", NULL};
	struct audit_serve *serve = context;
	size_t which;
	int socket;

	(void)channel;
	TRY(control_take_channel(&socket, &which, frame, names));
	if (which == 0)
		return audit_serve_keeper(serve, socket);
	await_heir(serve, socket);
	return OK;
}

/* What could not be published when the ledger was opened is due at once. */
static void
publish_later(struct audit_serve *serve)
{
	if (ledger_unpublished(serve->ledger) > 0)
		serve->publish_at_ms = 1;
}

static struct err
offer_keepers(const struct audit_serve *serve)
{
	for (uint32_t i = 0; i < AUDIT_SERVE_KEEPERS; i++) {
		const struct audit_keeper *keeper = &serve->keepers[i];
		if (keeper->channel.fd >= 0)
			TRY(hand_send_keeper(serve->heir, i, keeper->num_open,
			    keeper->channel.fd));
	}
	return OK;
}

/* Nothing was given up: who hears no more of us has to end. */
static struct err
send_heir_away(struct audit_serve *serve)
{
	struct err err =
	    hand_send(serve->heir, &(struct frame){.type = HAND_KEPT});

	(void)close(serve->heir);
	serve->heir = -1;
	return err.code == ERR_AGAIN || err.code == ERR_CLOSED ? OK : err;
}

/* When all is on the disk, and no keeper has an answer of ours to take. One
 * that takes none keeps us: what it was told would be lost. */
static struct err
hand_over(struct audit_serve *serve)
{
	bool quiet = true;

	if (serve->heir < 0)
		return OK;
	TRY(audit_round_commit(serve));
	for (size_t i = 0; i < AUDIT_SERVE_KEEPERS; i++)
		quiet = quiet && serve->keepers[i].channel.num_queued == 0;
	if (!quiet && sysio_monotonic_ms() < serve->quiet_by_ms)
		return OK;
	if (!quiet || offer_keepers(serve).code != ERR_OK)
		return send_heir_away(serve);
	serve->handed_over = true;
	ledger_give_up(serve->ledger);
	TRY(hand_send(serve->heir, &(struct frame){.type = HAND_OVER}));
	return ERR(CLOSED, "auditor: an heir has all of it");
}

/* Until the elder says that it was all. *out_open: intents of its keepers. */
static struct err
take_keepers(struct audit_serve *serve, int elder, uint64_t *out_open)
{
	static uint8_t buffer[FRAME_MAX];
	struct frame frame;
	uint64_t num_open;

	for (*out_open = 0;; *out_open += num_open) {
		TRY(hand_receive(elder, buffer, &frame));
		if (frame.type == HAND_OVER && frame.num_fds == 0)
			return OK;
		struct err err = frame.type == HAND_KEEPER && frame.num_fds == 1
		    ? hand_take_keeper(frame.body, &num_open)
		    : ERR(MALFORMED, "auditor: not of an elder");
		if (err.code == ERR_OK)
			err = add_keeper(
			    serve, frame_take_fd(&frame, 0), num_open);
		frame_close_fds(&frame);
		TRY(err);
	}
}

struct err
audit_serve_inherit(
    struct audit_serve *serve, int elder, struct ledger_found *found)
{
	uint64_t num_open;

	TRY(take_keepers(serve, elder, &num_open));
	TRY(ledger_take(serve->ledger, found));
	TRY(serve->charging->failure);
	serve->next = *serve->seen;
	if (num_open != ledger_intents(serve->ledger)->num_open)
		return ERR(MALFORMED, "the ledger has other open intents");
	publish_later(serve);
	return OK;
}

static const struct channel_rule CONTROL_RULES[] = {
    {.type = CONTROL_ITEM,
	.states = CHANNEL_ANY_STATE,
	.max_len = 256,
	.num_fds = 1,
	.handler = take_item},
};

void
audit_serve_init(struct audit_serve *serve, struct ledger *ledger,
    const struct audit_seen *seen, int control)
{
	*serve = (struct audit_serve){.ledger = ledger,
	    .charging = seen->charging,
	    .keys = seen->keys,
	    .shown = seen->shown,
	    .seen = seen->policies,
	    .next = *seen->policies,
	    .heir = -1};
	for (size_t i = 0; i < AUDIT_SERVE_KEEPERS; i++) {
		serve->keepers[i].serve = serve;
		channel_init(&serve->keepers[i].channel, -1, NULL, 0, NULL);
	}
	channel_init(&serve->control, control, CONTROL_RULES, 1, serve);
	publish_later(serve);
}

/* --- The loop --- */

/* Until somebody says something, or takes something, or a commit or publish is
 * due. The last of `polls` is the supervisor. */
static struct err
wait_for_some(
    struct audit_serve *serve, struct pollfd polls[AUDIT_SERVE_KEEPERS + 1])
{
	int timeout_ms = -1;

	/* While one does not take our answers, we take no questions of it; with
	 * an heir, we take none at all. */
	for (size_t i = 0; i < AUDIT_SERVE_KEEPERS; i++) {
		const struct channel *channel = &serve->keepers[i].channel;
		bool speaks = channel->num_queued > 0;
		polls[i] = (struct pollfd){
		    .fd = speaks || serve->heir < 0 ? channel->fd : -1,
		    .events = speaks ? POLLOUT : POLLIN};
	}
	polls[AUDIT_SERVE_KEEPERS] =
	    (struct pollfd){.fd = serve->control.fd, .events = POLLIN};
	uint64_t due = serve->publish_at_ms;
	if (serve->num_waiting > 0 && (due == 0 || serve->lazy_until_ms < due))
		due = serve->lazy_until_ms;
	if (serve->heir >= 0)
		due = serve->quiet_by_ms;
	if (due != 0) {
		uint64_t now = sysio_monotonic_ms();
		timeout_ms = now >= due ? 0 : (int)(due - now);
	}
	/* Not poll: after SIGSTOP the kernel resumes that by a call of its own,
	 * restart_syscall, of which we would die. */
	struct timespec wait = {.tv_sec = timeout_ms / 1000,
	    .tv_nsec = (long)(timeout_ms % 1000) * 1000000};
	if (ppoll(polls, AUDIT_SERVE_KEEPERS + 1, timeout_ms < 0 ? NULL : &wait,
		NULL) >= 0)
		return OK;
	if (errno != EINTR)
		return ERR(IO, "auditor: it cannot wait");
	for (size_t i = 0; i < AUDIT_SERVE_KEEPERS + 1; i++)
		polls[i].revents = 0;
	return OK;
}

/* What it said before it left is still committed. Errors: CLOSED: all end. */
static struct err
part_with(struct audit_serve *serve, struct audit_keeper *keeper)
{
	size_t num = 0;

	TRY(audit_round_commit(serve));
	channel_done(&keeper->channel);
	for (size_t i = 0; i < AUDIT_SERVE_KEEPERS; i++)
		num += serve->keepers[i].channel.fd >= 0;
	return num > 0 && keeper->num_open == 0
	    ? OK
	    : ERR(CLOSED, "auditor: the keeper went away");
}

/* Take what it sent, as far as this round has room. */
static struct err
hear(struct audit_serve *serve, struct audit_keeper *keeper)
{
	struct channel *channel = &keeper->channel;

	if (channel->fd < 0)
		return OK;
	struct err err = channel_flush(channel);
	if (err.code == ERR_OK && channel->num_queued == 0 && serve->heir < 0)
		err = channel_drain(
		    channel, AUDIT_SERVE_ROUND - serve->num_waiting);
	return err.code == ERR_CLOSED ? part_with(serve, keeper) : err;
}

/* Without the supervisor there will be no other keeper. */
static struct err
hear_control(struct audit_serve *serve)
{
	if (serve->control.fd < 0)
		return OK;
	struct err err = channel_drain(&serve->control, AUDIT_SERVE_KEEPERS);
	if (err.code == ERR_CLOSED)
		channel_done(&serve->control);
	return err.code == ERR_CLOSED ? OK : err;
}

/* All that arrived during the last sync shares the next one. */
static struct err
serve_round(struct audit_serve *serve)
{
	struct pollfd polls[AUDIT_SERVE_KEEPERS + 1];

	TRY(wait_for_some(serve, polls));
	for (size_t i = 0; i < AUDIT_SERVE_KEEPERS; i++) {
		if (polls[i].revents != 0)
			TRY(hear(serve, &serve->keepers[i]));
	}
	if (polls[AUDIT_SERVE_KEEPERS].revents != 0)
		TRY(hear_control(serve));
	uint64_t now = sysio_monotonic_ms();
	bool publishes =
	    serve->publish_at_ms != 0 && now >= serve->publish_at_ms;
	/* What is published has to be committed. */
	if (serve->urgent || publishes || now >= serve->lazy_until_ms)
		TRY(audit_round_commit(serve));
	TRY(audit_round_flush(serve));
	TRY(hand_over(serve));
	return audit_round_publish(serve);
}

/* What is so between two rounds. */
static void
count(const struct audit_serve *serve)
{
	const struct ledger *ledger = serve->ledger;

	metric_set(METRIC_LEDGER_SIZE, ledger_size(ledger));
	metric_set(METRIC_UNPUBLISHED, ledger_unpublished(ledger));
	metric_set(METRIC_INTENTS, ledger_intents(ledger)->num_open);
	metric_set(METRIC_LEDGER_FULL, ledger_is_full(ledger));
	metric_set(METRIC_COUNTED, account_num(serve->charging->account));
}

struct err
audit_serve_run(struct audit_serve *serve)
{
	for (;;) {
		count(serve);
		TRY(serve_round(serve));
	}
}
