#include "tests/harness/expect.h"

#include "gateway/keeper/slot_recipients.h"
#include "policy/model.h"

/* Keys that tell which they are: one byte, thirty-two times. */
static void
fill(uint8_t (*keys)[32], const char *names)
{
	for (size_t i = 0; names[i] != '\0'; i++)
		memset(keys[i], names[i], 32);
}

static struct slot_recipients
set_of(const char *names)
{
	uint8_t keys[SLOT_MAX_RECIPIENTS + 1][32];
	struct agreement agreement = {.encrypt = ENCRYPT_AGE,
	    .recipients = keys,
	    .num_recipients = (uint32_t)strlen(names)};
	struct slot_recipients set = {.num = 0};

	fill(keys, names);
	expect_ok(slot_recipients_of(&set, &agreement));
	return set;
}

static void
slot_recipients_of__is_in_order_and_has_each_once(void **state)
{
	const struct slot_recipients set = set_of("cabac");

	(void)state;
	assert_int_equal(set.num, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(set.keys[i][7], 'a' + (int)i);
}

static void
slot_recipients_of__tls_has_none_and_too_many_are_refused(void **state)
{
	static uint8_t keys[SLOT_MAX_RECIPIENTS + 1][32];
	struct agreement agreement = {
	    .encrypt = ENCRYPT_TLS, .recipients = keys, .num_recipients = 1};
	struct slot_recipients set = {.num = 9};

	(void)state;
	expect_ok(slot_recipients_of(&set, &agreement));
	assert_int_equal(set.num, 0);
	agreement.encrypt = ENCRYPT_AGE;
	agreement.num_recipients = SLOT_MAX_RECIPIENTS + 1;
	expect_err(TOO_BIG, slot_recipients_of(&set, &agreement));
}

static void
slot_recipients_cover__is_about_each_that_was_known(void **state)
{
	static const struct {
		const char *now, *known;
		bool covers;
	} cases[] = {
	    {"", "", true},
	    {"a", "", true},
	    {"", "a", false},
	    {"ab", "ab", true},
	    {"abc", "b", true},
	    {"abc", "ac", true},
	    {"bc", "abc", false},
	    {"ab", "abc", false},
	    {"ac", "abc", false},
	    {"abd", "abc", false},
	    {"a", "b", false},
	    {"b", "a", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct slot_recipients now = set_of(cases[i].now);
		const struct slot_recipients known = set_of(cases[i].known);
		assert_int_equal(
		    slot_recipients_cover(&now, &known), cases[i].covers);
	}
}

static void
slot_recipients_take__is_the_reverse_of_put(void **state)
{
	const struct slot_recipients set = set_of("xyz");
	struct slot_recipients got = {.num = 0};
	struct buf bytes = {.max = 1000};

	(void)state;
	expect_ok(slot_recipients_put(&bytes, &set));
	expect_ok(buf_put_u8(&bytes, 7));
	struct span in = buf_span(&bytes);
	expect_ok(slot_recipients_take(&in, &got));
	assert_int_equal(in.len, 1);
	assert_int_equal(got.num, 3);
	assert_memory_equal(got.keys, set.keys, sizeof(uint8_t[3][32]));
	for (size_t len = 0; len < bytes.len - 1; len++) {
		in = span_of(bytes.data, len);
		expect_err(TRUNCATED, slot_recipients_take(&in, &got));
		assert_int_equal(in.len, len);
	}
	buf_done(&bytes);
}

static void
slot_recipients_take__refuses_disorder_doubles_and_more(void **state)
{
	static uint8_t bytes[4 + 32 * (SLOT_MAX_RECIPIENTS + 1)];
	struct slot_recipients got = {.num = 0};
	struct span in = span_of(bytes, 4 + 64);

	(void)state;
	bytes[3] = 2;
	memset(bytes + 4, 'b', 32);
	memset(bytes + 36, 'a', 32);
	expect_err(MALFORMED, slot_recipients_take(&in, &got));
	memset(bytes + 36, 'b', 32);
	expect_err(MALFORMED, slot_recipients_take(&in, &got));
	memset(bytes + 36, 'c', 32);
	expect_ok(slot_recipients_take(&in, &got));
	bytes[3] = SLOT_MAX_RECIPIENTS + 1;
	in = span_of(bytes, sizeof(bytes));
	expect_err(TOO_BIG, slot_recipients_take(&in, &got));
	assert_int_equal(got.num, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(slot_recipients_of__is_in_order_and_has_each_once),
	    cmocka_unit_test(
		slot_recipients_of__tls_has_none_and_too_many_are_refused),
	    cmocka_unit_test(
		slot_recipients_cover__is_about_each_that_was_known),
	    cmocka_unit_test(slot_recipients_take__is_the_reverse_of_put),
	    cmocka_unit_test(
		slot_recipients_take__refuses_disorder_doubles_and_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
