/* metric: what is counted, added up and shown. */
#include "tests/harness/expect.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/metric/metric.h"
#include "gateway/metric/metric_sum.h"
#include "gateway/metric/metric_text.h"

static struct metric_page page;
static struct metric_sum sums[NUM_METRIC_ROLES];

static int
set_up(void **state)
{
	(void)state;
	memset(&page, 0, sizeof(page));
	memset(sums, 0, sizeof(sums));
	metric_use(&page);
	return 0;
}

/* All of it as text, which the caller frees. */
static char *
shown(void)
{
	struct buf out = {.max = METRIC_TEXT_MAX};

	expect_ok(metric_text_put(&out, sums));
	expect_ok(buf_put_u8(&out, '\0'));
	return (char *)out.data;
}

static void
expect_line(const char *line)
{
	char *text = shown(), *at;
	size_t len = strlen(line);
	bool found = false;

	for (at = text; (at = strstr(at, line)) != NULL; at++)
		found = found ||
		    ((at == text || at[-1] == '\n') && at[len] == '\n');
	if (!found)
		fail_msg("no line: %s", line);
	free(text);
}

static uint64_t
cell(unsigned i)
{
	return atomic_load(&page.cells[i]);
}

/* --- Counting --- */

static void
metric_count__is_of_one_cell(void **state)
{
	(void)state;
	metric_count(METRIC_GRANTS);
	metric_add(METRIC_GRANTS, 4);
	assert_int_equal(metric_own(METRIC_GRANTS), 5);
	for (unsigned i = 0; i < METRIC_PAGE_CELLS; i++)
		assert_int_equal(cell(i), i == METRIC_GRANTS ? 5 : 0);
	metric_set(METRIC_ASKS_OPEN, 7);
	metric_set(METRIC_ASKS_OPEN, 3);
	assert_int_equal(metric_own(METRIC_ASKS_OPEN), 3);
}

static void
metric_observe__finds_the_bucket(void **state)
{
	static const struct {
		uint64_t us;
		unsigned bucket;
	} cases[] = {{0, 0}, {100, 0}, {101, 1}, {1000, 3}, {3600000000, 19},
	    {3600000001, 20}, {UINT64_C(1) << 40, 20}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_up(state);
		metric_observe(
		    METRIC_REQUEST_TIME, METRIC_KIND_LIST, cases[i].us);
		unsigned first = METRIC_REQUEST_TIME +
		    METRIC_KIND_LIST * METRIC_CELLS_HISTOGRAM;
		for (unsigned b = 0; b <= METRIC_BUCKETS; b++)
			assert_int_equal(cell(first + b), b == cases[i].bucket);
		assert_int_equal(cell(first + METRIC_BUCKETS + 1), cases[i].us);
	}
}

/* No two lines share a cell, and each role's fit in its page. */
static void
metric_table__gives_each_line_its_cells(void **state)
{
	static struct {
		int role;
		unsigned first, last;
	} lines[] = {
#define LINE(role, id, type, name, a, b, help) {role, id, id##_LAST},
	    METRIC_ALL(LINE)};
#undef LINE
	static uint8_t taken[NUM_METRIC_ROLES][METRIC_PAGE_CELLS];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_true(lines[i].last < METRIC_PAGE_CELLS);
		for (unsigned c = lines[i].first; c <= lines[i].last; c++)
			assert_int_equal(taken[lines[i].role][c]++, 0);
	}
}

static void
metric_take__maps_what_was_given(void **state)
{
	struct control_item item = {.name = "metrics"};
	struct control_items items = {.items = &item, .num_items = 1};
	struct metric_page *mapped;

	(void)state;
	item.fd = memfd_create("page", MFD_CLOEXEC);
	assert_int_equal(ftruncate(item.fd, sizeof(page)), 0);
	int fd = fcntl(item.fd, F_DUPFD_CLOEXEC, 0);
	expect_ok(metric_take(&items));
	assert_int_equal(item.fd, -1); /* it holds no descriptor of it */
	metric_count(METRIC_GRANTS);
	expect_ok(metric_map(&mapped, fd, false));
	assert_int_equal(metric_read(mapped, METRIC_GRANTS), 1);
	metric_unmap(mapped);
	close(fd);
	/* Without one it counts all the same, and for itself. */
	expect_ok(metric_take(&items));
	metric_count(METRIC_GRANTS);
	assert_int_equal(metric_own(METRIC_GRANTS), 2);
}

/* --- Adding up --- */

static void
metric_sum_fold__leaves_counts_and_no_gauges(void **state)
{
	struct metric_sum *keeper = &sums[METRIC_KEEPER];

	(void)state;
	metric_add(METRIC_GRANTS, 5);
	metric_set(METRIC_ASKS_OPEN, 9);
	metric_observe(METRIC_FILL_TIME, 0, 1500);
	metric_sum_add(keeper, &page);
	assert_int_equal(keeper->cells[METRIC_GRANTS], 5);
	assert_int_equal(keeper->cells[METRIC_ASKS_OPEN], 9);
	memset(keeper, 0, sizeof(*keeper));
	metric_sum_fold(keeper, METRIC_KEEPER, &page);
	metric_sum_fold(keeper, METRIC_KEEPER, &page);
	assert_int_equal(keeper->cells[METRIC_GRANTS], 10);
	assert_int_equal(keeper->cells[METRIC_ASKS_OPEN], 0);
	assert_int_equal(keeper->cells[METRIC_FILL_TIME + 4], 2);
	assert_int_equal(
	    keeper->cells[METRIC_FILL_TIME + METRIC_BUCKETS + 1], 3000);
}

/* One page of garbage spoils no sum of others. */
static void
metric_sum_add__believes_no_number_that_cannot_be(void **state)
{
	struct metric_sum *keeper = &sums[METRIC_KEEPER];

	(void)state;
	metric_set(METRIC_GRANTS, 5);
	metric_sum_add(keeper, &page);
	for (unsigned i = 0; i < METRIC_PAGE_CELLS; i++)
		metric_set(i, UINT64_MAX - i);
	metric_sum_add(keeper, &page);
	metric_sum_fold(keeper, METRIC_KEEPER, &page);
	assert_int_equal(keeper->cells[METRIC_GRANTS], 5);
	expect_line("gatehouse_grants_total 5");
	for (unsigned i = 0; i < METRIC_PAGE_CELLS; i++)
		metric_set(i, METRIC_MOST);
	for (unsigned i = 0; i < 5000; i++)
		metric_sum_fold(keeper, METRIC_KEEPER, &page);
	assert_true(keeper->cells[METRIC_GRANTS] == UINT64_MAX);
	/* And no sum of buckets wraps. */
	expect_line("gatehouse_fill_duration_seconds_count "
		    "18446744073709551615");
}

static void
metric_sum_take__reads_what_was_put(void **state)
{
	struct buf bytes CLEANUP(buf_done) = {.max = 8192};
	struct metric_sum out = {.cells = {77}};

	(void)state;
	sums[0].cells[0] = 1;
	sums[0].cells[METRIC_PAGE_CELLS - 1] = UINT64_MAX;
	expect_ok(metric_sum_put(&bytes, &sums[0]));
	expect_ok(metric_sum_take(&out, buf_span(&bytes)));
	assert_memory_equal(&out, &sums[0], sizeof(out));
	struct span whole = buf_span(&bytes);
	expect_err(TRUNCATED,
	    metric_sum_take(&out, span_sub(whole, 0, whole.len - 1)));
	expect_ok(buf_put_u8(&bytes, 0));
	expect_err(MALFORMED, metric_sum_take(&out, buf_span(&bytes)));
}

/* --- The text --- */

static void
metric_text_put__shows_each_type(void **state)
{
	(void)state;
	sums[METRIC_SUPERVISOR].cells[METRIC_BUILD] = 1;
	sums[METRIC_SUPERVISOR].cells[METRIC_STARTS + SPAWN_WORKER] = 3;
	sums[METRIC_WORKER].cells[METRIC_REQUESTS +
	    S3_OP_GET_OBJECT * METRIC_NUM_CLASS + METRIC_CLASS_4XX] = 12;
	uint64_t *cells = &sums[METRIC_AUDITOR].cells[METRIC_COMMIT_TIME];
	cells[0] = 2;
	cells[3] = 1;
	cells[METRIC_BUCKETS] = 4;
	cells[METRIC_BUCKETS + 1] = 12000345;
	expect_line("# HELP gatehouse_build_info 1, for the version of the "
		    "supervisor.");
	expect_line("# TYPE gatehouse_build_info gauge");
	expect_line(
	    "gatehouse_build_info{version=\"" GATEHOUSE_VERSION "\"} 1");
	expect_line("# TYPE gatehouse_process_starts_total counter");
	expect_line("gatehouse_process_starts_total{role=\"worker\"} 3");
	expect_line("gatehouse_requests_total{operation=\"GetObject\","
		    "class=\"4xx\"} 12");
	expect_line("gatehouse_requests_total{operation=\"none\","
		    "class=\"none\"} 0");
	expect_line(
	    "# TYPE gatehouse_ledger_commit_duration_seconds histogram");
	const char *bucket = "gatehouse_ledger_commit_duration_seconds_bucket";
	static const struct {
		const char *le;
		unsigned count;
	} buckets[] = {{"0.0001", 2}, {"0.0005", 2}, {"0.001", 3}, {"1", 3},
	    {"3600", 3}, {"+Inf", 7}};
	for (size_t i = 0; i < sizeof(buckets) / sizeof(buckets[0]); i++) {
		char line[128];
		(void)snprintf(line, sizeof(line), "%s{le=\"%s\"} %u", bucket,
		    buckets[i].le, buckets[i].count);
		expect_line(line);
	}
	expect_line("gatehouse_ledger_commit_duration_seconds_sum 12.000345");
	expect_line("gatehouse_ledger_commit_duration_seconds_count 7");
}

/* What no label has a word for is not there. */
static void
metric_text_put__shows_no_value_without_a_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < METRIC_PAGE_CELLS; i++)
		for (unsigned r = 0; r < NUM_METRIC_ROLES; r++)
			sums[r].cells[i] = 424242;
	char *text = shown();
	assert_null(strstr(text, "(null)"));
	assert_null(strstr(text, "=\"\""));
	assert_null(strstr(text, "policyc"));
	assert_null(strstr(text, "reason=\"allowed\""));
	assert_non_null(strstr(text, "reason=\"guardrail\""));
	free(text);
}

static void
metric_text_put__needs_room(void **state)
{
	struct buf out CLEANUP(buf_done) = {.max = 1000};

	(void)state;
	expect_err(TOO_BIG, metric_text_put(&out, sums));
}

static void
metric_text_put_label__escapes(void **state)
{
	struct buf out CLEANUP(buf_done) = {.max = 100};

	(void)state;
	expect_ok(metric_text_put_label(&out, "a\"b\\c\nd"));
	assert_true(span_equal_str(buf_span(&out), "a\\\"b\\\\c\\nd"));
	buf_reset(&out);
	expect_ok(metric_text_put_help(&out, "a\"b\\c\nd"));
	assert_true(span_equal_str(buf_span(&out), "a\"b\\\\c\\nd"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(metric_count__is_of_one_cell, set_up),
	    cmocka_unit_test_setup(metric_observe__finds_the_bucket, set_up),
	    cmocka_unit_test(metric_table__gives_each_line_its_cells),
	    cmocka_unit_test_setup(metric_take__maps_what_was_given, set_up),
	    cmocka_unit_test_setup(
		metric_sum_fold__leaves_counts_and_no_gauges, set_up),
	    cmocka_unit_test_setup(
		metric_sum_add__believes_no_number_that_cannot_be, set_up),
	    cmocka_unit_test_setup(metric_sum_take__reads_what_was_put, set_up),
	    cmocka_unit_test_setup(metric_text_put__shows_each_type, set_up),
	    cmocka_unit_test_setup(
		metric_text_put__shows_no_value_without_a_name, set_up),
	    cmocka_unit_test_setup(metric_text_put__needs_room, set_up),
	    cmocka_unit_test(metric_text_put_label__escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
