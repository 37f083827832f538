#include "policy/checker.h"

#include "policy/literal.h"
#include "policy/path.h"
#include "policy/preset.h"
#include "policy/suggest.h"

/*
 * check_rows: row rules. A rule is public knowledge, so on a column that is
 * delivered coarser it may cut at that coarsening's edges only.
 */

/* The operator in front of `rest`, which is shortened by it. */
static bool
take_op(struct span *rest, enum row_op *out)
{
	static const struct {
		const char *words;
		enum row_op op;
	} ops[] = {{"is not ", ROW_IS_NOT}, {"is ", ROW_IS},
	    {"one of ", ROW_ONE_OF}, {"before ", ROW_BEFORE},
	    {"on or after ", ROW_ON_OR_AFTER}, {"under ", ROW_UNDER},
	    {"at least ", ROW_AT_LEAST}};

	*rest = span_trim(*rest);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		struct span words = span_str(ops[i].words);

		if (!span_starts_with(*rest, words))
			continue;
		*rest = span_trim(span_sub(*rest, words.len, rest->len));
		*out = ops[i].op;
		return true;
	}
	return false;
}

/* The longest declared name in front of ` ` or, for age(), of `)`. */
static bool
take_column(
    const struct dataset *ds, struct span *rest, uint8_t end, uint32_t *out)
{
	size_t best = 0;

	*out = NO_INDEX;
	for (uint32_t i = 0; i < ds->num_columns; i++) {
		struct span name = ds->columns[i].name;

		if (name.len >= best && rest->len > name.len &&
		    span_starts_with(*rest, name) &&
		    rest->data[name.len] == end) {
			best = name.len;
			*out = i;
		}
	}
	if (*out == NO_INDEX)
		return false;
	*rest = span_sub(*rest, best + 1, rest->len);
	return true;
}

static struct err
parse_list(struct checker *c, struct row_rule *rule, struct span text)
{
	struct span item, rest;
	size_t num = 1;

	if (text.len < 2 || text.data[0] != '(' ||
	    text.data[text.len - 1] != ')')
		return ERR(MALFORMED, "it is `one of (a, b)`");
	rest = span_sub(text, 1, text.len - 2);
	for (size_t i = 0; i < rest.len; i++)
		num += rest.data[i] == ',';
	TRY(arena_alloc(c->arena, &rule->values, num, sizeof(*rule->values)));
	while (span_take_until(&rest, &item, ',')) {
		item = span_trim(item);
		if (item.len == 0)
			return ERR(MALFORMED, "an empty item in the list");
		rule->values[rule->num_values++] = item;
	}
	return OK;
}

static struct err
parse_value(struct checker *c, struct row_rule *rule, struct span text)
{
	if (text.len == 0)
		return ERR(MALFORMED, "a value is missing");
	switch (rule->op) {
	case ROW_ONE_OF:
		return parse_list(c, rule, text);
	case ROW_IS:
	case ROW_IS_NOT:
		TRY(arena_alloc(
		    c->arena, &rule->values, 1, sizeof(*rule->values)));
		rule->values[rule->num_values++] = text;
		return OK;
	case ROW_BEFORE:
	case ROW_ON_OR_AFTER:
		return literal_day(text, &rule->day);
	case ROW_UNDER:
	case ROW_AT_LEAST:
		return literal_decimal(text, &rule->number);
	case NUM_ROW_OPS:
		break;
	}
	return ERR(MALFORMED, "no such comparison");
}

static bool
is_date(const struct column *col)
{
	return col->kind == KIND_DATE || col->kind == KIND_DATETIME;
}

static bool
is_number(const struct column *col)
{
	return col->kind == KIND_AGE || col->kind == KIND_INTERVAL ||
	    col->kind == KIND_AMOUNT || col->kind == KIND_NUMBER;
}

static bool
compares_values(enum row_op op)
{
	return op == ROW_IS || op == ROW_IS_NOT || op == ROW_ONE_OF;
}

static bool
compares_days(enum row_op op)
{
	return op == ROW_BEFORE || op == ROW_ON_OR_AFTER;
}

/* The comparison suits the kind, and so do its values. */
static bool
is_typed(const struct row_rule *rule, const struct column *col)
{
	struct decimal number;
	int32_t day;

	if (rule->age_of)
		return is_date(col) &&
		    (rule->op == ROW_UNDER || rule->op == ROW_AT_LEAST) &&
		    rule->number.scale == 0 && rule->number.value > 0 &&
		    rule->number.value < 150;
	if (compares_days(rule->op))
		return is_date(col);
	if (!compares_values(rule->op))
		return is_number(col);
	for (uint32_t i = 0; i < rule->num_values; i++)
		if ((col->kind == KIND_DATE &&
			literal_day(rule->values[i], &day).code != ERR_OK) ||
		    (is_number(col) &&
			literal_decimal(rule->values[i], &number).code !=
			    ERR_OK))
			return false;
	return true;
}

/* The first day of a decade, year, quarter or month, outside of the one
 * group of those who are 90 or older. */
static bool
day_is_edge(enum protection_op op, int32_t day, int as_of)
{
	int year, month, mday;

	literal_civil(day, &year, &month, &mday);
	if (mday != 1 || year <= as_of - 90)
		return false;
	switch ((unsigned)op) {
	case PROTECT_MONTH:
		return true;
	case PROTECT_QUARTER:
		return month % 3 == 1;
	case PROTECT_YEAR:
		return month == 1;
	case PROTECT_DECADE:
		return month == 1 && year % 10 == 0;
	}
	return false;
}

/* Ages turn on 1 January: no edge of decades, or of dates that have moved. */
static bool
age_is_edge(enum protection_op op, int64_t years)
{
	return years <= 90 &&
	    (op == PROTECT_MONTH || op == PROTECT_QUARTER ||
		op == PROTECT_YEAR);
}

/* Above the low end, and not above the high one. */
static bool
is_between(const struct protection *how, struct decimal number)
{
	return literal_compare(number, how->low) > 0 &&
	    literal_compare(number, how->high) <= 0;
}

static bool
number_is_edge(const struct protection *how, const struct row_rule *rule)
{
	struct decimal ninety = {90, 0};

	if (compares_values(rule->op))
		return false;
	switch ((unsigned)how->op) {
	case PROTECT_CAPPED_BAND:
		if (!is_between(how, rule->number))
			return false;
		return literal_is_multiple(rule->number, how->step);
	case PROTECT_BAND:
		return literal_is_multiple(rule->number, how->step);
	case PROTECT_CAP:
		return is_between(how, rule->number);
	case PROTECT_AGE_90:
		return literal_compare(rule->number, ninety) <= 0;
	}
	return false;
}

static bool
is_edge(const struct protection *how, const struct row_rule *rule,
    const struct column *col, int as_of)
{
	if (how->op == PROTECT_KEEP)
		return true;
	if (rule->age_of)
		return age_is_edge(how->op, rule->number.value);
	if (is_date(col))
		return compares_days(rule->op) &&
		    day_is_edge(how->op, rule->day, as_of);
	return is_number(col) && number_is_edge(how, rule);
}

/*
 * How coarse a rule must be: as the column is delivered. One that is not
 * delivered, and may not be kept either, is judged as a year where it is a
 * date; on anything else the rule would tell the value itself.
 */
static struct protection
form_of(const struct checker *c, const struct agreement *a,
    const struct dataset *ds, uint32_t column)
{
	struct protection form = {.op = PROTECT_KEEP, .because = span_str("-")};
	struct preset_question q = check_law_ask(c->policy, a, column, &form);
	const struct preset_row *row;
	const struct column *col = &ds->columns[column];
	bool keepable = true;

	for (uint32_t i = 0; i < a->num_columns; i++)
		if (a->columns[i].column == column &&
		    a->columns[i].how.op != PROTECT_DROP &&
		    a->columns[i].how.op != PROTECT_BLANK)
			return a->columns[i].how;
	for (unsigned i = 0; i < NUM_PRESETS; i++)
		if ((ds->presets & 1u << i) != 0 &&
		    preset_judge(&row, (enum preset)(1u << i), &q) !=
			PRESET_LAWFUL)
			keepable = false;
	if (!keepable)
		form.op = is_date(col) ? PROTECT_YEAR : PROTECT_DROP;
	if (!keepable && col->kind == KIND_AGE)
		form.op = PROTECT_AGE_90;
	return form;
}

static void
judge(struct checker *c, const struct agreement *a, const struct dataset *ds,
    const struct row_rule *rule, struct mark at)
{
	const struct column *col = &ds->columns[rule->column];
	struct protection form = form_of(c, a, ds, rule->column);
	int as_of = a->as_of, month, mday;

	if (as_of == 0)
		literal_civil(c->options->today, &as_of, &month, &mday);
	if (preset_is_identifier(col))
		(void)diagnostic_add(c->d, at, "E108",
		    "a rule on `%.*s`, which is a direct identifier",
		    DIAGNOSTIC_SPAN(col->name));
	else if (ds->format.kind == FILE_JSONL && path_has_array(col->name))
		(void)diagnostic_add(c->d, at, "E115",
		    "a rule on `%.*s`, which has many values in a row",
		    DIAGNOSTIC_SPAN(col->name));
	else if (col->kind == KIND_NONE)
		(void)diagnostic_add(c->d, at, "E115",
		    "a rule on `%.*s`: %s columns act by themselves",
		    DIAGNOSTIC_SPAN(col->name), model_class_name(col->class));
	else if (!is_typed(rule, col))
		(void)diagnostic_add(c->d, at, "E115",
		    "this comparison does not suit the kind `%s` of `%.*s`",
		    model_kind_name(col->kind), DIAGNOSTIC_SPAN(col->name));
	else if (!is_edge(&form, rule, col, as_of))
		diagnostic_help(c->d,
		    diagnostic_add(c->d, at, "E109",
			"the rule tells more of `%.*s` than its form, `%s`",
			DIAGNOSTIC_SPAN(col->name),
			model_protection_name(form.op)),
		    "cut at an edge of `%s` only, as %s",
		    model_protection_name(form.op),
		    is_date(col) ? "1 January for years"
				 : "a multiple of a band");
}

static void
note_no_column(struct checker *c, const struct dataset *ds, struct mark at,
    struct span text)
{
	struct diagnostic *item;
	struct suggest near;
	struct span word;

	(void)span_take_until(&text, &word, ' ');
	item = diagnostic_add(c->d, at, "E104",
	    "there is no column `%.*s` in `%.*s`", DIAGNOSTIC_SPAN(word),
	    DIAGNOSTIC_SPAN(ds->id));
	suggest_init(&near, word);
	for (uint32_t i = 0; i < ds->num_columns; i++)
		suggest_offer(&near, ds->columns[i].name);
	if (near.best.len > 0)
		diagnostic_help(c->d, item, "did you mean `%.*s`?",
		    DIAGNOSTIC_SPAN(near.best));
}

static struct err
parse_rule(struct checker *c, struct agreement *a, const struct dataset *ds,
    const struct node *n)
{
	struct row_rule rule = {.line = n->at.line};
	struct span rest = span_trim(n->text), age = span_str("age(");
	struct err err;

	rule.age_of = span_starts_with(rest, age);
	if (rule.age_of)
		rest = span_sub(rest, age.len, rest.len);
	if (!take_column(ds, &rest, rule.age_of ? ')' : ' ', &rule.column)) {
		note_no_column(c, ds, n->at, rest);
		return OK;
	}
	if (!take_op(&rest, &rule.op)) {
		diagnostic_help(c->d,
		    diagnostic_add(
			c->d, n->at, "E115", "this is not a comparison"),
		    "there are: is, is not, one of (a, b), before, on or "
		    "after, under, at least");
		return OK;
	}
	err = parse_value(c, &rule, rest);
	if (err.code == ERR_MALFORMED) {
		(void)diagnostic_add(c->d, n->at, "E115", "%s", err.why);
		return OK;
	}
	TRY(err);
	judge(c, a, ds, &rule, n->at);
	a->rows[a->num_rows++] = rule;
	return OK;
}

struct err
check_rows_parse(struct checker *c, struct agreement *a,
    const struct dataset *ds, const struct node *rows)
{
	if (rows == NULL || rows->type == NODE_MAP)
		return OK;
	TRY(arena_alloc(c->arena, &a->rows, rows->num + 1, sizeof(*a->rows)));
	if (rows->type == NODE_TEXT)
		return parse_rule(c, a, ds, rows);
	for (const struct node *n = rows->first; n != NULL; n = n->next)
		if (n->type == NODE_TEXT)
			TRY(parse_rule(c, a, ds, n));
	return OK;
}
