#ifndef GATEHOUSE_DIFF_TERM_H
#define GATEHOUSE_DIFF_TERM_H

#include "policy/differ.h"

/* diff_term: one term of an agreement, before and after. For diff_*.c. */

/* The agreement on both sides, and the datasets behind them. */
struct terms {
	struct differ *d;
	struct differ_pair *pair;
	const struct dataset *old_ds, *new_ds;
};

/* A text field of a struct, by name. */
struct diff_field {
	const char *what;
	size_t offset;
};

/* diff_term_at: a change, where the new policy has a line for it. An empty
 * text is shown as "none". Errors of all: NO_MEMORY, TOO_BIG. */
MUST_USE struct err diff_term_at(struct terms *t, const char *what,
    enum diff_verdict verdict, struct span before, struct span after,
    uint32_t line);

/* diff_term: likewise, at the line of the agreement; nothing if DIFF_SAME. */
MUST_USE struct err diff_term(struct terms *t, const char *what,
    enum diff_order order, struct span before, struct span after);

/* diff_term_text: texts are the same, or not comparable. */
MUST_USE struct err diff_term_text(
    struct terms *t, const char *what, struct span before, struct span after);

/* diff_term_fields: the same of fields of two structs of one type. */
MUST_USE struct err diff_term_fields(struct terms *t,
    const struct diff_field *fields, size_t num, const void *before,
    const void *after);

/* diff_bounds_compare: limits, groups, links, transfers, exceptions, lists of
 * the erased, and what a basis stands on. */
MUST_USE struct err diff_bounds_compare(struct terms *t);

#endif
