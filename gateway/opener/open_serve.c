#include "gateway/opener/open_serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "crypto/encode.h"
#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/control.h"
#include "gateway/ipc/open.h"
#include "gateway/metric/metric.h"
#include "gateway/origin/dir_origin.h"

enum {
	DRAIN = 16,	   /* questions answered between two waits */
	QUEUE_FULL = 64,   /* frames; then a listing waits for the keeper */
	FRAME_FILES = 512, /* files of a listing in one frame, at most */
	NAME = 4 + OPEN_MAX_NAME,
};

/* --- Answers --- */

static struct err
answer(struct channel *channel, uint16_t type, uint64_t id, struct span body)
{
	return channel_send_body(channel, type, id, body);
}

/* An answer with one descriptor, which is taken over. */
static struct err
answer_fd(struct channel *channel, uint16_t type, const struct frame *asked,
    struct span body, int fd)
{
	struct frame frame = {
	    .type = type, .id = asked->id, .body = body, .num_fds = 1};

	frame.fds[0] = fd;
	return channel_send(channel, &frame);
}

/* A question that could not be served is no broken protocol. */
static struct err
answer_failed(
    struct channel *channel, const struct frame *asked, struct err err)
{
	uint8_t code = (uint8_t)err.code;

	return answer(channel, OPEN_FAILED, asked->id, span_of(&code, 1));
}

/* --- An origin --- */

static struct open_file
file_of(const struct dir_origin_file *file)
{
	struct open_file out = {
	    .len = file->size, .modified = file->mtime_ns / 1000000000};

	memcpy(out.version, file->version, sizeof(out.version));
	return out;
}

/* What lies beside the dataset is not of it. */
static struct err
open_source(
    const struct open_serve *serve, struct span key, int *fd, struct buf *shown)
{
	struct dir_origin_file file;

	TRY(dir_origin_check_key(key));
	if (!dir_origin_fits(serve->pattern, key))
		return ERR(NOT_FOUND, "opener: no file of this dataset");
	TRY(dir_origin_open(serve->dir, key, fd, &file));
	struct open_file out = file_of(&file);
	return open_put_file(shown, &out);
}

/* With its descriptor for who will read it; most only look. */
static struct err
serve_source(void *context, struct channel *channel, struct frame *frame)
{
	uint8_t bytes[OPEN_FILE_LEN];
	struct buf body = {
	    .data = bytes, .cap = sizeof(bytes), .max = sizeof(bytes)};
	struct span in = frame->body, key;
	int CLEANUP(sysio_close) fd = -1;

	TRY(span_take_field(&in, &key, OPEN_MAX_KEY));
	TRY(span_end(in));
	struct err err = open_source(context, key, &fd, &body);
	if (err.code != ERR_OK)
		return answer_failed(channel, frame, err);
	if (frame->type == OPEN_LOOK)
		return answer(channel, OPEN_LOOKED, frame->id, buf_span(&body));
	int passed = fd;
	fd = -1;
	return answer_fd(
	    channel, OPEN_SOURCE_IS, frame, buf_span(&body), passed);
}

/* A long listing goes at the keeper's speed; it asked, so it reads. */
static struct err
wait_for_room(struct channel *channel)
{
	while (channel->num_queued >= QUEUE_FULL) {
		struct pollfd wait = {.fd = channel->fd, .events = POLLOUT};
		if (ppoll(&wait, 1, NULL, NULL) < 0 && errno != EINTR)
			return ERR(IO, "opener: the wait failed");
		TRY(channel_flush(channel));
	}
	return OK;
}

/* One frame from entry *at on; *at goes to the first that has no place. */
static struct err
send_files(struct channel *channel, uint64_t id,
    const struct dir_origin_list *list, size_t *at)
{
	struct buf CLEANUP(buf_done) files = {.max = FRAME_MAX_BODY};
	struct buf CLEANUP(buf_done) body = {.max = FRAME_MAX_BODY};
	uint32_t num = 0;

	/* A key and what it shows stay below 1200 bytes. */
	while (*at < list->num_entries && num < FRAME_FILES &&
	    files.len + OPEN_MAX_KEY + 200 < FRAME_MAX_BODY) {
		const struct dir_origin_entry *entry = &list->entries[*at];
		struct open_file shown = file_of(&entry->file);
		TRY(buf_put_field(&files, entry->key));
		TRY(open_put_file(&files, &shown));
		num++;
		(*at)++;
	}
	TRY(buf_put_u8(&body, *at == list->num_entries ? 1 : 0));
	TRY(buf_put_u32be(&body, num));
	TRY(buf_append(&body, buf_span(&files)));
	TRY(wait_for_room(channel));
	return answer(channel, OPEN_LISTED, id, buf_span(&body));
}

static struct err
serve_list(void *context, struct channel *channel, struct frame *frame)
{
	const struct open_serve *serve = context;
	struct dir_origin_list CLEANUP(dir_origin_list_done)
	    list = {.num_entries = 0};
	size_t at = 0;

	TRY(span_end(frame->body));
	struct err err = dir_origin_list(serve->dir, serve->pattern, &list);
	if (err.code != ERR_OK)
		return answer_failed(channel, frame, err);
	/* An empty listing is a frame too. */
	do
		TRY(send_files(channel, frame->id, &list, &at));
	while (at < list.num_entries);
	return OK;
}

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
		return answer_failed(channel, frame, err);
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
		return answer_failed(channel, asked, err);
	if (hash != NULL)
		memcpy(shown.sha256, hash, sizeof(shown.sha256));
	shown.meta = buf_span(&meta);
	TRY(open_put_slot(&body, &shown));
	int passed = fd;
	fd = -1;
	return answer_fd(channel, OPEN_SLOT_IS, asked, buf_span(&body), passed);
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
		return answer_failed(channel, frame,
		    ERR(NOT_FOUND, "opener: there is no such filling"));
	/* After DENIED the keeper may ask again, or discard it. */
	struct err err = spool_dir_seal(fill);
	memcpy(hash, fill->hash, sizeof(hash));
	if (err.code == ERR_OK)
		err = spool_dir_publish(&serve->spool, fill, slot, meta);
	if (err.code != ERR_OK)
		return answer_failed(channel, frame, err);
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
	return answer(channel, OPEN_DISCARDED, frame->id, span_of(NULL, 0));
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
		return answer_failed(channel, frame, err);
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
		return answer_failed(channel, frame, err);
	return answer(channel, OPEN_REMOVED, frame->id, span_of(NULL, 0));
}

static struct err
serve_stock(void *context, struct channel *channel, struct frame *frame)
{
	const struct open_serve *serve = context;
	struct buf CLEANUP(buf_done) body = {.max = 16};

	TRY(span_end(frame->body));
	TRY(buf_put_u64be(&body, serve->spool.stock.len));
	TRY(buf_put_u64be(&body, serve->spool.stock.num));
	return answer(channel, OPEN_STOCK_IS, frame->id, buf_span(&body));
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
	for (size_t i = 0; i < OPEN_SERVE_KEEPERS && err.code == ERR_OK; i++) {
		if (serve->keepers[i].fd >= 0)
			err = answer(&serve->keepers[i], OPEN_EVICTED, 0,
			    buf_span(&body));
	}
	/* That one has left shows in the loop. */
	if (err.code == ERR_CLOSED)
		return;
	if (err.code != ERR_OK)
		log_error("eviction-not-told", err);
}

/* --- Both --- */

static const struct channel_rule origin_rules[] = {
    {OPEN_SOURCE, CHANNEL_ANY_STATE, false, 4 + OPEN_MAX_KEY, 0, serve_source},
    {OPEN_LOOK, CHANNEL_ANY_STATE, false, 4 + OPEN_MAX_KEY, 0, serve_source},
    {OPEN_LIST, CHANNEL_ANY_STATE, false, 0, 0, serve_list},
};
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
	*out = (struct open_serve){
	    .dir = dir, .rules = rules, .num_rules = num_rules};
	for (size_t i = 0; i < OPEN_SERVE_KEEPERS; i++)
		channel_init(&out->keepers[i], -1, NULL, 0, NULL);
	for (size_t i = 0; i < OPEN_SERVE_MAX_FILLS; i++)
		out->fills[i].fill.fd = -1;
}

void
open_serve_init_origin(struct open_serve *out, int dir, struct span pattern)
{
	init(out, dir, origin_rules,
	    sizeof(origin_rules) / sizeof(origin_rules[0]));
	out->pattern = pattern;
}

struct err
open_serve_init_spool(struct open_serve *out, int dir, uint64_t max_bytes)
{
	init(out, dir, spool_rules,
	    sizeof(spool_rules) / sizeof(spool_rules[0]));
	TRY(spool_dir_init(&out->spool, dir, max_bytes));
	out->spool.evicted = tell_evicted;
	out->spool.context = out;
	return OK;
}

/* --- Keepers come and go --- */

struct err
open_serve_keeper(struct open_serve *serve, int socket)
{
	for (size_t i = 0; i < OPEN_SERVE_KEEPERS; i++) {
		if (serve->keepers[i].fd >= 0)
			continue;
		channel_init(&serve->keepers[i], socket, serve->rules,
		    serve->num_rules, serve);
		channel_pack(&serve->keepers[i]);
		return OK;
	}
	sysio_close(&socket);
	return ERR(TOO_BIG, "opener: too many keepers");
}

static struct err
take_item(void *context, struct channel *channel, struct frame *frame)
{
	int socket;

	(void)channel;
	TRY(control_take_channel(&socket, frame, "keeper"));
	return open_serve_keeper(context, socket);
}

static const struct channel_rule control_rules[] = {
    {CONTROL_ITEM, CHANNEL_ANY_STATE, false, 256, 1, take_item},
};

/* Errors: CLOSED: it was the last one. */
static struct err
part_with(struct open_serve *serve, struct channel *keeper)
{
	size_t num = 0;

	for (size_t i = 0; i < OPEN_SERVE_MAX_FILLS; i++) {
		struct open_fill *place = &serve->fills[i];
		if (place->fill.fd >= 0 && place->keeper == keeper)
			spool_dir_abandon(&serve->spool, &place->fill);
	}
	channel_done(keeper);
	for (size_t i = 0; i < OPEN_SERVE_KEEPERS; i++)
		num += serve->keepers[i].fd >= 0;
	return num > 0 ? OK : ERR(CLOSED, "opener: no keeper is left");
}

/* --- The loop --- */

static struct err
hear_keeper(struct open_serve *serve, struct channel *keeper)
{
	if (keeper->fd < 0)
		return OK;
	struct err err = channel_flush(keeper);
	if (err.code == ERR_OK)
		err = channel_drain(keeper, DRAIN);
	return err.code == ERR_CLOSED ? part_with(serve, keeper) : err;
}

/* Without the supervisor there will be no other keeper. */
static struct err
hear_control(struct open_serve *serve)
{
	if (serve->control.fd < 0)
		return OK;
	struct err err = channel_drain(&serve->control, OPEN_SERVE_KEEPERS);
	if (err.code != ERR_CLOSED)
		return err;
	channel_done(&serve->control);
	return OK;
}

/* Whom poll found ready; the last of `polls` is the supervisor. */
static struct err
hear_all(
    struct open_serve *serve, const struct pollfd polls[OPEN_SERVE_KEEPERS + 1])
{
	for (size_t i = 0; i < OPEN_SERVE_KEEPERS; i++) {
		if (polls[i].revents != 0)
			TRY(hear_keeper(serve, &serve->keepers[i]));
	}
	return polls[OPEN_SERVE_KEEPERS].revents != 0 ? hear_control(serve)
						      : OK;
}

/* All answers of a turn go together. Who has left shows in the next one. */
static struct err
flush_all(struct open_serve *serve)
{
	for (size_t i = 0; i < OPEN_SERVE_KEEPERS; i++) {
		struct err err = channel_flush(&serve->keepers[i]);
		if (err.code != ERR_OK && err.code != ERR_CLOSED)
			return err;
	}
	return OK;
}

/* Of an origin there is no spool, and all is 0. */
static void
count(const struct open_serve *serve)
{
	metric_set(METRIC_SPOOL_BYTES, serve->spool.stock.len);
	metric_set(METRIC_SPOOL_SLOTS, serve->spool.stock.num);
	metric_set(METRIC_SPOOL_LIMIT, serve->spool.max);
}

struct err
open_serve_run(struct open_serve *serve, int control)
{
	struct pollfd polls[OPEN_SERVE_KEEPERS + 1];

	channel_init(&serve->control, control, control_rules, 1, serve);
	for (;;) {
		count(serve);
		for (size_t i = 0; i < OPEN_SERVE_KEEPERS; i++)
			polls[i] = (struct pollfd){.fd = serve->keepers[i].fd,
			    .events = channel_events(&serve->keepers[i])};
		polls[OPEN_SERVE_KEEPERS] =
		    (struct pollfd){.fd = serve->control.fd, .events = POLLIN};
		if (ppoll(polls, OPEN_SERVE_KEEPERS + 1, NULL, NULL) < 0) {
			if (errno != EINTR)
				return ERR(IO, "opener: the wait failed");
			continue;
		}
		TRY(hear_all(serve, polls));
		TRY(flush_all(serve));
	}
}
