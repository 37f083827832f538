#include "gateway/ipc/fill.h"

static struct err
take_bytes(struct span *in, void *out, size_t len)
{
	struct span bytes;

	TRY(span_take(in, &bytes, len));
	memcpy(out, bytes.data, len);
	return OK;
}

struct err
fill_put_piece(struct buf *out, const struct fill_piece *piece)
{
	TRY(buf_put_bool(out, piece->last));
	return buf_put_field(out, piece->bytes);
}

struct err
fill_take_piece(struct fill_piece *out, struct span body)
{
	struct fill_piece piece;

	TRY(span_take_bool(&body, &piece.last));
	TRY(span_take_field(&body, &piece.bytes, FILL_MAX_PIECE));
	TRY(span_end(body));
	if (piece.bytes.len == 0)
		return ERR(MALFORMED, "fill: an empty piece");
	*out = piece;
	return OK;
}

struct err
fill_put_order(struct buf *out, const struct fill_order *order)
{
	TRY(buf_put_field(out, order->header));
	TRY(buf_append(out, span_of(order->file_key, sizeof(order->file_key))));
	TRY(buf_append(out, span_of(order->nonce, sizeof(order->nonce))));
	TRY(buf_put_u32be(out, order->num_keys));
	for (size_t i = 0; i < order->num_keys; i++) {
		const struct fill_key *key = &order->keys[i];
		TRY(buf_put_u32be(out, key->column));
		TRY(buf_append(out, span_of(key->key, sizeof(key->key))));
	}
	return buf_append(
	    out, span_of(order->subject_key, sizeof(order->subject_key)));
}

static struct err
take_keys(struct span *in, struct fill_order *out)
{
	TRY(span_take_u32be(in, &out->num_keys));
	if (out->num_keys > FILL_MAX_KEYS)
		return ERR(TOO_BIG, "fill: too many keys");
	for (size_t i = 0; i < out->num_keys; i++) {
		struct fill_key *key = &out->keys[i];
		TRY(span_take_u32be(in, &key->column));
		TRY(take_bytes(in, key->key, sizeof(key->key)));
	}
	TRY(take_bytes(in, out->subject_key, sizeof(out->subject_key)));
	return span_end(*in);
}

struct err
fill_take_order(struct fill_order *out, struct span body)
{
	struct fill_order order = {0};

	TRY(span_take_field(&body, &order.header, FILL_MAX_HEADER));
	TRY(take_bytes(&body, order.file_key, sizeof(order.file_key)));
	TRY(take_bytes(&body, order.nonce, sizeof(order.nonce)));
	struct err err = take_keys(&body, &order);
	if (err.code == ERR_OK)
		*out = order;
	fill_wipe_order(&order);
	return err;
}

void
fill_wipe_order(struct fill_order *order)
{
	explicit_bzero(order, sizeof(*order));
}

struct err
fill_put_done(struct buf *out, const struct fill_done *done)
{
	TRY(buf_put_u64be(out, done->slot_len));
	TRY(buf_put_u64be(out, done->plain_len));
	TRY(buf_append(out, span_of(done->sha256, sizeof(done->sha256))));
	TRY(buf_put_u64be(out, done->rows_read));
	TRY(buf_put_u64be(out, done->rows_released));
	TRY(buf_put_u32be(out, done->num_withheld));
	for (size_t i = 0; i < done->num_withheld; i++) {
		TRY(buf_put_field(out, done->withheld[i].reason));
		TRY(buf_put_u64be(out, done->withheld[i].rows));
	}
	return OK;
}

/* What was released and what was withheld is what was read. */
static struct err
check_rows(const struct fill_done *done)
{
	uint64_t sum = done->rows_released;

	for (size_t i = 0; i < done->num_withheld; i++) {
		if (__builtin_add_overflow(sum, done->withheld[i].rows, &sum))
			return ERR(MALFORMED, "fill: rows overflow");
	}
	if (sum != done->rows_read)
		return ERR(MALFORMED, "fill: rows do not add up");
	return OK;
}

struct err
fill_take_done(struct fill_done *out, struct span body)
{
	struct fill_done done = {0};

	TRY(span_take_u64be(&body, &done.slot_len));
	TRY(span_take_u64be(&body, &done.plain_len));
	TRY(take_bytes(&body, done.sha256, sizeof(done.sha256)));
	TRY(span_take_u64be(&body, &done.rows_read));
	TRY(span_take_u64be(&body, &done.rows_released));
	TRY(span_take_u32be(&body, &done.num_withheld));
	if (done.num_withheld > FILL_MAX_REASONS)
		return ERR(TOO_BIG, "fill: too many reasons");
	for (size_t i = 0; i < done.num_withheld; i++) {
		struct fill_reason *reason = &done.withheld[i];
		TRY(span_take_field(&body, &reason->reason, FILL_MAX_TEXT));
		TRY(span_take_u64be(&body, &reason->rows));
	}
	TRY(span_end(body));
	TRY(check_rows(&done));
	*out = done;
	return OK;
}

struct err
fill_put_failed(struct buf *out, const struct fill_failed *failed)
{
	TRY(buf_put_u8(out, failed->code));
	TRY(buf_put_field(out, failed->why));
	return buf_put_u64be(out, failed->record);
}

struct err
fill_take_failed(struct fill_failed *out, struct span body)
{
	struct fill_failed failed;

	TRY(span_take_u8(&body, &failed.code));
	TRY(span_take_field(&body, &failed.why, FILL_MAX_TEXT));
	TRY(span_take_u64be(&body, &failed.record));
	TRY(span_end(body));
	if (failed.code == ERR_OK || failed.code > ERR_USAGE)
		return ERR(MALFORMED, "fill: failed without a reason");
	*out = failed;
	return OK;
}
