#include "policy/differ.h"

#include "policy/changes.h"

/*
 * diff_change: who signs changes, and who is shown names in an emergency. Both
 * are about all data, or about somebody's: what loosens them is WIDER.
 */

bool
diff_signs_for(const struct policy *policy, uint32_t signer, struct span party)
{
	uint32_t of = policy->signers[signer].party;

	return of != NO_INDEX && span_equal(policy->parties[of].id, party);
}

static struct err
signers_text(struct differ *d, struct span *out, const struct policy *p)
{
	for (uint32_t i = 0; i < p->num_signers; i++)
		TRY(differ_name(d, p->signers[i].id));
	if (p->num_signers > 0)
		TRY(buf_append_format(&d->words, "; wider: %s; narrower: %s",
		    model_change_rule_name(p->wider),
		    model_change_rule_name(p->narrower)));
	else
		TRY(buf_append_str(&d->words, "none"));
	return differ_text(d, out);
}

static struct err
compare_signers(struct differ *d)
{
	bool wider = changes_loosened(d->old, d->new);
	struct diff_row row = {.what = span_str("signers"),
	    .verdict = wider ? DIFF_WIDER : DIFF_NARROWER};

	if (!wider && !changes_loosened(d->new, d->old))
		return OK;
	if (wider)
		TRY(differ_sign_all(d));
	TRY(signers_text(d, &row.before, d->old));
	TRY(signers_text(d, &row.after, d->new));
	row.line = d->new->num_signers > 0 ? d->new->signers[0].line : 0;
	return differ_row(d, &row);
}

/* --- Emergencies --- */

/* Groups or places of one policy, by index. */
struct ids {
	const struct policy *policy;
	const uint32_t *items;
	uint32_t num;
	bool groups;
};

static struct span
id_of(const struct ids *ids, uint32_t i)
{
	uint32_t item = ids->items[i];

	return ids->groups ? ids->policy->groups[item].id
			   : ids->policy->places[item].id;
}

/* All of one list are in the other. */
static bool
within(const struct ids *a, const struct ids *b)
{
	for (uint32_t i = 0; i < a->num; i++) {
		uint32_t j = 0;

		while (j < b->num && !span_equal(id_of(a, i), id_of(b, j)))
			j++;
		if (j == b->num)
			return false;
	}
	return true;
}

static bool
lists_within(const struct policy *pa, const struct emergency *a,
    const struct policy *pb, const struct emergency *b)
{
	const struct ids of_a[] = {{pa, a->who, a->num_who, true},
	    {pa, a->approvers, a->num_approvers, true},
	    {pa, a->places, a->num_places, false}};
	const struct ids of_b[] = {{pb, b->who, b->num_who, true},
	    {pb, b->approvers, b->num_approvers, true},
	    {pb, b->places, b->num_places, false}};

	return within(&of_a[0], &of_b[0]) && within(&of_a[1], &of_b[1]) &&
	    within(&of_a[2], &of_b[2]);
}

static bool
columns_within(const struct policy *pa, const struct emergency *a,
    const struct policy *pb, const struct emergency *b)
{
	for (uint32_t i = 0; i < a->num_columns; i++) {
		struct span name =
		    pa->datasets[a->dataset].columns[a->columns[i]].name;
		uint32_t j = 0;

		while (j < b->num_columns &&
		    !span_equal(name,
			pb->datasets[b->dataset].columns[b->columns[j]].name))
			j++;
		if (j == b->num_columns)
			return false;
	}
	return true;
}

/* All that `b` shows, `a` shows, to the same people and under more eyes. */
static bool
emergency_within(const struct policy *pb, const struct emergency *b,
    const struct policy *pa, const struct emergency *a)
{
	return span_equal(
		   pa->datasets[a->dataset].id, pb->datasets[b->dataset].id) &&
	    span_equal(
		pa->purposes[a->purpose].id, pb->purposes[b->purpose].id) &&
	    lists_within(pb, b, pa, a) && columns_within(pb, b, pa, a) &&
	    b->hours <= a->hours && b->review_days <= a->review_days;
}

static const struct emergency *
find_emergency(const struct policy *p, struct span id)
{
	for (uint32_t i = 0; i < p->num_emergencies; i++)
		if (span_equal(p->emergencies[i].id, id))
			return &p->emergencies[i];
	return NULL;
}

static struct err
compare_emergencies(struct differ *d)
{
	struct diff_row row = {.what = span_str("emergency")};

	for (uint32_t i = 0; i < d->new->num_emergencies; i++) {
		const struct emergency *b = &d->new->emergencies[i];
		const struct emergency *a = find_emergency(d->old, b->id);
		bool wider =
		    a == NULL || !emergency_within(d->new, b, d->old, a);

		row.verdict = wider ? DIFF_WIDER : DIFF_NARROWER;
		row.before = a == NULL ? span_str("none") : a->id;
		row.after = b->id;
		row.line = b->line;
		if (wider)
			TRY(differ_sign(d, d->new, b->dataset));
		if (wider || !emergency_within(d->old, a, d->new, b))
			TRY(differ_row(d, &row));
	}
	row = (struct diff_row){.what = span_str("emergency"),
	    .verdict = DIFF_NARROWER,
	    .after = span_str("none"),
	    .gone = true};
	for (uint32_t i = 0; i < d->old->num_emergencies; i++) {
		row.before = d->old->emergencies[i].id;
		row.line = d->old->emergencies[i].line;
		if (find_emergency(d->new, row.before) == NULL)
			TRY(differ_row(d, &row));
	}
	return OK;
}

struct err
diff_change_compare(struct differ *d)
{
	TRY(compare_signers(d));
	return compare_emergencies(d);
}
