#include "tests/harness/expect.h"

#include "gateway/ipc/policy_version.h"

static void
policy_version__round_trips_and_takes_nothing_else(void **state)
{
	struct policy_version v = {.version = 7,
	    .files = {1, 2},
	    .before = {[31] = 3},
	    .wider = 4,
	    .narrower = 5,
	    .signers = {span_str("anna"), span_str("eva")},
	    .num_signers = 2};
	struct policy_version got = {.version = 99};
	struct buf body CLEANUP(buf_done) = {.max = POLICY_VERSION_MAX};

	(void)state;
	expect_ok(policy_version_put(&body, &v));
	for (size_t len = 0; len < body.len; len++)
		expect_err(TRUNCATED,
		    policy_version_take(&got, span_of(body.data, len)));
	assert_int_equal(got.version, 99);
	expect_ok(policy_version_take(&got, buf_span(&body)));
	assert_int_equal(got.version, 7);
	assert_memory_equal(got.files, v.files, 32);
	assert_memory_equal(got.before, v.before, 32);
	assert_false(got.is_first);
	assert_int_equal(got.wider, 4);
	assert_int_equal(got.narrower, 5);
	assert_int_equal(got.num_signers, 2);
	assert_true(span_equal_str(got.signers[1], "eva"));
	expect_ok(buf_put_u8(&body, 0));
	expect_err(MALFORMED, policy_version_take(&got, buf_span(&body)));
	v.version = 0;
	buf_reset(&body);
	expect_ok(policy_version_put(&body, &v));
	expect_err(MALFORMED, policy_version_take(&got, buf_span(&body)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		policy_version__round_trips_and_takes_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
