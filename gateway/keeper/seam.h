#ifndef GATEHOUSE_SEAM_H
#define GATEHOUSE_SEAM_H

#include "gateway/keeper/keeper.h"

/*
 * seam: one channel to another role, in the keeper's loop. What comes is given
 * to the channel's rules; a peer that is gone, or breaks them, is told to
 * seam->lost, which closes the seam and goes on without it.
 */

/*
 * seam_open: watch the channel, which was initialised.
 *
 * Errors   those of loop_add; the channel stays open
 */
MUST_USE struct err seam_open(struct seam *seam);

/* seam_close: forget the peer; what was queued for it is dropped. */
void seam_close(struct seam *seam);

/*
 * seam_begin: of the keeper's loop, before the first seam is opened. Before
 * the loop waits, seam_settle sends what its handlers said, in the order in
 * which they turned to each peer, and locks the keyring.
 */
void seam_begin(struct keeper *keeper);
void seam_settle(struct keeper *keeper);

/* seam_hurry: what waits for company is sent at the end of this turn. */
void seam_hurry(struct seam *seam);

/* seam_note: a message that can wait for another one to travel with, but not
 * longer than CHANNEL_PATIENT_MS. Errors: those of channel_send. */
MUST_USE struct err seam_note(
    struct seam *seam, uint16_t type, uint64_t id, struct span body);

/* seam_ask: the same as seam_send, for who has to know of a failure. Errors:
 * those of channel_send. seam_ask_with: as seam_send_frame. */
MUST_USE struct err seam_ask(
    struct seam *seam, uint16_t type, uint64_t id, struct span body);
MUST_USE struct err seam_ask_with(struct seam *seam, struct frame *frame);

/* seam_send: a message with no descriptors. Losing the peer is handled. */
void seam_send(struct seam *seam, uint16_t type, uint64_t id, struct span body);

/* seam_send_frame: the same with descriptors, which are taken over. */
void seam_send_frame(struct seam *seam, struct frame *frame);

/*
 * seam_has_room: whether a worker may ask one more question. Half of the room
 * is the workers', each an equal part; the other half is whoever's comes first.
 * So one that holds all it can get leaves each of the others their part.
 */
bool seam_has_room(const struct keeper *keeper, const struct seam *seam);

#endif
