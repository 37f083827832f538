/*
 * audit_seen: whoever begins with what another one has put down, and sees what
 * came after it, knows what that one knows: of charges, versions, epochs and
 * values shown.
 */
#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "gateway/auditor/audit_seen.h"

enum {
	DAY = 20785,
	ROUNDS = 3, /* of one record of each kind */
	RECORDS = 4 * ROUNDS,
};

struct known {
	struct charging charging;
	struct policy_chain policies;
	struct shown_once shown;
	struct audit_seen seen;
};

static void
begin(struct known *known)
{
	*known = (struct known){.policies = {.version = 0}};
	known->seen = (struct audit_seen){.charging = &known->charging,
	    .policies = &known->policies,
	    .shown = &known->shown};
	expect_ok(
	    account_new(&known->charging.account, ACCOUNT_SUMS, ACCOUNT_READS));
	expect_ok(key_chain_new(&known->seen.keys, KEY_CHAIN_MAX));
	expect_ok(shown_once_init(&known->shown));
}

static void
end(struct known *known)
{
	account_free(known->charging.account);
	key_chain_free(known->seen.keys);
	shown_once_done(&known->shown);
}

/* Record i: a charge, a version, an epoch or a value, in turn. */
static struct span
entry_at(struct buf *out, unsigned i)
{
	unsigned round = i / 4;
	uint8_t bytes[32];
	/* Long ago: no minute counts it any more. */
	struct record record = {.time_ms = 1000};

	memset(bytes, (int)round + 1, sizeof(bytes));
	switch (i % 4) {
	case 0:
		record.kind = RECORD_INTENT;
		record.agreement = span_str("train");
		record.charge = (struct record_charge){.known = true,
		    .caller = span_str("access-key:A"),
		    .day = DAY,
		    .bytes = 100};
		break;
	case 1:
		record.kind = RECORD_POLICY;
		record.policy_version = record_number(round + 1);
		record.policy_files = span_of(bytes, sizeof(bytes));
		break;
	case 2:
		record.kind = RECORD_KEY;
		record.purpose = span_str("train");
		record.dataset = span_str("visits");
		record.recipient = span_str("lab");
		record.epoch = record_number(round + 1);
		record.outcome = span_str("opened");
		record.scope_tag = span_of(bytes, sizeof(bytes));
		break;
	default:
		record.kind = RECORD_REVEAL;
		record.reveal_request = span_of(bytes, sizeof(bytes));
		record.code = span_str("s1_a");
		break;
	}
	out->max = RECORD_MAX;
	buf_reset(out);
	expect_ok(record_encode(out, &record));
	return buf_span(out);
}

static void
see(struct known *known, unsigned from, unsigned to)
{
	struct buf entry CLEANUP(buf_done) = {.max = 0};

	for (unsigned i = from; i < to; i++)
		audit_seen_saw(&known->seen, i, entry_at(&entry, i));
	expect_ok(known->seen.failure);
}

/* After all of the records. */
static void
expect_all_known(const struct known *known)
{
	const struct audit_use use = {
	    .day = DAY, .agreement = span_str("train")};
	struct buf body CLEANUP(buf_done) = {.max = 1000};
	struct buf entry CLEANUP(buf_done) = {.max = 0};
	struct audit_used used;
	uint64_t index;

	expect_ok(audit_put_use(&body, &use));
	expect_ok(charging_use(&known->charging, buf_span(&body), &used));
	assert_int_equal(used.bytes, 100 * ROUNDS);
	assert_int_equal(known->policies.version, ROUNDS);
	for (unsigned i = 2; i < RECORDS; i += 4) {
		expect_err(EXISTS,
		    key_chain_check(
			known->seen.keys, 0, entry_at(&entry, i), &index));
		assert_int_equal(index, i);
		expect_err(DENIED,
		    shown_once_check(&known->shown, entry_at(&entry, i + 1)));
	}
}

static void
audit_seen_take__knows_all_that_the_one_before_knew(void **state)
{
	(void)state;
	for (unsigned at = 0; at <= RECORDS; at++) {
		struct buf sum CLEANUP(buf_done) = {.max = AUDIT_SEEN_PUT_MAX};
		struct known first, next;

		begin(&first);
		begin(&next);
		see(&first, 0, at);
		expect_ok(audit_seen_put(&first.seen, &sum));
		expect_ok(audit_seen_take(&next.seen, buf_span(&sum)));
		see(&next, at, RECORDS);
		expect_all_known(&next);
		end(&first);
		end(&next);
	}
}

static void
audit_seen_take__takes_what_is_whole(void **state)
{
	struct buf sum CLEANUP(buf_done) = {.max = AUDIT_SEEN_PUT_MAX};
	struct known first;

	(void)state;
	begin(&first);
	see(&first, 0, 4);
	expect_ok(audit_seen_put(&first.seen, &sum));
	end(&first);
	for (size_t len = 0; len < sum.len; len += 1 + len / 20) {
		struct known next;
		begin(&next);
		expect_err(TRUNCATED,
		    audit_seen_take(&next.seen, span_of(sum.data, len)));
		end(&next);
	}
	begin(&first);
	expect_ok(buf_put_u8(&sum, 0));
	expect_err(MALFORMED, audit_seen_take(&first.seen, buf_span(&sum)));
	end(&first);
}

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		audit_seen_take__knows_all_that_the_one_before_knew),
	    cmocka_unit_test(audit_seen_take__takes_what_is_whole),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
