#ifndef GATEHOUSE_ASK_ANSWER_H
#define GATEHOUSE_ASK_ANSWER_H

#include "gateway/keeper/ask_run.h"

/*
 * ask_answer: what the worker is told. Losing the worker is handled by its
 * seam; an answer that cannot be made becomes ASK_INTERNAL.
 */
void ask_answer_refused(struct ask *ask, enum ask_refusal refusal);
void ask_answer_granted(struct ask *ask);
void ask_answer_progress(struct ask *ask);

#endif
