#ifndef GATEHOUSE_PEERS_H
#define GATEHOUSE_PEERS_H

#include "gateway/keeper/keeper.h"

/*
 * peers: who the keeper talks to, what each may say, and what goes on when it
 * says it or is lost. Auditor and supervisor cannot be lost: the loop stops.
 */

/* peers_init: nobody is there yet. The loop may come later. */
void peers_init(struct keeper *keeper);

/*
 * peers_attach: a channel that the supervisor gives; it takes the place of the
 * one before it. An item that is no channel of ours is left alone.
 *
 * item     its descriptor is taken over, also on failure of loop_add
 * Errors   MALFORMED: no such peer; those of loop_add
 */
MUST_USE struct err peers_attach(
    struct keeper *keeper, struct control_item *item);

/* peers_attach_control: the supervisor itself. Errors: those of loop_add. */
MUST_USE struct err peers_attach_control(struct keeper *keeper, int fd);

#endif
