#include "tests/harness/expect.h"

#include "policy/plan_key.h"
#include "tests/harness/policy_fixture.h"

enum {
	MAX_BYTES = 1 << 20
};

static struct policy_fixture fixture;
static struct arena arena;

static int
fresh(void **state)
{
	(void)state;
	policy_fixture_init(&fixture);
	arena_init(&arena, MAX_BYTES);
	return 0;
}

static int
done(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static struct plan
build(uint32_t agreement)
{
	struct plan plan;

	expect_ok(
	    plan_build(&plan, &arena, &fixture.policy, agreement, 2031, 7));
	if (plan.compression != COMPRESSION_NONE)
		plan.compressor = span_str("zstd 1.2.3 level 3");
	return plan;
}

static void
plan_build__delivers_what_is_listed_and_not_dropped(void **state)
{
	struct plan plan = build(FIXTURE_READMISSION);

	(void)state;
	assert_int_equal(plan.version, PLAN_VERSION);
	assert_int_equal(plan.key_epoch, 7);
	assert_int_equal(plan.num_columns, 4);
	expect_span(plan.columns[0].name, "birth_date");
	assert_int_equal(plan.columns[0].kind, KIND_DATE);
	expect_span(plan.columns[1].name, "zip");
	assert_int_equal(plan.columns[1].unfit, UNFIT_DROP);
	expect_span(plan.columns[2].name, "diagnosis");
	assert_int_equal(plan.columns[2].num_values, 3);
	expect_span(plan.columns[3].name, "sex");
	assert_int_equal(plan.columns[3].how.because.len, 0);
	assert_int_equal(plan.num_declared, 9);
	expect_span(plan.declared[4], "note");
	assert_int_equal(plan.num_missing, 2);
	assert_false(plan.refuse_new_column);
}

static void
plan_build__takes_only_the_tables_it_uses(void **state)
{
	struct plan plan = build(FIXTURE_READMISSION);
	struct delivered twice[] = {
	    {.column = 3, .how = {.op = PROTECT_GROUP, .table = 1}},
	    {.column = 8, .how = {.op = PROTECT_GROUP, .table = 0}},
	    {.column = 2, .how = {.op = PROTECT_GROUP, .table = 1}},
	};

	(void)state;
	assert_int_equal(plan.num_tables, 1);
	assert_int_equal(plan.columns[2].how.table, 0);
	expect_span(plan.tables[0].rows[1].group, "circulation");
	assert_int_equal(plan.tables[0].name.len, 0);
	fixture.agreements[FIXTURE_READMISSION].columns = twice;
	fixture.agreements[FIXTURE_READMISSION].num_columns = 3;
	plan = build(FIXTURE_READMISSION);
	assert_int_equal(plan.num_tables, 2);
	assert_int_equal(plan.columns[0].how.table, 0);
	assert_int_equal(plan.columns[1].how.table, 1);
	assert_int_equal(plan.columns[2].how.table, 0);
}

static void
plan_build__asks_for_consent_to_its_own_purpose(void **state)
{
	struct plan plan = build(FIXTURE_READMISSION);

	(void)state;
	assert_int_equal(plan.num_conditions, 6);
	assert_int_equal(plan.conditions[0].test, PLAN_CONSENT);
	expect_span(plan.conditions[0].name, "research");
	expect_span(plan.conditions[0].values[0], "yes");
	assert_int_equal(plan.conditions[1].test, PLAN_OBJECTION);
	expect_span(plan.conditions[1].name, "objected");
	expect_span(plan.conditions[1].values[0], "no");
	assert_int_equal(plan.conditions[2].test, PLAN_ROW);
	assert_int_equal(plan.conditions[2].op, ROW_BEFORE);
	assert_int_equal(plan.conditions[2].day, 13879);
	assert_int_equal(plan.conditions[2].kind, KIND_DATE);
	assert_true(plan.conditions[3].age_of);
	/* The other purpose: `marketing` instead of `research`. */
	fixture.agreements[FIXTURE_READMISSION].purpose = 1;
	plan = build(FIXTURE_READMISSION);
	assert_int_equal(plan.num_conditions, 6);
	expect_span(plan.conditions[0].name, "marketing");
	assert_int_equal(build(FIXTURE_CARD_FRAUD).num_conditions, 0);
}

static void
plan_build__requires_delivered_condition_and_subject(void **state)
{
	struct plan plan = build(FIXTURE_READMISSION);

	(void)state;
	assert_int_equal(plan.num_required, 7);
	expect_span(plan.required[0], "mrn");
	expect_span(plan.required[1], "birth_date");
	expect_span(plan.required[2], "zip");
	expect_span(plan.required[3], "diagnosis");
	expect_span(plan.required[4], "research");
	expect_span(plan.required[5], "objected");
	expect_span(plan.required[6], "sex");
	/* `missing-column: empty` spares what decides about no row. */
	fixture.datasets[FIXTURE_PATIENTS].empty_missing_column = true;
	plan = build(FIXTURE_READMISSION);
	assert_int_equal(plan.num_required, 6);
	expect_span(plan.required[2], "diagnosis");
	assert_int_equal(build(FIXTURE_CARD_FRAUD).num_required, 0);
}

static void
plan_build__pins_the_year_of_the_agreement(void **state)
{
	(void)state;
	assert_int_equal(build(FIXTURE_READMISSION).as_of, 2026);
	assert_int_equal(build(FIXTURE_CARD_FRAUD).as_of, 2031);
}

static void
plan_build__knows_how_both_ends_are_packed(void **state)
{
	struct plan plan = build(FIXTURE_OVERSEAS);

	(void)state;
	assert_int_equal(plan.source_compression, COMPRESSION_GZIP);
	assert_int_equal(plan.compression, COMPRESSION_ZSTD);
	plan = build(FIXTURE_CARD_FRAUD);
	assert_int_equal(plan.source_compression, COMPRESSION_GZIP);
	assert_int_equal(plan.compression, COMPRESSION_NONE);
}

/* Whose a code is, has to be known, so that it can be removed. */
static void
plan_build__reads_the_subject_of_random_codes(void **state)
{
	struct delivered token = {.column = 2, .how = {.op = PROTECT_TOKEN}};
	struct plan plan = build(FIXTURE_READMISSION);
	uint32_t num = plan.num_conditions;

	(void)state;
	assert_false(plan_has_tokens(&plan));
	fixture.agreements[FIXTURE_READMISSION].columns = &token;
	fixture.agreements[FIXTURE_READMISSION].num_columns = 1;
	plan = build(FIXTURE_READMISSION);
	assert_true(plan_has_tokens(&plan));
	assert_int_equal(plan.num_conditions, num + 1);
	assert_int_equal(plan.conditions[num].test, PLAN_SUBJECT);
	expect_span(plan.conditions[num].name, "mrn");
	/* Rows of a dataset without one are of nobody that is known. */
	fixture.datasets[FIXTURE_PATIENTS].subject_column = NO_INDEX;
	plan = build(FIXTURE_READMISSION);
	assert_true(plan_has_tokens(&plan));
	assert_int_equal(plan.num_conditions, num);
}

/* Dates move by the kind of their subject; other codes are of their own. */
static void
plan_key__is_of_the_kind_that_codes_go_by(void **state)
{
	struct plan_condition conditions[] = {
	    {.test = PLAN_CONSENT, .kind = KIND_FLAG},
	    {.test = PLAN_SUBJECT, .kind = KIND_ACCOUNT}};
	struct plan plan = {.conditions = conditions, .num_conditions = 2};
	struct plan_column date = {
	    .kind = KIND_DATE, .how = {.op = PROTECT_SHIFT}};
	struct plan_column code = {
	    .kind = KIND_IBAN, .how = {.op = PROTECT_TOKEN}};

	(void)state;
	assert_int_equal(plan_subject(&plan), 1);
	assert_int_equal(plan_key_kind(&plan, &date), KIND_ACCOUNT);
	assert_int_equal(plan_key_kind(&plan, &code), KIND_IBAN);
	assert_int_equal(plan_subject_kind(&plan, &code), KIND_ACCOUNT);
	/* Where rows are of nobody that is known. */
	plan.num_conditions = 1;
	assert_int_equal(plan_subject(&plan), NO_INDEX);
	assert_int_equal(plan_key_kind(&plan, &date), KIND_DATE);
	assert_int_equal(plan_subject_kind(&plan, &code), KIND_IBAN);
}

static void
plan_build__refuses_what_is_not_served(void **state)
{
	struct delivered scrub = {.how = {.op = PROTECT_SCRUB}};
	struct plan plan = {.version = 99};

	(void)state;
	fixture.agreements[FIXTURE_NOTES].columns = &scrub;
	fixture.agreements[FIXTURE_NOTES].num_columns = 1;
	expect_err(UNSUPPORTED,
	    plan_build(&plan, &arena, &fixture.policy, FIXTURE_NOTES, 2026, 1));
	assert_int_equal(plan.version, 99);
	fixture.agreements[FIXTURE_READMISSION].waits = 1;
	expect_err(UNSUPPORTED,
	    plan_build(
		&plan, &arena, &fixture.policy, FIXTURE_READMISSION, 2026, 1));
}

/* As in unit_image: taken is only what encodes to the same bytes again. */
static enum err_code
try_plan(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len + 1);
	struct arena own;
	struct plan plan;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	arena_init(&own, MAX_BYTES);
	struct err err = plan_decode(&plan, &own, span_of(copy, len));
	if (err.code == ERR_OK) {
		struct buf again;
		for (size_t i = 0; i < plan.num_columns; i++)
			if (plan.columns[i].how.op == PROTECT_GROUP)
				assert_true(plan.columns[i].how.table <
				    plan.num_tables);
		buf_init(&again, MAX_BYTES);
		expect_ok(plan_encode(&again, &plan));
		assert_int_equal(again.len, len);
		assert_memory_equal(again.data, copy, len);
		buf_done(&again);
	}
	arena_done(&own);
	free(copy);
	return err.code;
}

static void
plan_decode__takes_whole_plans_only(void **state)
{
	static const uint8_t masks[] = {0x01, 0x20, 0x80, 0xff};
	size_t num_taken = 0, num_refused = 0;

	(void)state;
	for (uint32_t a = 0; a < NUM_FIXTURE_AGREEMENTS; a++) {
		struct plan plan = build(a);
		struct buf bytes;
		buf_init(&bytes, MAX_BYTES);
		expect_ok(plan_encode(&bytes, &plan));
		assert_int_equal(try_plan(bytes.data, bytes.len), ERR_OK);
		for (size_t len = 0; len < bytes.len; len++)
			assert_int_not_equal(try_plan(bytes.data, len), ERR_OK);
		for (size_t i = 0; i < bytes.len * sizeof(masks); i++) {
			uint8_t *byte = &bytes.data[i / sizeof(masks)];
			*byte ^= masks[i % sizeof(masks)];
			if (try_plan(bytes.data, bytes.len) == ERR_OK)
				num_taken++;
			else
				num_refused++;
			*byte ^= masks[i % sizeof(masks)];
		}
		expect_ok(buf_put_u8(&bytes, 0));
		assert_int_equal(
		    try_plan(bytes.data, bytes.len), ERR_MALFORMED);
		buf_done(&bytes);
	}
	assert_true(num_taken > 100 && num_refused > 1000);
}

static void
plan_decode__refuses_what_no_plan_holds(void **state)
{
	struct plan plan = build(FIXTURE_READMISSION);
	struct buf bytes;

	(void)state;
	buf_init(&bytes, MAX_BYTES);
	plan.as_of = 0;
	expect_ok(plan_encode(&bytes, &plan));
	assert_int_equal(try_plan(bytes.data, bytes.len), ERR_MALFORMED);
	plan.as_of = 2026;
	plan.format.delimiter = ' ';
	buf_reset(&bytes);
	expect_ok(plan_encode(&bytes, &plan));
	assert_int_equal(try_plan(bytes.data, bytes.len), ERR_MALFORMED);
	plan.format.delimiter = ',';
	plan.columns[0].how.op = PROTECT_DROP;
	buf_reset(&bytes);
	expect_ok(plan_encode(&bytes, &plan));
	assert_int_equal(try_plan(bytes.data, bytes.len), ERR_MALFORMED);
	plan.columns[0].how.op = PROTECT_SCRUB;
	buf_reset(&bytes);
	expect_ok(plan_encode(&bytes, &plan));
	assert_int_equal(try_plan(bytes.data, bytes.len), ERR_MALFORMED);
	plan = build(FIXTURE_READMISSION);
	plan.compressor = span_str("nobody");
	buf_reset(&bytes);
	expect_ok(plan_encode(&bytes, &plan));
	assert_int_equal(try_plan(bytes.data, bytes.len), ERR_MALFORMED);
	plan = build(FIXTURE_OVERSEAS);
	plan.compressor = span_of(NULL, 0);
	buf_reset(&bytes);
	expect_ok(plan_encode(&bytes, &plan));
	assert_int_equal(try_plan(bytes.data, bytes.len), ERR_MALFORMED);
	buf_done(&bytes);
}

/* The way in which files are written is a part of what is delivered. */
static void
plan_decode__gives_back_the_format(void **state)
{
	struct plan plan = build(FIXTURE_CARD_FRAUD), got;
	struct buf bytes;

	(void)state;
	buf_init(&bytes, MAX_BYTES);
	expect_ok(plan_encode(&bytes, &plan));
	expect_ok(plan_decode(&got, &arena, buf_span(&bytes)));
	assert_int_equal(got.format.kind, FILE_CSV);
	assert_int_equal(got.format.delimiter, ';');
	assert_true(got.format.unquoted);
	assert_int_equal(got.format.num_header, 2);
	expect_span(got.format.header[0], "iban");
	buf_reset(&bytes);
	plan.format = (struct file_format){.kind = FILE_JSONL};
	expect_ok(plan_encode(&bytes, &plan));
	expect_ok(plan_decode(&got, &arena, buf_span(&bytes)));
	assert_int_equal(got.format.kind, FILE_JSONL);
	buf_done(&bytes);
}

static bool
same_digest(const struct plan *a, const struct plan *b)
{
	uint8_t first[32], second[32];

	expect_ok(plan_digest(first, a));
	expect_ok(plan_digest(second, b));
	return memcmp(first, second, sizeof(first)) == 0;
}

static void
plan_digest__changes_with_what_is_delivered(void **state)
{
	struct plan plan = build(FIXTURE_READMISSION);
	struct agreement *a = &fixture.agreements[FIXTURE_READMISSION];
	struct plan other;

	(void)state;
	/* Who, where, when and under which contract: not in the plan. */
	a->num_who = 1;
	a->num_places = 1;
	a->until = 0;
	a->contract = span_str("another");
	a->line = 1;
	other = build(FIXTURE_READMISSION);
	assert_true(same_digest(&plan, &other));
	other.key_epoch++;
	assert_false(same_digest(&plan, &other));
	other = plan;
	other.format.delimiter = ';';
	assert_false(same_digest(&plan, &other));
	other = plan;
	other.format.unquoted = true;
	assert_false(same_digest(&plan, &other));
	other = plan;
	other.format.kind = FILE_JSONL;
	assert_false(same_digest(&plan, &other));
	a->as_of = 2027;
	other = build(FIXTURE_READMISSION);
	assert_false(same_digest(&plan, &other));
	a->as_of = 2026;
	a->num_rows--;
	other = build(FIXTURE_READMISSION);
	assert_false(same_digest(&plan, &other));
	/* Another version of a compressor makes other bytes. */
	plan = build(FIXTURE_OVERSEAS);
	other = plan;
	other.compressor = span_str("zstd 1.2.4 level 3");
	assert_false(same_digest(&plan, &other));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(plan_build__delivers_what_is_listed_and_not_dropped),
	    TEST(plan_build__takes_only_the_tables_it_uses),
	    TEST(plan_build__asks_for_consent_to_its_own_purpose),
	    TEST(plan_build__requires_delivered_condition_and_subject),
	    TEST(plan_build__pins_the_year_of_the_agreement),
	    TEST(plan_build__knows_how_both_ends_are_packed),
	    TEST(plan_build__reads_the_subject_of_random_codes),
	    cmocka_unit_test(plan_key__is_of_the_kind_that_codes_go_by),
	    TEST(plan_build__refuses_what_is_not_served),
	    TEST(plan_decode__takes_whole_plans_only),
	    TEST(plan_decode__refuses_what_no_plan_holds),
	    TEST(plan_decode__gives_back_the_format),
	    TEST(plan_digest__changes_with_what_is_delivered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
