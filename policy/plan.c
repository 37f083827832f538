#include "policy/plan.h"

#include <assert.h>

#include "crypto/hash.h"
#include "policy/codec.h"

#define PLAN_MAGIC "GHPLAN"

enum {
	MAX_PLAN_BYTES = 64 << 20, /* group tables are the bulk of it */
	MAX_YEAR = 9999,
};

/* What building reads, and where it writes. */
struct building {
	struct plan *plan;
	struct arena *arena;
	const struct policy *policy;
	const struct agreement *agreement;
	const struct dataset *dataset;
};

static struct err
build_declared(const struct building *b)
{
	struct plan *plan = b->plan;
	const struct dataset *dataset = b->dataset;

	TRY(arena_alloc(b->arena, &plan->declared, dataset->num_columns,
	    sizeof(*plan->declared)));
	for (size_t i = 0; i < dataset->num_columns; i++)
		plan->declared[i] = dataset->columns[i].name;
	plan->num_declared = dataset->num_columns;
	return OK;
}

/* The dataset asks for consent, or takes objections, to this purpose. */
static bool
column_guards(const struct column *column, uint32_t purpose)
{
	if (column->class != CLASS_CONSENT && column->class != CLASS_OBJECTION)
		return false;
	for (size_t i = 0; i < column->num_purposes; i++)
		if (column->purposes[i] == purpose)
			return true;
	return false;
}

static bool
column_in_rows(const struct agreement *agreement, uint32_t column)
{
	for (size_t i = 0; i < agreement->num_rows; i++)
		if (agreement->rows[i].column == column)
			return true;
	return false;
}

static bool
column_delivered(const struct agreement *agreement, uint32_t column)
{
	for (size_t i = 0; i < agreement->num_columns; i++)
		if (agreement->columns[i].column == column &&
		    agreement->columns[i].how.op != PROTECT_DROP)
			return true;
	return false;
}

/*
 * With `missing-column: empty` a delivered column may be absent; one that
 * decides about rows, and the subject's, never.
 */
static bool
column_required(const struct building *b, uint32_t column)
{
	const struct column *declared = &b->dataset->columns[column];

	if (column_guards(declared, b->agreement->purpose) ||
	    column_in_rows(b->agreement, column) ||
	    column == b->dataset->subject_column)
		return true;
	return !b->dataset->empty_missing_column &&
	    column_delivered(b->agreement, column);
}

static struct err
build_required(const struct building *b)
{
	struct plan *plan = b->plan;

	TRY(arena_alloc(b->arena, &plan->required, b->dataset->num_columns,
	    sizeof(*plan->required)));
	for (uint32_t i = 0; i < b->dataset->num_columns; i++)
		if (column_required(b, i))
			plan->required[plan->num_required++] =
			    b->dataset->columns[i].name;
	return OK;
}

/*
 * The plan's own copy of a table, once for each table used. Its name does
 * not go along: a file that moves changes no delivered byte.
 */
static void
build_table(const struct building *b, uint32_t *index, uint32_t *from)
{
	struct plan *plan = b->plan;

	assert(*index < b->policy->num_tables);
	for (uint32_t i = 0; i < plan->num_tables; i++) {
		if (from[i] == *index) {
			*index = i;
			return;
		}
	}
	from[plan->num_tables] = *index;
	plan->tables[plan->num_tables] = b->policy->tables[*index];
	plan->tables[plan->num_tables].name = span_of(NULL, 0);
	*index = plan->num_tables++;
}

/* The parameters that do not belong to the op, and reasons, are left out. */
static struct protection
bare_protection(const struct protection *how)
{
	struct protection bare = {.op = how->op};

	if (how->op == PROTECT_MASK) {
		bare.first = how->first;
		bare.last = how->last;
	}
	if (how->op == PROTECT_PREFIX)
		bare.prefix_len = how->prefix_len;
	if (how->op == PROTECT_CAP) {
		bare.low = how->low;
		bare.high = how->high;
	}
	if (how->op == PROTECT_BAND || how->op == PROTECT_ROUND)
		bare.step = how->step;
	if (how->op == PROTECT_GROUP)
		bare.table = how->table;
	if (how->op == PROTECT_FORMAT)
		bare.check_digit = how->check_digit;
	return bare;
}

static struct err
build_columns(const struct building *b)
{
	const struct agreement *agreement = b->agreement;
	struct plan *plan = b->plan;
	uint32_t *from; /* the policy's index of each of the plan's tables */
	size_t num = agreement->num_columns;

	TRY(arena_alloc(b->arena, &from, num, sizeof(*from)));
	TRY(arena_alloc(b->arena, &plan->tables, num, sizeof(*plan->tables)));
	TRY(arena_alloc(b->arena, &plan->columns, num, sizeof(*plan->columns)));
	for (size_t i = 0; i < num; i++) {
		const struct delivered *delivered = &agreement->columns[i];
		if (delivered->how.op >= PROTECT_SCRUB)
			return ERR(UNSUPPORTED, "plan: protection not served");
		if (delivered->how.op == PROTECT_DROP)
			continue;
		const struct column *column =
		    &b->dataset->columns[delivered->column];
		struct plan_column *made = &plan->columns[plan->num_columns++];
		*made = (struct plan_column){.name = column->name,
		    .class = column->class,
		    .kind = column->kind,
		    .how = bare_protection(&delivered->how),
		    .unfit = delivered->unfit,
		    .values = column->values,
		    .num_values = column->num_values};
		if (made->how.op == PROTECT_GROUP)
			build_table(b, &made->how.table, from);
	}
	return OK;
}

static struct plan_condition
row_condition(const struct row_rule *rule, const struct column *column)
{
	return (struct plan_condition){.test = PLAN_ROW,
	    .name = column->name,
	    .kind = column->kind,
	    .op = rule->op,
	    .age_of = rule->age_of,
	    .values = rule->values,
	    .num_values = rule->num_values,
	    .day = rule->day,
	    .number = rule->number};
}

static struct plan_condition
answer_condition(const struct column *column)
{
	return (struct plan_condition){.test = column->class == CLASS_CONSENT
		? PLAN_CONSENT
		: PLAN_OBJECTION,
	    .name = column->name,
	    .kind = column->kind,
	    .values = column->answers,
	    .num_values = column->num_answers};
}

static bool
delivers(const struct plan *plan, enum protection_op op)
{
	for (uint32_t i = 0; i < plan->num_columns; i++)
		if (plan->columns[i].how.op == op)
			return true;
	return false;
}

bool
plan_has_tokens(const struct plan *plan)
{
	return delivers(plan, PROTECT_TOKEN);
}

/* A protection that goes by the subject reads its column too. Without one,
 * each random code is of its own value. */
static struct err
build_subject(const struct building *b)
{
	const struct dataset *dataset = b->dataset;
	struct plan *plan = b->plan;
	bool shifts = delivers(plan, PROTECT_SHIFT);

	if (shifts && dataset->subject_column == NO_INDEX)
		return ERR(MALFORMED, "plan: dates are moved for nobody");
	if ((!shifts && !plan_has_tokens(plan)) ||
	    dataset->subject_column == NO_INDEX)
		return OK;
	const struct column *column =
	    &dataset->columns[dataset->subject_column];
	plan->conditions[plan->num_conditions++] = (struct plan_condition){
	    .test = PLAN_SUBJECT, .name = column->name, .kind = column->kind};
	return OK;
}

/* Consent first: a row without it is withheld for that, not for another. */
static struct err
build_conditions(const struct building *b)
{
	const struct dataset *dataset = b->dataset;
	const struct agreement *agreement = b->agreement;
	struct plan *plan = b->plan;
	size_t most;

	TRY(size_add(dataset->num_columns, agreement->num_rows, &most));
	TRY(size_add(most, 1, &most));
	TRY(arena_alloc(
	    b->arena, &plan->conditions, most, sizeof(*plan->conditions)));
	for (size_t i = 0; i < dataset->num_columns; i++)
		if (column_guards(&dataset->columns[i], agreement->purpose))
			plan->conditions[plan->num_conditions++] =
			    answer_condition(&dataset->columns[i]);
	for (size_t i = 0; i < agreement->num_rows; i++)
		plan->conditions[plan->num_conditions++] =
		    row_condition(&agreement->rows[i],
			&dataset->columns[agreement->rows[i].column]);
	return build_subject(b);
}

struct err
plan_build(struct plan *out, struct arena *arena, const struct policy *policy,
    uint32_t agreement, uint16_t year, uint32_t key_epoch)
{
	assert(agreement < policy->num_agreements);
	assert(year > 0);
	const struct agreement *a = &policy->agreements[agreement];
	const struct dataset *dataset = &policy->datasets[a->dataset];
	struct plan plan = {.version = PLAN_VERSION,
	    .as_of = a->as_of != 0 ? a->as_of : year,
	    .key_epoch = key_epoch,
	    .source_compression = dataset->compression,
	    .compression = a->compress,
	    .format = dataset->format,
	    .refuse_new_column = dataset->refuse_new_column,
	    .empty_missing_column = dataset->empty_missing_column,
	    .missing = dataset->missing,
	    .num_missing = dataset->num_missing};
	struct building b = {&plan, arena, policy, a, dataset};

	if (a->waits != 0)
		return ERR(UNSUPPORTED, "plan: an agreement not served");
	TRY(build_declared(&b));
	TRY(build_required(&b));
	TRY(build_columns(&b));
	TRY(build_conditions(&b));
	*out = plan;
	return OK;
}

/* As in codec.h: one description, both directions. */

/* Bytes are compressed by somebody, or not at all. */
static struct err
code_compression(struct codec *c, struct plan *plan)
{
	TRY(codec_choice(c, &plan->source_compression, NUM_COMPRESSIONS));
	TRY(codec_choice(c, &plan->compression, NUM_COMPRESSIONS));
	TRY(codec_text(c, &plan->compressor));
	if (codec_reading(c) &&
	    (plan->compressor.len > 0) !=
		(plan->compression != COMPRESSION_NONE))
		return ERR(MALFORMED, "plan: compressed by nobody");
	return OK;
}

static struct err
code_head(struct codec *c, struct plan *plan)
{
	TRY(codec_start(c, PLAN_MAGIC, PLAN_VERSION));
	plan->version = PLAN_VERSION;
	TRY(codec_u16(c, &plan->as_of));
	if (codec_reading(c) && (plan->as_of == 0 || plan->as_of > MAX_YEAR))
		return ERR(MALFORMED, "plan: not a year");
	TRY(codec_u32(c, &plan->key_epoch));
	TRY(code_compression(c, plan));
	TRY(codec_format(c, &plan->format));
	TRY(codec_texts(c, &plan->declared, &plan->num_declared));
	TRY(codec_texts(c, &plan->required, &plan->num_required));
	TRY(codec_bool(c, &plan->refuse_new_column));
	TRY(codec_bool(c, &plan->empty_missing_column));
	return codec_texts(c, &plan->missing, &plan->num_missing);
}

static struct err
code_column(struct codec *c, struct plan_column *column, uint32_t num_tables)
{
	TRY(codec_text(c, &column->name));
	TRY(codec_choice(c, &column->class, NUM_CLASSES));
	TRY(codec_choice(c, &column->kind, NUM_KINDS));
	TRY(codec_protection(c, &column->how, num_tables));
	if (codec_reading(c) &&
	    (column->how.op == PROTECT_DROP || column->how.op >= PROTECT_SCRUB))
		return ERR(MALFORMED, "plan: protection not served");
	TRY(codec_choice(c, &column->unfit, NUM_UNFITS));
	return codec_texts(c, &column->values, &column->num_values);
}

/* The comparison of a row rule is coded as the image codes it. */
static struct err
code_row(struct codec *c, struct plan_condition *condition)
{
	struct row_rule rule = {.op = condition->op,
	    .age_of = condition->age_of,
	    .values = condition->values,
	    .num_values = condition->num_values,
	    .day = condition->day,
	    .number = condition->number};

	TRY(codec_comparison(c, &rule));
	if (!codec_reading(c))
		return OK;
	condition->op = rule.op;
	condition->age_of = rule.age_of;
	condition->values = rule.values;
	condition->num_values = rule.num_values;
	condition->day = rule.day;
	condition->number = rule.number;
	return OK;
}

static struct err
code_condition(struct codec *c, struct plan_condition *condition)
{
	TRY(codec_choice(c, &condition->test, NUM_PLAN_TESTS));
	TRY(codec_text(c, &condition->name));
	TRY(codec_choice(c, &condition->kind, NUM_KINDS));
	if (condition->test == PLAN_ROW)
		return code_row(c, condition);
	return codec_texts(c, &condition->values, &condition->num_values);
}

static struct err
code_plan(struct codec *c, struct plan *plan)
{
	TRY(code_head(c, plan));
	TRY(codec_tables(c, &plan->tables, &plan->num_tables));
	TRY(codec_items(
	    c, &plan->columns, &plan->num_columns, sizeof(*plan->columns)));
	for (size_t i = 0; i < plan->num_columns; i++)
		TRY(code_column(c, &plan->columns[i], plan->num_tables));
	TRY(codec_items(c, &plan->conditions, &plan->num_conditions,
	    sizeof(*plan->conditions)));
	for (size_t i = 0; i < plan->num_conditions; i++)
		TRY(code_condition(c, &plan->conditions[i]));
	return codec_end(c);
}

struct err
plan_encode(struct buf *out, const struct plan *plan)
{
	struct plan copy = *plan;
	struct codec codec = codec_writer(out);

	return code_plan(&codec, &copy);
}

struct err
plan_decode(struct plan *out, struct arena *arena, struct span bytes)
{
	struct plan plan = {0};
	struct codec codec = codec_reader(arena, bytes);

	TRY(code_plan(&codec, &plan));
	*out = plan;
	return OK;
}

struct err
plan_digest(uint8_t out[32], const struct plan *plan)
{
	struct buf CLEANUP(buf_done) bytes;

	buf_init(&bytes, MAX_PLAN_BYTES);
	TRY(plan_encode(&bytes, plan));
	return hash_sha256(out, buf_span(&bytes));
}
