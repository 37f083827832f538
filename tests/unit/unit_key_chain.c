#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "gateway/auditor/key_chain.h"
#include "gateway/ipc/audit.h"

enum {
	ALONE = AUDIT_KEY_FIRST | AUDIT_KEY_LAST
};

/* A record of an epoch of a scope; `tag` 0: it is destroyed. */
static struct span
said(struct buf *out, const char *recipient, uint32_t epoch, uint8_t tag)
{
	uint8_t bytes[32];
	struct record record = {.kind = RECORD_KEY,
	    .time_ms = 1764325899000,
	    .purpose = span_str("train"),
	    .dataset = span_str("ehr/visits"),
	    .recipient = span_str(recipient),
	    .epoch = record_number(epoch),
	    .outcome = span_str(tag != 0 ? "opened" : "destroyed"),
	    .scope_tag = span_of(bytes, tag != 0 ? sizeof(bytes) : 0)};

	memset(bytes, tag, sizeof(bytes));
	buf_reset(out);
	out->max = RECORD_MAX;
	expect_ok(record_encode(out, &record));
	return buf_span(out);
}

/* One that begins with what this one puts down says the same. */
static void
expect_same_anew(const struct key_chain *chain, uint8_t place,
    struct span entry, enum err_code expected)
{
	struct buf text CLEANUP(buf_done) = {.max = KEY_CHAIN_PUT_MAX};
	struct buf again CLEANUP(buf_done) = {.max = KEY_CHAIN_PUT_MAX};
	struct key_chain *other;
	uint64_t index;

	expect_ok(key_chain_put(chain, &text));
	expect_ok(key_chain_new(&other, 16));
	struct span in = buf_span(&text);
	expect_ok(key_chain_take(other, &in));
	assert_int_equal(in.len, 0);
	expect_ok(key_chain_put(other, &again));
	assert_true(span_equal(buf_span(&text), buf_span(&again)));
	assert_int_equal(
	    key_chain_check(other, place, entry, &index).code, expected);
	key_chain_free(other);
}

/* What the keeper says, as the auditor takes it. */
static struct err
tell(struct key_chain *chain, uint8_t place, const char *recipient,
    uint32_t epoch, uint8_t tag)
{
	static uint64_t next = 100;
	struct buf body CLEANUP(buf_done) = {.max = 0};
	struct span entry = said(&body, recipient, epoch, tag);
	uint64_t index = UINT64_MAX;
	struct err err = key_chain_check(chain, place, entry, &index);

	expect_same_anew(chain, place, entry, err.code);
	if (err.code == ERR_EXISTS)
		assert_in_range(index, 100, next - 1);
	else
		assert_true(index == UINT64_MAX);
	if (err.code == ERR_OK)
		expect_ok(key_chain_see(chain, next++, entry));
	return err;
}

static int
start(void **state)
{
	struct key_chain *chain;

	if (crypto_init().code != ERR_OK)
		return -1;
	expect_ok(key_chain_new(&chain, 16));
	*state = chain;
	return 0;
}

static int
stop(void **state)
{
	key_chain_free(*state);
	return 0;
}

static void
key_chain__follows_what_is_rotated_and_destroyed(void **state)
{
	struct key_chain *chain = *state;

	expect_ok(tell(chain, ALONE, "lab", 1, 7));
	expect_err(EXISTS, tell(chain, ALONE, "lab", 1, 7));
	expect_ok(tell(chain, ALONE, "shop", 2, 7));
	expect_err(EXISTS, tell(chain, AUDIT_KEY_FIRST, "lab", 1, 7));
	expect_ok(tell(chain, AUDIT_KEY_LAST, "lab", 2, 8));
	expect_ok(tell(chain, AUDIT_KEY_FIRST, "lab", 1, 0));
	expect_err(EXISTS, tell(chain, AUDIT_KEY_FIRST, "lab", 1, 0));
	expect_err(EXISTS, tell(chain, AUDIT_KEY_LAST, "lab", 2, 8));
	/* One that nobody was served under is destroyed, too. */
	expect_ok(tell(chain, AUDIT_KEY_LAST, "lab", 3, 0));
	expect_ok(tell(chain, AUDIT_KEY_LAST, "lab", 4, 9));
}

static void
key_chain__refuses_what_was_put_back(void **state)
{
	struct key_chain *chain = *state;

	expect_ok(tell(chain, ALONE, "lab", 1, 7));
	expect_ok(tell(chain, AUDIT_KEY_LAST, "lab", 2, 8));
	/* The file of before the rotation. */
	expect_err(DENIED, tell(chain, ALONE, "lab", 1, 7));
	/* Drawn anew, after it was lost. */
	expect_err(DENIED, tell(chain, AUDIT_KEY_FIRST, "lab", 1, 6));
	expect_err(DENIED, tell(chain, ALONE, "lab", 2, 8));
	expect_err(DENIED, tell(chain, AUDIT_KEY_LAST, "lab", 2, 9));
	/* More than one further, and from where nothing was. */
	expect_err(DENIED, tell(chain, AUDIT_KEY_LAST, "lab", 4, 9));
	expect_err(DENIED, tell(chain, AUDIT_KEY_LAST, "shop", 1, 9));
	/* The file of before the destruction. */
	expect_ok(tell(chain, AUDIT_KEY_LAST, "lab", 2, 0));
	expect_err(DENIED, tell(chain, AUDIT_KEY_LAST, "lab", 2, 8));
	expect_ok(tell(chain, AUDIT_KEY_FIRST, "lab", 1, 0));
	expect_err(DENIED, tell(chain, AUDIT_KEY_FIRST, "lab", 1, 7));
	expect_ok(tell(chain, AUDIT_KEY_LAST, "lab", 3, 8));
}

/* What was refused says nothing of keys, and neither do other records. */
static void
key_chain__hears_records_of_keys_alone(void **state)
{
	struct key_chain *chain = *state;
	struct buf body CLEANUP(buf_done) = {.max = 0};
	struct buf other CLEANUP(buf_done) = {.max = RECORD_MAX};
	struct record record;
	uint64_t index;

	expect_ok(key_chain_refusal(
	    &record, said(&body, "lab", 3, 7), "it goes back"));
	assert_int_equal(record.epoch.value, 3);
	record.time_ms = 1;
	expect_ok(record_encode(&other, &record));
	expect_ok(key_chain_see(chain, 1, buf_span(&other)));
	expect_err(
	    MALFORMED, key_chain_check(chain, ALONE, buf_span(&other), &index));
	buf_reset(&other);
	record = (struct record){.kind = RECORD_ADMIN,
	    .time_ms = 1,
	    .command = span_str("\"kind\":\"key\"")};
	expect_ok(record_encode(&other, &record));
	assert_false(key_chain_is_key(buf_span(&other)));
	expect_ok(key_chain_see(chain, 1, buf_span(&other)));
	expect_err(
	    MALFORMED, key_chain_check(chain, ALONE, buf_span(&other), &index));
	record.kind = RECORD_KEY; /* of nothing */
	buf_reset(&other);
	expect_ok(record_encode(&other, &record));
	expect_err(
	    MALFORMED, key_chain_check(chain, ALONE, buf_span(&other), &index));
	expect_ok(tell(chain, ALONE, "lab", 1, 7));
}

static void
key_chain__has_a_cap(void **state)
{
	struct key_chain *chain = *state;
	struct buf body CLEANUP(buf_done) = {.max = 0};
	uint32_t epoch = 1;

	expect_ok(tell(chain, ALONE, "lab", epoch, 7));
	for (epoch = 2; epoch <= 15; epoch++) {
		struct err err = tell(chain, AUDIT_KEY_LAST, "lab", epoch, 7);
		if (err.code != ERR_OK)
			break;
	}
	assert_int_equal(epoch, 15);
	expect_ok(key_chain_see(chain, 1, said(&body, "lab", 15, 7)));
	expect_err(TOO_BIG, key_chain_see(chain, 1, said(&body, "lab", 16, 7)));
}

static void
key_chain_take__takes_what_is_whole_and_has_room(void **state)
{
	struct key_chain *chain = *state, *small;
	struct buf text CLEANUP(buf_done) = {.max = KEY_CHAIN_PUT_MAX};

	expect_ok(tell(chain, ALONE, "lab", 1, 7));
	expect_ok(tell(chain, AUDIT_KEY_LAST, "lab", 2, 8));
	expect_ok(key_chain_put(chain, &text));
	for (size_t len = 0; len < text.len; len++) {
		struct span in = span_of(text.data, len);
		expect_ok(key_chain_new(&small, 16));
		expect_err(TRUNCATED, key_chain_take(small, &in));
		key_chain_free(small);
	}
	struct span in = buf_span(&text);
	expect_ok(key_chain_new(&small, 2));
	expect_err(MALFORMED, key_chain_take(small, &in));
	key_chain_free(small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		key_chain__follows_what_is_rotated_and_destroyed, start, stop),
	    cmocka_unit_test_setup_teardown(
		key_chain__refuses_what_was_put_back, start, stop),
	    cmocka_unit_test_setup_teardown(
		key_chain__hears_records_of_keys_alone, start, stop),
	    cmocka_unit_test_setup_teardown(key_chain__has_a_cap, start, stop),
	    cmocka_unit_test_setup_teardown(
		key_chain_take__takes_what_is_whole_and_has_room, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
