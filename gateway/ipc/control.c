#include "gateway/ipc/control.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"

/* Wait for one event on one socket. */
static struct err
wait_for(int socket, short events, int timeout_ms)
{
	struct pollfd poll_fd = {.fd = socket, .events = events};
	int num;

	do
		num = poll(&poll_fd, 1, timeout_ms);
	while (num < 0 && errno == EINTR);
	if (num < 0)
		return ERR(IO, "control: cannot wait");
	if (num == 0)
		return ERR(UNAVAILABLE, "control: the peer is silent");
	return OK;
}

struct err
control_send(int socket, const struct frame *frame)
{
	for (;;) {
		struct err err = frame_send(socket, frame);
		if (err.code != ERR_AGAIN)
			return err;
		TRY(wait_for(socket, POLLOUT, CONTROL_GO_MS));
	}
}

struct err
control_put_item(
    struct buf *out, const char *name, uint32_t index, struct span value)
{
	if (value.len > CONTROL_MAX_VALUE)
		return ERR(TOO_BIG, "control: a value over its cap");
	TRY(buf_put_field(out, span_str(name)));
	TRY(buf_put_u32be(out, index));
	return buf_put_field(out, value);
}

struct err
control_send_item(
    int socket, const char *name, uint32_t index, struct span value, int fd)
{
	struct buf body CLEANUP(buf_wipe);
	struct frame frame = {.type = CONTROL_ITEM};

	buf_init(&body, FRAME_MAX_BODY);
	TRY(control_put_item(&body, name, index, value));
	frame.body = buf_span(&body);
	if (fd >= 0) {
		frame.fds[0] = fd;
		frame.num_fds = 1;
	}
	return control_send(socket, &frame);
}

struct err
control_send_go(int socket)
{
	struct frame frame = {.type = CONTROL_GO};

	return control_send(socket, &frame);
}

struct err
control_send_drain(int socket)
{
	struct frame frame = {.type = CONTROL_DRAIN};

	return control_send(socket, &frame);
}

struct err
control_send_serve(int socket)
{
	return control_send(socket, &(struct frame){.type = CONTROL_SERVE});
}

struct err
control_send_heir(int socket)
{
	return control_send(socket, &(struct frame){.type = CONTROL_HEIR});
}

struct err
control_send_ready(int socket, const char *report)
{
	struct buf body CLEANUP(buf_done);
	struct frame frame = {.type = CONTROL_READY};

	buf_init(&body, FRAME_MAX_BODY);
	TRY(buf_put_field(&body, span_str(report)));
	frame.body = buf_span(&body);
	return control_send(socket, &frame);
}

struct err
control_put_life(struct buf *out, const struct control_life *life)
{
	TRY(buf_put_u8(out, life->role));
	TRY(buf_put_u32be(out, life->index));
	return buf_put_u64be(out, life->life);
}

struct err
control_take_life(struct control_life *out, struct span body)
{
	struct control_life life;

	TRY(span_take_u8(&body, &life.role));
	TRY(span_take_u32be(&body, &life.index));
	TRY(span_take_u64be(&body, &life.life));
	TRY(span_end(body));
	*out = life;
	return OK;
}

struct err
control_take_item(struct control_item *out, struct frame *frame)
{
	struct control_item item = {.fd = -1};
	struct span body = frame->body, name, value;

	TRY(span_take_field(&body, &name, CONTROL_MAX_NAME));
	TRY(span_take_u32be(&body, &item.index));
	TRY(span_take_field(&body, &value, CONTROL_MAX_VALUE));
	TRY(span_end(body));
	if (name.len == 0 || span_find(name, '\0') != name.len)
		return ERR(MALFORMED, "control: not a name");
	memcpy(item.name, name.data, name.len);
	buf_init(&item.value, CONTROL_MAX_VALUE);
	TRY(buf_append(&item.value, value));
	if (frame->num_fds > 0)
		item.fd = frame_take_fd(frame, 0);
	*out = item;
	return OK;
}

void
control_item_done(struct control_item *item)
{
	buf_wipe(&item->value);
	if (item->fd >= 0)
		close(item->fd);
	item->fd = -1;
}

struct err
control_take_channel(int *out_fd, size_t *out_which, struct frame *frame,
    const char *const *names)
{
	struct control_item item;
	size_t which = 0;

	TRY(control_take_item(&item, frame));
	while (names[which] != NULL && strcmp(item.name, names[which]) != 0)
		which++;
	struct err err = OK;
	if (names[which] == NULL || item.fd < 0) {
		err = ERR(MALFORMED, "control: an item that is not expected");
	} else {
		*out_which = which;
		*out_fd = item.fd;
		item.fd = -1;
	}
	control_item_done(&item);
	return err;
}

/* One frame into the list; *out_go when it was the last. */
static struct err
receive_one(struct control_items *items, int socket, uint8_t buffer[FRAME_MAX],
    bool *out_go)
{
	struct frame frame;
	struct control_item item;

	TRY(frame_recv(socket, buffer, &frame));
	*out_go = frame.type == CONTROL_GO;
	if (*out_go)
		return OK;
	struct err err = ERR(MALFORMED, "control: not an item");
	if (frame.type == CONTROL_ITEM && frame.num_fds <= 1)
		err = control_take_item(&item, &frame);
	frame_close_fds(&frame);
	TRY(err);
	if (items->num_items >= CONTROL_MAX_ITEMS) {
		control_item_done(&item);
		return ERR(TOO_BIG, "control: too many items");
	}
	items->items[items->num_items++] = item;
	return OK;
}

struct err
control_receive(struct control_items *out, int socket)
{
	struct control_items items = {0};
	uint8_t *buffer = malloc(FRAME_MAX);
	struct err err = OK;
	bool go = false;

	items.items = calloc(CONTROL_MAX_ITEMS, sizeof(*items.items));
	if (items.items == NULL || buffer == NULL)
		err = ERR(NO_MEMORY, "control: no memory");
	while (err.code == ERR_OK && !go) {
		err = wait_for(socket, POLLIN, CONTROL_GO_MS);
		if (err.code == ERR_OK)
			err = receive_one(&items, socket, buffer, &go);
		if (err.code == ERR_AGAIN)
			err = OK;
	}
	if (buffer != NULL)
		explicit_bzero(buffer, FRAME_MAX);
	free(buffer);
	if (err.code != ERR_OK) {
		control_items_done(&items);
		return err;
	}
	*out = items;
	return OK;
}

void
control_items_done(struct control_items *items)
{
	for (size_t i = 0; i < items->num_items; i++)
		control_item_done(&items->items[i]);
	free(items->items);
	*items = (struct control_items){0};
}

struct control_item *
control_find(
    const struct control_items *items, const char *name, uint32_t index)
{
	for (size_t i = 0; i < items->num_items; i++) {
		struct control_item *item = &items->items[i];
		if (item->index == index &&
		    span_equal_str(span_str(item->name), name))
			return item;
	}
	return NULL;
}

struct err
control_fd(const struct control_items *items, const char *name, uint32_t index,
    int *out_fd)
{
	struct control_item *item = control_find(items, name, index);

	if (item == NULL || item->fd < 0)
		return ERR(NOT_FOUND, "control: a descriptor was not given");
	*out_fd = item->fd;
	item->fd = -1;
	return OK;
}

struct err
control_value(const struct control_items *items, const char *name,
    uint32_t index, struct span *out)
{
	const struct control_item *item = control_find(items, name, index);

	if (item == NULL)
		return ERR(NOT_FOUND, "control: a value was not given");
	*out = buf_span(&item->value);
	return OK;
}

struct err
control_number(const struct control_items *items, const char *name,
    uint32_t index, uint64_t *out, uint64_t max)
{
	struct span value;

	TRY(control_value(items, name, index, &value));
	return span_u64(value, out, max);
}

struct err
control_read_file(struct buf *out, int fd)
{
	size_t got = 0;

	do {
		/* One byte more than may be: a longer file shows. */
		TRY(buf_reserve(out, 1));
		size_t room = out->cap - out->len;
		TRY(sysio_pread(
		    fd, out->data + out->len, room, out->len, &got));
		out->len += got;
	} while (got > 0);
	return OK;
}

struct err
control_file(const struct control_items *items, const char *name,
    uint32_t index, struct buf *out)
{
	const struct control_item *item = control_find(items, name, index);

	if (item == NULL || item->fd < 0)
		return ERR(NOT_FOUND, "control: a file was not given");
	return control_read_file(out, item->fd);
}

void
control_not_started(const char *reading, struct err why)
{
	const struct log_field fields[] = {
	    log_text("reading", reading), log_text("why", why.why)};

	if (why.code != ERR_CLOSED && why.code != ERR_UNAVAILABLE)
		log_event("not-started", fields, 2);
}
