#include "gateway/transform/rows.h"

#include "gateway/transform/cell_date.h"
#include "gateway/transform/cell_number.h"

bool
rows_is_word(const struct plan *plan, struct span cell)
{
	/* Of another length are most: no call for those. */
	for (uint32_t i = 0; i < plan->num_missing; i++)
		if (cell.len == plan->missing[i].len &&
		    span_equal(cell, plan->missing[i]))
			return true;
	return false;
}

static bool
is_number(enum column_kind kind)
{
	return kind == KIND_AGE || kind == KIND_INTERVAL ||
	    kind == KIND_AMOUNT || kind == KIND_NUMBER;
}

static bool
is_date(enum column_kind kind)
{
	return kind == KIND_DATE || kind == KIND_DATETIME;
}

/* The values of IS, IS_NOT and ONE_OF are of the column's kind. */
static struct err
check_values(const struct plan_condition *rule)
{
	struct decimal number;
	struct cell_date date;

	if (rule->num_values == 0)
		return ERR(MALFORMED, "a row rule without a value");
	for (uint32_t i = 0; i < rule->num_values; i++) {
		if (is_number(rule->kind) &&
		    !cell_number_parse(rule->values[i], &number))
			return ERR(MALFORMED, "a row rule's value: no number");
		if (is_date(rule->kind) &&
		    !cell_date_parse(rule->values[i], &date))
			return ERR(MALFORMED, "a row rule's value: no date");
	}
	return OK;
}

static struct err
check_rule(const struct plan_condition *rule)
{
	if (rule->age_of &&
	    (rule->kind != KIND_DATE || rule->number.scale != 0 ||
		rule->number.value < 0 || rule->number.value > 200 ||
		(rule->op != ROW_UNDER && rule->op != ROW_AT_LEAST)))
		return ERR(MALFORMED, "a row rule on age() makes no sense");
	switch (rule->op) {
	case ROW_IS:
	case ROW_IS_NOT:
	case ROW_ONE_OF:
		return check_values(rule);
	case ROW_BEFORE:
	case ROW_ON_OR_AFTER:
		return is_date(rule->kind)
		    ? OK
		    : ERR(MALFORMED, "a row rule on a date that is none");
	case ROW_UNDER:
	case ROW_AT_LEAST:
		return rule->age_of || is_number(rule->kind)
		    ? OK
		    : ERR(MALFORMED, "a row rule on a number that is none");
	case NUM_ROW_OPS:
		break;
	}
	return ERR(MALFORMED, "an unknown row rule");
}

struct err
rows_check(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->num_conditions; i++)
		if (plan->conditions[i].test == PLAN_ROW)
			TRY(check_rule(&plan->conditions[i]));
	return OK;
}

static enum verdict
verdict_of(bool holds)
{
	return holds ? VERDICT_RELEASED : VERDICT_RULE;
}

/* The cell is one of the rule's values, in the sense of its kind. */
static bool
is_one_of(const struct plan_condition *rule, struct span cell)
{
	struct decimal number = {0}, other_number = {0};
	struct cell_date date = {0}, other_date = {0};

	for (uint32_t i = 0; i < rule->num_values; i++) {
		struct span value = rule->values[i];

		if (is_number(rule->kind)) {
			if (cell_number_parse(cell, &number) &&
			    cell_number_parse(value, &other_number) &&
			    cell_number_compare(number, other_number) == 0)
				return true;
		} else if (is_date(rule->kind)) {
			if (cell_date_parse(cell, &date) &&
			    cell_date_parse(value, &other_date) &&
			    cell_date_days(&date) ==
				cell_date_days(&other_date))
				return true;
		} else if (span_equal(cell, value)) {
			return true;
		}
	}
	return false;
}

/* Years that were surely, or not surely, reached in the as-of year. */
static enum verdict
judge_age(const struct plan_condition *rule, const struct cell_date *birth,
    uint16_t as_of)
{
	struct cell_date edge = {as_of - (int)rule->number.value, 1, 1};

	if (rule->op == ROW_AT_LEAST)
		return verdict_of(
		    cell_date_days(birth) <= cell_date_days(&edge));
	return verdict_of(birth->year > edge.year);
}

static enum verdict
judge_date(const struct plan_condition *rule, struct span cell, uint16_t as_of)
{
	struct cell_date date;

	if (!cell_date_parse(cell, &date))
		return VERDICT_NOT_TYPED;
	if (rule->age_of)
		return judge_age(rule, &date, as_of);
	if (rule->op == ROW_BEFORE)
		return verdict_of(cell_date_days(&date) < rule->day);
	if (rule->op == ROW_ON_OR_AFTER)
		return verdict_of(cell_date_days(&date) >= rule->day);
	return verdict_of(is_one_of(rule, cell) == (rule->op != ROW_IS_NOT));
}

static enum verdict
judge_number(const struct plan_condition *rule, struct span cell)
{
	struct decimal number;

	if (!cell_number_parse(cell, &number))
		return VERDICT_NOT_TYPED;
	if (rule->op == ROW_UNDER)
		return verdict_of(
		    cell_number_compare(number, rule->number) < 0);
	if (rule->op == ROW_AT_LEAST)
		return verdict_of(
		    cell_number_compare(number, rule->number) >= 0);
	return verdict_of(is_one_of(rule, cell) == (rule->op != ROW_IS_NOT));
}

static enum verdict
judge_rule(const struct plan *plan, const struct plan_condition *rule,
    struct span cell)
{
	if (rows_missing(plan, cell))
		return VERDICT_MISSING;
	if (is_date(rule->kind))
		return judge_date(rule, cell, plan->as_of);
	if (is_number(rule->kind))
		return judge_number(rule, cell);
	return verdict_of(is_one_of(rule, cell) == (rule->op != ROW_IS_NOT));
}

/* What is not there answers nothing, even where an empty answer counts. */
static bool
is_answer(const struct plan_condition *condition, struct span cell)
{
	if (cell.data == NULL || batch_is_misfit(cell))
		return false;
	for (uint32_t i = 0; i < condition->num_values; i++)
		if (span_equal_fold(span_trim(cell), condition->values[i]))
			return true;
	return false;
}

static enum verdict
judge(const struct plan *plan, const struct plan_condition *condition,
    struct span cell)
{
	switch (condition->test) {
	case PLAN_ROW:
		return judge_rule(plan, condition, cell);
	case PLAN_CONSENT:
		return is_answer(condition, cell) ? VERDICT_RELEASED
						  : VERDICT_CONSENT;
	case PLAN_OBJECTION:
		return is_answer(condition, cell) ? VERDICT_RELEASED
						  : VERDICT_OBJECTION;
	case PLAN_SUBJECT:
		return VERDICT_RELEASED;
	case NUM_PLAN_TESTS:
		break;
	}
	return VERDICT_RULE;
}

void
rows_judge(const struct plan *plan, const struct batch *batch,
    const uint32_t *columns, uint8_t *verdicts)
{
	for (uint32_t row = 0; row < batch->num_rows; row++)
		verdicts[row] = VERDICT_RELEASED;
	for (uint32_t i = 0; i < plan->num_conditions; i++) {
		const struct span *cells = batch_column(batch, columns[i]);

		for (uint32_t row = 0; row < batch->num_rows; row++)
			if (verdicts[row] == VERDICT_RELEASED)
				verdicts[row] = (uint8_t)judge(
				    plan, &plan->conditions[i], cells[row]);
	}
}

const char *
rows_verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_RELEASED:
		return "released";
	case VERDICT_MISSING:
		return "a value that a row rule needs is missing";
	case VERDICT_NOT_TYPED:
		return "a value that a row rule needs is no date or number";
	case VERDICT_RULE:
		return "a row rule";
	case VERDICT_CONSENT:
		return "no consent";
	case VERDICT_OBJECTION:
		return "objection";
	case VERDICT_UNFIT:
		return "a value does not fit its protection";
	case NUM_VERDICTS:
		break;
	}
	return "unknown";
}
