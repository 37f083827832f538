#include "gateway/worker/reply.h"

#include "gateway/base/limits.h"
#include "gateway/base/sysio.h"

void
reply_init(struct reply *reply)
{
	*reply = (struct reply){0};
	buf_init(&reply->out, S3_MAX_XML + HTTP_MAX_HEAD);
}

void
reply_done(struct reply *reply)
{
	buf_done(&reply->out);
	*reply = (struct reply){0};
}

struct err
reply_memory(
    struct reply *reply, const struct reply_frame *frame, struct span body)
{
	struct http_response response = {.status = frame->status,
	    .now_s = frame->now_s,
	    .request_id = frame->request_id,
	    .headers = frame->headers,
	    .num_headers = frame->num_headers,
	    .content_length = body.len,
	    .close = reply->close};

	buf_reset(&reply->out);
	TRY(http_response_head(&reply->out, &response));
	if (!reply->no_body) {
		TRY(buf_append(&reply->out, body));
		reply->memory_len = body.len;
	}
	reply->slot = NULL;
	reply->status = frame->status;
	reply->composed = true;
	return OK;
}

struct err
reply_slot(struct reply *reply, const struct reply_frame *frame,
    struct slot *slot, uint64_t first, uint64_t end)
{
	bool chunked = end == UINT64_MAX;
	struct http_response response = {.status = frame->status,
	    .now_s = frame->now_s,
	    .request_id = frame->request_id,
	    .headers = frame->headers,
	    .num_headers = frame->num_headers,
	    .content_length = chunked ? 0 : end - first,
	    .chunked = chunked,
	    .close = reply->close};

	buf_reset(&reply->out);
	TRY(http_response_head(&reply->out, &response));
	reply->slot = slot;
	reply->chunked = chunked;
	reply->first = first;
	reply->end = end;
	reply->status = frame->status;
	reply->composed = true;
	return OK;
}

/* --- sending ----------------------------------------------------------- */

static struct err
flush(struct reply *reply, struct tls_conn *tls)
{
	struct err err = tls_conn_flush(tls);

	if (reply->started && reply->first_us == 0 &&
	    tls_conn_sent(tls) > reply->sent_before)
		reply->first_us = sysio_monotonic_us();
	return err;
}

/* What is in `out`, as far as the connection takes it. The head of a slot
 * waits for the slot's first piece. */
static struct err
send_out(struct reply *reply, struct tls_conn *tls)
{
	struct span all = buf_span(&reply->out);

	while (reply->out_sent < all.len) {
		size_t taken;

		if (!reply->started)
			reply->sent_before = tls_conn_sent(tls);
		reply->started = true;
		TRY(tls_conn_put(
		    tls, span_sub(all, reply->out_sent, all.len), &taken));
		reply->out_sent += taken;
	}
	if (reply->slot == NULL)
		reply->body_sent = reply->memory_len;
	return OK;
}

/* There is room for it, so that it is taken whole. */
static struct err
send_piece(struct tls_conn *tls, struct span piece)
{
	size_t taken;

	TRY(tls_conn_put(tls, piece, &taken));
	if (taken != piece.len)
		return ERR(USAGE, "reply: a piece was taken in part");
	return OK;
}

/* Put the size line in front of the data, and CRLF behind it. */
static struct err
frame_chunk(uint8_t *data, size_t len, struct span *out)
{
	struct buf line CLEANUP(buf_done) = {.max = REPLY_FRAME};

	TRY(http_response_chunk(&line, len));
	memcpy(data - line.len, line.data, line.len);
	data[len] = '\r';
	data[len + 1] = '\n';
	*out = span_of(data - line.len, line.len + len + 2);
	return OK;
}

/* The next piece of the slot. Errors: CLOSED at its end. */
static struct err
send_next(struct reply *reply, struct tls_conn *tls, uint8_t *scratch)
{
	uint8_t *data = scratch + REPLY_FRAME;
	uint64_t at = reply->first + reply->body_sent;
	uint64_t left = reply->end - at;
	size_t max_len = left < AGE_CHUNK ? (size_t)left : AGE_CHUNK, len;
	struct span piece;

	if (left == 0)
		return ERR(CLOSED, "reply: all was sent");
	/* Up to the end of an age chunk, so that each is opened once. */
	TRY(slot_read(reply->slot, at, data, max_len, &len));
	piece = span_of(data, len);
	if (reply->chunked)
		TRY(frame_chunk(data, len, &piece));
	/* Counted before it goes: the record never says too little. */
	reply->body_sent += len;
	return send_piece(tls, piece);
}

static struct err
send_end(struct reply *reply, struct tls_conn *tls)
{
	reply->ended = true;
	/* A body of known length that ends before it is a cut. */
	if (!reply->chunked && reply->first + reply->body_sent != reply->end)
		return ERR(CHANGED, "reply: the slot is shorter than was said");
	if (reply->chunked)
		TRY(send_piece(tls, span_str(HTTP_RESPONSE_LAST_CHUNK)));
	return flush(reply, tls);
}

/* The first piece goes at once; then two and two share a send. */
static struct err
send_pieces(struct reply *reply, struct tls_conn *tls, uint8_t *scratch)
{
	for (int i = 0; i < REPLY_BUDGET; i++) {
		bool first = reply->body_sent == 0;
		struct err err = send_next(reply, tls, scratch);

		if (err.code == ERR_CLOSED)
			return send_end(reply, tls);
		if (err.code == ERR_AGAIN)
			TRY(flush(reply, tls));
		TRY(err);
		if (first || tls_conn_room(tls) < REPLY_ROOM)
			TRY(flush(reply, tls));
	}
	return flush(reply, tls);
}

struct err
reply_send(
    struct reply *reply, struct tls_conn *tls, uint8_t *scratch, bool *out_turn)
{
	*out_turn = false;
	TRY(flush(reply, tls));
	if (reply->ended)
		return OK;
	TRY(send_out(reply, tls));
	if (reply->slot == NULL || reply->no_body) {
		TRY(flush(reply, tls));
		reply->ended = true;
		return OK;
	}
	TRY(send_pieces(reply, tls, scratch));
	if (reply->ended)
		return OK;
	*out_turn = true;
	return ERR(AGAIN, "reply: the next turn");
}
