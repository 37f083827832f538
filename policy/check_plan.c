#include "policy/checker.h"
#include "policy/plan.h"
#include "policy/protect.h"
#include "policy/waits.h"

enum {
	ANY_YEAR = 2000, /* all have four digits */
};

/* Where an agreement of the policy says its name. */
static struct mark
mark_of(const struct checker *c, const struct agreement *a)
{
	return checker_at(c->agreement_nodes[a - c->policy->agreements], "id");
}

static uint32_t
count_keyed(const struct plan *plan)
{
	uint32_t num = 0;

	for (uint32_t i = 0; i < plan->num_columns; i++)
		num += protect_is_keyed(plan->columns[i].how.op);
	return num;
}

static struct err
check_len(bool *out_fits, const struct plan *plan, size_t max)
{
	struct buf bytes CLEANUP(buf_done) = {.max = max};
	struct err err = plan_encode(&bytes, plan);

	*out_fits = err.code != ERR_TOO_BIG;
	return *out_fits ? err : OK;
}

/* What is left is about what a record of the ledger has to name. */
static struct err
leave_tables_out(struct plan *plan, struct arena *arena)
{
	TRY(arena_alloc(
	    arena, &plan->tables, plan->num_tables, sizeof(*plan->tables)));
	if (plan->num_tables == 0)
		return OK;
	memset(plan->tables, 0, plan->num_tables * sizeof(*plan->tables));
	return OK;
}

static void
complain(struct checker *c, const struct agreement *a, const char *what,
    const char *help)
{
	struct diagnostic *item =
	    diagnostic_add(c->d, mark_of(c, a), "E121", "agreement `%.*s` %s",
		(int)a->id.len, (const char *)a->id.data, what);

	diagnostic_help(c->d, item, "%s", help);
}

/* Loaded, and served to nobody: the officer hears it from the checker. */
static struct err
note_waits(struct checker *c, const struct agreement *a)
{
	struct buf words CLEANUP(buf_done) = {.max = 1024};

	TRY(waits_sentence(&words, a->waits));
	(void)diagnostic_add(c->d, mark_of(c, a), "W901",
	    "`%.*s` is not served by this build, and waits for %.*s",
	    DIAGNOSTIC_SPAN(a->id), (int)words.len, (const char *)words.data);
	return OK;
}

static struct err
check_one(struct checker *c, uint32_t index)
{
	const struct agreement *a = &c->policy->agreements[index];
	struct plan plan;

	if (a->waits != 0)
		return note_waits(c, a);
	TRY(plan_build(&plan, c->arena, c->policy, index, ANY_YEAR, 0));
	if (count_keyed(&plan) > PLAN_MAX_KEYED)
		(void)diagnostic_add(c->d, mark_of(c, a), "E121",
		    "agreement `%.*s` has more than %d columns of codes",
		    (int)a->id.len, (const char *)a->id.data, PLAN_MAX_KEYED);
	bool fits;
	TRY(check_len(&fits, &plan, PLAN_MAX_LEN));
	if (!fits) {
		complain(c, a, "compiles to more than 4 MiB",
		    "group by a shorter table, or have several agreements "
		    "that group by one each");
		return OK;
	}
	TRY(leave_tables_out(&plan, c->arena));
	TRY(check_len(&fits, &plan, PLAN_MAX_BARE));
	if (!fits)
		complain(c, a,
		    "compiles, without its tables, to more than 40 KiB",
		    "deliver fewer columns by it, or have shorter names and "
		    "lists of values");
	return OK;
}

struct err
check_plan_all(struct checker *c)
{
	for (uint32_t i = 0; i < c->policy->num_agreements; i++)
		TRY(check_one(c, i));
	return OK;
}
