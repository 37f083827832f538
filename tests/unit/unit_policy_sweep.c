/*
 * A policy on its way, with less and less memory and room: every allocation
 * fails once, and every buffer and arena ends at every place. What is said then
 * is that there is no memory, or that it is too big; never another thing.
 */
#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "policy/check.h"
#include "policy/explain.h"
#include "policy/image.h"
#include "policy/plan.h"
#include "policy/preset.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/policy_fixture.h"
#include "tests/harness/policybox.h"
#include "tests/harness/sweep.h"
#include "tests/harness/vectors.h"

enum {
	MAX_BYTES = 1 << 20,
	TODAY = 20780, /* 2026-11-23 */
};

static struct policy_fixture fixture;
static struct buf image, plans[NUM_FIXTURE_AGREEMENTS];

/* A plan as the keeper makes it: somebody compresses, or nobody. */
static struct err
build_plan(struct plan *out, struct arena *arena, uint32_t agreement)
{
	TRY(plan_build(out, arena, &fixture.policy, agreement, 2026, 1));
	if (out->compression != COMPRESSION_NONE)
		out->compressor = span_str("zstd 1.5.4 level 3");
	return OK;
}

static int
prepare(void **state)
{
	struct arena arena;

	(void)state;
	policy_fixture_init(&fixture);
	buf_init(&image, MAX_BYTES);
	if (crypto_init().code != ERR_OK ||
	    image_encode(&image, &fixture.policy).code != ERR_OK)
		return -1;
	arena_init(&arena, MAX_BYTES);
	for (uint32_t i = 0; i < NUM_FIXTURE_AGREEMENTS; i++) {
		struct plan plan;

		buf_init(&plans[i], MAX_BYTES);
		if (build_plan(&plan, &arena, i).code != ERR_OK ||
		    plan_encode(&plans[i], &plan).code != ERR_OK)
			return -1;
	}
	arena_done(&arena);
	return 0;
}

static int
clear(void **state)
{
	(void)state;
	buf_done(&image);
	for (uint32_t i = 0; i < NUM_FIXTURE_AGREEMENTS; i++)
		buf_done(&plans[i]);
	return 0;
}

/* --- the check ---------------------------------------------------------- */

/* The image of what was checked: all of it is in there. */
static struct err
check_once(void *context, struct buf *out, struct arena *arena)
{
	static struct diagnostics d;
	const struct source_file *file = context;
	const struct check_options options = {
	    .today = TODAY, .load_table = policybox_load_table};
	struct policy policy;

	diagnostic_init(&d, file, 1);
	struct err err = check_policy(&policy, arena, &d, file, 1, &options);
	diagnostic_done(&d);
	TRY(err);
	return image_encode(out, &policy);
}

/* The least policy, and the one with all of the language. */
static void
check_policy__says_when_there_is_no_memory(void **state)
{
	static const char *const names[] = {"tests/vectors/policy/base.yaml",
	    "tests/vectors/policy/whole.yaml"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct buf yaml;

		buf_init(&yaml, MAX_BYTES);
		vectors_read_file(&yaml, names[i]);
		struct source_file file = {
		    span_str("policy.yaml"), buf_span(&yaml)};
		size_t num = sweep_allocations(check_once, &file);
		assert_true(num > 20 || !failalloc_works());
		assert_true(sweep_arenas(check_once, &file) > 4096);
		buf_done(&yaml);
	}
}

/* --- what is wrong, for people and for programs -------------------------- */

static const char wrong[] =
    "policy:\n  name: x\n"
    "places: {attic: {country: XX, seen-as: 203.0.113.1/24, hue: \"\\e\"}}\n"
    "parties: {a: {name: A, country: DE, role: controler}}\n"
    "parties: {b: {}}\n"
    "never: [{id: \"\\u0085 \\\\ \\\" \\t\", say: x, who: \"\\u00e9\"}]\n"
    "allow:\r\n"
    "  - {id: ab, x: 1} #\t"
    "                                                                    "
    "                                                                    "
    "                                                     "
    ", zebra: very far out\n";

static struct err
print_once(void *context, struct buf *out, struct arena *arena)
{
	static struct diagnostics d;
	static const struct check_options options = {.today = TODAY};
	const struct source_file *files = context;
	struct policy policy;

	failalloc_pause();
	diagnostic_init(&d, files, 2);
	expect_err(
	    DENIED, check_policy(&policy, arena, &d, files, 2, &options));
	failalloc_resume();
	struct err err = diagnostic_print(out, &d);
	diagnostic_done(&d);
	return err;
}

static void
diagnostic_print__ends_at_any_ceiling(void **state)
{
	struct source_file files[] = {
	    {span_str("a\"\x01.yaml"), span_str("policy: {name: y}\n")},
	    {span_str("b.yaml"), span_str(wrong)}};

	(void)state;
	(void)sweep_allocations(print_once, files);
	assert_true(sweep_ceilings(print_once, files) > 500);
}

/* Neither a sentence nor the line that it is about moves a terminal. */
static void
diagnostic_print__shows_no_control_character(void **state)
{
	static struct diagnostics d;
	static const char line[] = "a:\t\x1b[31m\x7f \xc2\x9b"
				   "1m \xc2\xa0\xc3\xa9\xc2\r\nb: \xc2";
	const struct source_file file = {span_str("p.yaml"), span_str(line)};
	struct buf out = {.max = MAX_BYTES};

	(void)state;
	diagnostic_init(&d, &file, 1);
	(void)diagnostic_add(&d,
	    (struct mark){.line = 1, .column = 4, .len = 2}, "E001", "`%s`",
	    "\x1b[1m\x7f\xc2\x80\xc2\x9f\xc2\xa0\xc3\xa9");
	expect_ok(diagnostic_print(&out, &d));
	expect_span(buf_span(&out),
	    "p.yaml:1:4: error[E001]: `?[1m?????\xc2\xa0\xc3\xa9`\n"
	    "    1 | a: ?[31m? ??1m \xc2\xa0\xc3\xa9\xc2\n"
	    "      |    ^^\n"
	    "p.yaml: 1 error, 0 warnings; not loadable\n");
	diagnostic_done(&d);
	buf_done(&out);
}

/* --- image and plan ------------------------------------------------------ */

static struct err
image_once(void *context, struct buf *out, struct arena *arena)
{
	struct policy policy;

	(void)context;
	TRY(image_decode(&policy, arena, buf_span(&image)));
	return image_encode(out, &policy);
}

static void
image_decode__ends_at_any_ceiling(void **state)
{
	(void)state;
	assert_true(
	    sweep_allocations(image_once, NULL) > 2 || !failalloc_works());
	assert_int_equal(sweep_ceilings(image_once, NULL), image.len);
	assert_true(sweep_arenas(image_once, NULL) > 1024);
}

static struct err
plan_once(void *context, struct buf *out, struct arena *arena)
{
	const uint32_t *agreement = context;
	struct plan plan;

	TRY(build_plan(&plan, arena, *agreement));
	return plan_encode(out, &plan);
}

static struct err
plan_again_once(void *context, struct buf *out, struct arena *arena)
{
	const uint32_t *agreement = context;
	struct plan plan;

	TRY(plan_decode(&plan, arena, buf_span(&plans[*agreement])));
	return plan_encode(out, &plan);
}

static struct err
digest_once(void *context, struct buf *out, struct arena *arena)
{
	uint8_t digest[32];
	struct plan plan;

	failalloc_pause();
	(void)context;
	expect_ok(build_plan(&plan, arena, 0));
	failalloc_resume();
	TRY(plan_digest(digest, &plan));
	failalloc_pause();
	struct err err = buf_append(out, span_of(digest, sizeof(digest)));
	failalloc_resume();
	return err;
}

static void
plan_build__ends_at_any_ceiling(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < NUM_FIXTURE_AGREEMENTS; i++) {
		size_t len = plans[i].len;

		(void)sweep_allocations(plan_once, &i);
		(void)sweep_allocations(plan_again_once, &i);
		assert_int_equal(sweep_ceilings(plan_once, &i), len);
		assert_int_equal(sweep_ceilings(plan_again_once, &i), len);
		assert_true(sweep_arenas(plan_once, &i) > 0);
		assert_true(sweep_arenas(plan_again_once, &i) > 0);
	}
	assert_true(
	    sweep_allocations(digest_once, NULL) > 0 || !failalloc_works());
}

/* A reader that runs out of input says that, wherever it does. */
static void
plan_decode__refuses_every_truncation(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < NUM_FIXTURE_AGREEMENTS; i++)
		for (size_t len = 0; len < plans[i].len; len++) {
			struct plan plan;
			struct arena arena;
			uint8_t *copy = malloc(len + 1);

			memcpy(copy, plans[i].data, len);
			arena_init(&arena, MAX_BYTES);
			assert_int_not_equal(
			    plan_decode(&plan, &arena, span_of(copy, len)).code,
			    ERR_OK);
			arena_done(&arena);
			free(copy);
		}
}

/* --- sentences ----------------------------------------------------------- */

/* A question, and what decides about it. */
struct question {
	uint32_t group, place;
	const char *bucket;
	int64_t now;
	enum deny_reason reason;
};

static const struct question questions[] = {
    {FIXTURE_TRAINERS, FIXTURE_VIRGINIA, "readmission", FIXTURE_FROM,
	DENY_NONE},
    {FIXTURE_FRAUD, FIXTURE_FRANKFURT, "fraud", 0, DENY_NONE},
    {FIXTURE_FRAUD, FIXTURE_FRANKFURT, "fraud-overseas", 0, DENY_NONE},
    {FIXTURE_FRAUD, FIXTURE_VIRGINIA, "fraud-overseas", 0, DENY_GUARDRAIL},
    {FIXTURE_TRAINERS, FIXTURE_VIRGINIA, "notes", 0, DENY_GUARDRAIL},
    {NO_INDEX, FIXTURE_VIRGINIA, "notes", 0, DENY_UNKNOWN_CALLER},
    {FIXTURE_TRAINERS, FIXTURE_VIRGINIA, "no", 0, DENY_UNKNOWN_BUCKET},
    {FIXTURE_FRAUD, FIXTURE_VIRGINIA, "notes", 0, DENY_NOT_A_PARTY},
    {FIXTURE_TRAINERS, FIXTURE_VIRGINIA, "readmission", 0, DENY_NOT_YET},
    {FIXTURE_TRAINERS, FIXTURE_VIRGINIA, "readmission", FIXTURE_UNTIL,
	DENY_EXPIRED},
    {FIXTURE_TRAINERS, NO_INDEX, "readmission", FIXTURE_FROM, DENY_NO_PLACE},
    {FIXTURE_TRAINERS, FIXTURE_OVERLAP, "readmission", FIXTURE_FROM,
	DENY_OTHER_PLACE},
};

static void
ask(const struct question *q, struct decision *out)
{
	decide_named(out, &fixture.policy, q->group, q->place,
	    span_str(q->bucket), q->now);
	assert_int_equal(out->reason, q->reason);
}

static struct err
explain_once(void *context, struct buf *out, struct arena *arena)
{
	const struct question *q = context;
	struct decision decision;

	(void)arena;
	ask(q, &decision);
	return explain_agreement(out, &fixture.policy, &decision, q->group,
	    q->place, span_str(q->bucket));
}

static struct err
sentence_once(void *context, struct buf *out, struct arena *arena)
{
	struct decision decision;

	(void)arena;
	ask(context, &decision);
	return decide_sentence(out, &fixture.policy, &decision);
}

static void
explain_agreement__ends_at_any_ceiling(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		struct question q = questions[i];

		(void)sweep_allocations(explain_once, &q);
		(void)sweep_allocations(sentence_once, &q);
		assert_true(sweep_ceilings(explain_once, &q) > 0);
		assert_true(sweep_ceilings(sentence_once, &q) > 0);
	}
}

/* Each protection in words, with numbers as they were written. */
static struct err
words_once(void *context, struct buf *out, struct arena *arena)
{
	(void)arena;
	return explain_protection(out, &fixture.policy, context);
}

static void
explain_protection__ends_at_any_ceiling(void **state)
{
	struct delivered each[] = {
	    {.how = {.op = PROTECT_MASK}},
	    {.how = {.op = PROTECT_MASK, .first = 2, .last = 4}},
	    {.how = {.op = PROTECT_MASK, .last = 4}, .unfit = UNFIT_DROP},
	    {.how = {.op = PROTECT_MASK, .first = 1}, .unfit = UNFIT_REFUSE},
	    {.how = {.op = PROTECT_KEEP}},
	    {.how = {.op = PROTECT_KEEP, .because = span_str("public")}},
	    {.how = {.op = PROTECT_CAP, .low = {-55, 1}, .high = {9, 0}}},
	    {.how = {.op = PROTECT_BAND, .step = {25, 2}}},
	    {.how = {.op = PROTECT_ROUND, .step = {1, 200}}},
	    {.how = {.op = PROTECT_GROUP, .table = 1}},
	    {.how = {.op = PROTECT_PREFIX, .prefix_len = 3}},
	    {.how = {.op = PROTECT_FORMAT, .check_digit = true}},
	    {.how = {.op = PROTECT_DROP}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++)
		assert_true(sweep_ceilings(words_once, &each[i]) > 5);
}

/* Rules of each kind, answers, and files that are written otherwise. */
static void
explain_agreement__ends_at_any_ceiling_of_other_forms(void **state)
{
	static const struct file_format formats[] = {{.kind = FILE_JSONL},
	    {.kind = FILE_CSV, .delimiter = '\t'},
	    {.kind = FILE_CSV, .delimiter = '|', .unquoted = true},
	    {.kind = FILE_CSV, .delimiter = ','}};
	static struct span empty[] = {
	    {NULL, 0}, {(const uint8_t *)"a", 1}, {(const uint8_t *)"b", 1}};
	struct row_rule rules[] = {{.column = 1, .op = ROW_ON_OR_AFTER},
	    {.column = 1, .op = ROW_UNDER, .number = {5, 1}},
	    {.column = 8, .op = ROW_IS, .values = empty, .num_values = 1},
	    {.column = 8, .op = ROW_ONE_OF, .values = empty, .num_values = 3}};
	struct question q = questions[0];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct agreement *a = &fixture.agreements[FIXTURE_READMISSION];
		struct dataset *dataset = &fixture.datasets[a->dataset];

		dataset->format = formats[i];
		dataset->compression = (enum compression)(i % NUM_COMPRESSIONS);
		a->rows = rules;
		a->num_rows = 4;
		a->until = i % 2 == 0 ? INT64_MAX : FIXTURE_UNTIL;
		assert_true(sweep_ceilings(explain_once, &q) > 200);
	}
	policy_fixture_init(&fixture);
}

/* An agreement with others' codes, and with limits of both sorts. */
static void
explain_agreement__ends_at_any_ceiling_of_terms(void **state)
{
	static uint32_t links[] = {FIXTURE_OVERSEAS, FIXTURE_CARD_FRAUD};
	struct agreement *a = &fixture.agreements[FIXTURE_READMISSION];
	struct question q = questions[0];
	struct buf text = {.max = MAX_BYTES};

	(void)state;
	a->linkable = links;
	a->num_linkable = 2;
	a->linkable_because = span_str("one model, C-9");
	a->limits = (struct limits){2000000, 20, 6000};
	a->per_caller = (struct limits){500000, 10, 600};
	assert_true(sweep_ceilings(explain_once, &q) > 200);
	expect_ok(explain_once(&q, &text, NULL));
	expect_ok(buf_put_u8(&text, '\0'));
	assert_non_null(strstr((const char *)text.data, "the same as in `"));
	assert_non_null(strstr((const char *)text.data, "`: one model, C-9"));
	assert_non_null(strstr((const char *)text.data, ", of each caller"));
	buf_done(&text);
	policy_fixture_init(&fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(check_policy__says_when_there_is_no_memory),
	    cmocka_unit_test(diagnostic_print__ends_at_any_ceiling),
	    cmocka_unit_test(diagnostic_print__shows_no_control_character),
	    cmocka_unit_test(image_decode__ends_at_any_ceiling),
	    cmocka_unit_test(plan_build__ends_at_any_ceiling),
	    cmocka_unit_test(plan_decode__refuses_every_truncation),
	    cmocka_unit_test(explain_agreement__ends_at_any_ceiling),
	    cmocka_unit_test(explain_protection__ends_at_any_ceiling),
	    cmocka_unit_test(
		explain_agreement__ends_at_any_ceiling_of_other_forms),
	    cmocka_unit_test(explain_agreement__ends_at_any_ceiling_of_terms),
	};

	return cmocka_run_group_tests(tests, prepare, clear);
}
