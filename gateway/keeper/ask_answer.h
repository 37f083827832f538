#ifndef GATEHOUSE_ASK_ANSWER_H
#define GATEHOUSE_ASK_ANSWER_H

#include "gateway/keeper/ask_run.h"

/*
 * ask_answer: what the worker is told. Losing the worker is handled by its
 * seam.
 */
void ask_answer_refused(struct ask *ask, enum ask_refusal refusal);

/*
 * ask_answer_granted: all of it, or nothing.
 *
 * Errors   nothing was sent. USAGE: not a continuation token of ours;
 *          NO_MEMORY, TOO_BIG; IO: no descriptor is left; CRYPTO
 */
MUST_USE struct err ask_answer_granted(struct ask *ask);

/* ask_answer_progress: of a growing slot. True: it is full, or spoilt, and
 * there will be no more. */
bool ask_answer_progress(struct ask *ask);

#endif
