#include "gateway/ipc/frame.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Aligned room for the descriptors' control message. */
union control {
	struct cmsghdr head;
	uint8_t bytes[CMSG_SPACE(FRAME_MAX_FDS * sizeof(int))];
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

struct err
frame_send(int socket, const struct frame *frame)
{
	uint8_t head[FRAME_HEAD];
	union control control = {0};
	/* sendmsg reads only; its iovec has no const. */
	struct iovec parts[2] = {{.iov_base = head, .iov_len = FRAME_HEAD},
	    {.iov_base = (void *)(uintptr_t)frame->body.data,
		.iov_len = frame->body.len}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

	if (frame->body.len > FRAME_MAX_BODY || frame->num_fds > FRAME_MAX_FDS)
		return ERR(TOO_BIG, "frame: over its cap");
	put_head(head, frame);
	if (frame->num_fds > 0) {
		size_t len = frame->num_fds * sizeof(int);
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(len);
		struct cmsghdr *c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(len);
		memcpy(CMSG_DATA(c), frame->fds, len);
	}
	for (;;) {
		ssize_t sent =
		    sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent == (ssize_t)(FRAME_HEAD + frame->body.len))
			return OK;
		if (sent >= 0)
			return ERR(IO, "frame: sent in part");
		if (errno != EINTR)
			return send_error(errno);
	}
}

/* Takes every descriptor that came, so that none is lost. */
static void
take_fds(struct msghdr *message, struct frame *out)
{
	out->num_fds = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL;
	     c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t num = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < num && out->num_fds < FRAME_MAX_FDS; i++)
			memcpy(&out->fds[out->num_fds++],
			    CMSG_DATA(c) + i * sizeof(int), sizeof(int));
	}
}

static struct err
parse(struct span bytes, struct frame *out)
{
	uint8_t num_fds;
	uint32_t len;

	TRY(span_take_u16be(&bytes, &out->type));
	TRY(span_take_u64be(&bytes, &out->id));
	TRY(span_take_u8(&bytes, &num_fds));
	TRY(span_take_u32be(&bytes, &len));
	if (num_fds != out->num_fds)
		return ERR(MALFORMED, "frame: not the descriptors it names");
	if (len != bytes.len)
		return ERR(MALFORMED, "frame: not the length it names");
	out->body = bytes;
	return OK;
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
frame_recv(int socket, uint8_t buffer[FRAME_MAX], struct frame *out)
{
	union control control;
	struct iovec part = {.iov_base = buffer, .iov_len = FRAME_MAX};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	struct frame frame = {0};
	size_t len;

	TRY(receive(socket, &message, &len));
	take_fds(&message, &frame);
	struct err err = parse(span_of(buffer, len), &frame);
	if (err.code == ERR_OK &&
	    (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		err = ERR(TOO_BIG, "frame: over its cap");
	if (err.code != ERR_OK) {
		frame_close_fds(&frame);
		return err;
	}
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
