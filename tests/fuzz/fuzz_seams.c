/*
 * Targets *_take_* of every seam between two roles: the first byte of the input
 * names the message, the rest is its body. What is taken is put back as the
 * same bytes; what comes from a control item is owned, and freed.
 */
#include <stdlib.h>

#include "gateway/ipc/admin.h"
#include "gateway/ipc/ask.h"
#include "gateway/ipc/audit.h"
#include "gateway/ipc/book.h"
#include "gateway/ipc/draw.h"
#include "gateway/ipc/control.h"
#include "gateway/ipc/fill.h"
#include "gateway/ipc/hand.h"
#include "gateway/ipc/load.h"
#include "gateway/ipc/open.h"
#include "gateway/supervisor/starter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One message: taken, and put again into `out`. OK: both went well. */
#define ROUND(name, take, put, type)                                           \
	static struct err name(struct span body, struct buf *out)              \
	{                                                                      \
		static type message;                                           \
		TRY(take(&message, body));                                     \
		return put(out, &message);                                     \
	}

ROUND(request, ask_take_request, ask_put_request, struct ask_request)
ROUND(answer, ask_take_answer, ask_put_answer, struct ask_answer)
ROUND(progress, ask_take_progress, ask_put_progress, struct ask_progress)
ROUND(done, ask_take_done, ask_put_done, struct ask_done)
ROUND(refusals, ask_take_refusals, ask_put_refusals, struct tally)
ROUND(piece, fill_take_piece, fill_put_piece, struct fill_piece)
ROUND(order, fill_take_order, fill_put_order, struct fill_order)
ROUND(filled, fill_take_done, fill_put_done, struct fill_done)
ROUND(failed, fill_take_failed, fill_put_failed, struct fill_failed)
ROUND(slot, open_take_slot, open_put_slot, struct open_slot)
ROUND(question, admin_take_question, admin_put_question, struct admin_question)
ROUND(form, admin_take_form, admin_put_form, struct admin_form)
ROUND(reveal, admin_take_reveal, admin_put_reveal, struct admin_reveal)
ROUND(life, control_take_life, control_put_life, struct control_life)
ROUND(taken, admin_take_taken, admin_put_taken, struct admin_taken)
ROUND(line, admin_take_line, admin_put_line, struct admin_line)
ROUND(plan, load_take_plan, load_put_plan, struct load_plan)
ROUND(end, admin_take_end, admin_put_end, struct admin_end)
ROUND(draw_known, draw_take_known, draw_put_known, struct draw_known)
ROUND(draw_made, draw_take_made, draw_put_made, struct draw_made)
ROUND(shred, admin_take_shred, admin_put_shred, struct admin_shred)
ROUND(recipient, admin_take_recipient, admin_put_recipient,
    struct admin_recipient)
ROUND(book_status, book_take_status, book_put_status, struct book_status)
ROUND(hand_draw, hand_take_draw, hand_put_draw, struct hand_draw)
ROUND(hand_fill, hand_take_fill, hand_put_fill, struct hand_fill)

static struct err
hand_keeper(struct span body, struct buf *out)
{
	uint64_t num_open;

	TRY(hand_take_keeper(body, &num_open));
	return buf_put_u64be(out, num_open);
}

static struct err
hand_slots(struct span body, struct buf *out)
{
	struct hand_slot slot;

	while (body.len > 0) {
		TRY(hand_take_slot(&body, &slot));
		TRY(hand_put_slot(out, &slot));
	}
	return OK;
}

static struct err
draw_ask(struct span body, struct buf *out)
{
	static struct draw_ask message;

	TRY(draw_take_ask(&message, body));
	return draw_put_ask(
	    out, (const uint8_t(*)[TOKEN_INDEX])message.indexes, message.num);
}

static struct err
draw_new(struct span body, struct buf *out)
{
	struct draw_new entry;

	while (body.len > 0) {
		TRY(draw_take_new(&body, &entry));
		TRY(draw_put_new(out, &entry));
	}
	return OK;
}

static struct err
book_bytes(struct span body, struct buf *out)
{
	uint8_t message[16];

	TRY(book_take_bytes(message, body));
	return buf_append(out, span_of(message, sizeof(message)));
}

/* Never OK: it is a reason, or none. */
static struct err
book_reason(struct span body, struct buf *out)
{
	struct err err = book_failed(body);

	if (err.code == ERR_OK)
		abort();
	return body.len == 1 && err.code == body.data[0]
	    ? buf_put_u8(out, (uint8_t)err.code)
	    : err;
}

static struct err
draw_seq(struct span body, struct buf *out)
{
	uint64_t seq;

	TRY(draw_take_seq(&seq, body));
	return draw_put_seq(out, seq);
}

static struct err
start(struct span body, struct buf *out)
{
	struct starter_what what;

	TRY(starter_take_what(&what, 1, body));
	return starter_put_what(out, &what);
}

static struct err
part(struct span body, struct buf *out)
{
	struct ask_part message;
	struct ask_item item;

	TRY(ask_take_part(&message, body));
	struct span items = message.items;
	for (uint32_t i = 0; i < message.num_items; i++)
		TRY(ask_take_item(&items, &item));
	return ask_put_part(out, &message);
}

static struct err
file(struct span body, struct buf *out)
{
	struct open_file message;

	TRY(open_take_file(&body, &message));
	TRY(span_end(body));
	return open_put_file(out, &message);
}

static struct err
name(struct span body, struct buf *out)
{
	struct span message;

	TRY(open_take_name(&body, &message));
	TRY(span_end(body));
	return buf_put_field(out, message);
}

static struct err
item(struct span body, struct buf *out)
{
	struct frame frame = {.type = CONTROL_ITEM, .body = body};
	struct control_item message;

	TRY(control_take_item(&message, &frame));
	struct err err = buf_put_field(out, span_str(message.name));
	if (err.code == ERR_OK)
		err = buf_put_u32be(out, message.index);
	if (err.code == ERR_OK)
		err = buf_put_field(out, buf_span(&message.value));
	control_item_done(&message);
	/* What is behind the value is the sender's to leave out. */
	return err.code == ERR_OK && out->len < body.len
	    ? ERR(MALFORMED, "bytes behind")
	    : err;
}

static struct err
receipt(struct span body, struct buf *out)
{
	uint64_t index;

	TRY(audit_read_receipt(body, &index));
	return buf_put_u64be(out, index);
}

static struct err
refused(struct span body, struct buf *out)
{
	enum audit_refusal why;

	TRY(audit_read_refused(body, &why));
	return buf_put_u8(out, (uint8_t)why);
}

static struct err
limits(struct span body, struct buf *out)
{
	struct audit_limits message;

	TRY(audit_take_limits(&body, &message));
	TRY(audit_put_limits(out, &message));
	return buf_append(out, body);
}

static struct err
over(struct span body, struct buf *out)
{
	struct audit_over message;

	TRY(audit_read_over(body, &message));
	return audit_put_over(out, &message);
}

static struct err
use(struct span body, struct buf *out)
{
	struct audit_use message;

	TRY(audit_read_use(body, &message));
	return audit_put_use(out, &message);
}

static struct err (*const rounds[])(struct span body, struct buf *out) = {
    request, answer, progress, done, part, order, filled, failed, slot, file,
    name, item, receipt, refused, question, line, end, form, taken, piece, life,
    refusals, plan, hand_fill, hand_keeper, hand_slots, start, limits, over,
    draw_ask, draw_known, draw_new, draw_made, draw_seq, use, reveal, shred,
    book_status, book_bytes, book_reason, hand_draw, recipient};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out = {.max = FRAME_MAX};

	if (size == 0 || size > FRAME_MAX_BODY)
		return 0;
	const struct span body = span_of(data + 1, size - 1);
	size_t which = data[0] % (sizeof(rounds) / sizeof(rounds[0]));
	if (rounds[which](body, &out).code == ERR_OK &&
	    !span_equal(buf_span(&out), body))
		abort();
	buf_done(&out);
	return 0;
}
