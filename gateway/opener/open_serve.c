#include "gateway/opener/open_serve.h"

#include <fcntl.h>

#include "crypto/encode.h"
#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/open.h"
#include "gateway/metric/metric.h"
#include "gateway/opener/open_answer.h"
#include "gateway/opener/open_hand.h"
#include "gateway/opener/open_origin.h"

enum {
	DRAIN = 16, /* questions answered between two waits */
	NAME = 4 + OPEN_MAX_NAME,
};

/* --- The spool --- */

/* A name of exactly `len` bytes in hex. Errors: MALFORMED, and the taker's. */
static struct err
take_bytes(struct span *in, uint8_t *out, size_t len)
{
	struct buf CLEANUP(buf_done) bytes = {.max = OPEN_MAX_NAME};
	struct span name;

	TRY(open_take_name(in, &name));
	if (name.len != 2 * len)
		return ERR(MALFORMED, "opener: a name of another length");
	TRY(decode_hex(&bytes, name));
	memcpy(out, bytes.data, len);
	return OK;
}

/* A keeper finds its own. */
static struct spool_fill *
find_fill(struct open_serve *serve, const struct channel *keeper,
    const uint8_t *generation)
{
	for (size_t i = 0; i < OPEN_SERVE_MAX_FILLS; i++) {
		struct open_fill *place = &serve->fills[i];
		if (place->fill.fd >= 0 && place->keeper == keeper &&
		    memcmp(place->fill.generation, generation,
			SPOOL_DIR_GENERATION) == 0)
			return &place->fill;
	}
	return NULL;
}

static struct open_fill *
find_free(struct open_serve *serve)
{
	for (size_t i = 0; i < OPEN_SERVE_MAX_FILLS; i++)
		if (serve->fills[i].fill.fd < 0)
			return &serve->fills[i];
	return NULL;
}

/* The filling, and a frame with what writes to it and what reads it. */
static struct err
create(struct open_serve *serve, const struct channel *keeper,
    const uint8_t *generation, uint64_t expected, struct frame *out_frame)
{
	struct open_fill *place = find_free(serve);
	struct spool_fill fill;
	int writer;

	if (place == NULL)
		return ERR(NO_SPACE, "opener: too many fillings at once");
	/* An estimate, which must not keep others, or itself, out. */
	if (expected > serve->spool.max / 4)
		expected = serve->spool.max / 4;
	TRY(spool_dir_create(
	    &serve->spool, generation, expected, &writer, &fill));
	int reader = fcntl(fill.fd, F_DUPFD_CLOEXEC, 0);
	if (reader < 0) {
		sysio_close(&writer);
		spool_dir_abandon(&serve->spool, &fill);
		return ERR(IO, "opener: no descriptor is left");
	}
	*place = (struct open_fill){.fill = fill, .keeper = keeper};
	out_frame->fds[0] = writer;
	out_frame->fds[1] = reader;
	out_frame->num_fds = 2;
	return OK;
}

static struct err
serve_create(void *context, struct channel *channel, struct frame *frame)
{
	struct frame created = {.type = OPEN_CREATED, .id = frame->id};
	uint8_t generation[SPOOL_DIR_GENERATION];
	struct span in = frame->body;
	uint64_t expected;

	TRY(take_bytes(&in, generation, sizeof(generation)));
	TRY(span_take_u64be(&in, &expected));
	TRY(span_end(in));
	struct err err =
	    create(context, channel, generation, expected, &created);
	if (err.code != ERR_OK)
		return open_answer_failed(channel, frame, err);
	return channel_send(channel, &created);
}

/* `hash` NULL: it is not known here, and zero. */
static struct err
answer_slot(struct open_serve *serve, struct channel *channel,
    const struct frame *asked, const uint8_t *slot, const uint8_t *hash)
{
	struct buf CLEANUP(buf_done) meta = {.max = OPEN_MAX_META + 1};
	struct buf CLEANUP(buf_done) body = {.max = FRAME_MAX_BODY};
	struct open_slot shown = {.len = 0};
	int CLEANUP(sysio_close) fd = -1;

	struct err err =
	    spool_dir_open(&serve->spool, slot, &fd, &shown.len, &meta);
	if (err.code != ERR_OK)
		return open_answer_failed(channel, asked, err);
	if (hash != NULL)
		memcpy(shown.sha256, hash, sizeof(shown.sha256));
	shown.meta = buf_span(&meta);
	TRY(open_put_slot(&body, &shown));
	int passed = fd;
	fd = -1;
	return open_answer_fd(
	    channel, OPEN_SLOT_IS, asked, buf_span(&body), passed);
}

static struct err
serve_publish(void *context, struct channel *channel, struct frame *frame)
{
	struct open_serve *serve = context;
	uint8_t generation[SPOOL_DIR_GENERATION], slot[SPOOL_DIR_SLOT];
	uint8_t hash[SPOOL_DIR_HASH];
	struct span in = frame->body, meta;

	TRY(take_bytes(&in, generation, sizeof(generation)));
	TRY(take_bytes(&in, slot, sizeof(slot)));
	TRY(span_take_field(&in, &meta, OPEN_MAX_META));
	TRY(span_end(in));
	struct spool_fill *fill = find_fill(serve, channel, generation);
	if (fill == NULL)
		return open_answer_failed(channel, frame,
		    ERR(NOT_FOUND, "opener: there is no such filling"));
	/* After DENIED the keeper may ask again, or discard it. */
	struct err err = spool_dir_seal(fill);
	memcpy(hash, fill->hash, sizeof(hash));
	if (err.code == ERR_OK)
		err = spool_dir_publish(&serve->spool, fill, slot, meta);
	if (err.code != ERR_OK)
		return open_answer_failed(channel, frame, err);
	return answer_slot(serve, channel, frame, slot, hash);
}

static struct err
serve_discard(void *context, struct channel *channel, struct frame *frame)
{
	struct open_serve *serve = context;
	uint8_t generation[SPOOL_DIR_GENERATION];
	struct span in = frame->body;

	TRY(take_bytes(&in, generation, sizeof(generation)));
	TRY(span_end(in));
	struct spool_fill *fill = find_fill(serve, channel, generation);
	if (fill != NULL)
		spool_dir_abandon(&serve->spool, fill);
	return open_answer(
	    channel, OPEN_DISCARDED, frame->id, span_of(NULL, 0));
}

static struct err
serve_slot(void *context, struct channel *channel, struct frame *frame)
{
	struct open_serve *serve = context;
	uint8_t slot[SPOOL_DIR_SLOT];
	struct span in = frame->body;

	TRY(take_bytes(&in, slot, sizeof(slot)));
	TRY(span_end(in));
	return answer_slot(serve, channel, frame, slot, NULL);
}

static struct err
serve_replace_meta(void *context, struct channel *channel, struct frame *frame)
{
	struct open_serve *serve = context;
	uint8_t slot[SPOOL_DIR_SLOT];
	struct span in = frame->body, meta;

	TRY(take_bytes(&in, slot, sizeof(slot)));
	TRY(span_take_field(&in, &meta, OPEN_MAX_META));
	TRY(span_end(in));
	struct err err = spool_dir_replace_meta(&serve->spool, slot, meta);
	if (err.code != ERR_OK)
		return open_answer_failed(channel, frame, err);
	return answer_slot(serve, channel, frame, slot, NULL);
}

static struct err
serve_remove(void *context, struct channel *channel, struct frame *frame)
{
	struct open_serve *serve = context;
	uint8_t slot[SPOOL_DIR_SLOT];
	struct span in = frame->body;

	TRY(take_bytes(&in, slot, sizeof(slot)));
	TRY(span_end(in));
	struct err err = spool_dir_remove(&serve->spool, slot);
	if (err.code != ERR_OK)
		return open_answer_failed(channel, frame, err);
	return open_answer(channel, OPEN_REMOVED, frame->id, span_of(NULL, 0));
}

static struct err
serve_stock(void *context, struct channel *channel, struct frame *frame)
{
	const struct open_serve *serve = context;
	struct buf CLEANUP(buf_done) body = {.max = 16};

	TRY(span_end(frame->body));
	TRY(buf_put_u64be(&body, serve->spool.stock.len));
	TRY(buf_put_u64be(&body, serve->spool.stock.num));
	return open_answer(channel, OPEN_STOCK_IS, frame->id, buf_span(&body));
}

static struct err
serve_used(void *context, struct channel *channel, struct frame *frame)
{
	struct open_serve *serve = context;
	uint8_t slot[SPOOL_DIR_SLOT];
	struct span in = frame->body;

	(void)channel;
	TRY(take_bytes(&in, slot, sizeof(slot)));
	TRY(span_end(in));
	spool_stock_use(&serve->spool.stock, slot);
	return OK;
}

/* Keepers, who may hold a descriptor of it, give that up in their time. */
static void
tell_evicted(void *context, const uint8_t slot[SPOOL_DIR_SLOT])
{
	struct open_serve *serve = context;
	struct buf CLEANUP(buf_done) name = {.max = 2 * SPOOL_DIR_SLOT};
	struct buf CLEANUP(buf_done) body = {.max = NAME};
	struct err err = encode_hex(&name, span_of(slot, SPOOL_DIR_SLOT));

	metric_count(METRIC_EVICTIONS);
	if (err.code == ERR_OK)
		err = buf_put_field(&body, buf_span(&name));
	for (size_t i = 0; i < HAND_KEEPERS && err.code == ERR_OK; i++) {
		struct channel *keeper = &serve->keepers.channels[i];
		if (keeper->fd >= 0)
			err = open_answer(
			    keeper, OPEN_EVICTED, 0, buf_span(&body));
	}
	/* That one has left shows in the loop. */
	if (err.code == ERR_CLOSED)
		return;
	if (err.code != ERR_OK)
		log_error("eviction-not-told", err);
}

static const struct channel_rule spool_rules[] = {
    {OPEN_CREATE, CHANNEL_ANY_STATE, false, NAME + 8, 0, serve_create},
    {OPEN_PUBLISH, CHANNEL_ANY_STATE, false, 2 * NAME + 4 + OPEN_MAX_META, 0,
	serve_publish},
    {OPEN_DISCARD, CHANNEL_ANY_STATE, false, NAME, 0, serve_discard},
    {OPEN_SLOT, CHANNEL_ANY_STATE, false, NAME, 0, serve_slot},
    {OPEN_REPLACE_META, CHANNEL_ANY_STATE, false, NAME + 4 + OPEN_MAX_META, 0,
	serve_replace_meta},
    {OPEN_REMOVE, CHANNEL_ANY_STATE, false, NAME, 0, serve_remove},
    {OPEN_STOCK, CHANNEL_ANY_STATE, false, 0, 0, serve_stock},
    {OPEN_USED, CHANNEL_ANY_STATE, false, NAME, 0, serve_used},
};

static void
init(struct open_serve *out, int dir, const struct channel_rule *rules,
    size_t num_rules)
{
	const struct keepers_manner manner = {
	    .rules = rules, .num_rules = num_rules, .packs = true};

	*out = (struct open_serve){.dir = dir};
	keepers_init(&out->keepers, &manner, out);
	for (size_t i = 0; i < OPEN_SERVE_MAX_FILLS; i++)
		out->fills[i].fill.fd = -1;
}

void
open_serve_init_origin(struct open_serve *out, int dir, struct span pattern)
{
	size_t num_rules;
	const struct channel_rule *rules = open_origin_rules(&num_rules);

	init(out, dir, rules, num_rules);
	out->pattern = pattern;
}

static struct err
init_spool(struct open_serve *out, int dir, uint64_t max_bytes,
    struct err (*begin)(struct spool_dir *, int, uint64_t))
{
	init(out, dir, spool_rules,
	    sizeof(spool_rules) / sizeof(spool_rules[0]));
	TRY(begin(&out->spool, dir, max_bytes));
	out->spool.evicted = tell_evicted;
	out->spool.context = out;
	return OK;
}

struct err
open_serve_init_spool(struct open_serve *out, int dir, uint64_t max_bytes)
{
	return init_spool(out, dir, max_bytes, spool_dir_init);
}

struct err
open_serve_init_heir(struct open_serve *out, int dir, uint64_t max_bytes)
{
	return init_spool(out, dir, max_bytes, spool_dir_follow);
}

/* --- Keepers come and go --- */

/* Errors: CLOSED: it was the last one. */
static struct err
part_with(struct open_serve *serve, struct channel *keeper)
{
	for (size_t i = 0; i < OPEN_SERVE_MAX_FILLS; i++) {
		struct open_fill *place = &serve->fills[i];
		if (place->fill.fd >= 0 && place->keeper == keeper)
			spool_dir_abandon(&serve->spool, &place->fill);
	}
	return keepers_part(&serve->keepers, keeper);
}

/* --- The loop --- */

static struct err
hear_keeper(struct open_serve *serve, struct channel *keeper)
{
	if (keeper->fd < 0)
		return OK;
	struct err err = keepers_hear(&serve->keepers, keeper, DRAIN);
	return err.code == ERR_CLOSED ? part_with(serve, keeper) : err;
}

static struct err
hear_all(struct open_serve *serve, const struct pollfd polls[KEEPERS_POLLS])
{
	for (size_t i = 0; i < HAND_KEEPERS; i++) {
		if (polls[i].revents != 0)
			TRY(hear_keeper(serve, &serve->keepers.channels[i]));
	}
	return polls[KEEPERS_CONTROL].revents != 0
	    ? keepers_hear_control(&serve->keepers)
	    : OK;
}

/* Of an origin there is no spool, and all is 0. */
static void
count(const struct open_serve *serve)
{
	metric_set(METRIC_SPOOL_BYTES, serve->spool.stock.len);
	metric_set(METRIC_SPOOL_SLOTS, serve->spool.stock.num);
	metric_set(METRIC_SPOOL_LIMIT, serve->spool.max);
}

/* --- An heir --- */

/* When no keeper has an answer of ours to take: what it was told would be
 * lost. Errors: CLOSED: the heir has all of it. */
static struct err
hand_over(struct open_serve *serve)
{
	struct keepers *keepers = &serve->keepers;

	if (keepers->heir < 0 || !keepers_are_quiet(keepers))
		return OK;
	if (open_hand_offer(serve).code != ERR_OK) {
		keepers_refuse_heir(keepers);
		return OK;
	}
	spool_dir_give_up(&serve->spool);
	return keepers_give_up(keepers);
}

/* With an heir no keeper is heard any more; one that takes no answers for some
 * time sends him away. Errors: IO. */
static struct err
wait_for_some(struct open_serve *serve, struct pollfd polls[KEEPERS_POLLS])
{
	struct keepers *keepers = &serve->keepers;
	bool idle;

	keepers_watch_all(keepers, polls);
	TRY(keepers_wait(polls, KEEPERS_POLLS,
	    keepers->heir < 0 ? -1 : HAND_QUIET_MS, &idle));
	if (idle)
		keepers_refuse_heir(keepers);
	return OK;
}

struct err
open_serve_run(struct open_serve *serve, int control)
{
	struct pollfd polls[KEEPERS_POLLS];

	keepers_listen(&serve->keepers, control);
	for (;;) {
		count(serve);
		TRY(wait_for_some(serve, polls));
		TRY(hear_all(serve, polls));
		/* All answers of a turn go together. */
		TRY(keepers_flush(&serve->keepers));
		TRY(hand_over(serve));
	}
}
