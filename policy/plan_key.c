#include "policy/plan_key.h"

uint32_t
plan_subject(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->num_conditions; i++)
		if (plan->conditions[i].test == PLAN_SUBJECT)
			return i;
	return NO_INDEX;
}

enum column_kind
plan_subject_kind(const struct plan *plan, const struct plan_column *column)
{
	uint32_t subject = plan_subject(plan);

	return subject != NO_INDEX ? plan->conditions[subject].kind
				   : column->kind;
}

enum column_kind
plan_key_kind(const struct plan *plan, const struct plan_column *column)
{
	return column->how.op == PROTECT_SHIFT ? plan_subject_kind(plan, column)
					       : column->kind;
}
