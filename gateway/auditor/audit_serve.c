#include "gateway/auditor/audit_serve.h"

#include <assert.h>

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
append(struct audit_serve *serve, struct channel *keeper, uint64_t id,
    struct span record)
{
	uint64_t index;

	struct err err = ledger_append(serve->ledger, record, &index);
	if (err.code == ERR_AGAIN ||
	    (err.code == ERR_NO_SPACE && !ledger_is_full(serve->ledger)))
		err = append_after_commit(serve, record, &index);
	if (err.code != ERR_OK)
		return err;
	policy_chain_see(&serve->next, record);
	shown_once_see(serve->seen->shown, record);
	audit_round_await(serve, keeper, id, index);
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
append_key(struct audit_serve *serve, struct channel *keeper, uint64_t id,
    struct span entry)
{
	uint64_t size = ledger_size(serve->ledger);
	struct err err = append(serve, keeper, id, entry);

	if (err.code != ERR_OK)
		return answer_failed(keeper, id, err);
	uint64_t index = serve->waiting[serve->num_waiting - 1].index;
	TRY(audit_round_commit(serve));
	return ledger_size(serve->ledger) > size
	    ? key_chain_see(serve->seen->keys, index, entry)
	    : OK;
}

static struct err
take_key(void *context, struct channel *channel, struct frame *frame)
{
	struct audit_serve *serve = context;
	struct span entry = frame->body;
	uint64_t index;
	uint8_t place;

	TRY(span_take_u8(&entry, &place));
	TRY(audit_round_commit(serve));
	struct err err =
	    key_chain_check(serve->seen->keys, place, entry, &index);
	if (err.code == ERR_EXISTS)
		return audit_send_receipt(channel, frame->id, index);
	if (err.code == ERR_DENIED)
		return refuse_key(serve, channel, frame, err.why);
	return err.code == ERR_OK ? append_key(serve, channel, frame->id, entry)
				  : err;
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
	struct audit_serve *serve = context;

	/* Of keys, one that was not held against the others is none. */
	if (key_chain_is_key(frame->body))
		return ERR(MALFORMED, "auditor: a key among other records");
	TRY(make_room(serve));
	struct err err = policy_chain_check(&serve->next, frame->body);
	if (err.code != ERR_OK)
		return refuse_policy(serve, channel, frame->id, err.why);
	err = shown_once_check(serve->seen->shown, frame->body);
	if (err.code != ERR_OK) {
		metric_count(METRIC_UNRECORDED + METRIC_UNRECORDED_WRONG);
		return audit_send_refused(channel, frame->id, AUDIT_SHOWN);
	}
	err = append(serve, channel, frame->id, frame->body);
	return err.code == ERR_OK ? OK : answer_failed(channel, frame->id, err);
}

/* Once it is to be in the ledger, the next one is held against it, too. */
static struct err
take_charge(void *context, struct channel *channel, struct frame *frame)
{
	struct audit_serve *serve = context;
	struct record_charged charged;
	struct span record = frame->body;
	struct audit_over over;

	TRY(make_room(serve));
	struct err err =
	    charging_check(serve->seen->charging, &record, &charged, &over);
	if (err.code == ERR_DENIED) {
		metric_count(METRIC_OVER_LIMIT + over.limit * METRIC_NUM_WHOSE +
		    over.each);
		return audit_send_over(channel, frame->id, &over);
	}
	if (err.code == ERR_OK)
		err = append(serve, channel, frame->id, record);
	if (err.code != ERR_OK)
		return answer_failed(channel, frame->id, err);
	struct audit_waiting *last = &serve->waiting[serve->num_waiting - 1];
	last->charged = true;
	return charging_add(serve->seen->charging, &charged, &last->mark);
}

static struct err
take_use(void *context, struct channel *channel, struct frame *frame)
{
	const struct audit_serve *serve = context;
	struct audit_used used;

	TRY(charging_use(serve->seen->charging, frame->body, &used));
	return audit_send_used(channel, frame->id, &used);
}

static const struct channel_rule RULES[] = {
    {AUDIT_APPEND, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, take_append},
    {AUDIT_CHARGE, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, take_charge},
    {AUDIT_USE, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, take_use},
    {AUDIT_KEY, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, take_key},
};

/* --- An heir, or an elder --- */

/* What could not be published when the ledger was opened is due at once. */
static void
publish_later(struct audit_serve *serve)
{
	if (ledger_unpublished(serve->ledger) > 0)
		serve->publish_at_ms = 1;
}

/* When all is on the disk, and no keeper has an answer of ours to take. One
 * that takes none keeps us: what it was told would be lost. */
static struct err
hand_over(struct audit_serve *serve)
{
	struct keepers *keepers = &serve->keepers;

	if (keepers->heir < 0)
		return OK;
	if (serve->quiet_by_ms == 0)
		serve->quiet_by_ms = sysio_monotonic_ms() + HAND_QUIET_MS;
	TRY(audit_round_commit(serve));
	bool quiet = keepers_are_quiet(keepers);
	if (!quiet && sysio_monotonic_ms() < serve->quiet_by_ms)
		return OK;
	if (!quiet || keepers_offer(keepers, serve->num_open).code != ERR_OK) {
		keepers_refuse_heir(keepers);
		serve->quiet_by_ms = 0;
		return OK;
	}
	serve->handed_over = true;
	ledger_give_up(serve->ledger);
	return keepers_give_up(keepers);
}

/* They have no other message. */
static struct err
take(void *context, struct frame *frame)
{
	struct audit_serve *serve = context;
	uint64_t num_open;

	if (frame->type != HAND_KEEPER)
		return ERR(MALFORMED, "auditor: not of an elder");
	TRY(keepers_take(&serve->keepers, frame, &num_open));
	serve->num_open[frame->id] = num_open;
	return OK;
}

static uint64_t
count_open(const struct audit_serve *serve)
{
	uint64_t num_open = 0;

	for (size_t i = 0; i < HAND_KEEPERS; i++)
		num_open += serve->num_open[i];
	return num_open;
}

struct err
audit_serve_inherit(
    struct audit_serve *serve, int elder, struct ledger_found *found)
{
	TRY(keepers_inherit(elder, take, serve));
	TRY(ledger_take(serve->ledger, found));
	TRY(serve->seen->failure);
	serve->next = *serve->seen->policies;
	if (count_open(serve) != ledger_intents(serve->ledger)->num_open)
		return ERR(MALFORMED, "the ledger has other open intents");
	publish_later(serve);
	return OK;
}

void
audit_serve_init(struct audit_serve *serve, struct ledger *ledger,
    const struct audit_seen *seen, int control)
{
	static const struct keepers_manner manner = {.rules = RULES,
	    .num_rules = sizeof(RULES) / sizeof(RULES[0]),
	    .packs = true,
	    .in_turn = true};

	*serve = (struct audit_serve){
	    .ledger = ledger, .seen = seen, .next = *seen->policies};
	keepers_init(&serve->keepers, &manner, serve);
	keepers_listen(&serve->keepers, control);
	publish_later(serve);
}

/* --- The loop --- */

/* Until a commit or publish is due, or an heir's patience; -1: never. */
static int
patience(const struct audit_serve *serve)
{
	uint64_t due = serve->publish_at_ms;

	if (serve->num_waiting > 0 && (due == 0 || serve->lazy_until_ms < due))
		due = serve->lazy_until_ms;
	if (serve->quiet_by_ms != 0)
		due = serve->quiet_by_ms;
	if (due == 0)
		return -1;
	uint64_t now = sysio_monotonic_ms();
	return now >= due ? 0 : (int)(due - now);
}

/* What it said before it left is still committed. Errors: CLOSED: all end. */
static struct err
part_with(struct audit_serve *serve, struct channel *keeper)
{
	size_t place = keepers_place(&serve->keepers, keeper);

	TRY(audit_round_commit(serve));
	TRY(keepers_part(&serve->keepers, keeper));
	return serve->num_open[place] == 0
	    ? OK
	    : ERR(CLOSED, "auditor: the keeper went away");
}

/* Take what it sent, as far as this round has room. */
static struct err
hear(struct audit_serve *serve, struct channel *keeper)
{
	if (keeper->fd < 0)
		return OK;
	struct err err = keepers_hear(
	    &serve->keepers, keeper, AUDIT_SERVE_ROUND - serve->num_waiting);
	return err.code == ERR_CLOSED ? part_with(serve, keeper) : err;
}

/* All that arrived during the last sync shares the next one. */
static struct err
serve_round(struct audit_serve *serve)
{
	struct pollfd polls[KEEPERS_POLLS];
	bool idle;

	keepers_watch_all(&serve->keepers, polls);
	TRY(keepers_wait(polls, KEEPERS_POLLS, patience(serve), &idle));
	for (size_t i = 0; i < HAND_KEEPERS; i++) {
		if (polls[i].revents != 0)
			TRY(hear(serve, &serve->keepers.channels[i]));
	}
	if (polls[KEEPERS_CONTROL].revents != 0)
		TRY(keepers_hear_control(&serve->keepers));
	uint64_t now = sysio_monotonic_ms();
	bool publishes =
	    serve->publish_at_ms != 0 && now >= serve->publish_at_ms;
	/* What is published has to be committed. */
	if (serve->urgent || publishes || now >= serve->lazy_until_ms)
		TRY(audit_round_commit(serve));
	TRY(keepers_flush(&serve->keepers));
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
	metric_set(METRIC_COUNTED, account_num(serve->seen->charging->account));
}

struct err
audit_serve_run(struct audit_serve *serve)
{
	for (;;) {
		count(serve);
		TRY(serve_round(serve));
	}
}
