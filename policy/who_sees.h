#ifndef GATEHOUSE_WHO_SEES_H
#define GATEHOUSE_WHO_SEES_H

#include "crypto/memory/arena.h"
#include "crypto/memory/buf.h"
#include "policy/model.h"

/*
 * who_sees: who gets a dataset, or a column of it, where, in which form and
 * until when.
 */
struct who_sees_row {
	uint32_t group, agreement, place; /* of the policy */
	const struct delivered *delivered;
};

struct who_sees {
	struct who_sees_row *rows;
	size_t num_rows;
};

/*
 * who_sees_list: by agreement, caller, place, column.
 *
 * column   of the dataset; NO_INDEX: each that is delivered
 * now      Unix time in seconds: what has ended is left out, what has yet to
 *          begin is in
 * Errors   NO_MEMORY, TOO_BIG of the arena
 */
MUST_USE struct err who_sees_list(struct who_sees *out, struct arena *arena,
    const struct policy *policy, uint32_t dataset, uint32_t column,
    int64_t now);

/* who_sees_print: a table for a person. Errors: TOO_BIG, NO_MEMORY. */
MUST_USE struct err who_sees_print(
    struct buf *out, const struct policy *policy, const struct who_sees *list);

#endif
