#ifndef GATEHOUSE_DRAWS_H
#define GATEHOUSE_DRAWS_H

#include "gateway/ipc/book.h"
#include "gateway/keeper/keeper.h"

/*
 * draws: the codebook, as the keeper sees it: which one it is, the seam
 * (ipc/draw.h) that each fill of a plan with random codes gets from it, and
 * what it has of a code whose value is to be shown (shown.h).
 */

/*
 * draws_ask: the mill, which has been given the fill, is to get codes.
 *
 * budget   indexes that it may ask for
 * kind     PENDING_DRAW, of a slot, or PENDING_FORM_DRAW, of a form
 * Errors   UNAVAILABLE: the codebook is away; NO_MEMORY
 */
MUST_USE struct err draws_ask(
    struct seam *mill, uint64_t budget, enum pending_kind kind, void *owner);

/* draws_budget: of a source of so many bytes: what it can hold of values. */
uint64_t draws_budget(enum compression compression, uint64_t len);

/* draws_close: the mill's fill is over. Nothing, if it got no codes. */
void draws_close(struct seam *mill);

/* draws_rules: what the codebook may say, of a channel whose context is a
 * struct seam. */
enum {
	DRAWS_RULES = 8
};
extern const struct channel_rule draws_rules[DRAWS_RULES];

#endif
