#include "policy/differ.h"

#include "policy/changes.h"
#include "policy/day.h"
#include "policy/explain.h"

/*
 * diff_measure: how much, from how many, with whose leave; and who signs. What
 * this build does not serve counts as if it were served: a new build serves it
 * without asking anybody.
 */

/* --- Numbers --- */

static struct err
number_text(struct differ *d, struct span *out, uint64_t number)
{
	if (number > 0)
		TRY(buf_append_u64(&d->words, number));
	return differ_text(d, out);
}

/* A bound from above: none tells most, and then the greater number. */
static struct err
compare_limit(struct differ *d, struct differ_pair *pair, const char *what,
    uint64_t old, uint64_t new)
{
	struct span before, after;
	bool less = new > 0 && (old == 0 || new < old);

	if (old == new)
		return OK;
	TRY(number_text(d, &before, old));
	TRY(number_text(d, &after, new));
	return differ_term(
	    d, pair, what, less ? DIFF_LESS : DIFF_MORE, before, after);
}

static struct err
compare_limits(struct differ *d, struct differ_pair *pair)
{
	const struct limits *a = &pair->old->limits, *b = &pair->new->limits;

	TRY(compare_limit(
	    d, pair, "limits: rows-per-day", a->rows_per_day, b->rows_per_day));
	TRY(compare_limit(d, pair, "limits: bytes-per-day", a->bytes_per_day,
	    b->bytes_per_day));
	TRY(compare_limit(d, pair, "limits: requests-per-minute",
	    a->requests_per_minute, b->requests_per_minute));
	a = &pair->old->per_caller;
	b = &pair->new->per_caller;
	TRY(compare_limit(d, pair, "per-caller: rows-per-day", a->rows_per_day,
	    b->rows_per_day));
	TRY(compare_limit(d, pair, "per-caller: bytes-per-day",
	    a->bytes_per_day, b->bytes_per_day));
	return compare_limit(d, pair, "per-caller: requests-per-minute",
	    a->requests_per_minute, b->requests_per_minute);
}

/* A bound from below: the greater number hides more. */
static struct err
compare_least(struct differ *d, struct differ_pair *pair, const char *what,
    uint32_t old, uint32_t new)
{
	struct span before, after;

	if (old == new)
		return OK;
	TRY(number_text(d, &before, old));
	TRY(number_text(d, &after, new));
	return differ_term(
	    d, pair, what, new > old ? DIFF_LESS : DIFF_MORE, before, after);
}

/* --- Words --- */

static struct err
compare_word(struct differ *d, struct differ_pair *pair, const char *what,
    const char *old, const char *new)
{
	return differ_term(d, pair, what,
	    strcmp(old, new) == 0 ? DIFF_SAME : DIFF_APART, span_str(old),
	    span_str(new));
}

static struct err
compare_words(struct differ *d, struct differ_pair *pair)
{
	const struct agreement *a = pair->old, *b = pair->new;

	TRY(compare_least(
	    d, pair, "smallest-group", a->smallest_group, b->smallest_group));
	TRY(compare_least(
	    d, pair, "smallest-group: l", a->distinct, b->distinct));
	TRY(compare_word(d, pair, "small-groups",
	    model_small_groups_name(a->small_groups),
	    model_small_groups_name(b->small_groups)));
	TRY(compare_word(d, pair, "listing", model_listing_name(a->listing),
	    model_listing_name(b->listing)));
	return compare_word(d, pair, "warm", model_warm_name(a->warm),
	    model_warm_name(b->warm));
}

/* --- Lists, by what they say --- */

static struct err
links_text(struct differ *d, struct span *out, const struct policy *p,
    const struct agreement *a)
{
	for (uint32_t i = 0; i < a->num_linkable; i++)
		TRY(differ_name(d, p->agreements[a->linkable[i]].id));
	if (a->num_linkable > 0) {
		TRY(buf_append_str(&d->words, ": "));
		TRY(buf_append(&d->words, a->linkable_because));
	}
	return differ_text(d, out);
}

static struct err
transfer_text(struct differ *d, struct span *out, const struct agreement *a)
{
	const struct transfer *t = &a->transfer;
	const struct span parts[] = {
	    t->tia, t->certified, t->art49, t->because};

	if (t->tool != TRANSFER_NONE)
		TRY(buf_append_str(&d->words, model_transfer_name(t->tool)));
	if (t->module > 0)
		TRY(buf_append_format(
		    &d->words, " module %u", (unsigned)t->module));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].len > 0)
			TRY(differ_name(d, parts[i]));
	return differ_text(d, out);
}

static struct err
exceptions_text(struct differ *d, struct span *out, const struct policy *p,
    const struct agreement *a)
{
	const struct dataset *ds = &p->datasets[a->dataset];

	for (uint32_t i = 0; i < a->num_exceptions; i++) {
		const struct exception *e = &a->exceptions[i];

		for (uint32_t j = 0; j < e->num_who; j++)
			TRY(differ_name(d, p->groups[e->who[j]].id));
		TRY(buf_append_str(&d->words, " until "));
		TRY(day_append(&d->words, e->until));
		for (uint32_t j = 0; j < e->num_columns; j++) {
			TRY(differ_name(
			    d, ds->columns[e->columns[j].column].name));
			TRY(buf_append_str(&d->words, ": "));
			TRY(explain_protection(&d->words, p, &e->columns[j]));
		}
	}
	return differ_text(d, out);
}

static struct err
compare_texts(struct differ *d, struct differ_pair *pair)
{
	struct span before, after;

	TRY(links_text(d, &before, d->old, pair->old));
	TRY(links_text(d, &after, d->new, pair->new));
	TRY(differ_term(d, pair, "linkable-with",
	    span_equal(before, after) ? DIFF_SAME
		: after.len == 0      ? DIFF_LESS
				      : DIFF_MORE,
	    before, after));
	TRY(transfer_text(d, &before, pair->old));
	TRY(transfer_text(d, &after, pair->new));
	TRY(differ_term(d, pair, "transfer",
	    span_equal(before, after) ? DIFF_SAME : DIFF_APART, before, after));
	TRY(exceptions_text(d, &before, d->old, pair->old));
	TRY(exceptions_text(d, &after, d->new, pair->new));
	return differ_term(d, pair, "exceptions",
	    span_equal(before, after) ? DIFF_SAME : DIFF_APART, before, after);
}

/* --- Erased subjects --- */

static bool
erases(const struct dataset *ds, struct span column, struct span list)
{
	for (uint32_t i = 0; i < ds->num_erasures; i++)
		if (span_equal(
			ds->columns[ds->erasures[i].column].name, column) &&
		    span_equal(ds->erasures[i].list, list))
			return true;
	return false;
}

/* Lists of one that the other does not have: their rows come back, or go. */
static struct err
compare_erasures(struct differ *d, struct differ_pair *pair, bool gone)
{
	const struct dataset *a = &d->old->datasets[pair->old->dataset];
	const struct dataset *b = &d->new->datasets[pair->new->dataset];
	const struct dataset *from = gone ? a : b, *in = gone ? b : a;

	for (uint32_t i = 0; i < from->num_erasures; i++) {
		const struct erasure *e = &from->erasures[i];

		if (erases(in, from->columns[e->column].name, e->list))
			continue;
		TRY(differ_term(d, pair, "erasure",
		    gone ? DIFF_MORE : DIFF_LESS,
		    gone ? e->list : span_of(NULL, 0),
		    gone ? span_of(NULL, 0) : e->list));
	}
	return OK;
}

struct err
diff_measure_compare(struct differ *d, struct differ_pair *pair)
{
	TRY(compare_limits(d, pair));
	TRY(compare_words(d, pair));
	TRY(compare_texts(d, pair));
	TRY(compare_erasures(d, pair, true));
	return compare_erasures(d, pair, false);
}

/* --- Who signs --- */

static struct err
signers_text(struct differ *d, struct span *out, const struct policy *p)
{
	for (uint32_t i = 0; i < p->num_signers; i++)
		TRY(differ_name(d, p->signers[i].id));
	if (p->num_signers > 0)
		TRY(buf_append_format(&d->words, "; wider: %s; narrower: %s",
		    model_change_rule_name(p->wider),
		    model_change_rule_name(p->narrower)));
	return differ_text(d, out);
}

struct err
diff_measure_signers(struct differ *d)
{
	struct diff_row row = {
	    .what = span_str("signers"), .verdict = DIFF_NARROWER};

	if (!changes_loosened(d->old, d->new) &&
	    !changes_loosened(d->new, d->old))
		return OK;
	if (changes_loosened(d->old, d->new)) {
		row.verdict = DIFF_WIDER;
		for (uint32_t i = 0; i < d->old->num_datasets; i++)
			TRY(differ_sign(d, d->old, i));
	}
	TRY(signers_text(d, &row.before, d->old));
	TRY(signers_text(d, &row.after, d->new));
	row.line = d->new->num_signers > 0 ? d->new->signers[0].line : 0;
	return differ_row(d, &row);
}
