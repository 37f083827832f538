#ifndef GATEHOUSE_SUGGEST_H
#define GATEHOUSE_SUGGEST_H

#include "crypto/memory/span.h"

/*
 * suggest: the word that somebody probably meant. Feed the candidates one by
 * one; the nearest within a third of its length stays.
 */
struct suggest {
	struct span wanted; /* what was written */
	struct span best;   /* empty: nothing near enough yet */
	size_t best_distance;
};

void suggest_init(struct suggest *s, struct span wanted);
void suggest_offer(struct suggest *s, struct span candidate);

/*
 * suggest_distance: letters to insert, delete, change or swap with their
 * neighbour to get from one to the other (optimal string alignment); `most`,
 * once it is sure that it is no less. Words over 63 bytes are as far as can be.
 */
size_t suggest_distance(struct span a, struct span b, size_t most);

#endif
