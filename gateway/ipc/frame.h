#ifndef GATEHOUSE_FRAME_H
#define GATEHOUSE_FRAME_H

#include "crypto/memory/buf.h"

/*
 * frame: one message between two roles, over a SOCK_SEQPACKET pair. Numbers
 * are big-endian:
 *
 *     u16 type | u64 id | u8 num_fds | u32 body_len | body
 *
 * A frame is read whole or not at all; a frame that was cut, that has trailing
 * bytes, or that comes with another number of descriptors than it says is an
 * error which ends the peer. Received descriptors are close-on-exec.
 */
enum {
	FRAME_MAX_BODY = 48 * 1024, /* bytes */
	FRAME_HEAD = 15,
	FRAME_MAX = FRAME_HEAD + FRAME_MAX_BODY,
	FRAME_MAX_FDS = 4,
};

struct frame {
	uint16_t type;
	uint64_t id; /* of the request that it belongs to; 0: of none */
	struct span body;
	int fds[FRAME_MAX_FDS];
	size_t num_fds;
};

/*
 * frame_pair: a connected pair of non-blocking, close-on-exec sockets.
 *
 * Errors   IO
 */
MUST_USE struct err frame_pair(int out_sockets[2]);

/*
 * frame_send: one frame, whole. The descriptors stay the caller's.
 *
 * Errors   AGAIN: the peer's queue is full; CLOSED: the peer is away;
 *          TOO_BIG: a body or a number of descriptors over the cap; IO
 */
MUST_USE struct err frame_send(int socket, const struct frame *frame);

/*
 * frame_recv: one frame.
 *
 * buffer    room for FRAME_MAX bytes; out->body points into it
 * out       its descriptors belong to the caller
 * Errors    AGAIN: none is there; CLOSED: the peer is away; MALFORMED, TOO_BIG:
 *           not a frame (descriptors were closed); IO
 */
MUST_USE struct err frame_recv(
    int socket, uint8_t buffer[FRAME_MAX], struct frame *out);

/* frame_close_fds: close what came with it, and forget it. */
void frame_close_fds(struct frame *frame);

/* frame_take_fd: the i-th descriptor is the caller's from now on. */
int frame_take_fd(struct frame *frame, size_t i);

#endif
