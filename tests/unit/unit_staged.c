#include "gateway/keeper/staged.h"

#include "gateway/ledger/jcs_read.h"
#include "policy/image.h"
#include "tests/harness/expect.h"
#include "tests/harness/policy_fixture.h"

enum {
	DURING = FIXTURE_FROM + 1000,
	MAX_IMAGE = 1 << 20,
	MANY = 100000, /* bytes: more than a record has */
};

static struct policy_fixture live, next;
static struct compiled compiled[NUM_FIXTURE_AGREEMENTS];
static struct keeper keeper;

static const struct caller trainer = {
    .access_key = {(const uint8_t *)"KTRAIN", 6},
    .address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}};

static int
set_up(void **state)
{
	(void)state;
	policy_fixture_init(&live);
	policy_fixture_init(&next);
	keeper = (struct keeper){.policy = live.policy, .compiled = compiled};
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	staged_load(&keeper, span_of(NULL, 0));
	for (size_t i = 0; i < NUM_FIXTURE_AGREEMENTS; i++) {
		arena_done(&compiled[i].arena);
		buf_done(&compiled[i].bytes);
		compiled[i] = (struct compiled){.year = 0};
	}
	return 0;
}

/* `next` is the candidate from here on. */
static void
stage(void)
{
	struct buf image CLEANUP(buf_done) = {.max = MAX_IMAGE};

	expect_ok(image_encode(&image, &next.policy));
	staged_load(&keeper, buf_span(&image));
	assert_non_null(keeper.staged);
}

/* A reading of `bucket`, by both. */
static struct staged_verdict
ask(const char *bucket, struct decision *out_live)
{
	struct staged_verdict verdict;
	struct span name = span_str(bucket);

	decide_read(out_live, &keeper.policy, &trainer, name, DURING);
	staged_read(&verdict, &keeper, out_live, &trainer, name, DURING);
	return verdict;
}

static void
expect_flip(const char *bucket, enum staged_flip flip, const char *differs)
{
	struct decision d;
	struct staged_verdict verdict = ask(bucket, &d);

	assert_int_equal(verdict.was_asked, keeper.staged != NULL);
	assert_int_equal(verdict.flip, flip);
	if (differs == NULL)
		assert_null(verdict.differs);
	else
		assert_string_equal(verdict.differs, differs);
}

static void
staged_load__takes_a_policy_and_nothing_else(void **state)
{
	struct buf image CLEANUP(buf_done) = {.max = MAX_IMAGE};

	(void)state;
	stage();
	staged_load(&keeper, span_str("not an image"));
	assert_null(keeper.staged);
	stage();
	expect_ok(image_encode(&image, &next.policy));
	staged_load(&keeper, span_sub(buf_span(&image), 0, image.len - 1));
	assert_null(keeper.staged);
	expect_flip("readmission", STAGED_SAME, NULL);
}

static void
staged_read__says_the_same_of_the_same(void **state)
{
	(void)state;
	stage();
	expect_flip("readmission", STAGED_SAME, NULL);
	expect_flip("card-fraud", STAGED_SAME, NULL);
	expect_flip("nothing", STAGED_SAME, NULL);
}

static void
staged_read__tells_what_flips(void **state)
{
	(void)state;
	next.agreements[FIXTURE_READMISSION].num_who = 0;
	stage();
	expect_flip("readmission", STAGED_DENIED, NULL);
	keeper.policy.agreements = next.agreements;
	next.policy.agreements = live.agreements;
	stage();
	expect_flip("readmission", STAGED_ALLOWED, NULL);
}

/* Each of them alone, and back. */
static void
staged_read__tells_what_differs(void **state)
{
	static uint8_t keys[1][32] = {{9}}, others[1][32] = {{8}};
	struct agreement *a = &next.agreements[FIXTURE_READMISSION];
	struct dataset *ds = &next.datasets[FIXTURE_PATIENTS];
	const struct agreement was = *a;
	const struct dataset same = *ds;

	(void)state;
	a->num_columns--;
	stage();
	expect_flip("readmission", STAGED_FORM, "plan");
	*a = was;
	ds->root = span_str("/elsewhere");
	stage();
	expect_flip("readmission", STAGED_FORM, "source");
	*ds = same;
	a->encrypt = ENCRYPT_AGE;
	a->recipients = keys;
	a->num_recipients = 1;
	stage();
	expect_flip("readmission", STAGED_FORM, "encryption");
	live.agreements[FIXTURE_READMISSION].encrypt = ENCRYPT_AGE;
	live.agreements[FIXTURE_READMISSION].recipients = others;
	live.agreements[FIXTURE_READMISSION].num_recipients = 1;
	stage();
	expect_flip("readmission", STAGED_FORM, "recipients");
	live.agreements[FIXTURE_READMISSION].recipients = keys;
	stage();
	expect_flip("readmission", STAGED_SAME, NULL);
	live.agreements[FIXTURE_READMISSION].encrypt = was.encrypt;
}

static void
staged_known__tells_who_would_be_nobody(void **state)
{
	struct staged_verdict verdict;

	(void)state;
	staged_known(&verdict, &keeper, true, &trainer);
	assert_false(verdict.was_asked);
	stage();
	staged_known(&verdict, &keeper, true, &trainer);
	assert_int_equal(verdict.flip, STAGED_SAME);
	next.groups[FIXTURE_TRAINERS].num_proofs = 0;
	stage();
	staged_known(&verdict, &keeper, true, &trainer);
	assert_int_equal(verdict.flip, STAGED_DENIED);
	assert_int_equal(verdict.decision.reason, DENY_UNKNOWN_CALLER);
}

static void
staged_form__asks_for_the_place_by_its_name(void **state)
{
	struct span bucket = span_str("readmission");
	struct staged_verdict verdict;
	struct decision d;

	(void)state;
	decide_form(&d, &keeper.policy, FIXTURE_VIRGINIA, bucket, DURING);
	assert_true(d.allowed);
	stage();
	staged_form(&verdict, &keeper, &d, bucket,
	    live.places[FIXTURE_VIRGINIA].id, DURING);
	assert_int_equal(verdict.flip, STAGED_SAME);
	next.places[FIXTURE_VIRGINIA].id = span_str("ohio");
	stage();
	staged_form(&verdict, &keeper, &d, bucket,
	    live.places[FIXTURE_VIRGINIA].id, DURING);
	assert_int_equal(verdict.flip, STAGED_DENIED);
	assert_int_equal(verdict.decision.reason, DENY_NO_PLACE);
}

/* --- Records and sums --- */

static bool
has_member(const struct buf *record, const char *name, const char *value)
{
	struct span found;

	return jcs_read_find_string(buf_span(record), name, &found).code ==
	    ERR_OK &&
	    (value == NULL || span_equal_str(found, value));
}

static void
staged_encode__records_what_flips(void **state)
{
	struct buf out CLEANUP(buf_done) = {.max = MANY};
	struct record record = {.kind = RECORD_INTENT};
	struct decision d;

	(void)state;
	next.agreements[FIXTURE_READMISSION].num_who = 0;
	stage();
	struct staged_verdict verdict = ask("readmission", &d);
	expect_ok(staged_encode(&out, &record, &keeper, &verdict));
	/* It is in no ledger yet, and may come into none. */
	assert_int_equal(keeper.staged->num_decisions, 0);
	assert_int_equal(keeper.staged->num_sums, 0);
	staged_count(&keeper, &verdict, &d);
	assert_true(has_member(&out, "staged-decision", "denied"));
	assert_true(has_member(&out, "staged-reason", "not-a-party"));
	assert_true(has_member(&out, "staged-rule", "readmission"));
	assert_true(has_member(&out, "staged-rule-at", NULL));
	assert_true(has_member(&out, "staged-policy", NULL));
	assert_int_equal(record.staged_policy.len, 0);
	buf_reset(&out);
	verdict = ask("nothing", &d);
	expect_ok(staged_encode(&out, &record, &keeper, &verdict));
	staged_count(&keeper, &verdict, &d);
	assert_false(has_member(&out, "staged-decision", NULL));
	assert_false(has_member(&out, "staged-policy", NULL));
	assert_int_equal(keeper.staged->num_decisions, 2);
	assert_int_equal(keeper.staged->num_flips[STAGED_DENIED], 1);
	assert_int_equal(keeper.staged->num_sums, 1);
	const struct staged_sum *sum = &keeper.staged->sums[0];
	assert_true(span_equal_str(sum->agreement, "readmission"));
	assert_true(span_equal(sum->group, live.groups[FIXTURE_TRAINERS].id));
	assert_true(span_equal(sum->place, live.places[FIXTURE_VIRGINIA].id));
	assert_int_equal(sum->count, 1);
}

/* What is served is what would be served without a candidate. */
static void
staged_encode__never_costs_the_record(void **state)
{
	struct buf out CLEANUP(buf_done) = {.max = MANY};
	struct buf object CLEANUP(buf_done) = {.max = MANY};
	struct record record = {.kind = RECORD_INTENT};
	struct decision d;

	(void)state;
	next.agreements[FIXTURE_READMISSION].num_who = 0;
	stage();
	struct staged_verdict verdict = ask("readmission", &d);
	for (size_t i = 0; i < RECORD_MAX - 130; i++)
		expect_ok(buf_put_u8(&object, 'a'));
	record.object = buf_span(&object);
	expect_ok(record_encode(&out, &record));
	buf_reset(&out);
	expect_ok(staged_encode(&out, &record, &keeper, &verdict));
	assert_false(has_member(&out, "staged-policy", NULL));
	/* Without a candidate, too, it is too big. */
	for (size_t i = 0; i < 200; i++)
		expect_ok(buf_put_u8(&object, 'a'));
	record.object = buf_span(&object);
	buf_reset(&out);
	expect_err(TOO_BIG, staged_encode(&out, &record, &keeper, &verdict));
}

static void
staged_count__has_room_for_so_many_sums(void **state)
{
	struct decision d;

	(void)state;
	next.agreements[FIXTURE_READMISSION].num_who = 0;
	stage();
	struct staged_verdict verdict = ask("readmission", &d);
	keeper.staged->num_sums = STAGED_MAX_SUMS;
	staged_count(&keeper, &verdict, &d);
	assert_int_equal(keeper.staged->num_sums, STAGED_MAX_SUMS);
	assert_int_equal(keeper.staged->num_others, 1);
	assert_int_equal(keeper.staged->num_flips[STAGED_DENIED], 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(staged_load__takes_a_policy_and_nothing_else),
	    TEST(staged_read__says_the_same_of_the_same),
	    TEST(staged_read__tells_what_flips),
	    TEST(staged_read__tells_what_differs),
	    TEST(staged_known__tells_who_would_be_nobody),
	    TEST(staged_form__asks_for_the_place_by_its_name),
	    TEST(staged_encode__records_what_flips),
	    TEST(staged_encode__never_costs_the_record),
	    TEST(staged_count__has_room_for_so_many_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
