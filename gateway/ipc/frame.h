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
 *
 * A pack is several frames of one sender, one behind the other, which travel
 * as one message; their descriptors come in the same order. Who takes packs
 * takes single frames too: each is a pack of one.
 */
enum {
	FRAME_MAX_BODY = 48 * 1024, /* bytes */
	FRAME_HEAD = 15,
	FRAME_MAX = FRAME_HEAD + FRAME_MAX_BODY,
	FRAME_MAX_FDS = 4,
	FRAME_PACK = 32,     /* frames in one pack, FRAME_MAX bytes together */
	FRAME_PACK_FDS = 32, /* descriptors in one pack */
};

struct frame {
	uint16_t type;
	uint64_t id; /* of the request that it belongs to; 0: of none */
	struct span body;
	int fds[FRAME_MAX_FDS];
	size_t num_fds;
};

struct frame_pack {
	struct span rest; /* what was not taken yet, in the buffer */
	int fds[FRAME_PACK_FDS];
	size_t num_fds, next_fd; /* those from next_fd on are the pack's */
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

/* frame_pack_fit: how many of these frames, from the first on, are one pack at
 * most; 0: the first is over a cap. */
size_t frame_pack_fit(const struct frame *const *frames, size_t num);

/* frame_send_pack: all of them in one message. Errors: as frame_send; TOO_BIG:
 * none, or more than fit. */
MUST_USE struct err frame_send_pack(
    int socket, const struct frame *const *frames, size_t num);

/*
 * frame_recv_pack: one message.
 *
 * buffer    room for FRAME_MAX bytes; the frames of `out` point into it
 * out       to be closed when it succeeds
 * Errors    AGAIN: none is there; CLOSED: the peer is away; TOO_BIG; IO
 */
MUST_USE struct err frame_recv_pack(
    int socket, uint8_t buffer[FRAME_MAX], struct frame_pack *out);

/*
 * frame_pack_next: the next frame.
 *
 * out       its descriptors belong to the caller
 * Errors    AGAIN: that was the last; MALFORMED, TRUNCATED: not a frame
 */
MUST_USE struct err frame_pack_next(struct frame_pack *pack, struct frame *out);

/* frame_pack_close: close the descriptors of frames that were not taken. */
void frame_pack_close(struct frame_pack *pack);

/* frame_close_fds: close what came with it, and forget it. */
void frame_close_fds(struct frame *frame);

/* frame_take_fd: the i-th descriptor is the caller's from now on. */
int frame_take_fd(struct frame *frame, size_t i);

#endif
