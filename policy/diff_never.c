#include "policy/differ.h"

#include "policy/by_id.h"
#include "policy/decide.h"
#include "policy/diff_rule.h"
#include "policy/evidence.h"

/*
 * diff_never: guardrails. One that is gone or narrower is WIDER, whether or
 * not an agreement stands behind it today.
 */

/* A list of indices into things of one policy, and how they are called. */
struct list {
	const uint32_t *items;
	uint32_t num;
	bool written; /* else: any */
	const struct policy *policy;
	struct span (*id)(const struct policy *p, uint32_t index);
};

static struct span
dataset_id(const struct policy *p, uint32_t i)
{
	return p->datasets[i].id;
}

static struct span
purpose_id(const struct policy *p, uint32_t i)
{
	return p->purposes[i].id;
}

static struct span
group_id(const struct policy *p, uint32_t i)
{
	return p->groups[i].id;
}

static struct span
place_id(const struct policy *p, uint32_t i)
{
	return p->places[i].id;
}

static bool
list_has(const struct list *list, struct span id)
{
	for (uint32_t i = 0; i < list->num; i++)
		if (span_equal(list->id(list->policy, list->items[i]), id))
			return true;
	return false;
}

/* A condition that was written with an empty list hits any, but for places:
 * there it is about countries without one. See decide.c. */
static bool
is_any(const struct list *list)
{
	return !list->written || (list->num == 0 && list->id != place_id);
}

/* All that `a` hits, `b` hits. What is gone from the policy need not be. */
static bool
list_within(const struct list *a, const struct list *b,
    bool (*exists)(const struct policy *p, struct span id))
{
	if (is_any(b))
		return true;
	if (is_any(a))
		return false;
	for (uint32_t i = 0; i < a->num; i++) {
		struct span id = a->id(a->policy, a->items[i]);

		if (exists(b->policy, id) && !list_has(b, id))
			return false;
	}
	return true;
}

static bool
dataset_exists(const struct policy *p, struct span id)
{
	for (uint32_t i = 0; i < p->num_datasets; i++)
		if (span_equal(p->datasets[i].id, id))
			return true;
	return false;
}

static bool
purpose_exists(const struct policy *p, struct span id)
{
	for (uint32_t i = 0; i < p->num_purposes; i++)
		if (span_equal(p->purposes[i].id, id))
			return true;
	return false;
}

static bool
place_exists(const struct policy *p, struct span id)
{
	return differ_find_place(p, id) != NO_INDEX;
}

/* Who was a member of a group that is gone is still somebody. */
static bool
always(const struct policy *p, struct span id)
{
	(void)p;
	(void)id;
	return true;
}

/* The lists of a guardrail, in one order on both sides. */
enum {
	LIST_DATASETS,
	LIST_PURPOSES,
	LIST_WHO,
	LIST_PLACES,
	NUM_LISTS
};

static void
lists_of(struct list out[NUM_LISTS], const struct policy *p,
    const struct guardrail *g)
{
	out[LIST_DATASETS] = (struct list){
	    g->datasets, g->num_datasets, g->by_dataset, p, dataset_id};
	out[LIST_PURPOSES] = (struct list){
	    g->purposes, g->num_purposes, g->by_purpose, p, purpose_id};
	out[LIST_WHO] =
	    (struct list){g->who, g->num_who, g->by_who, p, group_id};
	out[LIST_PLACES] =
	    (struct list){g->places, g->num_places, g->by_place, p, place_id};
}

/* The places outside are allowed: fewer of them is broader. */
static bool
outside_within(const struct policy *pa, const struct guardrail *a,
    const struct policy *pb, const struct guardrail *b)
{
	const struct list of_a = {
	    a->outside, a->num_outside, true, pa, place_id};

	if (!b->by_place_not_in)
		return true;
	if (!a->by_place_not_in)
		return false;
	for (uint32_t i = 0; i < b->num_outside; i++) {
		struct span id = pb->places[b->outside[i]].id;

		/* A place that is new was hit by none before. */
		if (place_exists(pa, id) && !list_has(&of_a, id))
			return false;
	}
	return true;
}

static bool
bits_within(uint64_t a, uint64_t b)
{
	return b == 0 || (a != 0 && (a & ~b) == 0);
}

/* All that `a` denies, `b` denies. */
static bool
guardrail_within(const struct policy *pa, const struct guardrail *a,
    const struct policy *pb, const struct guardrail *b)
{
	static bool (*const exist[NUM_LISTS])(
	    const struct policy *p, struct span id) = {
	    [LIST_DATASETS] = dataset_exists,
	    [LIST_PURPOSES] = purpose_exists,
	    [LIST_WHO] = always,
	    [LIST_PLACES] = place_exists,
	};
	struct list of_a[NUM_LISTS], of_b[NUM_LISTS];

	lists_of(of_a, pa, a);
	lists_of(of_b, pb, b);
	for (size_t i = 0; i < NUM_LISTS; i++)
		if (!list_within(&of_a[i], &of_b[i], exist[i]))
			return false;
	if (!outside_within(pa, a, pb, b))
		return false;
	if (b->by_column &&
	    (!a->by_column || !bits_within(a->kinds, b->kinds) ||
		!bits_within(a->classes, b->classes)))
		return false;
	return !b->by_category ||
	    (a->by_category && a->num_categories > 0 &&
		diff_texts_within(a->categories, a->num_categories,
		    b->categories, b->num_categories));
}

static const struct guardrail *
find_cover(
    const struct policy *pa, const struct guardrail *a, const struct policy *pb)
{
	for (uint32_t i = 0; i < pb->num_guardrails; i++)
		if (guardrail_within(pa, a, pb, &pb->guardrails[i]))
			return &pb->guardrails[i];
	return NULL;
}

static const struct guardrail *
find_same(const struct policy *p, struct span id)
{
	for (uint32_t i = 0; i < p->num_guardrails; i++)
		if (span_equal(p->guardrails[i].id, id))
			return &p->guardrails[i];
	return NULL;
}

/* --- In words --- */

static struct err
list_text(struct differ *d, const char *word, const struct list *list)
{
	if (!list->written)
		return OK;
	TRY(buf_append_format(
	    &d->words, "%s%s:", d->words.len > 0 ? "; " : "", word));
	for (uint32_t i = 0; i < list->num; i++) {
		TRY(buf_append_str(&d->words, i > 0 ? ", " : " "));
		TRY(buf_append(
		    &d->words, list->id(list->policy, list->items[i])));
	}
	return OK;
}

static struct err
bits_text(struct differ *d, const char *word, uint64_t bits,
    const char *(*name)(unsigned value))
{
	const char *joint = " ";

	if (bits == 0)
		return OK;
	TRY(buf_append_format(
	    &d->words, "%s%s:", d->words.len > 0 ? "; " : "", word));
	for (unsigned i = 0; i < 64; i++) {
		if ((bits >> i & 1) == 0)
			continue;
		TRY(buf_append_format(&d->words, "%s%s", joint, name(i)));
		joint = ", ";
	}
	return OK;
}

static const char *
kind_name(unsigned value)
{
	return model_kind_name((enum column_kind)value);
}

static const char *
class_name(unsigned value)
{
	return model_class_name((enum column_class)value);
}

static struct err
guardrail_text(struct differ *d, struct span *out, const struct policy *p,
    const struct guardrail *g)
{
	static const char *const words[NUM_LISTS] = {
	    "dataset", "purpose", "who", "place"};
	struct list lists[NUM_LISTS];
	const struct list outside = {
	    g->outside, g->num_outside, g->by_place_not_in, p, place_id};

	lists_of(lists, p, g);
	for (size_t i = 0; i < NUM_LISTS; i++)
		TRY(list_text(d, words[i], &lists[i]));
	TRY(list_text(d, "place other than", &outside));
	TRY(bits_text(d, "kind", g->kinds, kind_name));
	TRY(bits_text(d, "class", g->classes, class_name));
	for (uint32_t i = 0; g->by_category && i < g->num_categories; i++) {
		TRY(buf_append_str(&d->words, i == 0 ? "; category: " : ", "));
		TRY(buf_append(&d->words, g->categories[i]));
	}
	return differ_text(d, out);
}

/* Who is concerned: the datasets that it hit, or all. */
static struct err
sign_for(struct differ *d, const struct guardrail *g)
{
	for (uint32_t i = 0; i < d->old->num_datasets; i++) {
		bool hit = !g->by_dataset || g->num_datasets == 0;

		for (uint32_t j = 0; j < g->num_datasets; j++)
			hit = hit || g->datasets[j] == i;
		if (hit)
			TRY(differ_sign(d, d->old, i));
	}
	return OK;
}

/* The one of the same id is what people compare; another may still cover. */
static struct err
compare_old(struct differ *d, const struct guardrail *a)
{
	const struct guardrail *b = find_same(d->new, a->id);
	const struct guardrail *cover = find_cover(d->old, a, d->new);
	struct diff_row row = {.what = a->id,
	    .verdict = cover == NULL ? DIFF_WIDER : DIFF_OTHER,
	    .before = span_str("never"),
	    .after = span_str("gone"),
	    .file = b != NULL ? b->file : a->file,
	    .line = b != NULL ? b->line : a->line,
	    .gone = b == NULL};
	bool same = b != NULL && guardrail_within(d->old, a, d->new, b) &&
	    guardrail_within(d->new, b, d->old, a);

	if (same)
		return OK;
	if (cover != NULL && cover == b)
		row.verdict = DIFF_NARROWER;
	if (row.verdict == DIFF_WIDER)
		TRY(sign_for(d, a));
	TRY(guardrail_text(d, &row.before, d->old, a));
	if (b != NULL)
		TRY(guardrail_text(d, &row.after, d->new, b));
	return differ_row(d, &row);
}

static struct err
compare_new(struct differ *d, const struct guardrail *b)
{
	struct diff_row row = {.what = b->id,
	    .verdict = find_cover(d->new, b, d->old) == NULL ? DIFF_NARROWER
							     : DIFF_OTHER,
	    .before = span_str("none"),
	    .file = b->file,
	    .line = b->line};

	if (find_same(d->old, b->id) != NULL)
		return OK;
	TRY(guardrail_text(d, &row.after, d->new, b));
	return differ_row(d, &row);
}

/* --- Facts that a guardrail looked at --- */

static bool
can_be_both(const struct group *a, const struct group *b)
{
	for (uint32_t i = 0; i < a->num_proofs; i++)
		for (uint32_t j = 0; j < b->num_proofs; j++) {
			if (evidence_proofs_meet(&a->proofs[i], &b->proofs[j]))
				return true;
		}
	return false;
}

/* The group is no party by itself, but who is in it may be one as well. */
static bool
may_be_party(const struct policy *p, const struct agreement *a, uint32_t group)
{
	bool may = false;

	for (uint32_t i = 0; i < a->num_who; i++) {
		if (a->who[i] == group)
			return false; /* a row of its own says so */
		may = may ||
		    can_be_both(&p->groups[a->who[i]], &p->groups[group]);
	}
	return may;
}

/*
 * An agreement, dataset or column may have changed so that a guardrail against
 * some people no longer hits, though it is the same.
 */
static struct err
compare_hits(struct differ *d, uint32_t old_a, uint32_t new_a, uint32_t place)
{
	const struct agreement *a = &d->new->agreements[new_a];
	uint32_t old_place =
	    differ_find_place(d->old, d->new->places[place].id);

	for (uint32_t g = 0; g < d->new->num_groups; g++) {
		uint32_t old_g =
		    differ_find_group(d->old, d->new->groups[g].id);
		struct diff_row row = {.verdict = DIFF_WIDER,
		    .who = d->new->groups[g].id,
		    .agreement = a->id,
		    .place = d->new->places[place].id,
		    .what = span_str("access"),
		    .after = span_str("not denied to who is a party as well"),
		    .file = a->file,
		    .line = a->line};
		uint32_t hit;

		if (old_place == NO_INDEX || old_g == NO_INDEX ||
		    !may_be_party(d->new, a, g))
			continue;
		hit = decide_never(d->old, old_g, old_a, old_place);
		if (hit == NO_INDEX ||
		    decide_never(d->new, g, new_a, place) != NO_INDEX)
			continue;
		TRY(buf_append_str(&d->words, "denied by "));
		TRY(buf_append(&d->words, d->old->guardrails[hit].id));
		TRY(differ_text(d, &row.before));
		TRY(differ_sign(d, d->old, d->old->agreements[old_a].dataset));
		TRY(differ_sign(d, d->new, a->dataset));
		TRY(differ_row(d, &row));
	}
	return OK;
}

struct err
diff_never_compare(struct differ *d)
{
	for (uint32_t i = 0; i < d->old->num_guardrails; i++)
		TRY(compare_old(d, &d->old->guardrails[i]));
	for (uint32_t i = 0; i < d->new->num_guardrails; i++)
		TRY(compare_new(d, &d->new->guardrails[i]));
	if (d->old->num_guardrails == 0)
		return OK;
	for (uint32_t i = 0; i < d->new->num_agreements; i++) {
		const struct agreement *a = &d->new->agreements[i];
		uint32_t old = by_id_find(d->old, a->id);

		for (uint32_t j = 0; old != NO_INDEX && j < a->num_places; j++)
			TRY(compare_hits(d, old, i, a->places[j]));
	}
	return OK;
}
