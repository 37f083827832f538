#ifndef GATEHOUSE_ASK_LIFE_H
#define GATEHOUSE_ASK_LIFE_H

#include "gateway/keeper/ask_run.h"

/* ask_life: a question from when it comes until nobody waits for it. */

/* ask_life_new: the timer, which is not set yet, calls waited_enough(ask).
 * NULL: no memory. */
struct ask *ask_life_new(struct keeper *keeper, struct seam *seam, uint64_t id,
    void (*waited_enough)(void *ask));

/* ask_life_free: nobody is told of it any more. */
void ask_life_free(struct ask *ask);

#endif
