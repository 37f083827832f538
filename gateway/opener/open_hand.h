#ifndef GATEHOUSE_OPEN_HAND_H
#define GATEHOUSE_OPEN_HAND_H

#include "gateway/opener/open_serve.h"

/*
 * open_hand: the spool passes from one opener to the next (ipc/hand.h): which
 * slots lie there, in which order they were used; what is being filled, and
 * who asked for it; and the keepers.
 *
 * open_hand_offer: all of that, to the heir; it is still ours.
 *
 * Errors   those of hand_send
 */
MUST_USE struct err open_hand_offer(const struct open_serve *serve);

/*
 * open_hand_take: all of what an elder hands over, into a server of that spool
 * which knows of nothing yet; then the spool is ours.
 *
 * Errors   those of hand_receive and spool_dir_take; MALFORMED, TRUNCATED: the
 *          elder is none
 */
MUST_USE struct err open_hand_take(struct open_serve *serve, int elder);

#endif
