#ifndef GATEHOUSE_INBOX_H
#define GATEHOUSE_INBOX_H

#include "gateway/ipc/frame.h"

/*
 * inbox: a test's end of a seam whose peer sends packs: frame by frame. The
 * zero state is empty.
 */
struct inbox {
	struct frame_pack pack;
	uint8_t bytes[FRAME_MAX];
};

/* inbox_next: `out` is valid until the next one. Errors: as frame_recv. */
MUST_USE struct err inbox_next(
    struct inbox *inbox, int socket, struct frame *out);

/* inbox_done: what was not taken is dropped. */
void inbox_done(struct inbox *inbox);

#endif
