#include "policy/plan_within.h"

/* What a part is, is in its encoding: that of a plan which has it alone. Codes
 * of another epoch are no more and no less than those of this one. */
static struct plan
bare(const struct plan *plan)
{
	return (struct plan){.version = plan->version,
	    .as_of = plan->as_of,
	    .format = plan->format,
	    .missing = plan->missing,
	    .num_missing = plan->num_missing};
}

static struct err
encode_column(
    struct buf *out, const struct plan *plan, const struct plan_column *column)
{
	struct plan part = bare(plan);
	struct plan_column copy = *column;

	part.columns = &copy;
	part.num_columns = 1;
	if (copy.how.op == PROTECT_GROUP) {
		part.tables = &plan->tables[copy.how.table];
		part.num_tables = 1;
		copy.how.table = 0;
	}
	buf_reset(out);
	return plan_encode(out, &part);
}

static struct err
encode_condition(struct buf *out, const struct plan *plan,
    const struct plan_condition *condition)
{
	struct plan part = bare(plan);
	struct plan_condition copy = *condition;

	part.conditions = &copy;
	part.num_conditions = 1;
	buf_reset(out);
	return plan_encode(out, &part);
}

/* One of them, with the same encoding. */
static bool
has_column(struct span wanted, const struct plan *plan)
{
	struct buf part CLEANUP(buf_done) = {.max = PLAN_MAX_LEN};

	for (uint32_t i = 0; i < plan->num_columns; i++) {
		if (encode_column(&part, plan, &plan->columns[i]).code ==
			ERR_OK &&
		    span_equal(wanted, buf_span(&part)))
			return true;
	}
	return false;
}

static bool
has_condition(struct span wanted, const struct plan *plan)
{
	struct buf part CLEANUP(buf_done) = {.max = PLAN_MAX_LEN};

	for (uint32_t i = 0; i < plan->num_conditions; i++) {
		if (encode_condition(&part, plan, &plan->conditions[i]).code ==
			ERR_OK &&
		    span_equal(wanted, buf_span(&part)))
			return true;
	}
	return false;
}

bool
plan_within(const struct plan *older, const struct plan *newer)
{
	struct buf part CLEANUP(buf_done) = {.max = PLAN_MAX_LEN};

	for (uint32_t i = 0; i < older->num_columns; i++) {
		if (encode_column(&part, older, &older->columns[i]).code !=
			ERR_OK ||
		    !has_column(buf_span(&part), newer))
			return false;
	}
	/* One that is new withholds rows that leave now. */
	for (uint32_t i = 0; i < newer->num_conditions; i++) {
		if (encode_condition(&part, newer, &newer->conditions[i])
			    .code != ERR_OK ||
		    !has_condition(buf_span(&part), older))
			return false;
	}
	return true;
}
