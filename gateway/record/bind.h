#ifndef GATEHOUSE_BIND_H
#define GATEHOUSE_BIND_H

#include "policy/plan.h"

/*
 * bind: a plan meets one file, by the names in its header, byte for byte.
 *
 * A file is refused when
 *   a name is there twice
 *   a name that the plan requires is not there; what is delivered and not
 *     required may be absent if the plan says so (`missing-column: empty`)
 *   an undeclared name looks like a declared one: equal but for ASCII case,
 *     blanks, `_`, `-` and `.`
 *   an undeclared name has bytes outside printable ASCII. Whether such a name
 *     looks like a declared one only the tables of Unicode could tell, and
 *     who sees both would not know which of them the policy meant. The way
 *     out is to declare the column; it need not be delivered
 *   the plan refuses new columns and there is an undeclared name
 * Other undeclared columns are dropped, and counted.
 */
struct bind {
	uint32_t *column_of;  /* per field: column of the raw batch, or
				 NO_INDEX (which is CSV_NO_COLUMN) */
	uint32_t *columns;    /* per column of the plan: raw, or NO_INDEX */
	uint32_t *conditions; /* per condition of the plan: raw */
	uint32_t num_raw;     /* columns of the raw batch */
	uint32_t num_dropped; /* undeclared names in the file */
	uint32_t num_absent;  /* columns delivered empty */
};

/*
 * bind_header
 *
 * out      arrays in `arena`
 * Errors   MALFORMED: refused, as above; NO_MEMORY, TOO_BIG of the arena
 */
MUST_USE struct err bind_header(struct bind *out, struct arena *arena,
    const struct plan *plan, const struct span *names, uint32_t num_names);

#endif
