/* What an agreement compiles to, and what of it no mill takes. */
#include "policy/check.h"
#include "tests/harness/expect.h"
#include "tests/harness/vectors.h"

enum {
	TODAY = 20780, /* 2026-11-23 */
	MAX_TABLE = 8 << 20,
};

static struct diagnostics d; /* it is large */

static struct err
load_table(void *context, struct span path, struct span *out_bytes)
{
	const struct buf *table = context;

	(void)path;
	*out_bytes = buf_span(table);
	return OK;
}

/* Its bytes in the plan are about those in the file. */
static void
make_table(struct buf *out, unsigned num_rows, int group_len)
{
	expect_ok(buf_append_str(out, "code,chapter\n"));
	for (unsigned i = 0; i < num_rows; i++)
		expect_ok(buf_append_format(
		    out, "C%06u,%0*u\n", i, group_len, i % 22));
}

static struct err
check(struct buf *base, struct buf *table)
{
	struct source_file file = {span_str("policy.yaml"), buf_span(base)};
	struct check_options options = {
	    .today = TODAY, .load_table = load_table, .context = table};
	struct arena arena CLEANUP(arena_done) = {0};
	struct policy policy;

	arena_init(&arena, 64 << 20);
	diagnostic_init(&d, &file, 1);
	return check_policy(&policy, &arena, &d, &file, 1, &options);
}

static void
check_plan__takes_long_tables(void **state)
{
	static const struct {
		unsigned num_rows;
		int group_len;
		bool fits;
	} rows[] = {
	    {3000, 20, true},
	    {20000, 60, true},
	    {50000, 100, false},
	};
	struct buf base CLEANUP(buf_done) = {.max = 1 << 20};

	(void)state;
	vectors_read_file(&base, "tests/vectors/policy/base.yaml");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf table CLEANUP(buf_done) = {.max = MAX_TABLE};
		make_table(&table, rows[i].num_rows, rows[i].group_len);
		struct err err = check(&base, &table);
		assert_int_equal(d.num_items, rows[i].fits ? 0 : 1);
		if (rows[i].fits) {
			expect_ok(err);
		} else {
			expect_err(DENIED, err);
			assert_string_equal(d.items[0].code, "E121");
			assert_non_null(
			    strstr(d.items[0].text, "more than 4 MiB"));
			assert_non_null(
			    strstr(d.items[0].help, "shorter table"));
		}
		diagnostic_done(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(check_plan__takes_long_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
