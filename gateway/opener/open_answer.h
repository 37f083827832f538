#ifndef GATEHOUSE_OPEN_ANSWER_H
#define GATEHOUSE_OPEN_ANSWER_H

#include "gateway/ipc/channel.h"

/*
 * open_answer: what a keeper hears to its question (ipc/open.h). Errors: those
 * of channel_send.
 */
MUST_USE struct err open_answer(
    struct channel *channel, uint16_t type, uint64_t id, struct span body);

/* open_answer_fd: with one descriptor, which is taken over. */
MUST_USE struct err open_answer_fd(struct channel *channel, uint16_t type,
    const struct frame *asked, struct span body, int fd);

/* open_answer_failed: a question that could not be served is no broken
 * protocol. */
MUST_USE struct err open_answer_failed(
    struct channel *channel, const struct frame *asked, struct err err);

#endif
