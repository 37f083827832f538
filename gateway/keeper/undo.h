#ifndef GATEHOUSE_UNDO_H
#define GATEHOUSE_UNDO_H

#include "crypto/token.h"
#include "gateway/keeper/keeper.h"
#include "policy/reveal.h"

/* undo: the value of a code, by the key of its column and epoch. */
enum {
	UNDO_NUM_KEYS = 2, /* that are there at once, see hmac_key_reserve */
};

/* What the codes are of. All borrowed. */
struct undo {
	const struct keeper *keeper;
	const struct reveal_grant *grant;
	uint32_t epoch; /* of codes that do not say theirs */
};

/*
 * undo_asks: whether the codebook is asked first, and for which code.
 *
 * Errors  MALFORMED: it is no code of such a column
 */
MUST_USE struct err undo_asks(const struct undo *undo, struct span code,
    bool *out_asks, uint8_t out_code[TOKEN_CODE]);

/*
 * undo_code
 *
 * out     appended: the value; but of a shape in its canonical form
 * sealed  what the codebook has of it; empty: it was not asked
 * Errors  MALFORMED: it is no code of such a column; NOT_FOUND: of an epoch
 *         that there is not; UNAVAILABLE: of one that was destroyed; CRYPTO:
 *         made under another key; NO_MEMORY, TOO_BIG. `why` is a sentence for
 *         who asks
 */
MUST_USE struct err undo_code(struct buf *out, const struct undo *undo,
    struct span code, struct span sealed);

#endif
