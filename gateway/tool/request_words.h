#ifndef GATEHOUSE_REQUEST_WORDS_H
#define GATEHOUSE_REQUEST_WORDS_H

#include "gateway/tool/audit_find.h"

/* request_words: the records of one request as sentences for an officer. */
struct request_story {
	const struct audit_found *decision; /* the intent, or the denial */
	const struct audit_found *end;	    /* of an intent; NULL: not yet */
	struct audit_found last_start;	    /* of the gateway; empty: none */
};

/* request_words: append lines, each ended by LF. Errors: TOO_BIG, NO_MEMORY. */
MUST_USE struct err request_words(
    struct buf *out, const struct request_story *story, struct span id);

/* request_words_is_another: the gateway was started with another policy since
 * than the one that decided. */
bool request_words_is_another(const struct request_story *story);

#endif
