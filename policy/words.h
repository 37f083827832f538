#ifndef GATEHOUSE_WORDS_H
#define GATEHOUSE_WORDS_H

#include "policy/model.h"

/* words: from a word of the language to its value; the way back is model.h. */
enum words_set {
	WORDS_CLASS,
	WORDS_KIND,
	WORDS_PROTECTION,
	WORDS_UNFIT,
	WORDS_ROLE,
	WORDS_BASIS,
	WORDS_ENCRYPT,
	WORDS_COMPRESSION,
};

/*
 * words_find: the value of a word.
 *
 * out_near  NULL, or the word that was probably meant; empty if none is near
 * Returns   false, with *out_value untouched, when there is no such word
 */
bool words_find(enum words_set set, struct span word, unsigned *out_value,
    struct span *out_near);

#endif
