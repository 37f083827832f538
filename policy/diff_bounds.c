#include "policy/diff_term.h"

#include "policy/day.h"
#include "policy/diff_rule.h"
#include "policy/waits.h"

/*
 * diff_bounds: what keeps an agreement within bounds: limits, groups of a
 * least size, codes that are shared, transfers, exceptions, lists of the
 * erased, and the documents that its basis stands on.
 */

static const struct diff_field transfer_fields[] = {
    {"transfer: tia", offsetof(struct transfer, tia)},
    {"transfer: certified", offsetof(struct transfer, certified)},
    {"transfer: art49", offsetof(struct transfer, art49)},
    {"transfer: because", offsetof(struct transfer, because)},
};

#define NUM(list) (sizeof(list) / sizeof((list)[0]))

/* --- Numbers --- */

static struct err
number_text(
    struct terms *t, struct span *out, uint64_t number, const char *none)
{
	if (number == 0)
		TRY(buf_append_str(&t->d->words, none));
	else
		TRY(buf_append_u64(&t->d->words, number));
	return differ_text(t->d, out);
}

static struct err
number_term(struct terms *t, const char *what, enum diff_order order,
    uint64_t a, uint64_t b, const char *none)
{
	struct span before, after;

	TRY(number_text(t, &before, a, none));
	TRY(number_text(t, &after, b, none));
	return diff_term(t, what, order, before, after);
}

/* 0 is no bound. `upper`: a lower number is narrower; else a higher one. */
static struct err
compare_bound(
    struct terms *t, const char *what, uint64_t a, uint64_t b, bool upper)
{
	bool less = upper ? (a == 0 || b < a) && b != 0 : b > a;

	if (a == b)
		return OK;
	return number_term(
	    t, what, less ? DIFF_LESS : DIFF_MORE, a, b, "no bound");
}

static struct err
compare_limits(struct terms *t)
{
	const struct limits *a = &t->pair->old->limits;
	const struct limits *b = &t->pair->new->limits;
	const struct limits *c = &t->pair->old->per_caller;
	const struct limits *d = &t->pair->new->per_caller;

	TRY(compare_bound(
	    t, "limits: rows-per-day", a->rows_per_day, b->rows_per_day, true));
	TRY(compare_bound(t, "limits: bytes-per-day", a->bytes_per_day,
	    b->bytes_per_day, true));
	TRY(compare_bound(t, "limits: requests-per-minute",
	    a->requests_per_minute, b->requests_per_minute, true));
	TRY(compare_bound(t, "per-caller: rows-per-day", c->rows_per_day,
	    d->rows_per_day, true));
	TRY(compare_bound(t, "per-caller: bytes-per-day", c->bytes_per_day,
	    d->bytes_per_day, true));
	return compare_bound(t, "per-caller: requests-per-minute",
	    c->requests_per_minute, d->requests_per_minute, true);
}

/* A release that is held gives nothing; one without its small groups does. */
static struct err
compare_groups(struct terms *t)
{
	const struct agreement *a = t->pair->old, *b = t->pair->new;

	TRY(compare_bound(
	    t, "smallest-group", a->smallest_group, b->smallest_group, false));
	TRY(compare_bound(
	    t, "smallest-group: l", a->distinct, b->distinct, false));
	if (a->small_groups == b->small_groups)
		return OK;
	return diff_term(t, "small-groups",
	    b->small_groups == SMALL_GROUPS_HOLD ? DIFF_LESS : DIFF_MORE,
	    span_str(model_small_groups_name(a->small_groups)),
	    span_str(model_small_groups_name(b->small_groups)));
}

/* --- Links and transfers --- */

static struct span
link_id(const struct policy *p, const struct agreement *a, uint32_t i)
{
	return p->agreements[a->linkable[i]].id;
}

static bool
links_to(const struct policy *p, const struct agreement *a, struct span id)
{
	for (uint32_t i = 0; i < a->num_linkable; i++)
		if (span_equal(link_id(p, a, i), id))
			return true;
	return false;
}

static struct err
compare_links(struct terms *t)
{
	const struct policy *old = t->d->old, *new = t->d->new;
	const struct agreement *a = t->pair->old, *b = t->pair->new;
	const struct span none = span_str("other codes");

	for (uint32_t i = 0; i < a->num_linkable; i++)
		if (!links_to(new, b, link_id(old, a, i)))
			TRY(diff_term(t, "linkable-with", DIFF_LESS,
			    link_id(old, a, i), none));
	for (uint32_t i = 0; i < b->num_linkable; i++)
		if (!links_to(old, a, link_id(new, b, i)))
			TRY(diff_term(t, "linkable-with", DIFF_MORE, none,
			    link_id(new, b, i)));
	return diff_term_text(
	    t, "linkable-because", a->linkable_because, b->linkable_because);
}

/* Whose purpose, dataset and recipient make the keys, in words. */
static struct err
codes_text(struct terms *t, struct span *out, const struct policy *p,
    const struct agreement *of)
{
	const struct agreement *a = &p->agreements[of->codes_of];

	TRY(differ_name(t->d, p->purposes[a->purpose].id));
	TRY(differ_name(t->d, p->datasets[a->dataset].id));
	TRY(differ_name(t->d, p->parties[a->recipient].id));
	return differ_text(t->d, out);
}

/* A link can change codes without making anything wider or narrower. */
static struct err
compare_codes(struct terms *t)
{
	struct span before, after;

	if (t->pair->old->num_linkable + t->pair->new->num_linkable == 0)
		return OK;
	TRY(codes_text(t, &before, t->d->old, t->pair->old));
	TRY(codes_text(t, &after, t->d->new, t->pair->new));
	if (span_equal(before, after))
		return OK;
	return diff_term_at(
	    t, "codes", DIFF_OTHER, before, after, t->pair->new->line);
}

static struct err
compare_transfer(struct terms *t)
{
	const struct transfer *a = &t->pair->old->transfer;
	const struct transfer *b = &t->pair->new->transfer;

	TRY(diff_term_text(t, "transfer",
	    span_str(model_transfer_name(a->tool)),
	    span_str(model_transfer_name(b->tool))));
	/* Modules are numbered, not ordered. */
	if (a->module != b->module)
		TRY(number_term(t, "transfer: module", DIFF_APART, a->module,
		    b->module, "none"));
	return diff_term_fields(t, transfer_fields, NUM(transfer_fields), a, b);
}

/* --- Exceptions --- */

static bool
same_groups(const struct policy *old, const struct exception *a,
    const struct policy *new, const struct exception *b)
{
	if (a->num_who != b->num_who)
		return false;
	for (uint32_t i = 0; i < a->num_who; i++) {
		uint32_t j = 0;

		while (j < b->num_who &&
		    !span_equal(
			old->groups[a->who[i]].id, new->groups[b->who[j]].id))
			j++;
		if (j == b->num_who)
			return false;
	}
	return true;
}

static bool
same_columns(
    const struct terms *t, const struct exception *a, const struct exception *b)
{
	if (a->num_columns != b->num_columns)
		return false;
	for (uint32_t i = 0; i < a->num_columns; i++) {
		const struct delivered *c = &a->columns[i], *d = &b->columns[i];
		const struct diff_form from = {
		    &c->how, c->unfit, t->d->old->tables};
		const struct diff_form to = {
		    &d->how, d->unfit, t->d->new->tables};

		if (!span_equal(t->old_ds->columns[c->column].name,
			t->new_ds->columns[d->column].name) ||
		    diff_form_compare(&from, &to) != DIFF_SAME)
			return false;
	}
	return true;
}

static bool
same_exception(
    const struct terms *t, const struct exception *a, const struct exception *b)
{
	return a->until == b->until && span_equal(a->why, b->why) &&
	    same_groups(t->d->old, a, t->d->new, b) && same_columns(t, a, b);
}

static struct err
exception_text(struct terms *t, struct span *out, const struct policy *p,
    const struct exception *e)
{
	for (uint32_t i = 0; i < e->num_who; i++)
		TRY(differ_name(t->d, p->groups[e->who[i]].id));
	TRY(buf_append_str(&t->d->words, " until "));
	TRY(day_append(&t->d->words, e->until));
	TRY(buf_append_str(&t->d->words, ": "));
	TRY(buf_append(&t->d->words, e->why));
	return differ_text(t->d, out);
}

/* Other forms for some: without them or with others, nobody knows which tells
 * more to whom. */
static struct err
compare_exceptions_of(struct terms *t, bool of_old)
{
	const struct agreement *a = of_old ? t->pair->old : t->pair->new;
	const struct agreement *b = of_old ? t->pair->new : t->pair->old;
	const struct span none = span_str("no such exception");
	struct span text;

	for (uint32_t i = 0; i < a->num_exceptions; i++) {
		uint32_t j = 0;

		while (j < b->num_exceptions &&
		    !same_exception(t,
			of_old ? &a->exceptions[i] : &b->exceptions[j],
			of_old ? &b->exceptions[j] : &a->exceptions[i]))
			j++;
		if (j < b->num_exceptions)
			continue;
		TRY(exception_text(t, &text, of_old ? t->d->old : t->d->new,
		    &a->exceptions[i]));
		TRY(diff_term(t, "exceptions", DIFF_APART, of_old ? text : none,
		    of_old ? none : text));
	}
	return OK;
}

/* --- The erased --- */

static bool
has_list(const struct dataset *ds, struct span column, struct span list)
{
	for (uint32_t i = 0; i < ds->num_erasures; i++)
		if (span_equal(
			ds->columns[ds->erasures[i].column].name, column) &&
		    span_equal(ds->erasures[i].list, list))
			return true;
	return false;
}

static struct err
compare_erasures_of(struct terms *t, bool of_old)
{
	const struct dataset *a = of_old ? t->old_ds : t->new_ds;
	const struct dataset *b = of_old ? t->new_ds : t->old_ds;
	const struct span none = span_str("no such list");

	for (uint32_t i = 0; i < a->num_erasures; i++) {
		const struct erasure *e = &a->erasures[i];

		if (!has_list(b, a->columns[e->column].name, e->list))
			TRY(diff_term(t, "erasure",
			    of_old ? DIFF_MORE : DIFF_LESS,
			    of_old ? e->list : none, of_old ? none : e->list));
	}
	return OK;
}

/* --- Documents --- */

static bool
same_annex_row(const struct annex_row *a, const struct annex_row *b)
{
	/* A table is compared by its name: that is what the annex has. */
	bool group = a->how.op == PROTECT_GROUP;
	const struct diff_form from = {.how = &a->how}, to = {.how = &b->how};

	return span_equal(a->dataset, b->dataset) &&
	    span_equal(a->column, b->column) &&
	    span_equal(a->table, b->table) && a->how.op == b->how.op &&
	    (group || diff_form_compare(&from, &to) == DIFF_SAME);
}

static bool
same_evidence(const struct policy *old, const struct evidence *a,
    const struct policy *new, const struct evidence *b)
{
	if (!span_equal(a->id, b->id) || !span_equal(a->expert, b->expert) ||
	    !span_equal(span_of(a->sha256, 32), span_of(b->sha256, 32)) ||
	    a->on != b->on || a->expires != b->expires || a->use != b->use ||
	    a->num_recipients != b->num_recipients ||
	    a->num_annex != b->num_annex)
		return false;
	for (uint32_t i = 0; i < a->num_recipients; i++)
		if (!span_equal(old->parties[a->recipients[i]].id,
			new->parties[b->recipients[i]].id))
			return false;
	for (uint32_t i = 0; i < a->num_annex; i++)
		if (!same_annex_row(&a->annex[i], &b->annex[i]))
			return false;
	return true;
}

static struct err
compare_evidence(struct terms *t, const char *what, const struct evidence *a,
    const struct evidence *b)
{
	if (same_evidence(t->d->old, a, t->d->new, b))
		return OK;
	if (!span_equal(a->id, b->id))
		return diff_term(t, what, DIFF_APART, a->id, b->id);
	return diff_term(t, what, DIFF_APART, span_str("as it was"),
	    span_str("another under the same name"));
}

/* --- How it is served --- */

static struct err
waits_text(struct terms *t, struct span *out, uint32_t waits)
{
	if (waits == 0)
		TRY(buf_append_str(&t->d->words, "served"));
	else
		TRY(buf_append_str(&t->d->words, "waits for "));
	TRY(waits_words(&t->d->words, waits));
	return differ_text(t->d, out);
}

/* Whether this build can do it: the agreement is what was signed either way. */
static struct err
compare_service(struct terms *t)
{
	const struct agreement *a = t->pair->old, *b = t->pair->new;
	struct span before, after;

	if (a->listing != b->listing)
		TRY(diff_term_at(t, "listing", DIFF_OTHER,
		    span_str(model_listing_name(a->listing)),
		    span_str(model_listing_name(b->listing)), b->line));
	if (a->warm != b->warm)
		TRY(diff_term_at(t, "warm", DIFF_OTHER,
		    span_str(model_warm_name(a->warm)),
		    span_str(model_warm_name(b->warm)), b->line));
	if (a->waits == b->waits)
		return OK;
	TRY(waits_text(t, &before, a->waits));
	TRY(waits_text(t, &after, b->waits));
	return diff_term_at(t, "service", DIFF_OTHER, before, after, b->line);
}

struct err
diff_bounds_compare(struct terms *t)
{
	const struct purpose *a = &t->d->old->purposes[t->pair->old->purpose];
	const struct purpose *b = &t->d->new->purposes[t->pair->new->purpose];

	TRY(compare_limits(t));
	TRY(compare_groups(t));
	TRY(compare_links(t));
	TRY(compare_codes(t));
	TRY(compare_transfer(t));
	TRY(compare_exceptions_of(t, true));
	TRY(compare_exceptions_of(t, false));
	TRY(compare_erasures_of(t, true));
	TRY(compare_erasures_of(t, false));
	TRY(compare_evidence(t, "purpose: report", &a->report, &b->report));
	TRY(compare_evidence(
	    t, "purpose: agreement", &a->agreement, &b->agreement));
	return compare_service(t);
}
