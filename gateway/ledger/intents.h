#ifndef GATEHOUSE_INTENTS_H
#define GATEHOUSE_INTENTS_H

#include "crypto/memory/buf.h"
#include "gateway/base/limits.h"

/* intents: those that have no completion yet, in the order of their numbers. */
struct intent {
	uint64_t index;
	uint64_t bytes_most; /* what may have left; UINT64_MAX: not said */
	bool closed;
	uint8_t request_len;
	uint8_t request[LEDGER_MAX_REQUEST];
};

/* The zero value is empty and holds nothing; intents_init it. */
struct intents {
	struct intent *items; /* by index; closed ones leave now and then */
	size_t num;
	size_t num_open;
	size_t cap;
};

/* intents_init: room for LEDGER_MAX_OPEN. Errors: NO_MEMORY. */
MUST_USE struct err intents_init(struct intents *intents);
void intents_done(struct intents *intents); /* accepts the zero value */

/*
 * intents_open: one more, with an index above all others.
 *
 * Errors   NO_SPACE: LEDGER_MAX_OPEN are open; TOO_BIG: a long request id
 */
MUST_USE struct err intents_open(struct intents *intents, uint64_t index,
    struct span request, uint64_t bytes_most);

/*
 * intents_sweep: forget the closed ones, if room gets short. To be called
 * before each LEDGER_MAX_BATCH_NUM records, while nothing can be undone.
 */
void intents_sweep(struct intents *intents);

/* intents_close: it has its completion. Errors: NOT_FOUND: it is not open. */
MUST_USE struct err intents_close(struct intents *intents, uint64_t index);

/*
 * intents_undo_open, intents_undo_close: the record did not reach the disk.
 * In the reverse order, with nothing opened since: asserted.
 */
void intents_undo_open(struct intents *intents, uint64_t index);
void intents_undo_close(struct intents *intents, uint64_t index);

/*
 * intents_put: append those that are open: u32 how many; of each u64 index, u64
 * bytes_most, field request. intents_take: of what was put, into empty ones.
 *
 * Errors   of the buf; MALFORMED, TRUNCATED: not as it is put
 */
enum {
	INTENTS_PUT_MAX = 4 + LEDGER_MAX_OPEN * (8 + 8 + 4 + LEDGER_MAX_REQUEST)
};
MUST_USE struct err intents_put(const struct intents *intents, struct buf *out);
MUST_USE struct err intents_take(struct intents *intents, struct span *in);

/*
 * intents_next: the first open one with an index of at least `from`; NULL:
 * there is none. Borrowed until the next call that changes something.
 */
const struct intent *intents_next(const struct intents *intents, uint64_t from);

#endif
