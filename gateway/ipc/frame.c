#include "gateway/ipc/frame.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Aligned room for the descriptors' control message. */
union control {
	struct cmsghdr head;
	uint8_t bytes[CMSG_SPACE(FRAME_PACK_FDS * sizeof(int))];
};

struct err
frame_pair(int out_sockets[2])
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		0, sockets) != 0)
		return ERR(IO, "frame: no socket pair");
	out_sockets[0] = sockets[0];
	out_sockets[1] = sockets[1];
	return OK;
}

static void
put_head(uint8_t head[FRAME_HEAD], const struct frame *frame)
{
	head[0] = (uint8_t)(frame->type >> 8);
	head[1] = (uint8_t)frame->type;
	for (size_t i = 0; i < 8; i++)
		head[2 + i] = (uint8_t)(frame->id >> (56 - 8 * i));
	head[10] = (uint8_t)frame->num_fds;
	for (size_t i = 0; i < 4; i++)
		head[11 + i] = (uint8_t)(frame->body.len >> (24 - 8 * i));
}

static struct err
send_error(int error)
{
	if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS ||
	    error == ETOOMANYREFS)
		return ERR(AGAIN, "frame: the peer's queue is full");
	if (error == EPIPE || error == ECONNRESET || error == ENOTCONN ||
	    error == ECONNREFUSED)
		return ERR(CLOSED, "frame: the peer is away");
	return ERR(IO, "frame: cannot send");
}

/* Each frame in its two parts, and all descriptors in their order. */
struct outgoing {
	uint8_t heads[FRAME_PACK][FRAME_HEAD];
	struct iovec parts[2 * FRAME_PACK];
	struct msghdr message;
	size_t len; /* of heads and bodies */
};

static void
put_frame(struct outgoing *out, size_t i, const struct frame *frame)
{
	put_head(out->heads[i], frame);
	out->parts[2 * i] =
	    (struct iovec){.iov_base = out->heads[i], .iov_len = FRAME_HEAD};
	/* sendmsg reads only; its iovec has no const. */
	out->parts[2 * i + 1] =
	    (struct iovec){.iov_base = (void *)(uintptr_t)frame->body.data,
		.iov_len = frame->body.len};
	out->len += FRAME_HEAD + frame->body.len;
}

static void
put_fds(struct msghdr *message, union control *control,
    const struct frame *const *frames, size_t num)
{
	struct cmsghdr *c = &control->head;
	size_t len = 0;

	for (size_t i = 0; i < num; i++) {
		size_t more = frames[i]->num_fds * sizeof(int);
		memcpy(CMSG_DATA(c) + len, frames[i]->fds, more);
		len += more;
	}
	if (len == 0)
		return;
	message->msg_control = control;
	message->msg_controllen = CMSG_SPACE(len);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(len);
}

/* How many of the frames one message can be; 0: not even the first. */
size_t
frame_pack_fit(const struct frame *const *frames, size_t num)
{
	size_t len = 0, num_fds = 0, i;

	for (i = 0; i < num && i < FRAME_PACK; i++) {
		const struct frame *frame = frames[i];
		if (frame->body.len > FRAME_MAX_BODY ||
		    frame->num_fds > FRAME_MAX_FDS)
			break;
		len += FRAME_HEAD + frame->body.len;
		num_fds += frame->num_fds;
		if (len > FRAME_MAX || num_fds > FRAME_PACK_FDS)
			break;
	}
	return i;
}

struct err
frame_send_pack(int socket, const struct frame *const *frames, size_t num)
{
	struct outgoing out;
	union control control;

	if (num == 0 || frame_pack_fit(frames, num) < num)
		return ERR(TOO_BIG, "frame: over its cap");
	out.len = 0;
	out.message =
	    (struct msghdr){.msg_iov = out.parts, .msg_iovlen = 2 * num};
	for (size_t i = 0; i < num; i++)
		put_frame(&out, i, frames[i]);
	put_fds(&out.message, &control, frames, num);
	for (;;) {
		ssize_t sent =
		    sendmsg(socket, &out.message, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent >= 0 && (size_t)sent == out.len)
			return OK;
		if (sent >= 0)
			return ERR(IO, "frame: sent in part");
		if (errno != EINTR)
			return send_error(errno);
	}
}

struct err
frame_send(int socket, const struct frame *frame)
{
	return frame_send_pack(socket, &frame, 1);
}

/* Takes every descriptor that came, so that none is lost. */
static void
take_fds(struct msghdr *message, struct frame_pack *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL;
	     c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t num = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < num && out->num_fds < FRAME_PACK_FDS;
		     i++)
			memcpy(&out->fds[out->num_fds++],
			    CMSG_DATA(c) + i * sizeof(int), sizeof(int));
	}
}

static struct err
parse(struct span *rest, struct frame *out, size_t *out_num_fds)
{
	struct span bytes = *rest;
	uint8_t num_fds;
	uint32_t len;

	TRY(span_take_u16be(&bytes, &out->type));
	TRY(span_take_u64be(&bytes, &out->id));
	TRY(span_take_u8(&bytes, &num_fds));
	TRY(span_take_u32be(&bytes, &len));
	if (num_fds > FRAME_MAX_FDS || len > FRAME_MAX_BODY)
		return ERR(MALFORMED, "frame: over its cap");
	if (span_take(&bytes, &out->body, len).code != ERR_OK)
		return ERR(MALFORMED, "frame: not the length it names");
	*rest = bytes;
	*out_num_fds = num_fds;
	return OK;
}

struct err
frame_pack_next(struct frame_pack *pack, struct frame *out)
{
	struct span rest = pack->rest;
	struct frame frame = {0};
	size_t num_fds;

	if (rest.len == 0)
		return ERR(AGAIN, "frame: that was the last");
	TRY(parse(&rest, &frame, &num_fds));
	size_t left = pack->num_fds - pack->next_fd;
	if (num_fds > left || (rest.len == 0 && num_fds < left))
		return ERR(MALFORMED, "frame: not the descriptors it names");
	for (; frame.num_fds < num_fds; frame.num_fds++)
		frame.fds[frame.num_fds] = pack->fds[pack->next_fd++];
	pack->rest = rest;
	*out = frame;
	return OK;
}

void
frame_pack_close(struct frame_pack *pack)
{
	while (pack->next_fd < pack->num_fds)
		close(pack->fds[pack->next_fd++]);
	pack->rest = span_of(NULL, 0);
}

static struct err
receive(int socket, struct msghdr *message, size_t *out_len)
{
	ssize_t got;

	do
		got = recvmsg(socket, message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return ERR(AGAIN, "frame: none yet");
	if (got == 0 || (got < 0 && errno == ECONNRESET))
		return ERR(CLOSED, "frame: the peer is away");
	if (got < 0)
		return ERR(IO, "frame: cannot receive");
	*out_len = (size_t)got;
	return OK;
}

struct err
frame_recv_pack(int socket, uint8_t buffer[FRAME_MAX], struct frame_pack *out)
{
	union control control;
	struct iovec part = {.iov_base = buffer, .iov_len = FRAME_MAX};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	size_t len;

	TRY(receive(socket, &message, &len));
	out->rest = span_of(buffer, len);
	out->num_fds = out->next_fd = 0;
	take_fds(&message, out);
	if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0)
		return OK;
	frame_pack_close(out);
	return ERR(TOO_BIG, "frame: over its cap");
}

struct err
frame_recv(int socket, uint8_t buffer[FRAME_MAX], struct frame *out)
{
	struct frame_pack pack;
	struct frame frame;

	TRY(frame_recv_pack(socket, buffer, &pack));
	struct err err = frame_pack_next(&pack, &frame);
	if (err.code == ERR_OK && pack.rest.len > 0) {
		frame_close_fds(&frame);
		err = ERR(MALFORMED, "frame: bytes behind it");
	}
	frame_pack_close(&pack);
	TRY(err);
	*out = frame;
	return OK;
}

void
frame_close_fds(struct frame *frame)
{
	for (size_t i = 0; i < frame->num_fds; i++) {
		if (frame->fds[i] >= 0)
			close(frame->fds[i]);
	}
	frame->num_fds = 0;
}

int
frame_take_fd(struct frame *frame, size_t i)
{
	int fd = frame->fds[i];

	frame->fds[i] = -1;
	return fd;
}
