/*
 * Targets: transform_new, transform_run, rows_judge: cells as a file has them,
 * through the protection that the first byte names, for a column of the kind of
 * the second. The lines of the rest are cells. What leaves is what the
 * protection can make, whatever came in.
 */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>

#include "crypto/init.h"
#include "gateway/transform/transform.h"
#include "gateway/transform/trial_codes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct group_row rows[] = {
    {{(const uint8_t *)"a", 1}, {(const uint8_t *)"first", 5}},
    {{(const uint8_t *)"b", 1}, {(const uint8_t *)"second", 6}}};
static struct group_table table = {.rows = rows, .num_rows = 2};
static struct span values[] = {{(const uint8_t *)"2000-01-02", 10}};

static const struct protection hows[] = {
    {.op = PROTECT_BLANK},
    {.op = PROTECT_KEEP},
    {.op = PROTECT_PSEUDONYM},
    {.op = PROTECT_MASK, .first = 2, .last = 2},
    {.op = PROTECT_DECADE},
    {.op = PROTECT_YEAR},
    {.op = PROTECT_QUARTER},
    {.op = PROTECT_MONTH},
    {.op = PROTECT_AGE_90},
    {.op = PROTECT_CAP, .low = {-5, 1}, .high = {89, 0}},
    {.op = PROTECT_ZIP3},
    {.op = PROTECT_PREFIX, .prefix_len = 2},
    {.op = PROTECT_BAND, .step = {25, 1}},
    {.op = PROTECT_ROUND, .step = {5, 2}},
    {.op = PROTECT_GROUP},
    {.op = PROTECT_SEALED},
    {.op = PROTECT_FORMAT},
    {.op = PROTECT_SHIFT},
    {.op = PROTECT_FORMAT, .check_digit = true},
};

static bool
all_in(struct span text, const char *set)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == 0 || strchr(set, text.data[i]) == NULL)
			return false;
	return true;
}

/* No byte of the cell but what the protection lets through. */
/* What stands between letters and digits stays, and they stay apart. */
static bool
same_shape(struct span in, struct span out)
{
	while (in.len > out.len && !isgraph(in.data[0]))
		in = span_sub(in, 1, in.len);
	for (size_t i = 0; i < out.len; i++) {
		uint8_t a = in.data[i], b = out.data[i];

		if (!isalnum(a) ? a != b
				: !isdigit(a) != !isdigit(b) ||
			    !isupper(a) != !isupper(b))
			return false;
	}
	return true;
}

static void
check_cell(const struct protection *how, struct span in, struct span out)
{
	switch (how->op) {
	case PROTECT_BLANK:
		assert(out.len == 0);
		break;
	case PROTECT_PSEUDONYM:
		assert(out.len == 0 || out.data[0] == 'p');
		break;
	case PROTECT_SHIFT:
		assert(out.len <= in.len &&
		    all_in(span_sub(out, 0, 10), "0123456789-"));
		break;
	case PROTECT_FORMAT:
		assert(out.len <= in.len && same_shape(in, out));
		break;
	case PROTECT_SEALED:
		assert(out.len == 0 || out.data[0] == 's');
		break;
	case PROTECT_TOKEN:
		assert(out.len == 0 || out.data[0] == 't');
		break;
	case PROTECT_DECADE:
		assert(out.len <= 6 && all_in(out, "0123456789s<="));
		break;
	case PROTECT_YEAR:
		assert(out.len <= 6 && all_in(out, "0123456789<="));
		break;
	case PROTECT_QUARTER:
	case PROTECT_MONTH:
		assert(out.len <= 7 && all_in(out, "0123456789-Q<="));
		break;
	case PROTECT_AGE_90:
		assert(out.len <= 3 || all_in(out, "0123456789+.<>="));
		break;
	case PROTECT_ZIP3:
		assert(out.len == 0 ||
		    (out.len == 3 && all_in(out, "0123456789")));
		break;
	case PROTECT_GROUP:
		assert(out.len == 0 || span_equal_str(out, "first") ||
		    span_equal_str(out, "second"));
		break;
	case PROTECT_CAP:
	case PROTECT_BAND:
	case PROTECT_ROUND:
		assert(all_in(out, "0123456789-."));
		break;
	case PROTECT_PREFIX:
		assert(out.len <= 2 * 4);
		break;
	case PROTECT_KEEP:
		assert(out.len == 0 || span_equal(in, out));
		break;
	case PROTECT_MASK:
	case PROTECT_DROP:
	case PROTECT_CAPPED_BAND:
	case PROTECT_SCRUB:
	case NUM_PROTECTIONS:
		break;
	}
}

static void
run(const struct plan *plan, struct batch *raw, size_t len)
{
	static const uint8_t keys[1][32] = {{1}};
	static const uint32_t where[] = {0, 0, 0, 0};
	struct transform_counts counts = {0};
	uint8_t verdicts[BATCH_MAX_ROWS];
	struct transform *transform;
	struct batch out;

	if (transform_new(&transform, plan, keys, len, 0).code != ERR_OK)
		return;
	assert(batch_init(&out, 1).code == ERR_OK);
	transform_bind(transform, where, where);
	assert(transform_set_codes(
		   transform, trial_codes(), trial_codes_subject_key())
		   .code == ERR_OK);
	assert(transform_run(transform, raw, &out, verdicts, &counts).code ==
	    ERR_OK);
	for (uint32_t i = 0; i < raw->num_rows; i++)
		if (verdicts[i] == VERDICT_RELEASED)
			check_cell(
			    &plan->columns[0].how, raw->cells[i], out.cells[i]);
	batch_done(&out);
	transform_free(transform);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (crypto_init().code != ERR_OK)
		abort();
	if (len < 3 || len > 65536)
		return 0;
	struct plan_column column = {.name = span_str("c"),
	    .kind = data[1] % NUM_KINDS,
	    .how = hows[data[0] % (sizeof(hows) / sizeof(hows[0]))],
	    .unfit = UNFIT_DROP};
	bool shifts = column.how.op == PROTECT_SHIFT;
	struct plan_condition conditions[] = {
	    {.test = PLAN_SUBJECT, .kind = KIND_NAME},
	    {.test = PLAN_ROW,
		.kind = column.kind,
		.op = data[2] % NUM_ROW_OPS,
		.age_of = data[2] / NUM_ROW_OPS % 2 == 1,
		.values = values,
		.num_values = 1,
		.day = 10957,
		.number = {18, 0}},
	    {.test = PLAN_CONSENT, .values = values, .num_values = 1},
	    {.test = PLAN_OBJECTION, .values = values, .num_values = 1}};
	const struct plan plan = {.version = PLAN_VERSION,
	    .as_of = 2026,
	    .key_epoch = 1,
	    .columns = &column,
	    .num_columns = 1,
	    .tables = &table,
	    .num_tables = 1,
	    .conditions = conditions + !shifts,
	    .num_conditions = shifts + data[2] / NUM_ROW_OPS / 2 % 4u};
	struct span rest = span_of(data + 3, len - 3), line;
	struct batch raw;

	assert(batch_init(&raw, 1).code == ERR_OK);
	while (raw.num_rows < BATCH_MAX_ROWS &&
	    span_take_until(&rest, &line, '\n'))
		raw.cells[raw.num_rows++] = line;
	run(&plan, &raw, len);
	batch_done(&raw);
	return 0;
}
