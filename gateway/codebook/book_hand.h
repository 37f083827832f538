#ifndef GATEHOUSE_BOOK_HAND_H
#define GATEHOUSE_BOOK_HAND_H

#include "gateway/codebook/book_serve.h"

/*
 * book_hand: the codebook passes from one process to the next (ipc/hand.h):
 * keepers, and the fills that run, each with what it may still ask. All that
 * the elder answered is committed by then, so its codes are the heir's.
 *
 * book_hand_over: all of that, to the heir; then the store is closed. An
 * heir who does not take it is sent away, and nothing was given up.
 *
 * Errors   CLOSED: the heir has all of it
 */
MUST_USE struct err book_hand_over(struct book_serve *serve);

/*
 * book_hand_take: all of what an elder hands over, into a server which knows of
 * nothing yet; its store can be started then.
 *
 * Errors   those of hand_receive; MALFORMED, TRUNCATED: the elder is none
 */
MUST_USE struct err book_hand_take(struct book_serve *serve, int elder);

#endif
