#ifndef GATEHOUSE_NEW_GUESS_H
#define GATEHOUSE_NEW_GUESS_H

#include "gateway/tool/new_draft.h"
#include "policy/model.h"

/*
 * new_guess: what a column seems to be, by its values and its name: a proposal
 * for an officer, who knows. One of which nothing is clear is proposed as free
 * text, which never leaves as it is.
 */
struct new_guess {
	uint64_t values;
	uint64_t like[NUM_KINDS]; /* what identifies by its shape */
	uint64_t fit[NUM_KINDS];
};

/* new_guess_look: a value of it; nothing of it is kept. */
void new_guess_look(struct new_guess *guess, struct span value);

/* new_guess_propose: what the column is, in the draft's arena. Errors: TOO_BIG,
 * NO_MEMORY. */
MUST_USE struct err new_guess_propose(struct new_draft *draft,
    struct new_column *column, const struct new_guess *guess);

#endif
