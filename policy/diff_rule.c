#include "policy/diff_rule.h"

#include "policy/literal.h"

bool
diff_texts_within(
    const struct span *a, size_t num_a, const struct span *b, size_t num_b)
{
	for (size_t i = 0; i < num_a; i++) {
		size_t j = 0;

		while (j < num_b && !span_equal(a[i], b[j]))
			j++;
		if (j == num_b)
			return false;
	}
	return true;
}

static bool
names_values(const struct row_rule *rule)
{
	return rule->op == ROW_IS || rule->op == ROW_ONE_OF;
}

bool
diff_rule_implies(const struct row_rule *a, const struct dataset *of_a,
    const struct row_rule *b, const struct dataset *of_b)
{
	if (a->age_of != b->age_of ||
	    !span_equal(
		of_a->columns[a->column].name, of_b->columns[b->column].name))
		return false;
	if (names_values(a) && names_values(b))
		return diff_texts_within(
		    a->values, a->num_values, b->values, b->num_values);
	if (a->op != b->op)
		return false;
	switch (a->op) {
	case ROW_IS_NOT:
		return diff_texts_within(
		    b->values, b->num_values, a->values, a->num_values);
	case ROW_BEFORE:
		return a->day <= b->day;
	case ROW_ON_OR_AFTER:
		return a->day >= b->day;
	case ROW_UNDER:
		return literal_compare(a->number, b->number) <= 0;
	case ROW_AT_LEAST:
		return literal_compare(a->number, b->number) >= 0;
	case ROW_IS:
	case ROW_ONE_OF:
	case NUM_ROW_OPS:
		break;
	}
	return false;
}

bool
diff_answer_implies(const struct column *a, const struct column *b)
{
	return a->class == b->class && span_equal(a->name, b->name) &&
	    diff_texts_within(
		a->answers, a->num_answers, b->answers, b->num_answers);
}
