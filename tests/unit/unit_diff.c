#include "tests/harness/expect.h"

#include "policy/diff.h"
#include "policy/diff_form.h"
#include "tests/harness/policy_random.h"

enum {
	NUM_POLICIES = 3000, /* pairs of policies in each property */
	NUM_TIMES = 5,
	/* Of the requests one in so many: each over so many pairs, and in each
	   pair every key, certificate, address and token. */
	STEP = 7,
	ARENA_MAX = 16 << 20,
};

/* Between all days that an agreement can begin and end on. */
static const int64_t times[NUM_TIMES] = {-10, 20, 60, 150, 250};

/* --- What tells more, said another way --- */

static bool finer[RANDOM_FORMS][RANDOM_FORMS];

/* Single steps from the finer to the coarser form, as policy_random has them;
 * all others follow. */
static void
make_order(void)
{
	static const uint32_t steps[][2] = {
	    {2, 3}, {5, 4}, {6, 7}, {7, 8}, {9, 10}};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		finer[steps[i][0]][steps[i][1]] = true;
	for (uint32_t i = 1; i < RANDOM_FORMS; i++) {
		finer[i][0] = true;
		finer[1][i] = i != 1;
	}
	for (uint32_t k = 0; k < RANDOM_FORMS; k++)
		for (uint32_t i = 0; i < RANDOM_FORMS; i++)
			for (uint32_t j = 0; j < RANDOM_FORMS; j++)
				finer[i][j] =
				    finer[i][j] || (finer[i][k] && finer[k][j]);
}

static enum diff_verdict
expected_verdict(uint32_t from, uint32_t to)
{
	return finer[from][to] ? DIFF_NARROWER : DIFF_WIDER;
}

/* --- Every caller, agreement, place and column --- */

struct view {
	const struct policy *policy;
	const struct agreement *agreement; /* NULL: not there */
	bool allowed;
};

static struct view
look(const struct policy *p, struct span who, struct span agreement,
    struct span place)
{
	struct view v = {.policy = p};
	struct decision d;
	uint32_t g = 0, at = 0;

	for (uint32_t i = 0; i < p->num_agreements; i++)
		if (span_equal(p->agreements[i].id, agreement))
			v.agreement = &p->agreements[i];
	while (!span_equal(p->groups[g].id, who))
		g++;
	while (!span_equal(p->places[at].id, place))
		at++;
	for (size_t i = 0; i < NUM_TIMES; i++) {
		decide_named(&d, p, g, at, agreement, times[i]);
		v.allowed = v.allowed || d.allowed;
	}
	return v;
}

/* The form that a column comes in; 0 where it does not. */
static uint32_t
form_in(const struct view *v, struct span column)
{
	const struct agreement *a = v->agreement;

	for (uint32_t i = 0; v->allowed && i < a->num_columns; i++)
		if (span_equal(v->policy->datasets[a->dataset]
				   .columns[a->columns[i].column]
				   .name,
			column))
			return policy_random_form(&a->columns[i]);
	return 0;
}

static const struct diff_row *
find_row(const struct diff *diff, struct span who, struct span agreement,
    struct span place, struct span what)
{
	for (size_t i = 0; i < diff->num_rows; i++)
		if (span_equal(diff->rows[i].who, who) &&
		    span_equal(diff->rows[i].agreement, agreement) &&
		    span_equal(diff->rows[i].place, place) &&
		    span_equal(diff->rows[i].what, what))
			return &diff->rows[i];
	return NULL;
}

/* One spot: how many rows about columns and access it must have. */
static size_t
expect_spot(const struct diff *diff, const struct policy *old,
    const struct policy *new, struct span who, struct span agreement,
    struct span place)
{
	const struct view a = look(old, who, agreement, place);
	const struct view b = look(new, who, agreement, place);
	const struct diff_row *row;
	size_t num = 0;

	if (a.allowed != b.allowed) {
		row = find_row(diff, who, agreement, place, span_str("access"));
		assert_non_null(row);
		assert_int_equal(
		    row->verdict, b.allowed ? DIFF_WIDER : DIFF_NARROWER);
		num++;
	}
	for (uint32_t i = 0; i < RANDOM_COLUMNS; i++) {
		struct span name = new->datasets[0].columns[i].name;
		uint32_t from = form_in(&a, name), to = form_in(&b, name);

		row = find_row(diff, who, agreement, place, name);
		if (from == to) {
			assert_null(row);
			continue;
		}
		assert_non_null(row);
		assert_true(row->is_column);
		assert_int_equal(row->verdict, expected_verdict(from, to));
		num++;
	}
	return num;
}

static const struct policy *
longer(const struct policy *a, const struct policy *b)
{
	return a->num_agreements > b->num_agreements ? a : b;
}

static void
expect_enumeration(
    const struct diff *diff, const struct policy *old, const struct policy *new)
{
	const struct policy *both = longer(old, new);
	size_t want = 0, got = 0;

	for (uint32_t a = 0; a < both->num_agreements; a++)
		for (uint32_t g = 0; g < RANDOM_GROUPS; g++)
			for (uint32_t p = 0; p < RANDOM_PLACES; p++)
				want += expect_spot(diff, old, new,
				    new->groups[g].id, both->agreements[a].id,
				    new->places[p].id);
	/* Whoever is no party by this group has a row of another kind. */
	for (size_t i = 0; i < diff->num_rows; i++)
		got += diff->rows[i].is_column ||
		    (span_equal_str(diff->rows[i].what, "access") &&
			!span_starts_with(
			    diff->rows[i].after, span_str("not denied")));
	assert_int_equal(got, want);
}

/* --- Every request and every row of data --- */

struct gains {
	bool more, less;
};

static const struct agreement *
allowed_by(const struct policy *p, const struct caller *caller,
    struct span agreement, int64_t now)
{
	struct decision d;

	decide_read(&d, p, caller, agreement, now);
	return d.allowed ? &p->agreements[d.agreement] : NULL;
}

static uint32_t
form_of_cell(const struct policy *p, const struct agreement *a, uint32_t row,
    uint32_t column)
{
	if (a == NULL || !policy_random_passes(p, a, row))
		return 0;
	for (uint32_t i = 0; i < a->num_columns; i++)
		if (a->columns[i].column == column)
			return policy_random_form(&a->columns[i]);
	return 0;
}

static void
compare_answers(struct gains *gains, const struct policy *old,
    const struct agreement *a, const struct policy *new,
    const struct agreement *b)
{
	bool other = a != NULL && b != NULL && a->dataset != b->dataset;

	if (a == NULL && b == NULL)
		return;
	for (uint32_t row = 0; row < RANDOM_ROWS; row++)
		for (uint32_t i = 0; i < RANDOM_COLUMNS; i++) {
			uint32_t from = form_of_cell(old, a, row, i);
			uint32_t to = form_of_cell(new, b, row, i);

			if (from == to && !other)
				continue;
			if (finer[from][to])
				gains->less = true;
			else if (to != 0)
				gains->more = true;
		}
}

/* One request in `step`, from the first. */
static struct gains
ask_everything(const struct policy *old, const struct policy *new,
    uint32_t first, uint32_t step)
{
	const struct policy *both = longer(old, new);
	struct gains gains = {.more = false};

	for (uint32_t i = first; i < RANDOM_CALLERS; i += step) {
		struct caller caller;

		policy_random_caller(&caller, i);
		for (uint32_t a = 0; a < both->num_agreements; a++)
			for (size_t t = 0; t < NUM_TIMES; t++) {
				struct span id = both->agreements[a].id;

				compare_answers(&gains, old,
				    allowed_by(old, &caller, id, times[t]), new,
				    allowed_by(new, &caller, id, times[t]));
			}
	}
	return gains;
}

/* --- The properties --- */

/* A pair: one policy, and itself with a few changes; or any other. */
static void
draw_pair(struct policy_random *old, struct policy_random *new,
    struct policy_dice *dice)
{
	uint32_t changes = policy_dice_roll(dice, 4);

	policy_random_draw(old, dice);
	policy_random_copy(new, old);
	for (uint32_t i = 0; i < changes; i++)
		policy_random_change(new, dice);
	if (policy_dice_roll(dice, 8) == 0)
		policy_random_draw(new, dice);
}

static void
diff_policies__is_what_enumeration_gives(void **state)
{
	static struct policy_random old, new;
	struct policy_dice dice = {.state = 1};

	(void)state;
	for (int i = 0; i < NUM_POLICIES; i++) {
		struct arena arena = {.max = ARENA_MAX};
		struct diff diff;

		draw_pair(&old, &new, &dice);
		expect_ok(
		    diff_policies(&diff, &arena, &old.policy, &new.policy));
		expect_enumeration(&diff, &old.policy, &new.policy);
		arena_done(&arena);
	}
}

static void
diff_policies__tells_whatever_anybody_gains(void **state)
{
	static struct policy_random old, new;
	struct policy_dice dice = {.state = 2};
	unsigned wider = 0, narrower = 0, gained = 0;

	(void)state;
	for (int i = 0; i < NUM_POLICIES; i++) {
		struct arena arena = {.max = ARENA_MAX};
		struct gains gains;
		struct diff diff;

		draw_pair(&old, &new, &dice);
		expect_ok(
		    diff_policies(&diff, &arena, &old.policy, &new.policy));
		gains = ask_everything(
		    &old.policy, &new.policy, (uint32_t)i % STEP, STEP);
		if (gains.more && diff.counts[DIFF_WIDER] == 0)
			fail_msg("pair %d gives more, and no row is WIDER", i);
		if (gains.less && diff.num_rows == 0)
			fail_msg("pair %d gives less, and there is no row", i);
		assert_int_equal(
		    diff.num_signers > 0, diff.counts[DIFF_WIDER] > 0);
		gained += gains.more;
		wider += diff.counts[DIFF_WIDER] > 0;
		narrower += diff.counts[DIFF_WIDER] == 0 && diff.num_rows > 0;
		arena_done(&arena);
	}
	/* What is not comparable is wider; but not everything is. */
	assert_in_range(gained, NUM_POLICIES / 8, NUM_POLICIES);
	assert_in_range(wider, gained, gained + NUM_POLICIES / 3);
	assert_in_range(narrower, NUM_POLICIES / 16, NUM_POLICIES);
}

/* A policy has no order: none of its lists is one of priorities. */
static void
diff_policies__order_does_not_matter(void **state)
{
	static struct policy_random old, new;
	struct policy_dice dice = {.state = 3};

	(void)state;
	for (int i = 0; i < NUM_POLICIES; i++) {
		struct arena arena = {.max = ARENA_MAX};
		struct gains gains;
		struct diff diff;

		policy_random_draw(&old, &dice);
		policy_random_copy(&new, &old);
		policy_random_shuffle(&new, &dice);
		expect_ok(
		    diff_policies(&diff, &arena, &old.policy, &new.policy));
		assert_int_equal(diff.num_rows, 0);
		gains = ask_everything(
		    &old.policy, &new.policy, (uint32_t)i % STEP, STEP);
		assert_false(gains.more || gains.less);
		arena_done(&arena);
	}
}

/* --- Some changes, and what is said of them --- */

/*
 * One agreement: group 0, who shows the first key, gets the code and the
 * number of dataset 0 at place 0. Group 1 shows the first certificate. One
 * guardrail, without a condition yet.
 */
static void
make_plain(struct policy_random *p)
{
	struct policy_dice dice = {.state = 4};
	struct caller key, uri;

	policy_random_draw(p, &dice);
	policy_random_caller(&key, 1);
	policy_random_caller(&uri, RANDOM_KEYS + 1);
	p->policy.num_agreements = p->policy.num_guardrails = 1;
	p->groups[0].num_proofs = p->groups[1].num_proofs = 1;
	p->proofs[0][0] = (struct proof){.access_key = key.access_key};
	p->proofs[1][0] = (struct proof){.certificate = uri.certificate};
	p->agreements[0].num_who = p->agreements[0].num_places = 1;
	p->who[0][0] = p->where[0][0] = 0;
	p->agreements[0].dataset = p->agreements[0].num_rows = 0;
	p->agreements[0].num_columns = 2;
	p->delivered[0][0] =
	    (struct delivered){.column = 2, .how = {.op = PROTECT_KEEP}};
	p->delivered[0][1] =
	    (struct delivered){.column = 0, .how = {.op = PROTECT_KEEP}};
	p->guardrails[0] = (struct guardrail){.id = p->guardrails[0].id};
	policy_random_copy(p, p);
}

/* From `old` to `new` there is one row of that verdict about `what`. */
static void
expect_row(const struct policy_random *old, const struct policy_random *new,
    struct span what, enum diff_verdict want)
{
	struct arena arena = {.max = ARENA_MAX};
	struct diff diff;
	bool found = false;

	expect_ok(diff_policies(&diff, &arena, &old->policy, &new->policy));
	for (size_t i = 0; i < diff.num_rows; i++)
		found = found ||
		    (span_equal(diff.rows[i].what, what) &&
			diff.rows[i].verdict == want);
	if (!found)
		fail_msg("no such row about %.*s", (int)what.len,
		    (const char *)what.data);
	arena_done(&arena);
}

/* A guardrail of two datasets, purposes, groups and places, all of them. */
static void
make_guarded(struct policy_random *p)
{
	struct guardrail *g = &p->guardrails[0];

	make_plain(p);
	*g = (struct guardrail){.id = g->id,
	    .by_dataset = true,
	    .num_datasets = 2,
	    .by_purpose = true,
	    .num_purposes = 2,
	    .by_who = true,
	    .num_who = 2,
	    .by_place = true,
	    .num_places = 2,
	    .by_column = true,
	    .kinds = UINT64_C(3) << KIND_CODE,
	    .by_category = true,
	    .num_categories = 1};
	policy_random_copy(p, p);
	for (uint32_t i = 0; i < 2; i++)
		for (uint32_t list = 0; list < 4; list++)
			p->never[0][list][i] = i;
}

/* Whether or not an agreement stands behind it. */
static void
diff_policies__calls_a_narrower_guardrail_wider(void **state)
{
	static struct policy_random old, new;
	const size_t nums[] = {offsetof(struct guardrail, num_datasets),
	    offsetof(struct guardrail, num_purposes),
	    offsetof(struct guardrail, num_who),
	    offsetof(struct guardrail, num_places)};
	const uint32_t one = 1;

	(void)state;
	make_guarded(&old);
	for (size_t i = 0; i < sizeof(nums) / sizeof(nums[0]); i++) {
		policy_random_copy(&new, &old);
		memcpy(
		    (uint8_t *)&new.guardrails[0] + nums[i], &one, sizeof(one));
		expect_row(&old, &new, old.guardrails[0].id, DIFF_WIDER);
		expect_row(&new, &old, old.guardrails[0].id, DIFF_NARROWER);
	}
	policy_random_copy(&new, &old);
	new.guardrails[0].kinds = UINT64_C(1) << KIND_CODE;
	expect_row(&old, &new, old.guardrails[0].id, DIFF_WIDER);
	expect_row(&new, &old, old.guardrails[0].id, DIFF_NARROWER);
	policy_random_copy(&new, &old);
	new.guardrails[0].by_category = false;
	expect_row(&old, &new, old.guardrails[0].id, DIFF_NARROWER);
	expect_row(&new, &old, old.guardrails[0].id, DIFF_WIDER);
	policy_random_copy(&new, &old);
	new.policy.num_guardrails = 0;
	expect_row(&old, &new, old.guardrails[0].id, DIFF_WIDER);
	expect_row(&new, &old, old.guardrails[0].id, DIFF_NARROWER);
}

/* A condition with an empty list is about anything; but one of countries where
 * the policy has no place is about nothing. */
static void
diff_policies__knows_what_an_empty_list_hits(void **state)
{
	static struct policy_random old, new;
	const size_t nums[] = {offsetof(struct guardrail, num_datasets),
	    offsetof(struct guardrail, num_purposes),
	    offsetof(struct guardrail, num_who)};
	const uint32_t none = 0;

	(void)state;
	make_guarded(&old);
	for (size_t i = 0; i < sizeof(nums) / sizeof(nums[0]); i++) {
		policy_random_copy(&new, &old);
		memcpy((uint8_t *)&new.guardrails[0] + nums[i], &none,
		    sizeof(none));
		expect_row(&old, &new, old.guardrails[0].id, DIFF_NARROWER);
		expect_row(&new, &old, old.guardrails[0].id, DIFF_WIDER);
	}
	policy_random_copy(&new, &old);
	new.guardrails[0].num_places = 0;
	expect_row(&old, &new, old.guardrails[0].id, DIFF_WIDER);
	expect_row(&new, &old, old.guardrails[0].id, DIFF_NARROWER);
}

/* `place-not-in`: what stands there is allowed. */
static void
diff_policies__calls_more_room_outside_wider(void **state)
{
	static struct policy_random old, new;

	(void)state;
	make_plain(&old);
	old.guardrails[0].by_place_not_in = true;
	old.guardrails[0].num_outside = 1;
	policy_random_copy(&old, &old);
	old.never[0][3][0] = 1;
	old.never[0][3][1] = 2;
	policy_random_copy(&new, &old);
	new.guardrails[0].num_outside = 2;
	expect_row(&old, &new, old.guardrails[0].id, DIFF_WIDER);
	expect_row(&new, &old, old.guardrails[0].id, DIFF_NARROWER);
}

/* Another of the same effect still stands: nothing is lost. */
static void
diff_policies__sees_that_a_guardrail_was_renamed(void **state)
{
	static struct policy_random old, new;

	(void)state;
	make_guarded(&old);
	policy_random_copy(&new, &old);
	new.guardrails[0].id = span_str("renamed");
	expect_row(&old, &new, old.guardrails[0].id, DIFF_OTHER);
	expect_row(&old, &new, span_str("renamed"), DIFF_OTHER);
}

/*
 * Group 1 may not have codes. Who is in both groups had nothing, and gets the
 * number when the code goes from the agreement: fewer columns, and wider.
 */
static void
diff_policies__sees_who_is_in_two_groups(void **state)
{
	static struct policy_random old, new;
	struct gains gains;

	(void)state;
	make_plain(&old);
	old.places[0].num_seen_as = 1;
	old.places[0].num_certificates = 0;
	old.policy.num_places = 1;
	old.networks[0][0].prefix_bits = 96;
	memset(old.networks[0][0].address + 12, 0, 4);
	old.guardrails[0].by_who = old.guardrails[0].by_column = true;
	old.guardrails[0].num_who = 1;
	old.guardrails[0].kinds = UINT64_C(1) << KIND_CODE;
	policy_random_copy(&old, &old);
	old.never[0][2][0] = 1;
	policy_random_copy(&new, &old);
	new.agreements[0].num_columns = 1;
	gains = ask_everything(&old.policy, &new.policy, 0, 1);
	assert_true(gains.more && gains.less);
	expect_row(&old, &new, span_str("access"), DIFF_WIDER);
	expect_row(&old, &new, span_str("code"), DIFF_NARROWER);
}

static void
expect_form(struct protection from, struct protection to, enum diff_order want)
{
	static const struct group_table tables[] = {
	    {.digest = {1}}, {.digest = {2}}};
	const struct diff_form a = {.how = &from, .tables = tables};
	const struct diff_form b = {.how = &to, .tables = tables};

	assert_int_equal(diff_form_compare(&a, &b), want);
}

static void
diff_form_compare__knows_the_order_of_the_reference(void **state)
{
	(void)state;
#define FORM(...) ((struct protection){__VA_ARGS__})
	expect_form(
	    FORM(.op = PROTECT_KEEP), FORM(.op = PROTECT_SCRUB), DIFF_LESS);
	expect_form(
	    FORM(.op = PROTECT_FORMAT), FORM(.op = PROTECT_TOKEN), DIFF_LESS);
	expect_form(FORM(.op = PROTECT_FORMAT, .check_digit = true),
	    FORM(.op = PROTECT_SEALED), DIFF_LESS);
	expect_form(FORM(.op = PROTECT_FORMAT, .check_digit = true),
	    FORM(.op = PROTECT_FORMAT), DIFF_APART);
	expect_form(FORM(.op = PROTECT_FORMAT, .check_digit = true),
	    FORM(.op = PROTECT_FORMAT, .check_digit = true), DIFF_SAME);
	expect_form(
	    FORM(.op = PROTECT_TOKEN), FORM(.op = PROTECT_SEALED), DIFF_MORE);
	expect_form(FORM(.op = PROTECT_ZIP3),
	    FORM(.op = PROTECT_GROUP, .table = 1), DIFF_LESS);
	expect_form(FORM(.op = PROTECT_GROUP, .table = 0),
	    FORM(.op = PROTECT_GROUP, .table = 1), DIFF_APART);
	expect_form(
	    FORM(.op = PROTECT_YEAR), FORM(.op = PROTECT_SHIFT), DIFF_APART);
	expect_form(FORM(.op = PROTECT_PREFIX, .prefix_len = 4),
	    FORM(.op = PROTECT_PREFIX, .prefix_len = 3), DIFF_LESS);
	expect_form(FORM(.op = PROTECT_ROUND, .step = {1, 1}),
	    FORM(.op = PROTECT_ROUND, .step = {5, 1}), DIFF_LESS);
	expect_form(FORM(.op = PROTECT_ROUND, .step = {2, 0}),
	    FORM(.op = PROTECT_ROUND, .step = {3, 0}), DIFF_APART);
	expect_form(FORM(.op = PROTECT_CAP, .low = {0, 0}, .high = {90, 0}),
	    FORM(.op = PROTECT_CAP, .low = {10, 0}, .high = {80, 0}),
	    DIFF_LESS);
	expect_form(FORM(.op = PROTECT_CAP, .low = {0, 0}, .high = {90, 0}),
	    FORM(.op = PROTECT_CAP, .low = {10, 0}, .high = {95, 0}),
	    DIFF_APART);
	expect_form(FORM(.op = PROTECT_MASK, .first = 6, .last = 4),
	    FORM(.op = PROTECT_MASK, .last = 4), DIFF_LESS);
	expect_form(FORM(.op = PROTECT_MASK, .first = 2),
	    FORM(.op = PROTECT_MASK, .last = 2), DIFF_APART);
	expect_form(
	    FORM(.op = PROTECT_DROP), FORM(.op = PROTECT_BLANK), DIFF_SAME);
#undef FORM
}

/* Which form tells more, of each two, written down a second time: each tells
 * more than those behind it in its line; `keep` more than all others. What is
 * in no line is apart from all. */
static const enum protection_op telling[][4] = {
    {PROTECT_FORMAT, PROTECT_SEALED, PROTECT_PSEUDONYM, PROTECT_TOKEN},
    {PROTECT_MONTH, PROTECT_QUARTER, PROTECT_YEAR, PROTECT_DECADE},
    {PROTECT_ZIP3, PROTECT_GROUP},
};
enum {
	NUM_LINES = sizeof(telling) / sizeof(telling[0])
};

/* Its line, and where in it; false: it stands in none. */
static bool
find_line(enum protection_op op, size_t *out_line, size_t *out_at)
{
	for (size_t i = 0; i < NUM_LINES; i++)
		for (size_t j = 0; j < 4; j++)
			if (telling[i][j] == op) {
				*out_line = i;
				*out_at = j;
				return true;
			}
	return false;
}

static enum diff_order
order_of(enum protection_op from, enum protection_op to)
{
	bool shown = from != PROTECT_DROP && from != PROTECT_BLANK;
	bool still = to != PROTECT_DROP && to != PROTECT_BLANK;
	size_t line[2] = {0, 0}, at[2] = {0, 0};

	if (from == to || (!shown && !still))
		return DIFF_SAME;
	if (!still || from == PROTECT_KEEP)
		return DIFF_LESS;
	if (!shown || to == PROTECT_KEEP)
		return DIFF_MORE;
	if (!find_line(from, &line[0], &at[0]) ||
	    !find_line(to, &line[1], &at[1]) || line[0] != line[1])
		return DIFF_APART;
	return at[0] < at[1] ? DIFF_LESS : DIFF_MORE;
}

static void
diff_form_compare__orders_each_two_forms(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NUM_PROTECTIONS; i++)
		for (unsigned j = 0; j < NUM_PROTECTIONS; j++) {
			enum protection_op from = (enum protection_op)i;
			enum protection_op to = (enum protection_op)j;

			expect_form((struct protection){.op = from},
			    (struct protection){.op = to}, order_of(from, to));
		}
}

static void
diff_form_compare__counts_the_fate_of_unfit_values(void **state)
{
	const struct protection year = {.op = PROTECT_YEAR};
	const struct protection decade = {.op = PROTECT_DECADE};
	const struct diff_form refuse = {.how = &year, .unfit = UNFIT_REFUSE};
	const struct diff_form drop = {.how = &year, .unfit = UNFIT_DROP};
	const struct diff_form coarse = {.how = &decade, .unfit = UNFIT_DROP};
	const struct diff_form none = {.how = NULL, .unfit = UNFIT_DROP};

	(void)state;
	assert_int_equal(diff_form_compare(&refuse, &drop), DIFF_MORE);
	assert_int_equal(diff_form_compare(&drop, &refuse), DIFF_LESS);
	assert_int_equal(diff_form_compare(&drop, &coarse), DIFF_LESS);
	assert_int_equal(diff_form_compare(&refuse, &coarse), DIFF_APART);
	assert_int_equal(diff_form_compare(&refuse, &none), DIFF_LESS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(diff_policies__is_what_enumeration_gives),
	    cmocka_unit_test(diff_policies__tells_whatever_anybody_gains),
	    cmocka_unit_test(diff_policies__order_does_not_matter),
	    cmocka_unit_test(diff_policies__calls_a_narrower_guardrail_wider),
	    cmocka_unit_test(diff_policies__knows_what_an_empty_list_hits),
	    cmocka_unit_test(diff_policies__calls_more_room_outside_wider),
	    cmocka_unit_test(diff_policies__sees_that_a_guardrail_was_renamed),
	    cmocka_unit_test(diff_policies__sees_who_is_in_two_groups),
	    cmocka_unit_test(
		diff_form_compare__knows_the_order_of_the_reference),
	    cmocka_unit_test(diff_form_compare__orders_each_two_forms),
	    cmocka_unit_test(
		diff_form_compare__counts_the_fate_of_unfit_values),
	};

	make_order();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
