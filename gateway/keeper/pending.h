#ifndef GATEHOUSE_PENDING_H
#define GATEHOUSE_PENDING_H

#include "gateway/keeper/keeper.h"

/* pending: the questions that other roles have not answered yet. */

/*
 * pending_ask: send a question whose answer goes on with `owner`.
 *
 * Errors   UNAVAILABLE: that role is away; NO_MEMORY
 */
MUST_USE struct err pending_ask(struct seam *seam, uint16_t type,
    struct span body, enum pending_kind kind, void *owner);

/* pending_ask_with: the same of a whole frame, which gets its id here; its
 * descriptors are taken over in every case. */
MUST_USE struct err pending_ask_with(struct seam *seam, struct frame *frame,
    enum pending_kind kind, void *owner);

/* pending_find: the question that an answer is for; NULL: the peer broke the
 * protocol. pending_take: the same, removed; the caller ends it with
 * pending_free. */
struct pending *pending_find(const struct seam *seam, uint64_t id);
struct pending *pending_take(const struct seam *seam, uint64_t id);
void pending_free(struct pending *pending);

/* pending_forget: an ask or a slot ends: its questions are of nobody. */
void pending_forget(struct keeper *keeper, const void *owner);

/* pending_fail: the peer is gone; what it was asked is answered as failed. */
void pending_fail(struct seam *seam);

#endif
