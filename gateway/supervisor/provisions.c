#include "gateway/supervisor/provisions.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/spawn.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/load.h"

enum {
	MAX_ITEMS = 2048
};

static struct err
make_room(struct provisions *p)
{
	if (p->num < p->cap)
		return OK;
	if (p->cap == MAX_ITEMS)
		return ERR(TOO_BIG, "supervisor: too many provisions");
	size_t cap = p->cap == 0 ? 64 : 2 * p->cap;
	struct provision *items = realloc(p->items, cap * sizeof(*items));
	if (items == NULL)
		return ERR(NO_MEMORY, "supervisor: no memory");
	p->items = items;
	p->cap = cap;
	return OK;
}

struct err
provisions_add(struct provisions *p, struct frame *frame)
{
	struct provision item = {.role = load_role(frame->id),
	    .index = load_index(frame->id),
	    .body = {.max = FRAME_MAX_BODY},
	    .fd = -1};
	struct span body = frame->body, name;

	TRY(span_take_field(&body, &name, CONTROL_MAX_NAME));
	if (name.len == 0 || frame->num_fds > 1)
		return ERR(MALFORMED, "supervisor: not a provision");
	memcpy(item.name, name.data, name.len);
	TRY(make_room(p));
	TRY(buf_append(&item.body, frame->body));
	if (frame->num_fds == 1)
		item.fd = frame_take_fd(frame, 0);
	p->items[p->num++] = item;
	return OK;
}

static struct err
keep(struct provisions *p, const char *name, struct frame *frame)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	for (size_t i = 0; i < p->num; i++) {
		struct provision *item = &p->items[i];
		if (item->role != NUM_SPAWN_ROLES ||
		    strcmp(item->name, name) != 0)
			continue;
		sysio_close(&item->fd);
		item->fd = frame_take_fd(frame, 0);
		return OK;
	}
	TRY(control_put_item(&body, name, 0, span_of(NULL, 0)));
	frame->id = load_id(NUM_SPAWN_ROLES, LOAD_EVERY);
	frame->body = buf_span(&body);
	return provisions_add(p, frame);
}

struct err
provisions_keep(struct provisions *p, const char *name, int fd)
{
	struct frame frame = {.fds = {fd}, .num_fds = 1};
	struct err err = keep(p, name, &frame);

	frame_close_fds(&frame);
	return err;
}

void
provisions_done(struct provisions *p)
{
	for (size_t i = 0; i < p->num; i++) {
		buf_done(&p->items[i].body);
		sysio_close(&p->items[i].fd);
	}
	free(p->items);
	*p = (struct provisions){.num = 0};
}

static struct err
send_one(const struct provision *item, int control)
{
	return control_send(control,
	    &(struct frame){.type = CONTROL_ITEM,
		.body = buf_span(&item->body),
		.fds = {item->fd},
		.num_fds = item->fd >= 0});
}

struct err
provisions_send(
    const struct provisions *p, int control, uint8_t role, uint32_t index)
{
	for (size_t i = 0; i < p->num; i++) {
		const struct provision *item = &p->items[i];
		if (item->role == role &&
		    (item->index == LOAD_EVERY || item->index == index))
			TRY(send_one(item, control));
	}
	return OK;
}

struct err
provisions_send_named(const struct provisions *p, int control, const char *name)
{
	for (size_t i = 0; i < p->num; i++) {
		if (strcmp(p->items[i].name, name) == 0)
			TRY(send_one(&p->items[i], control));
	}
	return OK;
}

struct err
provisions_send_recheck(const struct provisions *p, int control)
{
	static const char *const names[] = {
	    "image", "s3", "destroyed", "proven"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		TRY(provisions_send_named(p, control, names[i]));
	return OK;
}

int
provisions_fd(const struct provisions *p, const char *name)
{
	for (size_t i = 0; i < p->num; i++) {
		if (strcmp(p->items[i].name, name) == 0)
			return p->items[i].fd;
	}
	return -1;
}

void
provisions_close(struct provisions *p, const char *name)
{
	for (size_t i = 0; i < p->num; i++) {
		if (strcmp(p->items[i].name, name) == 0)
			sysio_close(&p->items[i].fd);
	}
}
