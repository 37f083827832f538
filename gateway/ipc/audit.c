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
