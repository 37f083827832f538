#include "policy/linked.h"

#include "policy/protect.h"

bool
linked_alike(const struct agreement *a, const struct agreement *b)
{
	return a->purpose == b->purpose && a->dataset == b->dataset &&
	    a->recipient == b->recipient;
}

static int
compare(const struct policy *p, uint32_t a, uint32_t b)
{
	const struct agreement *x = &p->agreements[a], *y = &p->agreements[b];
	int order = span_compare(
	    p->purposes[x->purpose].id, p->purposes[y->purpose].id);

	if (order == 0)
		order = span_compare(
		    p->datasets[x->dataset].id, p->datasets[y->dataset].id);
	if (order == 0)
		order = span_compare(
		    p->parties[x->recipient].id, p->parties[y->recipient].id);
	return order;
}

/* All that its codes hang on is there: a policy with errors may lack it. */
static bool
is_whole(const struct agreement *a)
{
	return a->purpose != NO_INDEX && a->dataset != NO_INDEX &&
	    a->recipient != NO_INDEX;
}

/* All that follow one of them follow the first of both. */
static void
join(struct policy *p, uint32_t a, uint32_t b)
{
	uint32_t first = compare(p, a, b) <= 0 ? a : b;
	uint32_t other = first == a ? b : a;

	for (uint32_t i = 0; i < p->num_agreements; i++)
		if (p->agreements[i].codes_of == other)
			p->agreements[i].codes_of = first;
}

void
linked_set(struct policy *p)
{
	for (uint32_t i = 0; i < p->num_agreements; i++) {
		uint32_t alike = 0;

		while (!linked_alike(&p->agreements[alike], &p->agreements[i]))
			alike++;
		p->agreements[i].codes_of = alike;
	}
	for (uint32_t i = 0; i < p->num_agreements; i++) {
		const struct agreement *a = &p->agreements[i];

		for (uint32_t j = 0; j < a->num_linkable; j++) {
			const struct agreement *b =
			    &p->agreements[a->linkable[j]];

			if (a->codes_of != b->codes_of && is_whole(a) &&
			    is_whole(b))
				join(p, a->codes_of, b->codes_of);
		}
	}
}

/* The kind that the key of a column is of; NUM_KINDS: it delivers no code. */
static enum column_kind
kind_of_key(const struct dataset *ds, const struct delivered *column)
{
	if (column->how.op == PROTECT_SHIFT)
		return ds->subject_column == NO_INDEX
		    ? NUM_KINDS
		    : ds->columns[ds->subject_column].kind;
	if (column->how.op != PROTECT_TOKEN &&
	    !protect_is_keyed(column->how.op))
		return NUM_KINDS;
	return ds->columns[column->column].kind;
}

bool
linked_share(const struct policy *policy, const struct agreement *a,
    const struct agreement *b)
{
	for (uint32_t i = 0; i < a->num_columns; i++) {
		const struct delivered *x = &a->columns[i];
		enum column_kind kind =
		    kind_of_key(&policy->datasets[a->dataset], x);

		for (uint32_t j = 0; j < b->num_columns; j++) {
			const struct delivered *y = &b->columns[j];

			if (kind != NUM_KINDS && x->how.op == y->how.op &&
			    x->how.check_digit == y->how.check_digit &&
			    kind_of_key(&policy->datasets[b->dataset], y) ==
				kind)
				return true;
		}
	}
	return false;
}
