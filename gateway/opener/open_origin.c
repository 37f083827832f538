#include "gateway/opener/open_origin.h"

#include <errno.h>
#include <poll.h>

#include "gateway/base/sysio.h"
#include "gateway/ipc/open.h"
#include "gateway/opener/open_answer.h"
#include "gateway/opener/open_serve.h"
#include "gateway/origin/dir_origin.h"

enum {
	QUEUE_FULL = 64,   /* frames; then a listing waits for the keeper */
	FRAME_FILES = 512, /* files of a listing in one frame, at most */
};

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
		return open_answer_failed(channel, frame, err);
	if (frame->type == OPEN_LOOK)
		return open_answer(
		    channel, OPEN_LOOKED, frame->id, buf_span(&body));
	int passed = fd;
	fd = -1;
	return open_answer_fd(
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
	return open_answer(channel, OPEN_LISTED, id, buf_span(&body));
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
		return open_answer_failed(channel, frame, err);
	/* An empty listing is a frame too. */
	do
		TRY(send_files(channel, frame->id, &list, &at));
	while (at < list.num_entries);
	return OK;
}

static const struct channel_rule rules[] = {
    {OPEN_SOURCE, CHANNEL_ANY_STATE, false, 4 + OPEN_MAX_KEY, 0, serve_source},
    {OPEN_LOOK, CHANNEL_ANY_STATE, false, 4 + OPEN_MAX_KEY, 0, serve_source},
    {OPEN_LIST, CHANNEL_ANY_STATE, false, 0, 0, serve_list},
};

const struct channel_rule *
open_origin_rules(size_t *out_num)
{
	*out_num = sizeof(rules) / sizeof(rules[0]);
	return rules;
}
