#include "tests/harness/expect.h"

#include "gateway/ledger/policy_chain.h"
#include "gateway/ledger/record.h"

/* A record of a policy; digests are of one byte each. */
struct made {
	uint64_t version;      /* 0: it has none */
	uint8_t files, before; /* 0: not said */
	bool denied;
	enum record_kind kind;
};

static uint64_t clock_ms = 1000; /* of the next record */

static struct span
encode(struct buf *out, const struct made *made)
{
	uint8_t files[32], before[32];
	struct record record = {.kind = made->kind, .time_ms = clock_ms};

	memset(files, made->files, sizeof(files));
	memset(before, made->before, sizeof(before));
	if (made->version > 0)
		record.policy_version = record_number(made->version);
	if (made->files > 0)
		record.policy_files = span_of(files, sizeof(files));
	if (made->before > 0)
		record.policy_before = span_of(before, sizeof(before));
	if (made->denied)
		record.decision = span_str("denied");
	out->max = RECORD_MAX;
	buf_reset(out);
	expect_ok(record_encode(out, &record));
	return buf_span(out);
}

/* After version 4, whose files are of 0x44; which may be next? */
static void
policy_chain_check__takes_the_same_or_the_next(void **state)
{
	static const struct {
		struct made made;
		bool follows;
	} rows[] = {
	    {{4, 0x44, 0x33, false, RECORD_POLICY}, true},
	    {{5, 0x55, 0x44, false, RECORD_POLICY}, true},
	    {{3, 0x33, 0x22, false, RECORD_POLICY}, false},
	    {{1, 0x11, 0, false, RECORD_POLICY}, false},
	    {{0, 0, 0, false, RECORD_POLICY}, false},
	    {{4, 0x55, 0x33, false, RECORD_POLICY}, false},
	    {{4, 0, 0x33, false, RECORD_POLICY}, false},
	    {{5, 0x55, 0x33, false, RECORD_POLICY}, false},
	    {{5, 0x55, 0, false, RECORD_POLICY}, false},
	    {{6, 0x66, 0x44, false, RECORD_POLICY}, false},
	    /* What puts nothing in force may say what it will. */
	    {{0, 0, 0, true, RECORD_POLICY}, true},
	    {{3, 0x33, 0x22, false, RECORD_ADMIN}, true},
	};
	struct policy_chain chain = {.version = 4};
	struct buf entry CLEANUP(buf_done) = {.max = RECORD_MAX};

	(void)state;
	memset(chain.files, 0x44, sizeof(chain.files));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err =
		    policy_chain_check(&chain, encode(&entry, &rows[i].made));
		if (err.code != (rows[i].follows ? ERR_OK : ERR_DENIED))
			fail_msg("row %zu: %s", i, err_name(err.code));
	}
}

static void
policy_chain_check__begins_with_the_first(void **state)
{
	static const struct policy_chain none = {.version = 0};
	struct buf entry CLEANUP(buf_done) = {.max = RECORD_MAX};
	const struct made unversioned = {0, 0, 0, false, RECORD_POLICY};
	const struct made first = {1, 0x11, 0, false, RECORD_POLICY};
	const struct made second = {2, 0x22, 0x11, false, RECORD_POLICY};

	(void)state;
	expect_ok(policy_chain_check(&none, encode(&entry, &unversioned)));
	expect_ok(policy_chain_check(&none, encode(&entry, &first)));
	expect_err(DENIED, policy_chain_check(&none, encode(&entry, &second)));
}

static void
policy_chain_see__keeps_the_last_in_force(void **state)
{
	static const struct made rows[] = {
	    {0, 0, 0, false, RECORD_POLICY},
	    {1, 0x11, 0, false, RECORD_POLICY},
	    {2, 0x22, 0x11, false, RECORD_POLICY},
	    {2, 0x22, 0x11, false, RECORD_POLICY},
	    {0, 0, 0, true, RECORD_POLICY},
	    {9, 0x99, 0x88, true, RECORD_POLICY},
	    {9, 0x99, 0x88, false, RECORD_ADMIN},
	};
	struct policy_chain chain = {.version = 0};
	struct buf entry CLEANUP(buf_done) = {.max = RECORD_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		clock_ms = 1000 * i;
		policy_chain_see(&chain, encode(&entry, &rows[i]));
	}
	assert_int_equal(chain.version, 2);
	/* Not when it was put in force again. */
	assert_int_equal(chain.since_ms, 2000);
	assert_int_equal(chain.files[0], 0x22);
	assert_int_equal(chain.files[31], 0x22);
}

static void
policy_chain_take__goes_on_with_what_was_put(void **state)
{
	struct policy_chain chain = {.version = 7, .since_ms = 1234};
	struct policy_chain next = {.version = 0};
	struct buf text CLEANUP(buf_done) = {.max = POLICY_CHAIN_PUT};

	(void)state;
	memset(chain.files, 0x77, sizeof(chain.files));
	for (size_t max = 0; max < POLICY_CHAIN_PUT; max++) {
		struct buf small CLEANUP(buf_done) = {.max = max};
		expect_err(TOO_BIG, policy_chain_put(&chain, &small));
	}
	expect_ok(policy_chain_put(&chain, &text));
	for (size_t len = 0; len < text.len; len++) {
		struct span in = span_of(text.data, len);
		expect_err(TRUNCATED, policy_chain_take(&next, &in));
	}
	struct span in = buf_span(&text);
	expect_ok(policy_chain_take(&next, &in));
	assert_int_equal(in.len, 0);
	assert_int_equal(next.version, 7);
	assert_int_equal(next.since_ms, 1234);
	assert_memory_equal(next.files, chain.files, sizeof(chain.files));
}

/* Text of a client is no member. */
static void
policy_chain_see__is_not_deceived_by_text(void **state)
{
	struct policy_chain chain = {.version = 0};
	struct buf entry CLEANUP(buf_done) = {.max = RECORD_MAX};
	const struct record record = {.kind = RECORD_DENIED,
	    .time_ms = 1000,
	    .object = span_str("\"kind\":\"policy\",\"policy-version\":7")};

	(void)state;
	expect_ok(record_encode(&entry, &record));
	policy_chain_see(&chain, buf_span(&entry));
	assert_int_equal(chain.version, 0);
}

#define HEX16 "44444444444444444444444444444444"

/* What says nothing that can be read puts nothing in force. */
static void
policy_chain_see__passes_over_what_is_no_version(void **state)
{
	static const char *const entries[] = {
	    "\"kind\":\"policy\"",
	    "[\"kind\":\"policy\"]",
	    "{\"kind\":\"policy\",\"policy-files\"}",
	    "{\"kind\":\"policy\",\"policy-files\":\"" HEX16 HEX16 "\"}",
	    "{\"kind\":\"policy\",\"policy-version\":9}",
	    "{\"kind\":\"policy\",\"policy-files\":9,\"policy-version\":9}",
	    "{\"kind\":\"policy\",\"policy-files\":\"" HEX16 HEX16
	    "\",\"policy-version\":\"9\"}",
	    "{\"kind\":\"policy\",\"policy-files\":\"" HEX16
	    "\",\"policy-version\":9}",
	    "{\"kind\":\"policy\",\"policy-files\":\"" HEX16 HEX16
	    "44\",\"policy-version\":9}",
	    "{\"kind\":\"policy\",\"policy-files\":\"" HEX16
	    "zz\",\"policy-version\":9}",
	    "{\"decision\":7,\"kind\":\"policy\",\"policy-files\":\"" HEX16
		HEX16 "\",\"policy-version\":9}",
	    "{\"decision\":\"denied\",\"kind\":\"policy\",\"policy-files\":"
	    "\"" HEX16 HEX16 "\",\"policy-version\":9}",
	    "{\"kind\":\"policy\",\"policy-before\":9,\"policy-files\":\"" HEX16
		HEX16 "\",\"policy-version\":9}",
	    "{\"kind\":\"policy\",\"policy-files\":\"" HEX16 HEX16
	    "\",\"policy-version\":9,\"staged-policy\":\"ab\"}",
	    "{\"kind\":\"policy\",\"policy-files\":\"" HEX16 HEX16
	    "\",\"policy-version\":9,\"time-ms\":\"x\"}",
	};
	struct policy_chain chain = {.version = 4, .since_ms = 5};

	(void)state;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		policy_chain_see(&chain, span_str(entries[i]));
		if (chain.version != 4 || chain.since_ms != 5)
			fail_msg("in force: %s", entries[i]);
	}
	/* And the like of them, when it can be read. */
	policy_chain_see(&chain,
	    span_str("{\"decision\":\"allowed\",\"kind\":\"policy\","
		     "\"policy-files\":\"" HEX16 HEX16
		     "\",\"policy-version\":9,\"time-ms\":6}"));
	assert_int_equal(chain.version, 9);
	assert_int_equal(chain.since_ms, 6);
	assert_int_equal(chain.files[31], 0x44);
}

/* The same version again has the same files, in digits that can be read. */
static void
policy_chain_check__reads_every_digit(void **state)
{
	struct policy_chain chain = {.version = 4};

	(void)state;
	memset(chain.files, 0x44, sizeof(chain.files));
	expect_ok(policy_chain_check(&chain,
	    span_str("{\"kind\":\"policy\",\"policy-files\":\"" HEX16 HEX16
		     "\",\"policy-version\":4}")));
	expect_err(DENIED,
	    policy_chain_check(&chain,
		span_str("{\"kind\":\"policy\",\"policy-files\":\"" HEX16
			 "4444444444444444444444444444444z\","
			 "\"policy-version\":4}")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(policy_chain_check__takes_the_same_or_the_next),
	    cmocka_unit_test(policy_chain_check__begins_with_the_first),
	    cmocka_unit_test(policy_chain_see__keeps_the_last_in_force),
	    cmocka_unit_test(policy_chain_take__goes_on_with_what_was_put),
	    cmocka_unit_test(policy_chain_see__is_not_deceived_by_text),
	    cmocka_unit_test(policy_chain_see__passes_over_what_is_no_version),
	    cmocka_unit_test(policy_chain_check__reads_every_digit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
