#include "tests/harness/expect.h"

#include "policy/scope.h"
#include "tests/harness/sweep.h"

static struct scope
parsed(const char *text)
{
	struct scope scope;

	expect_ok(scope_parse(&scope, span_str(text)));
	return scope;
}

static void
scope__is_text_and_back(void **state)
{
	struct scope scope = parsed("card-fraud:bank/cards/2026:shop-2");
	struct buf text CLEANUP(buf_done) = {.max = SCOPE_MAX_TEXT};

	(void)state;
	expect_span(scope.purpose, "card-fraud");
	expect_span(scope.dataset, "bank/cards/2026");
	expect_span(scope.recipient, "shop-2");
	expect_ok(scope_put(&text, &scope));
	expect_span(buf_span(&text), "card-fraud:bank/cards/2026:shop-2");
}

static struct err
put_once(void *context, struct buf *out, struct arena *arena)
{
	(void)arena;
	return scope_put(out, context);
}

static void
scope_put__ends_at_any_ceiling(void **state)
{
	struct scope scope = parsed("card-fraud:bank/cards:shop-2");

	(void)state;
	assert_int_equal(sweep_ceilings(put_once, &scope), 28);
}

static void
scope_parse__takes_nothing_else(void **state)
{
	static const char *const texts[] = {"", "a", "a:b", "a:b:", ":b:c",
	    "a::c", "a:b:c:", "a:b:c:d", "A:b:c", "a:b c:d", "a:b:c\n",
	    "a:b//c:d", "a:/b:c", "a:b/:c", "a/a:b:c", "a:b:c/c", "-a:b:c"};
	static char longest[SCOPE_MAX_TEXT + 2];
	struct scope scope;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_err(MALFORMED, scope_parse(&scope, span_str(texts[i])));
	memset(longest, 'a', SCOPE_MAX_TEXT + 1);
	expect_err(TOO_BIG, scope_parse(&scope, span_str(longest)));
}

static void
scope_compare__is_an_order(void **state)
{
	static const char *const texts[] = {"a:b:c", "a:b:c-1", "a:b-1:a",
	    "a:b/c:a", "a:bb:a", "a-1:a:a", "b:a:a"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct scope a = parsed(texts[i]);
		assert_int_equal(scope_compare(&a, &a), 0);
		for (size_t j = 0; j < i; j++) {
			struct scope b = parsed(texts[j]);
			assert_true(scope_compare(&a, &b) > 0);
			assert_true(scope_compare(&b, &a) < 0);
		}
	}
}

/* What delivers no code has no key, so none that could be destroyed. */
static void
scope_of__is_of_agreements_with_codes(void **state)
{
	struct purpose purpose = {.id = span_str("train")};
	struct dataset dataset = {.id = span_str("ehr/visits")};
	struct party party = {.id = span_str("lab")};
	static const enum protection_op keyed[] = {PROTECT_PSEUDONYM,
	    PROTECT_SEALED, PROTECT_FORMAT, PROTECT_SHIFT, PROTECT_TOKEN};
	struct delivered columns[2] = {
	    {.how = {.op = PROTECT_YEAR}}, {.how = {.op = PROTECT_KEEP}}};
	struct agreement agreement = {.columns = columns, .num_columns = 2};
	struct policy policy = {.purposes = &purpose,
	    .datasets = &dataset,
	    .parties = &party,
	    .agreements = &agreement,
	    .num_agreements = 1};
	struct scope scope;

	(void)state;
	assert_false(scope_of(&scope, &policy, 0));
	for (size_t i = 0; i < sizeof(keyed) / sizeof(keyed[0]); i++) {
		struct scope expected = parsed("train:ehr/visits:lab");
		columns[1].how.op = keyed[i];
		assert_true(scope_of(&scope, &policy, 0));
		assert_int_equal(scope_compare(&scope, &expected), 0);
	}
}

/* One that is linked has the scope of the one whose codes it shares. */
static void
scope_of__follows_a_link(void **state)
{
	struct purpose purposes[] = {
	    {.id = span_str("bill")}, {.id = span_str("train")}};
	struct dataset dataset = {.id = span_str("ehr/visits")};
	struct party party = {.id = span_str("lab")};
	struct delivered column = {.how = {.op = PROTECT_TOKEN}};
	struct agreement agreements[] = {
	    {.columns = &column, .num_columns = 1, .codes_of = 0},
	    {.columns = &column, .num_columns = 1, .purpose = 1, .codes_of = 1},
	    {.columns = &column, .num_columns = 1, .purpose = 1, .codes_of = 0},
	};
	struct policy policy = {.purposes = purposes,
	    .datasets = &dataset,
	    .parties = &party,
	    .agreements = agreements,
	    .num_agreements = 3};
	struct scope own[3];

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		assert_true(scope_of(&own[i], &policy, i));
	expect_span(own[0].purpose, "bill");
	expect_span(own[1].purpose, "train");
	expect_span(own[2].purpose, "bill");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scope__is_text_and_back),
	    cmocka_unit_test(scope_put__ends_at_any_ceiling),
	    cmocka_unit_test(scope_parse__takes_nothing_else),
	    cmocka_unit_test(scope_compare__is_an_order),
	    cmocka_unit_test(scope_of__is_of_agreements_with_codes),
	    cmocka_unit_test(scope_of__follows_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
