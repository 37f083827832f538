/* A difference of two policies, as the person reads it who is to sign. */
#include "tests/harness/expect.h"

#include "policy/diff.h"
#include "tests/harness/sweep.h"

#define TEXT(text)                                                             \
	{                                                                      \
		(const uint8_t *)(text), sizeof(text) - 1                      \
	}
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define LONG_NAME "a-caller-whose-name-is-so-long-that-it-stands-alone"

static struct diff_row rows[] = {
    {.verdict = DIFF_NARROWER,
	.who = TEXT("trainers"),
	.agreement = TEXT("readmission"),
	.place = TEXT("frankfurt"),
	.what = TEXT("sex"),
	.before = TEXT("as it is"),
	.after = TEXT("not delivered"),
	.file = TEXT("old.yaml"),
	.line = 7,
	.gone = true},
    {.verdict = DIFF_WIDER,
	.who = TEXT("trainers"),
	.agreement = TEXT("readmission"),
	.place = TEXT("frankfurt"),
	.what = TEXT("until"),
	.before = TEXT("2027-03-31"),
	.after = TEXT("2028-03-31"),
	.file = TEXT("new.yaml"),
	.line = 12},
    {.verdict = DIFF_WIDER,
	.who = TEXT(LONG_NAME),
	.agreement = TEXT("readmission"),
	.place = TEXT("frankfurt"),
	.what = TEXT("access"),
	.before = TEXT("denied"),
	.after = TEXT("allowed")},
    {.verdict = DIFF_OTHER,
	.place = TEXT("münchen"),
	.what = TEXT("place"),
	.before = TEXT("none"),
	.after = TEXT("DE"),
	.line = 3},
};

static struct party parties[] = {{.id = TEXT("clinic")}, {.id = TEXT("bank")}};
static struct signer signers[] = {{.id = TEXT("anna"), .party = 0},
    {.id = TEXT("ada"), .party = 0}, {.id = TEXT("lost"), .party = NO_INDEX}};
static struct span wider_for[] = {TEXT("clinic"), TEXT("bank")};

static const char first_row[] =
    "trainers  readmission  frankfurt  narrower  sex: as it is -> not delivered"
    "  (was at old.yaml:7)\n";
static const char other_rows[] =
    "                                  WIDER     until: 2027-03-31 ->"
    " 2028-03-31  (new.yaml:12)\n" LONG_NAME
    "  readmission  frankfurt  WIDER     access: denied -> allowed\n"
    "-         -            m\u00fcnchen    other     place: none -> DE"
    "  (line 3)\n";

/* What is printed of `num` rows under a rule of who signs. */
struct printed {
	size_t num;
	size_t wider, other;
	enum change_rule rule;
};

static struct err
print_once(void *context, struct buf *out, struct arena *arena)
{
	const struct printed *printed = context;
	const struct diff diff = {.rows = rows,
	    .num_rows = printed->num,
	    .counts = {[DIFF_NARROWER] = 1,
		[DIFF_WIDER] = printed->wider,
		[DIFF_OTHER] = printed->other},
	    .signers = wider_for,
	    .num_signers = COUNT(wider_for)};
	const struct policy running = {.parties = parties,
	    .num_parties = COUNT(parties),
	    .signers = signers,
	    .num_signers = COUNT(signers),
	    .wider = printed->rule};

	(void)arena;
	return diff_print(out, &diff, &running);
}

static void
expect_printed(const struct printed *printed, const char *wanted_rows,
    const char *wanted_end)
{
	struct printed copy = *printed;
	struct buf out = {.max = 1 << 16}, wanted = {.max = 1 << 16};

	expect_ok(print_once(&copy, &out, NULL));
	expect_ok(buf_append_str(&wanted, first_row));
	expect_ok(buf_append_str(&wanted, wanted_rows));
	expect_ok(buf_append_str(&wanted, wanted_end));
	expect_ok(buf_put_u8(&out, 0));
	expect_ok(buf_put_u8(&wanted, 0));
	assert_string_equal((const char *)out.data, (const char *)wanted.data);
	buf_done(&wanted);
	buf_done(&out);
}

/* Each row in its columns; what the row above says is not said again. */
static void
diff_print__makes_a_table_and_names_who_signs(void **state)
{
	static const struct printed each = {
	    COUNT(rows), 2, 1, CHANGE_EACH_CONTROLLER};

	(void)state;
	expect_printed(&each, other_rows,
	    "2 wider, 1 narrower, 1 other. Wider for clinic: needs the"
	    " signature of anna or ada. Wider for bank: needs the signature of"
	    " bank.\n");
}

static void
diff_print__follows_the_rule_of_the_running_policy(void **state)
{
	static const struct printed any = {
	    COUNT(rows), 2, 1, CHANGE_ANY_SIGNER};
	static const struct printed two = {
	    COUNT(rows), 2, 1, CHANGE_TWO_EACH_CONTROLLER};
	static const struct printed none = {1, 0, 0, CHANGE_EACH_CONTROLLER};

	(void)state;
	expect_printed(&any, other_rows,
	    "2 wider, 1 narrower, 1 other. Wider: needs the signature of any"
	    " signer.\n");
	expect_printed(&two, other_rows,
	    "2 wider, 1 narrower, 1 other. Wider for clinic: needs two"
	    " signatures of anna or ada. Wider for bank: needs two signatures"
	    " of bank.\n");
	expect_printed(&none, "", "0 wider, 1 narrower.\n");
}

/* Rows that were only counted are not passed over in silence. */
static void
diff_print__says_how_many_are_not_shown(void **state)
{
	static const struct printed more = {1, 9, 0, CHANGE_ANY_SIGNER};

	(void)state;
	expect_printed(&more, "(9 more are not shown)\n",
	    "9 wider, 1 narrower. Wider: needs the signature of any"
	    " signer.\n");
}

static void
diff_print__ends_at_any_ceiling(void **state)
{
	struct printed each = {COUNT(rows), 2, 1, CHANGE_EACH_CONTROLLER};
	struct printed any = {1, 9, 0, CHANGE_ANY_SIGNER};

	(void)state;
	assert_true(sweep_ceilings(print_once, &each) > 400);
	assert_true(sweep_ceilings(print_once, &any) > 100);
	(void)sweep_allocations(print_once, &each);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(diff_print__makes_a_table_and_names_who_signs),
	    cmocka_unit_test(
		diff_print__follows_the_rule_of_the_running_policy),
	    cmocka_unit_test(diff_print__says_how_many_are_not_shown),
	    cmocka_unit_test(diff_print__ends_at_any_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
