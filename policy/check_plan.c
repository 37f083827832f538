#include "policy/checker.h"
#include "policy/plan.h"

enum {
	ANY_YEAR = 2000, /* all have four digits */
};

static struct mark
mark_of(const struct checker *c, const struct agreement *a)
{
	struct mark at = {.line = a->line, .column = 1};

	for (size_t i = 0; i < c->d->num_files; i++) {
		if (span_equal(c->d->files[i].name, a->file))
			at.file = (uint32_t)i;
	}
	return at;
}

static uint32_t
count_pseudonyms(const struct plan *plan)
{
	uint32_t num = 0;

	for (uint32_t i = 0; i < plan->num_columns; i++)
		num += plan->columns[i].how.op == PROTECT_PSEUDONYM;
	return num;
}

static struct err
check_one(struct checker *c, uint32_t index)
{
	const struct agreement *a = &c->policy->agreements[index];
	struct buf bytes CLEANUP(buf_done) = {.max = PLAN_MAX_LEN};
	struct plan plan;

	TRY(plan_build(&plan, c->arena, c->policy, index, ANY_YEAR, 0));
	if (count_pseudonyms(&plan) > PLAN_MAX_PSEUDONYMS)
		(void)diagnostic_add(c->d, mark_of(c, a), "E121",
		    "agreement `%.*s` has more than %d pseudonyms",
		    (int)a->id.len, (const char *)a->id.data,
		    PLAN_MAX_PSEUDONYMS);
	struct err err = plan_encode(&bytes, &plan);
	if (err.code != ERR_TOO_BIG)
		return err;
	struct diagnostic *item = diagnostic_add(c->d, mark_of(c, a), "E121",
	    "agreement `%.*s` compiles to more than %d bytes", (int)a->id.len,
	    (const char *)a->id.data, PLAN_MAX_LEN);
	diagnostic_help(c->d, item,
	    "deliver fewer columns by it, or group by a shorter table");
	return OK;
}

struct err
check_plan_all(struct checker *c)
{
	for (uint32_t i = 0; i < c->policy->num_agreements; i++)
		TRY(check_one(c, i));
	return OK;
}
