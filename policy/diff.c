#include "policy/differ.h"

#include <assert.h>

#include "policy/by_id.h"
#include "policy/decide.h"
#include "policy/explain.h"

/* --- Columns --- */

static const struct delivered *
find_delivered(
    const struct policy *p, const struct agreement *a, struct span name)
{
	if (a == NULL)
		return NULL;
	for (uint32_t i = 0; i < a->num_columns; i++) {
		const struct column *column =
		    &p->datasets[a->dataset].columns[a->columns[i].column];

		if (span_equal(column->name, name))
			return &a->columns[i];
	}
	return NULL;
}

static struct diff_form
form_of(const struct policy *p, const struct delivered *delivered)
{
	if (delivered == NULL)
		return (struct diff_form){.how = NULL};
	return (struct diff_form){.how = &delivered->how,
	    .unfit = delivered->unfit,
	    .tables = p->tables};
}

static struct err
form_words(struct differ *d, struct span *out, const struct policy *p,
    const struct delivered *delivered)
{
	if (delivered == NULL)
		TRY(buf_append_str(&d->words, "not delivered"));
	else
		TRY(explain_protection(&d->words, p, delivered));
	return differ_text(d, out);
}

static struct err
compare_column(struct differ *d, struct differ_pair *pair, struct span name)
{
	const struct delivered *from = find_delivered(d->old, pair->old, name);
	const struct delivered *to = find_delivered(d->new, pair->new, name);
	const struct diff_form a = form_of(d->old, from);
	const struct diff_form b = form_of(d->new, to);
	const struct agreement *at = to != NULL ? pair->new : pair->old;
	struct diff_row row = {.what = name,
	    .is_column = true,
	    .verdict = differ_verdict(diff_form_compare(&a, &b)),
	    .gone = to == NULL};

	assert(at != NULL && (to != NULL || from != NULL));
	row.file = at->file;
	row.line = to != NULL ? to->line : from->line;
	TRY(form_words(d, &row.before, d->old, from));
	TRY(form_words(d, &row.after, d->new, to));
	if (span_equal(row.before, row.after) && row.verdict == DIFF_OTHER)
		return OK;
	return differ_note(d, pair, &row);
}

/* Those of the new agreement, then those that it no longer has. */
static struct err
compare_columns(struct differ *d, struct differ_pair *pair)
{
	for (uint32_t i = 0; pair->new != NULL &&i < pair->new->num_columns;
	     i++)
		TRY(compare_column(d, pair,
		    d->new->datasets[pair->new->dataset]
			.columns[pair->new->columns[i].column]
			.name));
	for (uint32_t i = 0; pair->old != NULL && i < pair->old->num_columns;
	     i++) {
		struct span name = d->old->datasets[pair->old->dataset]
				       .columns[pair->old->columns[i].column]
				       .name;

		if (find_delivered(d->new, pair->new, name) == NULL)
			TRY(compare_column(d, pair, name));
	}
	return OK;
}

/* --- Callers and places --- */

/* When the agreement holds, if it ever does. */
static int64_t
moment_of(const struct agreement *a)
{
	return a->from != INT64_MIN ? a->from : a->until - 1;
}

static bool
is_allowed(const struct policy *p, const struct agreement *a, uint32_t group,
    uint32_t place)
{
	struct decision decision;

	if (a == NULL || group == NO_INDEX || place == NO_INDEX)
		return false;
	decide_named(&decision, p, group, place, a->id, moment_of(a));
	/* What waits for another build is an agreement all the same. */
	return decision.allowed || decision.reason == DENY_WAITS;
}

/* A caller and a place by their ids, and in each policy by their index. */
struct spot {
	struct span who, place;
	uint32_t old_group, new_group, old_place, new_place;
};

static struct err
emit(struct differ *d, const struct differ_pair *pair, const struct spot *spot,
    const struct diff_row *change)
{
	struct diff_row row = *change;

	row.who = spot->who;
	row.place = spot->place;
	row.agreement = (pair->new != NULL ? pair->new : pair->old)->id;
	if (row.verdict == DIFF_WIDER && pair->old != NULL)
		TRY(differ_sign(d, d->old, pair->old->dataset));
	if (row.verdict == DIFF_WIDER && pair->new != NULL)
		TRY(differ_sign(d, d->new, pair->new->dataset));
	return differ_row(d, &row);
}

/* What is allowed now and was not, or the other way round, column by column. */
static struct err
emit_access(struct differ *d, const struct differ_pair *pair,
    const struct spot *spot, bool now)
{
	struct differ_pair half = {
	    .old = now ? NULL : pair->old, .new = now ? pair->new : NULL};
	const struct agreement *at = now ? pair->new : pair->old;
	const struct diff_row access = {
	    .verdict = now ? DIFF_WIDER : DIFF_NARROWER,
	    .what = span_str("access"),
	    .before = span_str(now ? "denied" : "allowed"),
	    .after = span_str(now ? "allowed" : "denied"),
	    .file = at->file,
	    .line = at->line,
	    .gone = !now};

	TRY(emit(d, pair, spot, &access));
	TRY(compare_columns(d, &half));
	for (size_t i = 0; i < half.num_changes; i++)
		TRY(emit(d, pair, spot, &half.changes[i]));
	return OK;
}

static struct err
compare_spot(
    struct differ *d, const struct differ_pair *pair, const struct spot *spot)
{
	bool before =
	    is_allowed(d->old, pair->old, spot->old_group, spot->old_place);
	bool after =
	    is_allowed(d->new, pair->new, spot->new_group, spot->new_place);

	if (before != after)
		return emit_access(d, pair, spot, after);
	for (size_t i = 0; after && i < pair->num_changes; i++)
		TRY(emit(d, pair, spot, &pair->changes[i]));
	return OK;
}

static struct err
compare_places(
    struct differ *d, const struct differ_pair *pair, struct spot *spot)
{
	const struct agreement *a = pair->new, *b = pair->old;

	for (uint32_t i = 0; a != NULL && i < a->num_places; i++) {
		spot->new_place = a->places[i];
		spot->place = d->new->places[spot->new_place].id;
		spot->old_place = differ_find_place(d->old, spot->place);
		TRY(compare_spot(d, pair, spot));
	}
	for (uint32_t i = 0; b != NULL && i < b->num_places; i++) {
		bool listed = false;

		spot->old_place = b->places[i];
		spot->place = d->old->places[spot->old_place].id;
		spot->new_place = differ_find_place(d->new, spot->place);
		for (uint32_t j = 0; a != NULL && j < a->num_places; j++)
			listed = listed || a->places[j] == spot->new_place;
		if (!listed)
			TRY(compare_spot(d, pair, spot));
	}
	return OK;
}

static struct err
compare_callers(struct differ *d, const struct differ_pair *pair)
{
	const struct agreement *a = pair->new, *b = pair->old;
	struct spot spot;

	for (uint32_t i = 0; a != NULL && i < a->num_who; i++) {
		spot.new_group = a->who[i];
		spot.who = d->new->groups[spot.new_group].id;
		spot.old_group = differ_find_group(d->old, spot.who);
		TRY(compare_places(d, pair, &spot));
	}
	for (uint32_t i = 0; b != NULL && i < b->num_who; i++) {
		bool listed = false;

		spot.old_group = b->who[i];
		spot.who = d->old->groups[spot.old_group].id;
		spot.new_group = differ_find_group(d->new, spot.who);
		for (uint32_t j = 0; a != NULL && j < a->num_who; j++)
			listed = listed || a->who[j] == spot.new_group;
		if (!listed)
			TRY(compare_places(d, pair, &spot));
	}
	return OK;
}

static struct err
compare_pair(
    struct differ *d, const struct agreement *old, const struct agreement *new)
{
	struct differ_pair pair = {.old = old, .new = new};

	if (old != NULL && new != NULL) {
		TRY(compare_columns(d, &pair));
		TRY(diff_terms_compare(d, &pair));
	}
	return compare_callers(d, &pair);
}

static struct err
compare_agreements(struct differ *d)
{
	for (uint32_t i = 0; i < d->new->num_agreements; i++) {
		const struct agreement *a = &d->new->agreements[i];
		uint32_t same = by_id_find(d->old, a->id);

		TRY(compare_pair(
		    d, same == NO_INDEX ? NULL : &d->old->agreements[same], a));
	}
	for (uint32_t i = 0; i < d->old->num_agreements; i++) {
		const struct agreement *a = &d->old->agreements[i];

		if (by_id_find(d->new, a->id) == NO_INDEX)
			TRY(compare_pair(d, a, NULL));
	}
	return OK;
}

struct err
diff_policies(struct diff *out, struct arena *arena, const struct policy *old,
    const struct policy *new)
{
	struct differ d = {.old = old,
	    .new = new,
	    .arena = arena,
	    .out = out,
	    /* What is longer could not be kept. */
	    .words = {.max = arena->max}};
	struct err err;

	*out = (struct diff){.num_rows = 0};
	err = compare_agreements(&d);
	if (err.code == ERR_OK)
		err = diff_never_compare(&d);
	if (err.code == ERR_OK)
		err = diff_facts_compare(&d);
	if (err.code == ERR_OK)
		err = diff_change_compare(&d);
	buf_done(&d.words);
	return err;
}

const char *
diff_verdict_name(enum diff_verdict verdict)
{
	switch (verdict) {
	case DIFF_OTHER:
		return "other";
	case DIFF_NARROWER:
		return "narrower";
	case DIFF_WIDER:
		return "WIDER";
	case NUM_DIFF_VERDICTS:
		break;
	}
	return "unknown";
}
