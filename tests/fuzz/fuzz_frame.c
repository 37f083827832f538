/*
 * Targets: frame_recv_pack, frame_pack_next, frame_recv. The input is one
 * message of a peer, sent with as many descriptors as its first byte says. Each
 * descriptor that came is the caller's or closed: the next one that is opened
 * has the number that it had before.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/ipc/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	MOST_FDS = 6,
};

static void
send_message(int socket, struct span bytes, size_t num_fds)
{
	union {
		struct cmsghdr head;
		uint8_t bytes[CMSG_SPACE(MOST_FDS * sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec part = {
	    .iov_base = (void *)(uintptr_t)bytes.data, .iov_len = bytes.len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	int fds[MOST_FDS];

	for (size_t i = 0; i < num_fds; i++)
		fds[i] = socket;
	if (num_fds > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(num_fds * sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(num_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fds, num_fds * sizeof(int));
	}
	assert(sendmsg(socket, &message, 0) == (ssize_t)bytes.len);
}

/* What was taken is sent as the same bytes. */
static void
check_frame(int sockets[2], struct frame *frame, uint8_t buffer[FRAME_MAX])
{
	struct frame again;

	assert(frame->num_fds <= FRAME_MAX_FDS);
	assert(frame_send(sockets[0], frame).code == ERR_OK);
	assert(frame_recv(sockets[1], buffer, &again).code == ERR_OK);
	assert(again.type == frame->type && again.id == frame->id);
	assert(again.num_fds == frame->num_fds);
	assert(span_equal(again.body, frame->body));
	frame_close_fds(&again);
	frame_close_fds(frame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t one[FRAME_MAX], other[FRAME_MAX];
	static int sockets[2] = {-1, -1};
	struct frame_pack pack;
	struct frame frame;

	if (len < 2 || len - 1 > FRAME_MAX)
		return 0;
	if (sockets[0] < 0 && frame_pair(sockets).code != ERR_OK)
		abort();
	const struct span bytes = span_of(data + 1, len - 1);
	int before = dup(sockets[0]);
	close(before);
	for (int i = 0; i < 2; i++)
		send_message(sockets[0], bytes, data[0] % (MOST_FDS + 1u));
	assert(frame_recv_pack(sockets[1], one, &pack).code == ERR_OK);
	while (frame_pack_next(&pack, &frame).code == ERR_OK)
		frame_close_fds(&frame);
	frame_pack_close(&pack);
	if (frame_recv(sockets[1], one, &frame).code == ERR_OK)
		check_frame(sockets, &frame, other);
	int after = dup(sockets[0]);
	assert(after == before);
	close(after);
	return 0;
}
