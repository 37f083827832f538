#include "gateway/transform/transform.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/transform/column_key.h"
#include "gateway/transform/subjects.h"
#include "gateway/transform/transform_age.h"
#include "gateway/transform/transform_band.h"
#include "gateway/transform/transform_blank.h"
#include "gateway/transform/transform_cap.h"
#include "gateway/transform/transform_date.h"
#include "gateway/transform/transform_format.h"
#include "gateway/transform/transform_group.h"
#include "gateway/transform/transform_keep.h"
#include "gateway/transform/transform_mask.h"
#include "gateway/transform/transform_prefix.h"
#include "gateway/transform/transform_pseudonym.h"
#include "gateway/transform/transform_round.h"
#include "gateway/transform/transform_sealed.h"
#include "gateway/transform/transform_shift.h"
#include "gateway/transform/transform_token.h"
#include "gateway/transform/transform_zip3.h"
#include "policy/plan_key.h"
#include "policy/protect.h"

struct column_state {
	struct column_key key;
	struct span *values; /* the closed list, sorted */
	uint32_t source;     /* of the raw batch, or NO_INDEX */
};

struct transform {
	const struct plan *plan;
	const struct codes *codes; /* of TOKEN; NULL: there are none */
	struct column_state *columns;
	uint32_t *conditions; /* columns of the raw batch */
	struct cells cells;
	bool bound;
	/* The column at hand, without missing cells and withheld rows. */
	struct span in[BATCH_MAX_ROWS], out[BATCH_MAX_ROWS];
	uint8_t fit[BATCH_MAX_ROWS];
	uint16_t rows[BATCH_MAX_ROWS];	/* of each one */
	uint32_t place[BATCH_MAX_ROWS]; /* where each one belongs */
	int16_t days[BATCH_MAX_ROWS];	/* SHIFT: each row's dates move so */
	struct span subjects[BATCH_MAX_ROWS]; /* SHIFT, TOKEN: each row's */
};

/* One column on its way, and what it does to the rows. */
struct passage {
	uint32_t index; /* of the plan's columns */
	const struct batch *raw;
	struct span *to;
	const uint8_t *judged;	  /* by the conditions */
	const uint16_t *released; /* rows that were, in their order */
	const uint16_t *withheld; /* and those that were not */
	uint32_t num_released, num_withheld;
	uint8_t *verdicts;
	struct transform_counts *counts;
};

static int
compare_spans(const void *a, const void *b)
{
	return span_compare(*(const struct span *)a, *(const struct span *)b);
}

/* What the protection needs in order to run at all. */
static struct err
check_column(const struct plan *plan, const struct plan_column *column)
{
	const struct protection *how = &column->how;

	if (how->op == PROTECT_DROP)
		return ERR(MALFORMED, "a plan delivers a dropped column");
	if (how->op >= PROTECT_SCRUB)
		return ERR(UNSUPPORTED, "a protection that is not served");
	if (how->op == PROTECT_SHIFT && plan_subject(plan) == NO_INDEX)
		return ERR(MALFORMED, "a plan that moves dates for nobody");
	if (how->check_digit && !protect_has_check_digit(column->kind))
		return ERR(MALFORMED, "a plan of check digits without a rule");
	if (how->op == PROTECT_GROUP && how->table >= plan->num_tables)
		return ERR(MALFORMED, "a plan without its group table");
	if ((how->op == PROTECT_BAND || how->op == PROTECT_ROUND) &&
	    (how->step.value <= 0 || how->step.scale > 9))
		return ERR(MALFORMED, "a band or round of no width");
	if (how->op == PROTECT_CAP &&
	    (how->low.scale > 9 || how->high.scale > 9))
		return ERR(MALFORMED, "a cap with too many places");
	return OK;
}

static struct err
new_column(const struct plan *plan, const struct plan_column *column,
    const uint8_t *key, struct column_state *state)
{
	TRY(column_key_new(&state->key, plan, column, key));
	if (column->num_values == 0)
		return OK;
	state->values = calloc(column->num_values, sizeof(*state->values));
	if (state->values == NULL)
		return ERR(NO_MEMORY, "no memory for a list of values");
	for (uint32_t i = 0; i < column->num_values; i++)
		state->values[i] = column->values[i];
	qsort(state->values, column->num_values, sizeof(*state->values),
	    compare_spans);
	return OK;
}

struct err
transform_growth(const struct plan *plan, size_t len, size_t *out_len)
{
	/* A subject may be delivered too. */
	size_t times = plan_subject(plan) != NO_INDEX ? 2 : 1;
	bool seals = false;

	for (uint32_t i = 0; i < plan->num_columns; i++)
		seals = seals || plan->columns[i].how.op == PROTECT_SEALED;
	if (seals)
		times += CELLS_SEALED;
	if (plan_has_tokens(plan))
		times += CELLS_TOKEN;
	return size_mul(len, times, out_len);
}

static struct err
fill(struct transform *transform, const uint8_t (*keys)[32], size_t source_len,
    uint32_t list_cells)
{
	const struct plan *plan = transform->plan;
	size_t len;

	/* The cells of a batch do not overlap: each byte is one column's. */
	TRY(size_mul(plan->num_columns, BATCH_MAX_ROWS, &len));
	TRY(size_add(len, list_cells, &len));
	TRY(size_mul(len, CELLS_TEXT, &len));
	TRY(transform_growth(plan, source_len, &source_len));
	TRY(size_add(len, source_len, &len));
	transform->cells.scratch_len = len;
	transform->cells.scratch = malloc(len + 1);
	transform->columns =
	    calloc(plan->num_columns + 1ul, sizeof(*transform->columns));
	transform->conditions =
	    calloc(plan->num_conditions + 1ul, sizeof(*transform->conditions));
	if (transform->cells.scratch == NULL || transform->columns == NULL ||
	    transform->conditions == NULL)
		return ERR(NO_MEMORY, "no memory for a plan");
	for (uint32_t i = 0; i < plan->num_columns; i++)
		TRY(new_column(plan, &plan->columns[i],
		    keys == NULL ? NULL : keys[i], &transform->columns[i]));
	return OK;
}

struct err
transform_new(struct transform **out, const struct plan *plan,
    const uint8_t (*keys)[32], size_t source_len, uint32_t list_cells)
{
	struct transform *transform;
	struct err err;

	if (plan->version != PLAN_VERSION || plan->as_of == 0)
		return ERR(MALFORMED, "a plan of another version");
	if (plan->num_columns > CSV_MAX_FIELDS)
		return ERR(MALFORMED, "a plan of too many columns");
	TRY(rows_check(plan));
	for (uint32_t i = 0; i < plan->num_columns; i++)
		TRY(check_column(plan, &plan->columns[i]));
	transform = calloc(1, sizeof(*transform));
	if (transform == NULL)
		return ERR(NO_MEMORY, "no memory for a plan");
	transform->plan = plan;
	err = fill(transform, keys, source_len, list_cells);
	if (err.code != ERR_OK) {
		transform_free(transform);
		return err;
	}
	*out = transform;
	return OK;
}

void
transform_free(struct transform *transform)
{
	if (transform == NULL)
		return;
	if (transform->columns != NULL)
		for (uint32_t i = 0; i < transform->plan->num_columns; i++) {
			column_key_done(&transform->columns[i].key);
			free(transform->columns[i].values);
		}
	free(transform->columns);
	free(transform->conditions);
	free(transform->cells.scratch);
	free(transform);
}

struct err
transform_set_codes(struct transform *transform, const struct codes *codes,
    const uint8_t subject_key[32])
{
	const struct plan *plan = transform->plan;

	for (uint32_t i = 0; i < plan->num_columns; i++)
		if (plan->columns[i].how.op == PROTECT_TOKEN)
			TRY(column_key_subject(&transform->columns[i].key, plan,
			    &plan->columns[i], subject_key));
	transform->codes = codes;
	return OK;
}

void
transform_bind(struct transform *transform, const uint32_t *columns,
    const uint32_t *conditions)
{
	for (uint32_t i = 0; i < transform->plan->num_columns; i++)
		transform->columns[i].source = columns[i];
	for (uint32_t i = 0; i < transform->plan->num_conditions; i++)
		transform->conditions[i] = conditions[i];
	transform->bound = true;
}

/* Run the protection of one column over cells->in. */
static void
protect(struct transform *transform, uint32_t index)
{
	const struct plan *plan = transform->plan;
	const struct plan_column *column = &plan->columns[index];
	const struct protection *how = &column->how;
	struct cells *cells = &transform->cells;

	switch (how->op) {
	case PROTECT_BLANK:
		transform_blank(cells);
		return;
	case PROTECT_KEEP:
		transform_keep(cells, column->kind);
		return;
	case PROTECT_PSEUDONYM:
		transform_pseudonym(cells, column->kind,
		    transform->columns[index].key.hmac, plan->key_epoch);
		return;
	case PROTECT_SEALED:
		transform_sealed(cells, column->kind,
		    transform->columns[index].key.sealed, plan->key_epoch);
		return;
	case PROTECT_FORMAT:
		transform_format(
		    cells, column->kind, transform->columns[index].key.shape);
		return;
	case PROTECT_SHIFT:
		transform_shift(cells, transform->days,
		    cells->in == transform->in ? transform->rows : NULL);
		return;
	case PROTECT_MASK:
		transform_mask(cells, how->first, how->last);
		return;
	case PROTECT_DECADE:
	case PROTECT_YEAR:
	case PROTECT_QUARTER:
	case PROTECT_MONTH:
		transform_date(cells, how->op, plan->as_of);
		return;
	case PROTECT_AGE_90:
		transform_age(cells);
		return;
	case PROTECT_CAP:
		transform_cap(cells, how->low, how->high);
		return;
	case PROTECT_ZIP3:
		transform_zip3(cells);
		return;
	case PROTECT_PREFIX:
		transform_prefix(cells, how->prefix_len);
		return;
	case PROTECT_BAND:
		transform_band(cells, how->step);
		return;
	case PROTECT_ROUND:
		transform_round(cells, how->step);
		return;
	case PROTECT_GROUP:
		transform_group(cells, &plan->tables[how->table]);
		return;
	case PROTECT_TOKEN: /* run_token */
	case PROTECT_DROP:
	case PROTECT_SCRUB:
	case PROTECT_CAPPED_BAND:
	case NUM_PROTECTIONS:
		break;
	}
	assert(false && "transform_new checks the protections");
	abort();
}

/* A closed list binds whatever the protection made of the value. */
static void
check_values(struct transform *transform, uint32_t index)
{
	uint32_t num = transform->plan->columns[index].num_values;
	const struct span *values = transform->columns[index].values;
	struct cells *cells = &transform->cells;

	for (size_t i = 0; num > 0 && i < cells->num; i++)
		if (bsearch(&cells->in[i], values, num, sizeof(*values),
			compare_spans) == NULL)
			cells->fit[i] = FIT_NOT_LISTED;
}

/* What a cell that does not fit does to its row, or to the file. */
static struct err
judge_unfit(const struct transform *transform, const struct passage *p,
    enum fit fit, uint16_t row)
{
	enum unfit unfit = transform->plan->columns[p->index].unfit;

	p->counts->unfit[fit]++;
	if (unfit == UNFIT_REFUSE)
		return ERR(MALFORMED,
		    "a value does not fit, and the policy refuses the file");
	/* What is not known withholds, like UNFIT_WITHHOLD_ROW. */
	if (unfit != UNFIT_DROP)
		p->verdicts[row] = VERDICT_UNFIT;
	return OK;
}

/*
 * A cell of a released row, put among those to protect if there is something
 * to protect.
 */
static inline struct err
gather(struct transform *transform, const struct passage *p, struct span cell,
    uint32_t place, uint16_t row)
{
	size_t num = transform->cells.num;

	if (rows_missing(transform->plan, cell))
		return batch_is_misfit(cell)
		    ? judge_unfit(transform, p, FIT_NESTED, row)
		    : OK;
	transform->in[num] = cell;
	transform->place[num] = place;
	transform->rows[num] = row;
	transform->cells.num++;
	return OK;
}

static struct err
scatter(const struct transform *transform, const struct passage *p)
{
	const struct cells *cells = &transform->cells;

	for (size_t i = 0; i < cells->num; i++) {
		if (cells->fit[i] == FIT_VALUE)
			p->to[transform->place[i]] = cells->out[i];
		else
			TRY(judge_unfit(transform, p, (enum fit)cells->fit[i],
			    transform->rows[i]));
	}
	return OK;
}

/* Alone of all it asks somebody else. */
static struct err
run_token(struct transform *transform, uint32_t index)
{
	const struct plan *plan = transform->plan;
	const struct column_key *key = &transform->columns[index].key;
	const struct transform_token with = {.kind = plan->columns[index].kind,
	    .epoch = plan->key_epoch,
	    .key = key->token,
	    .subject_key = key->subject,
	    .codes = transform->codes,
	    .subjects =
		plan_subject(plan) != NO_INDEX ? transform->subjects : NULL,
	    .rows =
		transform->cells.in == transform->in ? transform->rows : NULL};

	if (transform->codes == NULL)
		return ERR(UNAVAILABLE, "random codes without a codebook");
	return transform_token(&transform->cells, &with);
}

static struct err
protect_all(struct transform *transform, uint32_t index)
{
	_Static_assert(FIT_VALUE == 0, "every cell fits until one looks");
	memset(transform->fit, FIT_VALUE, transform->cells.num);
	if (transform->plan->columns[index].how.op == PROTECT_TOKEN)
		TRY(run_token(transform, index));
	else
		protect(transform, index);
	check_values(transform, index);
	return OK;
}

/* Those gathered go through the protection, and back to their places. */
static struct err
run_cells(struct transform *transform, const struct passage *p)
{
	TRY(protect_all(transform, p->index));
	TRY(scatter(transform, p));
	transform->cells.num = 0;
	return OK;
}

static void
take_gathered(struct transform *transform)
{
	transform->cells.in = transform->in;
	transform->cells.out = transform->out;
	transform->cells.num = 0;
}

static struct err
run_list(struct transform *transform, const struct passage *p, uint32_t source)
{
	const struct batch_lists *lists = &p->raw->lists;
	uint32_t at = lists->first[source];

	take_gathered(transform);
	for (; at != BATCH_NO_CELL; at = lists->next[at]) {
		p->to[at] = span_of(NULL, 0);
		if (p->judged[lists->rows[at]] != VERDICT_RELEASED)
			continue;
		TRY(gather(
		    transform, p, lists->cells[at], at, lists->rows[at]));
		if (transform->cells.num == BATCH_MAX_ROWS)
			TRY(run_cells(transform, p));
	}
	return run_cells(transform, p);
}

/*
 * Nothing of the column is missing, and most rows were released: to run it as
 * it stands takes less than to part and to join it.
 */
static bool
is_whole(const struct transform *transform, const struct passage *p,
    const struct span *cells)
{
	uint32_t num_rows = p->raw->num_rows;
	bool keeps = transform->plan->columns[p->index].how.op == PROTECT_TOKEN;

	/* Of a row that may not leave, nothing goes to the codebook either. */
	if (p->num_released < (keeps ? num_rows : num_rows - num_rows / 4))
		return false;
	for (uint32_t row = 0; row < num_rows; row++)
		if (rows_missing(transform->plan, cells[row]))
			return false;
	return true;
}

static const uint8_t all_fit[BATCH_MAX_ROWS] = {FIT_VALUE};

/* The rows that were not released run too, and nothing comes of them. */
static struct err
run_whole(
    struct transform *transform, const struct passage *p, const struct span *in)
{
	struct cells *cells = &transform->cells;

	cells->in = in;
	cells->out = p->to;
	cells->num = p->raw->num_rows;
	TRY(protect_all(transform, p->index));
	for (uint32_t i = 0; i < p->num_withheld; i++) {
		cells->fit[p->withheld[i]] = FIT_VALUE;
		p->to[p->withheld[i]] = span_of(NULL, 0);
	}
	if (span_equal(
		span_of(cells->fit, cells->num), span_of(all_fit, cells->num)))
		return OK;
	for (uint32_t row = 0; row < p->raw->num_rows; row++) {
		if (cells->fit[row] == FIT_VALUE)
			continue;
		p->to[row] = span_of(NULL, 0);
		TRY(judge_unfit(
		    transform, p, (enum fit)cells->fit[row], (uint16_t)row));
	}
	return OK;
}

static struct err
run_column(struct transform *transform, const struct passage *p)
{
	uint32_t source = transform->columns[p->index].source;
	const struct span *cells;

	if (source != NO_INDEX && batch_is_list(p->raw, source))
		return run_list(transform, p, source);
	cells = source == NO_INDEX ? NULL : batch_column(p->raw, source);
	if (cells != NULL && is_whole(transform, p, cells))
		return run_whole(transform, p, cells);
	for (uint32_t row = 0; row < p->raw->num_rows; row++)
		p->to[row] = span_of(NULL, 0);
	if (cells == NULL)
		return OK;
	take_gathered(transform);
	for (uint32_t i = 0; i < p->num_released; i++) {
		uint16_t row = p->released[i];

		TRY(gather(transform, p, cells[row], row, row));
	}
	return run_cells(transform, p);
}

/* Once for all columns: dates of a subject stay in their order. */
static void
find_subjects(struct transform *transform, const struct batch *raw)
{
	const struct plan *plan = transform->plan;
	uint32_t subject = plan_subject(plan);
	const struct hmac_key *key = NULL;

	if (subject == NO_INDEX)
		return;
	subjects_find(&transform->cells, plan, raw,
	    transform->conditions[subject], transform->subjects);
	for (uint32_t i = 0; i < plan->num_columns; i++)
		if (plan->columns[i].how.op == PROTECT_SHIFT)
			key = transform->columns[i].key.hmac;
	if (key != NULL)
		transform_shift_days(
		    key, transform->subjects, raw->num_rows, transform->days);
}

struct err
transform_run(struct transform *transform, const struct batch *raw,
    struct batch *out, uint8_t *verdicts, struct transform_counts *counts)
{
	const struct plan *plan = transform->plan;
	uint8_t judged[BATCH_MAX_ROWS];
	uint16_t released[BATCH_MAX_ROWS], withheld[BATCH_MAX_ROWS];
	struct passage p = {.raw = raw,
	    .judged = judged,
	    .released = released,
	    .withheld = withheld,
	    .verdicts = verdicts,
	    .counts = counts};

	assert(transform->bound && out->num_columns == plan->num_columns);
	assert(out->lists.max_cells >= raw->lists.num_cells);
	transform->cells.scratch_used = 0;
	transform->cells.fit = transform->fit;
	out->num_rows = raw->num_rows;
	out->first_record = raw->first_record;
	rows_judge(plan, raw, transform->conditions, judged);
	find_subjects(transform, raw);
	for (uint32_t row = 0; row < raw->num_rows; row++) {
		verdicts[row] = judged[row];
		if (judged[row] == VERDICT_RELEASED)
			released[p.num_released++] = (uint16_t)row;
		else
			withheld[p.num_withheld++] = (uint16_t)row;
	}
	for (p.index = 0; p.index < plan->num_columns; p.index++) {
		uint32_t source = transform->columns[p.index].source;

		p.to = source != NO_INDEX && batch_is_list(raw, source)
		    ? out->lists.cells
		    : batch_column(out, p.index);
		TRY(run_column(transform, &p));
	}
	for (uint32_t row = 0; row < raw->num_rows; row++)
		counts->rows[verdicts[row]]++;
	return OK;
}
