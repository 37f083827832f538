#ifndef GATEHOUSE_WORDS_H
#define GATEHOUSE_WORDS_H

#include "crypto/memory/buf.h"
#include "policy/model.h"

/* words: from a word of the language to its value; the way back is model.h. */
enum words_set {
	WORDS_CLASS,
	WORDS_KIND,
	WORDS_PROTECTION,
	WORDS_UNFIT,
	WORDS_ROLE,
	WORDS_HIPAA,
	WORDS_GDPR,
	WORDS_ENCRYPT,
	WORDS_COMPRESSION,
	WORDS_CHANGE_RULE,
	WORDS_LDS_USE,
	WORDS_TRANSFER,
	WORDS_SMALL_GROUPS,
	WORDS_LISTING,
	WORDS_WARM,
	NUM_WORDS_SETS
};

/* words_at: the words of a set one after the other; NULL past the last. */
const char *words_at(enum words_set set, unsigned i);

/*
 * words_find: the value of a word.
 *
 * out_near  NULL, or the word that was probably meant; empty if none is near
 * Returns   false, with *out_value untouched, when there is no such word
 */
bool words_find(enum words_set set, struct span word, unsigned *out_value,
    struct span *out_near);

/* words_limits: append "at most 5 rows a day, 60 requests a minute"; nothing
 * where none is written. Errors: TOO_BIG, NO_MEMORY. */
MUST_USE struct err words_limits(struct buf *out, const struct limits *limits);

#endif
