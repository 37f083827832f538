#ifndef GATEHOUSE_UNDO_H
#define GATEHOUSE_UNDO_H

#include "gateway/keeper/keeper.h"
#include "policy/reveal.h"

/* undo: the value of a code, by the key of its column and epoch. */
enum {
	UNDO_NUM_KEYS = 2, /* that are there at once, see pseudonym_reserve */
};

/* What the codes are of. All borrowed. */
struct undo {
	const struct keeper *keeper;
	const struct reveal_grant *grant;
	uint32_t epoch; /* of codes that do not say theirs */
};

/*
 * undo_code
 *
 * out     appended: the value; of a sealed code in its canonical form
 * Errors  MALFORMED: it is no code of such a column; NOT_FOUND: of an epoch
 *         that there is not; UNAVAILABLE: of one that was destroyed; CRYPTO:
 *         made under another key; NO_MEMORY, TOO_BIG. `why` is a sentence for
 *         who asks
 */
MUST_USE struct err undo_code(
    struct buf *out, const struct undo *undo, struct span code);

#endif
