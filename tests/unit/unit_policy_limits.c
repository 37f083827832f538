/*
 * A policy at its limits: files, values, levels, problems, tables; and what is
 * said of words and numbers that no policy holds.
 */
#include "tests/harness/expect.h"

#include <stdio.h>

#include "crypto/init.h"
#include "policy/day.h"
#include "policy/path.h"
#include "policy/preset.h"
#include "policy/protect.h"
#include "policy/table.h"
#include "policy/words.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/policybox.h"
#include "tests/harness/sweep.h"

enum {
	MAX = 8 << 20,
};

static size_t
count(const struct diagnostics *d, const char *code)
{
	size_t num = 0;

	for (size_t i = 0; i < d->num_items; i++)
		num += strcmp(d->items[i].code, code) == 0;
	return num;
}

static void
expect_code(struct span yaml, const char *code)
{
	static struct policybox box;

	policybox_run(&box, yaml);
	if (box.err.code != ERR_DENIED || count(&box.d, code) == 0)
		fail_msg("%.40s: %s, not %s", (const char *)yaml.data,
		    box.d.num_items > 0 ? box.d.items[0].code : "nothing",
		    code);
	policybox_done(&box);
}

static void
check_policy__stops_at_what_is_too_much(void **state)
{
	struct buf yaml = {.max = MAX};

	(void)state;
	for (int i = 0; i < 1024 * 1024 / 8 + 1; i++)
		expect_ok(buf_append_str(&yaml, "#2345678"));
	expect_code(buf_span(&yaml), "E002");
	/* 4097 in one place; 17 times 4000 in one file. */
	buf_reset(&yaml);
	expect_ok(buf_append_str(&yaml, "a: ["));
	for (int i = 0; i < 4097; i++)
		expect_ok(buf_append_str(&yaml, "1,"));
	expect_ok(buf_append_str(&yaml, "]\n"));
	expect_code(buf_span(&yaml), "E002");
	buf_reset(&yaml);
	for (int i = 0; i < 17; i++) {
		expect_ok(buf_append_format(&yaml, "k%d: [", i));
		for (int j = 0; j < 4000; j++)
			expect_ok(buf_append_str(&yaml, "1,"));
		expect_ok(buf_append_str(&yaml, "]\n"));
	}
	expect_code(buf_span(&yaml), "E002");
	expect_code(span_str("%YAML 1.1\n---\na: b\n"), "E005");
	expect_code(span_str("- a\n"), "E100");
	expect_code(span_str(""), "E102");
	buf_done(&yaml);
}

/* More problems than are shown are counted. */
static void
check_policy__counts_problems_that_are_not_shown(void **state)
{
	static struct policybox box;
	struct buf yaml = {.max = MAX}, out = {.max = MAX};

	(void)state;
	for (int i = 0; i < 300; i++)
		expect_ok(buf_append_format(&yaml, "allowe%d: 1\n", i));
	policybox_run(&box, buf_span(&yaml));
	assert_int_equal(box.d.num_items, DIAGNOSTIC_MAX);
	assert_true(box.d.num_errors >= 300);
	expect_ok(diagnostic_print(&out, &box.d));
	expect_ok(buf_put_u8(&out, 0));
	assert_non_null(strstr((const char *)out.data, "(only the first 256"));
	policybox_done(&box);
	buf_done(&yaml);
	buf_done(&out);
}

static struct err
check_files(const struct source_file *files, size_t num, struct diagnostics *d)
{
	static const struct check_options options = {.today = 20780};
	struct policy policy;
	struct arena arena;

	arena_init(&arena, MAX);
	diagnostic_init(d, files, num);
	struct err err = check_policy(&policy, &arena, d, files, num, &options);
	arena_done(&arena);
	return err;
}

/* What one file declares, another one may use and not declare again. */
static void
check_policy__reads_files_as_one(void **state)
{
	static const char parties[] =
	    "parties:\n  a: {name: A, country: DE, role: controller, "
	    "contact: a@a.example}\n";
	static struct source_file many[CHECK_MAX_FILES + 1];
	static struct diagnostics d;
	struct source_file files[] = {
	    {span_str("1.yaml"),
		span_str("policy: {name: x, format: 1}\nallow:\n")},
	    {span_str("2.yaml"), span_str(parties)},
	    {span_str("3.yaml"), span_str(parties)},
	    {span_str("4.yaml"), span_str("policy: {name: y, format: 1}\n")},
	};
	struct buf out = {.max = MAX};

	(void)state;
	expect_err(TOO_BIG, check_files(many, 0, &d));
	diagnostic_done(&d);
	expect_err(TOO_BIG, check_files(many, CHECK_MAX_FILES + 1, &d));
	diagnostic_done(&d);
	expect_err(DENIED, check_files(files, 2, &d)); /* an empty `allow` */
	assert_int_equal(count(&d, "E105"), 0);
	diagnostic_done(&d);
	expect_err(DENIED, check_files(files, 4, &d));
	assert_int_equal(count(&d, "E105"), 2);
	expect_ok(diagnostic_print(&out, &d));
	expect_ok(buf_put_u8(&out, 0));
	assert_non_null(strstr((const char *)out.data, "1.yaml and 3 more"));
	buf_done(&out);
	diagnostic_done(&d);
}

/* Without a way to read tables each of them is a problem, not a crash. */
static void
check_policy__needs_a_way_to_tables(void **state)
{
	static struct diagnostics d;
	struct source_file file = {span_str("p.yaml"),
	    span_str("policy: {name: x, format: 1}\n"
		     "datasets:\n  a/b: {controller: c, about: x, origin: "
		     "file:///d/*.csv, protect: gdpr-pseudonymous@1, columns: "
		     "{x: 'plain code, subject'}}\n"
		     "allow:\n  - {id: abc, who: g, recipient: c, contract: "
		     "x, dataset: a/b, purpose: p, places: q, columns: {x: "
		     "group t.csv}, until: 2027-01-01}\n")};

	(void)state;
	expect_err(DENIED, check_files(&file, 1, &d));
	assert_int_equal(count(&d, "E118"), 1);
	diagnostic_done(&d);
}

/* --- tables -------------------------------------------------------------- */

static struct err
parse(const char *text, struct group_table *table, struct arena *arena)
{
	arena_init(arena, MAX);
	return table_parse(table, arena, span_str(text));
}

static void
table_parse__takes_two_columns_and_no_more(void **state)
{
	static const char *const good[] = {"a,b\n1,2\n", "a,b\r\n1,2",
	    "a,b\n\"1,\"\"x\"\"\",2\n", "a,b\n\"1\n2\",3\r\n2,1\n"};
	static const char *const bad[] = {"", "a,b\n", "a\n1\n", "a,b\n1\n",
	    "a,b\n1,2,3\n", "a,b,c\n1,2\n", "a,b\n,2\n", "a,b\n1,\n",
	    "a,b\n1,2\n1,3\n", "a,b\n\"1,2\n", "a,b\n\"1\"x\",2\n",
	    "a,b\n1\"1,2\n", "a,b\n1\r1,2\n", "a,b\n1,2\r", "a,b\n\"1\"\"",
	    "\"", "a,\"b"};
	struct group_table table;
	struct arena arena;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct err err = parse(good[i], &table, &arena);

		if (err.code != ERR_OK)
			fail_msg("%s: %s", good[i], err.why);
		arena_done(&arena);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(bad[i], &table, &arena).code == ERR_OK)
			fail_msg("taken: %s", bad[i]);
		arena_done(&arena);
	}
	arena_init(&arena, MAX);
	expect_err(
	    MALFORMED, table_parse(&table, &arena, span_of("a,b\n1\0,2\n", 9)));
	arena_done(&arena);
}

static struct err
table_once(void *context, struct buf *out, struct arena *arena)
{
	struct group_table table;

	(void)context, (void)out;
	return table_parse(&table, arena,
	    span_str("code,group\n\"a\"\"\",B\r\nc,\"d,\"\ne,f\n"));
}

static void
table_parse__ends_where_memory_does(void **state)
{
	struct buf text = {.max = 16 << 20};
	struct group_table table;
	struct arena arena;

	(void)state;
	assert_true(
	    sweep_allocations(table_once, NULL) > 1 || !failalloc_works());
	assert_true(sweep_arenas(table_once, NULL) > 64);
	/* A cell, a file and a number of rows have their caps. */
	expect_ok(buf_append_str(&text, "a,b\n"));
	for (int i = 0; i <= TABLE_MAX_CELL; i++)
		expect_ok(buf_put_u8(&text, 'x'));
	arena_init(&arena, MAX);
	expect_err(TOO_BIG, table_parse(&table, &arena, buf_span(&text)));
	text.data[4] = '"';
	expect_err(TRUNCATED, table_parse(&table, &arena, buf_span(&text)));
	expect_ok(buf_append_str(&text, "xxxx"));
	expect_err(TOO_BIG, table_parse(&table, &arena, buf_span(&text)));
	expect_ok(buf_reserve(&text, TABLE_MAX_FILE + 1));
	memset(text.data, '\n', TABLE_MAX_FILE + 1);
	expect_err(TOO_BIG,
	    table_parse(&table, &arena, span_of(text.data, TABLE_MAX_FILE)));
	expect_err(TOO_BIG,
	    table_parse(
		&table, &arena, span_of(text.data, TABLE_MAX_FILE + 1)));
	arena_done(&arena);
	buf_done(&text);
}

/* --- words --------------------------------------------------------------- */

static void
words_find__finds_each_word_of_its_set(void **state)
{
	(void)state;
	for (unsigned set = 0; set < NUM_WORDS_SETS; set++) {
		const char *word;
		unsigned value, num = 0, before = 0;
		struct span near;

		for (; (word = words_at((enum words_set)set, num)) != NULL;
		     num++) {
			assert_true(words_find((enum words_set)set,
			    span_str(word), &value, &near));
			assert_true(num == 0 || value > before);
			before = value;
		}
		assert_true(num > 0);
		assert_false(words_find((enum words_set)set,
		    span_str("zebra crossing"), &value, NULL));
	}
}

static void
model_names__say_unknown_of_what_is_not_there(void **state)
{
	(void)state;
	assert_string_equal(model_class_name(NUM_CLASSES), "unknown");
	assert_string_equal(model_kind_name(NUM_KINDS), "unknown");
	assert_string_equal(model_protection_name(NUM_PROTECTIONS), "unknown");
	assert_string_equal(model_unfit_name(NUM_UNFITS), "unknown");
	assert_string_equal(model_unfit_name(UNFIT_DROP), "drop");
	assert_string_equal(model_role_name(NUM_ROLES), "unknown");
	assert_string_equal(model_basis_name(NUM_BASES), "unknown");
	assert_string_equal(model_encrypt_name(NUM_ENCRYPTS), "unknown");
	assert_string_equal(
	    model_compression_name(NUM_COMPRESSIONS), "unknown");
	assert_string_equal(model_compression_ending(NUM_COMPRESSIONS), "");
}

static void
protect_suits__gives_each_kind_what_works_on_it(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < NUM_KINDS; kind++) {
		enum column_kind k = (enum column_kind)kind;
		bool is_date = k == KIND_DATE || k == KIND_DATETIME;

		assert_int_equal(protect_suits(PROTECT_YEAR, k), is_date);
		assert_int_equal(protect_suits(PROTECT_SHIFT, k), is_date);
		assert_int_equal(
		    protect_suits(PROTECT_ZIP3, k), k == KIND_US_ZIP);
		assert_int_equal(
		    protect_suits(PROTECT_AGE_90, k), k == KIND_AGE);
		assert_int_equal(protect_suits(PROTECT_SCRUB, k),
		    k == KIND_TEXT || k == KIND_NONE);
		assert_int_equal(protect_suits(PROTECT_ROUND, k),
		    protect_suits(PROTECT_BAND, k) || k == KIND_GEO);
		/* Characters are cut from nothing that is reckoned with. */
		assert_int_equal(protect_suits(PROTECT_MASK, k),
		    !is_date && !protect_suits(PROTECT_BAND, k) &&
			k != KIND_FLAG);
		assert_true(protect_suits(PROTECT_DROP, k));
		assert_false(protect_suits(NUM_PROTECTIONS, k));
	}
}

/* --- presets ------------------------------------------------------------- */

static enum preset_verdict
judge(enum preset preset, enum column_class class, enum column_kind kind,
    const struct protection *how, const struct group_table *tables)
{
	const struct column column = {.class = class, .kind = kind};
	const struct evidence none = {0};
	const struct preset_question question = {
	    .column = &column, .how = how, .tables = tables, .report = &none};
	const struct preset_row *row;

	return preset_judge(&row, preset, &question);
}

static void
preset_judge__bounds_how_fine_a_form_may_be(void **state)
{
	static struct group_row us[] = {
	    {.value = {(const uint8_t *)"a", 1},
		.group = {(const uint8_t *)"NY", 2}},
	    {.value = {(const uint8_t *)"b", 1},
		.group = {(const uint8_t *)"DE", 2}}};
	static struct group_row small[] = {
	    {.group = {(const uint8_t *)"x", 1}}};
	const struct group_table tables[] = {
	    {.rows = us, .num_rows = 2}, {.rows = small, .num_rows = 1}};
	const enum preset hipaa = PRESET_HIPAA_SAFE_HARBOR;
	const struct protection areas = {.op = PROTECT_GROUP, .table = 0};
	const struct protection others = {.op = PROTECT_GROUP, .table = 1};
	const struct protection drop = {.op = PROTECT_DROP};
	struct protection how = {.op = PROTECT_ROUND, .step = {1, 1}};

	(void)state;
#define QUASI CLASS_QUASI_IDENTIFIER
	assert_int_equal(
	    judge(hipaa, QUASI, KIND_CITY, &areas, tables), PRESET_LAWFUL);
	assert_int_equal(
	    judge(hipaa, QUASI, KIND_CITY, &others, tables), PRESET_TOO_FINE);
	/* A state is one of the US, and NY is no country. */
	assert_int_equal(
	    judge(hipaa, QUASI, KIND_STATE, &areas, tables), PRESET_TOO_FINE);
	assert_int_equal(
	    judge(hipaa, QUASI, KIND_STATE, &drop, tables), PRESET_LAWFUL);
	assert_int_equal(
	    judge(PRESET_GDPR_PSEUDONYMOUS, QUASI, KIND_GEO, &how, tables),
	    PRESET_LAWFUL);
	how.step.scale = 2;
	assert_int_equal(
	    judge(PRESET_GDPR_PSEUDONYMOUS, QUASI, KIND_GEO, &how, tables),
	    PRESET_TOO_FINE);
	how = (struct protection){.op = PROTECT_CAP, .high = {32508, 0}};
	assert_int_equal(judge(hipaa, CLASS_PLAIN, KIND_INTERVAL, &how, tables),
	    PRESET_TOO_FINE);
	how.op = PROTECT_BAND;
	assert_int_equal(judge(hipaa, CLASS_PLAIN, KIND_INTERVAL, &how, tables),
	    PRESET_LAWFUL);
	/* What no row knows is never lawful, not even dropped. */
	assert_int_equal(judge(hipaa, CLASS_PLAIN, KIND_NONE, &drop, tables),
	    PRESET_NOT_LAWFUL);
}

static void
day_append__ends_with_the_calendar(void **state)
{
	struct buf out = {.max = 100};

	(void)state;
	expect_err(TOO_BIG, day_append(&out, 2932897));
	expect_err(TOO_BIG, day_append(&out, -719529));
	expect_err(TOO_BIG, day_append(&out, INT64_MIN));
	assert_int_equal(out.len, 0);
	expect_ok(day_append(&out, 2932896));
	expect_span(buf_span(&out), "9999-12-31");
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(check_policy__stops_at_what_is_too_much),
	    cmocka_unit_test(check_policy__counts_problems_that_are_not_shown),
	    cmocka_unit_test(check_policy__reads_files_as_one),
	    cmocka_unit_test(check_policy__needs_a_way_to_tables),
	    cmocka_unit_test(table_parse__takes_two_columns_and_no_more),
	    cmocka_unit_test(table_parse__ends_where_memory_does),
	    cmocka_unit_test(words_find__finds_each_word_of_its_set),
	    cmocka_unit_test(model_names__say_unknown_of_what_is_not_there),
	    cmocka_unit_test(protect_suits__gives_each_kind_what_works_on_it),
	    cmocka_unit_test(preset_judge__bounds_how_fine_a_form_may_be),
	    cmocka_unit_test(day_append__ends_with_the_calendar),
	};

	if (crypto_init().code != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
