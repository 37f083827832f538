#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "gateway/auditor/shown_once.h"
#include "gateway/ledger/record.h"

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

static struct span
encode(
    struct buf *out, enum record_kind kind, uint8_t request, const char *code)
{
	uint8_t digest[32];
	struct record record = {.kind = kind, .time_ms = 1000};

	memset(digest, request, sizeof(digest));
	if (request != 0)
		record.reveal_request = span_of(digest, sizeof(digest));
	record.code = span_str(code);
	out->max = RECORD_MAX;
	buf_reset(out);
	expect_ok(record_encode(out, &record));
	return buf_span(out);
}

static void
shown_once_check__lets_each_code_of_a_request_through_once(void **state)
{
	struct shown_once shown;
	struct buf out = {0};

	(void)state;
	expect_ok(shown_once_init(&shown));
	expect_ok(
	    shown_once_check(&shown, encode(&out, RECORD_REVEAL, 1, "s1_a")));
	/* Looking takes nothing. */
	expect_ok(
	    shown_once_check(&shown, encode(&out, RECORD_REVEAL, 1, "s1_a")));
	shown_once_see(&shown, encode(&out, RECORD_REVEAL, 1, "s1_a"));
	expect_err(DENIED,
	    shown_once_check(&shown, encode(&out, RECORD_REVEAL, 1, "s1_a")));
	expect_ok(
	    shown_once_check(&shown, encode(&out, RECORD_REVEAL, 1, "s1_b")));
	expect_ok(
	    shown_once_check(&shown, encode(&out, RECORD_REVEAL, 2, "s1_a")));
	/* What shows nothing is none of its business. */
	shown_once_see(&shown, encode(&out, RECORD_DENIED, 3, "s1_a"));
	expect_ok(
	    shown_once_check(&shown, encode(&out, RECORD_REVEAL, 3, "s1_a")));
	expect_ok(
	    shown_once_check(&shown, encode(&out, RECORD_DENIED, 1, "s1_a")));
	/* One without a request or a code could be shown twice. */
	expect_err(DENIED,
	    shown_once_check(&shown, encode(&out, RECORD_REVEAL, 0, "s1_a")));
	expect_err(DENIED,
	    shown_once_check(&shown, encode(&out, RECORD_REVEAL, 4, "")));
	buf_done(&out);
	shown_once_done(&shown);
}

static void
shown_once_check__shows_nothing_that_it_cannot_count(void **state)
{
	struct shown_once shown = {.seen = {0}};
	struct buf out = {0};

	(void)state;
	expect_ok(keyset_init(&shown.seen, 2));
	shown_once_see(&shown, encode(&out, RECORD_REVEAL, 1, "a"));
	expect_ok(
	    shown_once_check(&shown, encode(&out, RECORD_REVEAL, 1, "b")));
	shown_once_see(&shown, encode(&out, RECORD_REVEAL, 1, "b"));
	expect_err(DENIED,
	    shown_once_check(&shown, encode(&out, RECORD_REVEAL, 1, "c")));
	buf_done(&out);
	shown_once_done(&shown);
}

static void
shown_once_take__knows_what_the_one_before_knew(void **state)
{
	struct shown_once shown, next;
	struct buf out = {0}, text = {.max = SHOWN_ONCE_PUT_MAX};

	(void)state;
	expect_ok(shown_once_init(&shown));
	expect_ok(shown_once_init(&next));
	shown_once_see(&shown, encode(&out, RECORD_REVEAL, 1, "a"));
	shown_once_see(&shown, encode(&out, RECORD_REVEAL, 2, "b"));
	expect_ok(shown_once_put(&shown, &text));
	struct span in = buf_span(&text);
	expect_ok(shown_once_take(&next, &in));
	assert_int_equal(in.len, 0);
	expect_err(DENIED,
	    shown_once_check(&next, encode(&out, RECORD_REVEAL, 1, "a")));
	expect_err(DENIED,
	    shown_once_check(&next, encode(&out, RECORD_REVEAL, 2, "b")));
	expect_ok(shown_once_check(&next, encode(&out, RECORD_REVEAL, 2, "a")));
	in = span_of(text.data, text.len - 1);
	shown_once_done(&next);
	expect_ok(shown_once_init(&next));
	expect_err(TRUNCATED, shown_once_take(&next, &in));
	buf_done(&text);
	buf_done(&out);
	shown_once_done(&next);
	shown_once_done(&shown);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		shown_once_check__lets_each_code_of_a_request_through_once),
	    cmocka_unit_test(
		shown_once_check__shows_nothing_that_it_cannot_count),
	    cmocka_unit_test(shown_once_take__knows_what_the_one_before_knew),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
