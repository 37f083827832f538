#include "gateway/opener/open_answer.h"

#include "gateway/ipc/open.h"

struct err
open_answer(
    struct channel *channel, uint16_t type, uint64_t id, struct span body)
{
	return channel_send_body(channel, type, id, body);
}

struct err
open_answer_fd(struct channel *channel, uint16_t type,
    const struct frame *asked, struct span body, int fd)
{
	struct frame frame = {
	    .type = type, .id = asked->id, .body = body, .num_fds = 1};

	frame.fds[0] = fd;
	return channel_send(channel, &frame);
}

struct err
open_answer_failed(
    struct channel *channel, const struct frame *asked, struct err err)
{
	uint8_t code = (uint8_t)err.code;

	return open_answer(channel, OPEN_FAILED, asked->id, span_of(&code, 1));
}
