#include "gateway/ipc/audit.h"

struct err
audit_send_receipt(struct channel *channel, uint64_t id, uint64_t index)
{
	struct buf body CLEANUP(buf_done);

	buf_init(&body, sizeof(index));
	TRY(buf_put_u64be(&body, index));
	return channel_send_body(channel, AUDIT_RECEIPT, id, buf_span(&body));
}

struct err
audit_read_receipt(struct span body, uint64_t *out_index)
{
	uint64_t index;

	TRY(span_take_u64be(&body, &index));
	TRY(span_end(body));
	*out_index = index;
	return OK;
}

struct err
audit_send_refused(struct channel *channel, uint64_t id, enum audit_refusal why)
{
	uint8_t byte = (uint8_t)why;

	return channel_send_body(
	    channel, AUDIT_REFUSED, id, span_of(&byte, sizeof(byte)));
}

struct err
audit_read_refused(struct span body, enum audit_refusal *out_why)
{
	uint8_t why;

	TRY(span_take_u8(&body, &why));
	TRY(span_end(body));
	if (why == 0 || why >= NUM_AUDIT_REFUSALS)
		return ERR(MALFORMED, "audit: no such refusal");
	*out_why = (enum audit_refusal)why;
	return OK;
}

static struct err
put_limits(struct buf *out, const struct limits *limits)
{
	TRY(buf_put_u64be(out, limits->rows_per_day));
	TRY(buf_put_u64be(out, limits->bytes_per_day));
	return buf_put_u64be(out, limits->requests_per_minute);
}

struct err
audit_put_limits(struct buf *out, const struct audit_limits *limits)
{
	TRY(put_limits(out, &limits->all));
	return put_limits(out, &limits->each);
}

static struct err
take_limits(struct span *in, struct limits *out)
{
	TRY(span_take_u64be(in, &out->rows_per_day));
	TRY(span_take_u64be(in, &out->bytes_per_day));
	return span_take_u64be(in, &out->requests_per_minute);
}

struct err
audit_take_limits(struct span *in, struct audit_limits *out)
{
	struct audit_limits limits;
	struct span rest = *in;

	TRY(take_limits(&rest, &limits.all));
	TRY(take_limits(&rest, &limits.each));
	*in = rest;
	*out = limits;
	return OK;
}

struct err
audit_put_over(struct buf *out, const struct audit_over *over)
{
	TRY(buf_put_u8(out, (uint8_t)over->limit));
	TRY(buf_put_bool(out, over->each));
	TRY(buf_put_u64be(out, over->used));
	TRY(buf_put_u64be(out, over->asked));
	TRY(buf_put_u64be(out, over->day));
	return buf_put_u32be(out, over->retry_after_s);
}

struct err
audit_send_over(
    struct channel *channel, uint64_t id, const struct audit_over *over)
{
	struct buf body CLEANUP(buf_done) = {.max = 64};

	TRY(audit_put_over(&body, over));
	return channel_send_body(channel, AUDIT_OVER, id, buf_span(&body));
}

struct err
audit_read_over(struct span body, struct audit_over *out)
{
	struct audit_over over;
	uint8_t limit;

	TRY(span_take_u8(&body, &limit));
	TRY(span_take_bool(&body, &over.each));
	TRY(span_take_u64be(&body, &over.used));
	TRY(span_take_u64be(&body, &over.asked));
	TRY(span_take_u64be(&body, &over.day));
	TRY(span_take_u32be(&body, &over.retry_after_s));
	TRY(span_end(body));
	if (limit == 0 || limit >= NUM_AUDIT_LIMITS)
		return ERR(MALFORMED, "audit: no such limit");
	if (over.day > AUDIT_LAST_DAY)
		return ERR(MALFORMED, "audit: no such day");
	over.limit = (enum audit_limit)limit;
	*out = over;
	return OK;
}

struct err
audit_put_use(struct buf *out, const struct audit_use *use)
{
	if (use->agreement.len > UINT16_MAX)
		return ERR(TOO_BIG, "audit: no agreement has such a name");
	TRY(buf_put_u64be(out, use->day));
	TRY(buf_put_u16be(out, (uint16_t)use->agreement.len));
	TRY(buf_append(out, use->agreement));
	return buf_append(out, use->caller);
}

struct err
audit_read_use(struct span body, struct audit_use *out)
{
	struct audit_use use;
	uint16_t len;

	TRY(span_take_u64be(&body, &use.day));
	TRY(span_take_u16be(&body, &len));
	TRY(span_take(&body, &use.agreement, len));
	use.caller = body;
	*out = use;
	return OK;
}

struct err
audit_send_used(
    struct channel *channel, uint64_t id, const struct audit_used *used)
{
	struct buf body CLEANUP(buf_done) = {.max = 32};

	TRY(buf_put_u64be(&body, used->day));
	TRY(buf_put_u64be(&body, used->rows));
	TRY(buf_put_u64be(&body, used->bytes));
	TRY(buf_put_u64be(&body, used->requests));
	return channel_send_body(channel, AUDIT_USED, id, buf_span(&body));
}

struct err
audit_read_used(struct span body, struct audit_used *out)
{
	struct audit_used used;

	TRY(span_take_u64be(&body, &used.day));
	TRY(span_take_u64be(&body, &used.rows));
	TRY(span_take_u64be(&body, &used.bytes));
	TRY(span_take_u64be(&body, &used.requests));
	TRY(span_end(body));
	if (used.day > AUDIT_LAST_DAY)
		return ERR(MALFORMED, "audit: no such day");
	*out = used;
	return OK;
}
