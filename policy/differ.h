#ifndef GATEHOUSE_DIFFER_H
#define GATEHOUSE_DIFFER_H

#include "policy/diff.h"
#include "policy/diff_form.h"

/* differ: what the parts of diff.c share. Not for others. */
struct differ {
	const struct policy *old, *new;
	struct arena *arena;
	struct diff *out;
	size_t cap_rows, cap_signers;
	struct buf words; /* of the text that is being made */
};

/* An agreement before and after; `old` is NULL where it is new, and the other
 * way round. The changes that hold for all of its callers and places. */
struct differ_pair {
	const struct agreement *old, *new;
	struct diff_row *changes;
	size_t num_changes, cap_changes;
};

/* differ_row: keep and count a row. Errors: NO_MEMORY, TOO_BIG. */
MUST_USE struct err differ_row(struct differ *d, const struct diff_row *row);

/* differ_note: a change for every caller and place. Errors: likewise. */
MUST_USE struct err differ_note(
    struct differ *d, struct differ_pair *pair, const struct diff_row *row);

/* differ_sign: the controller of a dataset has to sign. Errors: likewise. */
MUST_USE struct err differ_sign(
    struct differ *d, const struct policy *policy, uint32_t dataset);

/* differ_sign_all: everybody whose data it is. Errors: likewise. */
MUST_USE struct err differ_sign_all(struct differ *d);

/* differ_text: what is in d->words, kept; d->words is empty then. */
MUST_USE struct err differ_text(struct differ *d, struct span *out);

/* differ_verdict: of an order from old to new. */
enum diff_verdict differ_verdict(enum diff_order order);

/* differ_find_*: the index of the thing of that id, or NO_INDEX. */
uint32_t differ_find_group(const struct policy *p, struct span id);
uint32_t differ_find_place(const struct policy *p, struct span id);

/* differ_name: one more of the names that d->words lists. */
MUST_USE struct err differ_name(struct differ *d, struct span id);

/* The parts. Errors: NO_MEMORY, TOO_BIG. */
MUST_USE struct err diff_terms_compare(
    struct differ *d, struct differ_pair *pair);
MUST_USE struct err diff_facts_compare(struct differ *d);
MUST_USE struct err diff_never_compare(struct differ *d);
MUST_USE struct err diff_change_compare(struct differ *d);

#endif
