#include "gateway/supervisor/inherit.h"

#include <unistd.h>

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/hand.h"
#include "gateway/supervisor/reload.h"
#include "gateway/supervisor/upgrade.h"

enum {
	EXIT_FAILED = 1,
};

/* --- What it gives --- */

/* As a loader will be given it. */
static struct err
keep(struct provisions *out, struct control_item *item)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	TRY(control_put_item(
	    &body, item->name, item->index, buf_span(&item->value)));
	struct frame frame = {
	    .body = buf_span(&body), .fds = {item->fd}, .num_fds = 1};
	item->fd = -1;
	struct err err = provisions_add(out, &frame);
	frame_close_fds(&frame);
	return err;
}

static struct err
read_items(struct gate *gate, struct control_items *items)
{
	struct span lasting;
	uint64_t version;

	TRY(control_number(items, "version", 0, &version, UINT32_MAX));
	if (version != HAND_VERSION)
		return ERR(UNSUPPORTED,
		    "the programs that run hand over in another way; stop and "
		    "start");
	TRY(control_number(items, "generation", 0, &gate->number, UINT32_MAX));
	TRY(control_number(
	    items, "keepers", 0, &gate->elder.keepers, HAND_KEEPERS));
	TRY(control_value(items, "lasting", 0, &lasting));
	if (lasting.len != sizeof(gate->elder.lasting))
		return ERR(MALFORMED, "the one before gives no digest");
	memcpy(gate->elder.lasting, lasting.data, lasting.len);
	for (size_t i = 0; i < items->num_items; i++) {
		struct control_item *item = &items->items[i];
		if (item->fd >= 0)
			TRY(keep(&gate->inherited, item));
	}
	return OK;
}

struct err
inherit_receive(struct gate *gate)
{
	struct control_items items;

	TRY(control_receive(&items, gate->elder.fd));
	struct err err = read_items(gate, &items);
	control_items_done(&items);
	return err;
}

/* --- What it hands over --- */

static bool
is_heir(const struct gate *gate)
{
	return gate->elder.fd >= 0 && !gate->elder.is_over;
}

struct err
inherit_join(struct gate *gate)
{
	const struct span none = span_of(NULL, 0);

	for (size_t i = 0; is_heir(gate) && i < gate->shared.num; i++) {
		struct process *p = &gate->shared.list[i];
		int pair[2];
		if (!p->waits || gate->elder.hands[i] >= 0)
			continue;
		TRY(frame_pair(pair));
		gate->elder.hands[i] = pair[0];
		struct err err =
		    control_send_item(p->control, "elder", 0, none, pair[1]);
		close(pair[1]);
		TRY(err);
	}
	return OK;
}

struct err
inherit_take(struct gate *gate)
{
	struct gate_elder *elder = &gate->elder;
	struct frame frame = {
	    .type = UPGRADE_TAKE, .num_fds = PROCESSES_SHARED};

	if (elder->takes)
		return OK;
	elder->takes = true;
	for (size_t i = 0; i < PROCESSES_SHARED; i++)
		frame.fds[i] = elder->hands[i];
	TRY(control_send(elder->fd, &frame));
	/* They belong to those who hand over: with them they end. */
	for (size_t i = 0; i < PROCESSES_SHARED; i++)
		sysio_close(&elder->hands[i]);
	return OK;
}

/* --- What becomes of both --- */

void
inherit_serves(struct gate *gate)
{
	if (!is_heir(gate))
		return;
	gate->elder.is_over = true;
	(void)!control_send(
	    gate->elder.fd, &(struct frame){.type = UPGRADE_SERVES})
	    .code;
}

void
inherit_refused(const struct gate *gate, int status, const char *why)
{
	struct buf body CLEANUP(buf_done) = {.max = 1024};

	if (!is_heir(gate) || buf_put_u8(&body, (uint8_t)status).code ||
	    buf_append_str(&body, why).code != ERR_OK)
		return;
	(void)!control_send(gate->elder.fd,
	    &(struct frame){.type = UPGRADE_REFUSED, .body = buf_span(&body)})
	    .code;
}

void
inherit_recheck(const struct gate *gate, const struct provisions *newer)
{
	int elder = gate->elder.fd;

	if (elder < 0 || !gate->elder.is_over)
		return;
	struct err err = provisions_send_recheck(newer, elder);
	if (err.code == ERR_OK)
		err = control_send(
		    elder, &(struct frame){.type = UPGRADE_RECHECK});
	if (err.code != ERR_OK && err.code != ERR_CLOSED)
		log_error("not-rechecked", err);
}

void
inherit_stop(const struct gate *gate, uint64_t most_ms)
{
	struct buf body CLEANUP(buf_done) = {.max = 8};

	if (gate->elder.fd < 0 || !gate->elder.is_over ||
	    buf_put_u32be(
		&body, most_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)most_ms)
		    .code != ERR_OK)
		return;
	(void)!control_send(gate->elder.fd,
	    &(struct frame){.type = UPGRADE_STOP, .body = buf_span(&body)})
	    .code;
}

void
inherit_hear(struct gate *gate)
{
	static uint8_t buffer[FRAME_MAX];
	struct frame frame;

	if (gate->elder.fd < 0)
		return;
	struct err err = frame_recv(gate->elder.fd, buffer, &frame);
	if (err.code == ERR_AGAIN)
		return;
	if (err.code == ERR_OK)
		frame_close_fds(&frame); /* it has nothing more to say */
	bool was_heir = is_heir(gate);
	sysio_close(&gate->elder.fd);
	if (was_heir && gate->exit_status == 0)
		reload_fail(gate, EXIT_FAILED,
		    "the programs that run gave us up, or ended");
}
