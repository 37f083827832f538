#include "policy/diff_form.h"

#include "policy/literal.h"

/* Each tells more than those behind it. */
static const enum protection_op chains[][4] = {
    {PROTECT_FORMAT, PROTECT_SEALED, PROTECT_PSEUDONYM, PROTECT_TOKEN},
    {PROTECT_MONTH, PROTECT_QUARTER, PROTECT_YEAR, PROTECT_DECADE},
    {PROTECT_ZIP3, PROTECT_GROUP, NUM_PROTECTIONS, NUM_PROTECTIONS},
};

enum {
	NUM_CHAINS = sizeof(chains) / sizeof(chains[0])
};

enum diff_order
diff_order_join(enum diff_order a, enum diff_order b)
{
	if (a == DIFF_SAME || a == b)
		return b;
	return b == DIFF_SAME ? a : DIFF_APART;
}

/* DIFF_LESS where b's number is lower. */
static enum diff_order
by_number(uint32_t a, uint32_t b)
{
	if (a == b)
		return DIFF_SAME;
	return b < a ? DIFF_LESS : DIFF_MORE;
}

static enum diff_order
by_step(struct decimal a, struct decimal b)
{
	if (literal_compare(a, b) == 0)
		return DIFF_SAME;
	if (literal_is_multiple(b, a))
		return DIFF_LESS;
	return literal_is_multiple(a, b) ? DIFF_MORE : DIFF_APART;
}

/* A cap within another cuts more away, at either end. */
static enum diff_order
by_cap(const struct protection *a, const struct protection *b)
{
	int low = literal_compare(a->low, b->low);
	int high = literal_compare(b->high, a->high);
	enum diff_order bottom = low == 0 ? DIFF_SAME
	    : low < 0			  ? DIFF_LESS
					  : DIFF_MORE;
	enum diff_order top = high == 0 ? DIFF_SAME
	    : high < 0			? DIFF_LESS
					: DIFF_MORE;

	return diff_order_join(bottom, top);
}

/* What is in a table is what is delivered: another file is another form. */
static enum diff_order
by_table(const struct diff_form *a, const struct diff_form *b)
{
	const struct group_table *one = &a->tables[a->how->table];
	const struct group_table *two = &b->tables[b->how->table];

	return span_equal(span_of(one->digest, sizeof(one->digest)),
		   span_of(two->digest, sizeof(two->digest)))
	    ? DIFF_SAME
	    : DIFF_APART;
}

/* The same operation, with other numbers. */
static enum diff_order
by_arguments(const struct diff_form *a, const struct diff_form *b)
{
	switch (a->how->op) {
	case PROTECT_MASK:
		return diff_order_join(by_number(a->how->first, b->how->first),
		    by_number(a->how->last, b->how->last));
	case PROTECT_PREFIX:
		return by_number(a->how->prefix_len, b->how->prefix_len);
	case PROTECT_BAND:
	case PROTECT_ROUND:
		return by_step(a->how->step, b->how->step);
	case PROTECT_CAP:
		return by_cap(a->how, b->how);
	case PROTECT_CAPPED_BAND:
		return diff_order_join(by_step(a->how->step, b->how->step),
		    by_cap(a->how, b->how));
	case PROTECT_GROUP:
		return by_table(a, b);
	case PROTECT_FORMAT:
		/* One delivers what the other withholds, and the other what
		 * the one hides: the country of an IBAN. */
		return a->how->check_digit == b->how->check_digit ? DIFF_SAME
								  : DIFF_APART;
	case PROTECT_DROP:
	case PROTECT_BLANK:
	case PROTECT_KEEP:
	case PROTECT_PSEUDONYM:
	case PROTECT_DECADE:
	case PROTECT_YEAR:
	case PROTECT_QUARTER:
	case PROTECT_MONTH:
	case PROTECT_AGE_90:
	case PROTECT_ZIP3:
	case PROTECT_TOKEN:
	case PROTECT_SEALED:
	case PROTECT_SHIFT:
	case PROTECT_SCRUB:
	case NUM_PROTECTIONS:
		break;
	}
	return DIFF_SAME;
}

/* Where an operation stands in a chain; NO_INDEX where it does not. */
static uint32_t
rank_in(size_t chain, enum protection_op op)
{
	for (uint32_t i = 0; i < 4; i++)
		if (chains[chain][i] == op && op != NUM_PROTECTIONS)
			return i;
	return NO_INDEX;
}

static enum diff_order
by_chain(enum protection_op a, enum protection_op b)
{
	for (size_t i = 0; i < NUM_CHAINS; i++) {
		uint32_t from = rank_in(i, a), to = rank_in(i, b);

		if (from != NO_INDEX && to != NO_INDEX)
			return from < to ? DIFF_LESS : DIFF_MORE;
	}
	return DIFF_APART;
}

/* An empty column tells no more than none. */
static bool
tells_nothing(const struct diff_form *form)
{
	return form->how == NULL || form->how->op == PROTECT_DROP ||
	    form->how->op == PROTECT_BLANK;
}

static enum diff_order
by_operation(const struct diff_form *a, const struct diff_form *b)
{
	if (tells_nothing(a) || tells_nothing(b)) {
		if (tells_nothing(a) && tells_nothing(b))
			return DIFF_SAME;
		return tells_nothing(b) ? DIFF_LESS : DIFF_MORE;
	}
	if (a->how->op == b->how->op)
		return by_arguments(a, b);
	if (a->how->op == PROTECT_KEEP)
		return DIFF_LESS;
	if (b->how->op == PROTECT_KEEP)
		return DIFF_MORE;
	return by_chain(a->how->op, b->how->op);
}

/* How much of a file is left where a value is unfit. */
static uint32_t
rank_unfit(const struct diff_form *form)
{
	switch (form->unfit) {
	case UNFIT_REFUSE:
		return 0;
	case UNFIT_WITHHOLD_ROW:
		return 1;
	case UNFIT_DROP:
		return 2;
	case NUM_UNFITS:
		break;
	}
	return 0;
}

enum diff_order
diff_form_compare(const struct diff_form *a, const struct diff_form *b)
{
	enum diff_order form = by_operation(a, b);

	if (tells_nothing(a) || tells_nothing(b))
		return form;
	return diff_order_join(form, by_number(rank_unfit(a), rank_unfit(b)));
}
