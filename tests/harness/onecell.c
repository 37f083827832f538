#include "tests/harness/onecell.h"

#include "tests/harness/expect.h"

const uint8_t onecell_keys[1][32] = {{1, 2, 3}};

const char *
onecell(
    const struct plan_column *column, const char *in, struct group_table *table)
{
	static char text[256];
	struct plan_column columns[] = {*column};
	struct plan plan = {.version = PLAN_VERSION,
	    .as_of = 2026,
	    .key_epoch = ONECELL_EPOCH,
	    .columns = columns,
	    .num_columns = 1,
	    .tables = table,
	    .num_tables = table != NULL};
	struct transform_counts counts = {0};
	uint32_t where = 0;
	struct transform *transform;
	struct batch raw, out;
	uint8_t verdict;
	struct span cell;

	expect_ok(transform_new(&transform, &plan, onecell_keys, 1000, 0));
	expect_ok(batch_init(&raw, 1));
	expect_ok(batch_init(&out, 1));
	transform_bind(transform, &where, NULL);
	raw.num_rows = 1;
	raw.cells[0] = span_str(in);
	expect_ok(transform_run(transform, &raw, &out, &verdict, &counts));
	cell = out.cells[0];
	snprintf(text, sizeof(text), "%.*s", (int)cell.len,
	    cell.len == 0 ? "" : (const char *)cell.data);
	if (verdict != VERDICT_RELEASED) {
		assert_int_equal(verdict, VERDICT_UNFIT);
		assert_int_equal(counts.rows[VERDICT_UNFIT], 1);
		for (int fit = 1; fit < NUM_FITS; fit++)
			if (counts.unfit[fit] == 1)
				snprintf(text, sizeof(text), "<%s>",
				    cells_fit_name((enum fit)fit));
	}
	batch_done(&raw);
	batch_done(&out);
	transform_free(transform);
	return text;
}

const char *
onecell_with(enum column_kind kind, struct protection how, const char *in)
{
	const struct plan_column column = {
	    .name = span_str("c"), .kind = kind, .how = how};

	return onecell(&column, in, NULL);
}
