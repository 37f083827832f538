#include "gateway/ipc/draw_client.h"

#include <sys/socket.h>

/* recvmsg, which blocks and needs no other call; frame_recv does not block. */
static struct err
wait_for_answer(int fd)
{
	uint8_t byte;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr peek = {.msg_iov = &part, .msg_iovlen = 1};

	return recvmsg(fd, &peek, MSG_PEEK) > 0
	    ? OK
	    : ERR(UNAVAILABLE, "the codebook went away");
}

/* What it gives up, it ends: there is no other sign that it takes no more. */
static struct err
went_away(struct err err)
{
	return err.code == ERR_CLOSED
	    ? ERR(UNAVAILABLE, "the codebook gives this fill no more codes")
	    : err;
}

/* One question and its answer, which lies in `buffer`. */
static struct err
ask(struct draw_client *client, uint16_t type, struct span body,
    uint16_t answer, uint8_t buffer[FRAME_MAX], struct frame *out)
{
	const struct frame question = {
	    .type = type, .id = ++client->id, .body = body};
	struct err err;

	if (client->fd < 0)
		return ERR(UNAVAILABLE, "there is no codebook");
	TRY(went_away(frame_send(client->fd, &question)));
	do {
		TRY(wait_for_answer(client->fd));
		err = frame_recv(client->fd, buffer, out);
	} while (err.code == ERR_AGAIN);
	TRY(went_away(err));
	frame_close_fds(out);
	if (out->type != answer || out->id != client->id)
		return ERR(MALFORMED, "draw: not an answer of the codebook");
	return OK;
}

struct err
draw_client_ask(struct draw_client *client,
    const uint8_t (*indexes)[TOKEN_INDEX], size_t num,
    uint8_t (*out_codes)[TOKEN_CODE], bool *out_known)
{
	static uint8_t buffer[FRAME_MAX]; /* one thread */
	static struct draw_known known;
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct frame frame;

	TRY(draw_put_ask(&body, indexes, num));
	TRY(ask(client, DRAW_ASK, buf_span(&body), DRAW_KNOWN, buffer, &frame));
	TRY(draw_take_known(&known, frame.body));
	if (known.num != num)
		return ERR(MALFORMED, "draw: an answer to another question");
	memcpy(out_codes, known.codes, num * TOKEN_CODE);
	memcpy(out_known, known.known, num * sizeof(*out_known));
	client->needed = known.seq;
	return OK;
}

/* One message of entries, as many as it has room for. */
static struct err
make_some(struct draw_client *client, const struct draw_new *entries,
    size_t num, uint8_t (*out_codes)[TOKEN_CODE], size_t *out_num)
{
	static uint8_t buffer[FRAME_MAX];
	static struct draw_made made;
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct frame frame;
	size_t i = 0;

	for (; i < num && i < DRAW_BATCH &&
	     body.len + DRAW_NEW + entries[i].sealed.len <= FRAME_MAX_BODY;
	     i++)
		TRY(draw_put_new(&body, &entries[i]));
	TRY(ask(client, DRAW_MAKE, buf_span(&body), DRAW_MADE, buffer, &frame));
	TRY(draw_take_made(&made, frame.body));
	if (made.num != i)
		return ERR(MALFORMED, "draw: an answer to another question");
	memcpy(out_codes, made.codes, i * TOKEN_CODE);
	client->needed = made.seq;
	*out_num = i;
	return OK;
}

struct err
draw_client_make(struct draw_client *client, const struct draw_new *entries,
    size_t num, uint8_t (*out_codes)[TOKEN_CODE])
{
	while (num > 0) {
		size_t lot;

		TRY(make_some(client, entries, num, out_codes, &lot));
		entries += lot;
		out_codes += lot;
		num -= lot;
	}
	return OK;
}

struct err
draw_client_settle(struct draw_client *client)
{
	static uint8_t buffer[FRAME_MAX];
	struct buf body CLEANUP(buf_done) = {.max = 8};
	struct frame frame;
	uint64_t settled;

	if (client->settled >= client->needed)
		return OK;
	TRY(draw_put_seq(&body, client->needed));
	TRY(ask(client, DRAW_SETTLE, buf_span(&body), DRAW_SETTLED, buffer,
	    &frame));
	TRY(draw_take_seq(&settled, frame.body));
	if (settled < client->needed)
		return ERR(MALFORMED, "draw: less is settled than was asked");
	client->settled = settled;
	return OK;
}
