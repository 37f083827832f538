#include "policy/who_sees.h"

#include "policy/day.h"
#include "policy/decide.h"
#include "policy/explain.h"

/* `now`, or the first second of what has yet to begin. */
static bool
is_allowed(const struct policy *p, const struct agreement *a, uint32_t group,
    uint32_t place, int64_t now)
{
	struct decision decision;

	decide_named(
	    &decision, p, group, place, a->id, now < a->from ? a->from : now);
	return decision.allowed;
}

static void
add_columns(struct who_sees *out, const struct policy *p,
    const struct who_sees_row *spot, uint32_t column)
{
	const struct agreement *a = &p->agreements[spot->agreement];

	for (uint32_t i = 0; i < a->num_columns; i++) {
		const struct delivered *delivered = &a->columns[i];

		if (delivered->how.op == PROTECT_DROP ||
		    (column != NO_INDEX && delivered->column != column))
			continue;
		out->rows[out->num_rows] = *spot;
		out->rows[out->num_rows++].delivered = delivered;
	}
}

/* How many rows there can be. */
static struct err
count_rows(size_t *out, const struct policy *p, uint32_t dataset)
{
	*out = 0;
	for (uint32_t i = 0; i < p->num_agreements; i++) {
		const struct agreement *a = &p->agreements[i];
		size_t num;

		if (a->dataset != dataset)
			continue;
		TRY(size_mul(a->num_who, a->num_places, &num));
		TRY(size_mul(num, a->num_columns, &num));
		TRY(size_add(*out, num, out));
	}
	return OK;
}

struct err
who_sees_list(struct who_sees *out, struct arena *arena, const struct policy *p,
    uint32_t dataset, uint32_t column, int64_t now)
{
	struct who_sees list = {.num_rows = 0};
	size_t most;

	TRY(count_rows(&most, p, dataset));
	TRY(arena_alloc(arena, &list.rows, most + 1, sizeof(*list.rows)));
	for (uint32_t i = 0; i < p->num_agreements; i++) {
		const struct agreement *a = &p->agreements[i];

		for (uint32_t j = 0; a->dataset == dataset && j < a->num_who;
		     j++)
			for (uint32_t k = 0; k < a->num_places; k++) {
				const struct who_sees_row spot = {
				    .group = a->who[j],
				    .agreement = i,
				    .place = a->places[k]};

				if (is_allowed(
					p, a, spot.group, spot.place, now))
					add_columns(&list, p, &spot, column);
			}
	}
	*out = list;
	return OK;
}

static struct err
put_days(struct buf *out, const struct agreement *a)
{
	if (a->first_day != INT32_MIN) {
		TRY(buf_append_str(out, "  from "));
		TRY(day_append(out, a->first_day));
	}
	if (a->last_day == INT32_MAX)
		return OK;
	TRY(buf_append_str(out, "  until "));
	return day_append(out, a->last_day);
}

/* The line above of the same caller, bucket and place. */
static bool
same_spot(const struct who_sees_row *a, const struct who_sees_row *b)
{
	return a->group == b->group && a->agreement == b->agreement &&
	    a->place == b->place;
}

static struct err
put_spot(
    struct buf *out, const struct policy *p, const struct who_sees_row *row)
{
	const struct agreement *a = &p->agreements[row->agreement];

	TRY(buf_append(out, p->groups[row->group].id));
	TRY(buf_append_str(out, " reading s3://"));
	TRY(buf_append(out, a->id));
	TRY(buf_append_str(out, "/ from "));
	TRY(buf_append(out, p->places[row->place].id));
	TRY(put_days(out, a));
	TRY(buf_append_str(out, "  ("));
	TRY(buf_append(out, a->file));
	return buf_append_format(out, ":%u)\n", (unsigned)a->line);
}

static struct err
put_form(
    struct buf *out, const struct policy *p, const struct who_sees_row *row)
{
	const struct agreement *a = &p->agreements[row->agreement];
	const struct dataset *ds = &p->datasets[a->dataset];

	TRY(buf_append_str(out, "  "));
	TRY(buf_append(out, ds->columns[row->delivered->column].name));
	TRY(buf_append_str(out, ": "));
	TRY(explain_protection(out, p, row->delivered));
	TRY(buf_append_str(out, "  ("));
	TRY(buf_append(out, a->file));
	return buf_append_format(out, ":%u)\n", (unsigned)row->delivered->line);
}

struct err
who_sees_print(
    struct buf *out, const struct policy *p, const struct who_sees *list)
{
	if (list->num_rows == 0)
		return buf_append_str(out, "nobody\n");
	for (size_t i = 0; i < list->num_rows; i++) {
		if (i == 0 || !same_spot(&list->rows[i - 1], &list->rows[i]))
			TRY(put_spot(out, p, &list->rows[i]));
		TRY(put_form(out, p, &list->rows[i]));
	}
	return OK;
}
