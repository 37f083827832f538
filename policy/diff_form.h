#ifndef GATEHOUSE_DIFF_FORM_H
#define GATEHOUSE_DIFF_FORM_H

#include "policy/model.h"

/*
 * diff_form: which of two forms of a column tells more.
 *
 * It is a partial order: `keep` tells the most, `drop` the least, and many
 * pairs (a year and a pseudonym) cannot be compared. For `policy diff` only;
 * what is lawful is preset.h.
 */
enum diff_order {
	DIFF_SAME,
	DIFF_LESS,  /* the second tells less */
	DIFF_MORE,  /* the second tells more */
	DIFF_APART, /* neither: each may tell what the other does not */
};

/* A form, and the tables of its policy. `how` NULL: not delivered. */
struct diff_form {
	const struct protection *how;
	enum unfit unfit;
	const struct group_table *tables;
};

/* diff_form_compare: from `a` to `b`, the fate of unfit values included. */
enum diff_order diff_form_compare(
    const struct diff_form *a, const struct diff_form *b);

/* diff_order_join: of two aspects of one thing, judged one by one. */
enum diff_order diff_order_join(enum diff_order a, enum diff_order b);

#endif
