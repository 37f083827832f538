#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <unistd.h>

#include "gateway/ipc/ask.h"
#include "gateway/ipc/audit.h"
#include "gateway/ipc/control.h"

static const uint8_t digest[32] = {1, 2, 3};

static void
assert_code(struct err err, enum err_code code)
{
	assert_string_equal(err_name(err.code), err_name(code));
}

static struct ask_request
full_request(void)
{
	return (struct ask_request){.address = {[15] = 9},
	    .port = 443,
	    .certificate = span_str("spiffe://a/b"),
	    .certificate_digest = span_of(digest, 32),
	    .canonical = span_str("GET\n/"),
	    .authorization = span_str("AWS4-HMAC-SHA256"),
	    .trace = span_of(digest, ASK_TRACE),
	    .whole = true,
	    .headers = {[ASK_HEADER_RANGE] = span_str("bytes=0-1"),
		[ASK_HEADER_IF_RANGE] = span_str("")}};
}

static void
ask_request__comes_back_as_it_was(void **state)
{
	struct ask_request in = full_request(), out;
	struct buf body CLEANUP(buf_done);

	(void)state;
	buf_init(&body, FRAME_MAX_BODY);
	assert_code(ask_put_request(&body, &in), ERR_OK);
	assert_code(ask_take_request(&out, buf_span(&body)), ERR_OK);
	assert_memory_equal(out.address, in.address, 16);
	assert_int_equal(out.port, 443);
	assert_true(out.whole);
	assert_true(span_equal(out.certificate, in.certificate));
	assert_true(span_equal(out.certificate_digest, in.certificate_digest));
	assert_true(span_equal(out.canonical, in.canonical));
	assert_true(span_equal(out.authorization, in.authorization));
	assert_true(span_equal(out.trace, in.trace));
	for (size_t i = 0; i < NUM_ASK_HEADERS; i++) {
		/* One that is empty is there. */
		assert_int_equal(out.headers[i].data != NULL,
		    i == ASK_HEADER_RANGE || i == ASK_HEADER_IF_RANGE);
		assert_true(span_equal(out.headers[i], in.headers[i]));
	}
}

/* A trace id is 16 bytes, not all of them zero, or it is not there. */
static void
ask_request__takes_no_other_trace(void **state)
{
	static const uint8_t zeros[ASK_TRACE + 1];
	const struct span wrong[] = {span_of(digest, ASK_TRACE - 1),
	    span_of(digest, ASK_TRACE + 1), span_of(digest, 1),
	    span_of(zeros, ASK_TRACE)};
	struct ask_request in = full_request(), out;
	struct buf body CLEANUP(buf_done);

	(void)state;
	buf_init(&body, FRAME_MAX_BODY);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		buf_reset(&body);
		in.trace = wrong[i];
		assert_code(ask_put_request(&body, &in), ERR_OK);
		assert_int_not_equal(
		    ask_take_request(&out, buf_span(&body)).code, ERR_OK);
	}
	buf_reset(&body);
	in.trace = (struct span){0};
	assert_code(ask_put_request(&body, &in), ERR_OK);
	assert_code(ask_take_request(&out, buf_span(&body)), ERR_OK);
	assert_int_equal(out.trace.len, 0);
}

/* --- Refusals --- */

static struct tally
full_tally(void)
{
	struct tally tally = {.num_places = 0};
	uint8_t address[16] = {[10] = 0xff, 0xff, 10};

	for (unsigned i = 0; i <= TALLY_PLACES; i++) {
		address[14] = (uint8_t)i;
		tally_add(&tally, address, i + 1);
	}
	return tally;
}

static void
ask_refusals__come_back_as_they_were(void **state)
{
	struct tally in = full_tally(), out;
	struct buf body CLEANUP(buf_done);

	(void)state;
	buf_init(&body, FRAME_MAX_BODY);
	assert_code(ask_put_refusals(&body, &in), ERR_OK);
	assert_int_equal(body.len, ASK_MAX_REFUSALS);
	assert_code(ask_take_refusals(&out, buf_span(&body)), ERR_OK);
	assert_int_equal(out.num_places, TALLY_PLACES);
	assert_int_equal(out.places[9].count, 10);
	assert_memory_equal(out.places[9].prefix, in.places[9].prefix, 16);
	assert_int_equal(out.others, TALLY_PLACES + 1);
	for (size_t len = 0; len < body.len; len++)
		assert_int_not_equal(
		    ask_take_refusals(&out, span_of(body.data, len)).code,
		    ERR_OK);
	assert_code(buf_put_u8(&body, 0), ERR_OK);
	assert_code(ask_take_refusals(&out, buf_span(&body)), ERR_MALFORMED);
}

static void
ask_refusals__are_of_prefixes_and_of_something(void **state)
{
	struct buf body CLEANUP(buf_done);
	struct tally in = full_tally(), out;

	(void)state;
	buf_init(&body, FRAME_MAX_BODY);
	in.places[3].prefix[15] = 1;
	assert_code(ask_put_refusals(&body, &in), ERR_OK);
	assert_code(ask_take_refusals(&out, buf_span(&body)), ERR_MALFORMED);
	buf_reset(&body);
	in.places[3].prefix[15] = 0;
	in.places[3].count = 0;
	assert_code(ask_put_refusals(&body, &in), ERR_OK);
	assert_code(ask_take_refusals(&out, buf_span(&body)), ERR_MALFORMED);
	buf_reset(&body);
	assert_code(buf_put_u32be(&body, TALLY_PLACES + 1), ERR_OK);
	assert_code(ask_take_refusals(&out, buf_span(&body)), ERR_TOO_BIG);
}

static void
ask_request__is_refused_at_every_truncation(void **state)
{
	struct ask_request in = full_request(), out;
	struct buf body CLEANUP(buf_done);

	(void)state;
	buf_init(&body, FRAME_MAX_BODY);
	assert_code(ask_put_request(&body, &in), ERR_OK);
	for (size_t len = 0; len < body.len; len++)
		assert_int_not_equal(
		    ask_take_request(&out, span_of(body.data, len)).code,
		    ERR_OK);
	assert_code(buf_put_u8(&body, 0), ERR_OK);
	assert_code(ask_take_request(&out, buf_span(&body)), ERR_MALFORMED);
	in.certificate = span_of(NULL, 0); /* a digest without its URI */
	buf_reset(&body);
	assert_code(ask_put_request(&body, &in), ERR_OK);
	assert_code(ask_take_request(&out, buf_span(&body)), ERR_MALFORMED);
}

static struct ask_answer
full_answer(void)
{
	return (struct ask_answer){.kind = ASK_OBJECT,
	    .request = "0123456789abcdef",
	    .record = 77,
	    .party = true,
	    .age = true,
	    .header = span_str("age-encryption.org/v1\n"),
	    .file_key = {5, 6},
	    .payload_at = 168,
	    .payload_len = 1000,
	    .modified = -1,
	    .etag = "\"0123-1\"",
	    .sha256 = span_of(digest, 32)};
}

static void
ask_answer__comes_back_as_it_was(void **state)
{
	struct ask_answer in = full_answer(), out;
	struct buf body CLEANUP(buf_wipe);

	(void)state;
	buf_init(&body, FRAME_MAX_BODY);
	assert_code(ask_put_answer(&body, &in), ERR_OK);
	assert_code(ask_take_answer(&out, buf_span(&body)), ERR_OK);
	assert_int_equal(out.kind, ASK_OBJECT);
	assert_string_equal(out.request, in.request);
	assert_int_equal(out.record, 77);
	assert_true(out.party);
	assert_true(out.age);
	assert_true(span_equal(out.header, in.header));
	assert_memory_equal(out.file_key, in.file_key, 16);
	assert_int_equal(out.payload_at, 168);
	assert_int_equal(out.payload_len, 1000);
	assert_int_equal(out.modified, -1);
	assert_string_equal(out.etag, in.etag);
	assert_true(span_equal(out.sha256, in.sha256));
	for (size_t len = 0; len < body.len; len++)
		assert_int_not_equal(
		    ask_take_answer(&out, span_of(body.data, len)).code,
		    ERR_OK);
}

static void
ask_answer__refusal_and_kind_belong_together(void **state)
{
	struct ask_answer in = full_answer(), out;
	struct buf body CLEANUP(buf_wipe);

	(void)state;
	buf_init(&body, FRAME_MAX_BODY);
	in.refusal = ASK_ACCESS_DENIED;
	assert_code(ask_put_answer(&body, &in), ERR_OK);
	assert_code(ask_take_answer(&out, buf_span(&body)), ERR_MALFORMED);
	buf_reset(&body);
	in.kind = ASK_REFUSED;
	in.refusal = 0;
	assert_code(ask_put_answer(&body, &in), ERR_OK);
	assert_code(ask_take_answer(&out, buf_span(&body)), ERR_MALFORMED);
	body.data[0] = NUM_ASK_KINDS;
	assert_code(ask_take_answer(&out, buf_span(&body)), ERR_MALFORMED);
}

static void
ask_done__comes_back_as_it_was(void **state)
{
	struct ask_done out,
	    in = {.outcome = ASK_CUT,
		.bytes = 11,
		.ranges = {{0, 4}, {9, 9}},
		.num_ranges = 2};
	struct buf body CLEANUP(buf_done);

	(void)state;
	buf_init(&body, FRAME_MAX_BODY);
	assert_code(ask_put_done(&body, &in), ERR_OK);
	assert_code(ask_take_done(&out, buf_span(&body)), ERR_OK);
	assert_int_equal(out.outcome, ASK_CUT);
	assert_int_equal(out.bytes, 11);
	assert_int_equal(out.num_ranges, 2);
	assert_int_equal(out.ranges[1].first, 9);
	for (size_t len = 0; len < body.len; len++)
		assert_int_not_equal(
		    ask_take_done(&out, span_of(body.data, len)).code, ERR_OK);
	in.ranges[0] = (struct ask_range){5, 4};
	buf_reset(&body);
	assert_code(ask_put_done(&body, &in), ERR_OK);
	assert_code(ask_take_done(&out, buf_span(&body)), ERR_MALFORMED);
	in.num_ranges = 0;
	in.outcome = NUM_ASK_OUTCOMES;
	buf_reset(&body);
	assert_code(ask_put_done(&body, &in), ERR_OK);
	assert_code(ask_take_done(&out, buf_span(&body)), ERR_MALFORMED);
}

static void
ask_part__items_come_back_in_order(void **state)
{
	struct ask_item in = {.name = span_str("a.csv"),
			    .etag = span_str("\"e-1\""),
			    .size = 12,
			    .modified = 13},
			out;
	struct buf items CLEANUP(buf_done), body CLEANUP(buf_done);
	struct ask_part part;

	(void)state;
	buf_init(&items, ASK_PART_MAX);
	buf_init(&body, FRAME_MAX_BODY);
	assert_code(ask_put_item(&items, &in), ERR_OK);
	in = (struct ask_item){.prefix = true, .name = span_str("b/")};
	assert_code(ask_put_item(&items, &in), ERR_OK);
	assert_code(ask_put_part(&body,
			&(struct ask_part){.last = true,
			    .truncated = true,
			    .token = span_str("token"),
			    .num_items = 2,
			    .items = buf_span(&items)}),
	    ERR_OK);
	assert_code(ask_take_part(&part, buf_span(&body)), ERR_OK);
	assert_true(part.last && part.truncated);
	assert_true(span_equal_str(part.token, "token"));
	assert_int_equal(part.num_items, 2);
	assert_code(ask_take_item(&part.items, &out), ERR_OK);
	assert_true(span_equal_str(out.name, "a.csv") && !out.prefix);
	assert_int_equal(out.size, 12);
	assert_code(ask_take_item(&part.items, &out), ERR_OK);
	assert_true(span_equal_str(out.name, "b/") && out.prefix);
	assert_code(ask_take_item(&part.items, &out), ERR_TRUNCATED);
}

static void
ask_progress__comes_back_as_it_was(void **state)
{
	struct ask_progress out, in = {ASK_SPOILT, 4096};
	struct buf body CLEANUP(buf_done);

	(void)state;
	buf_init(&body, FRAME_MAX_BODY);
	assert_code(ask_put_progress(&body, &in), ERR_OK);
	assert_code(ask_take_progress(&out, buf_span(&body)), ERR_OK);
	assert_int_equal(out.growth, ASK_SPOILT);
	assert_int_equal(out.payload_len, 4096);
	body.data[0] = 3;
	assert_code(ask_take_progress(&out, buf_span(&body)), ERR_MALFORMED);
}

static void
audit_receipt__comes_back_as_it_was(void **state)
{
	const uint8_t index[9] = {0, 0, 0, 0, 0, 0, 1, 2, 3};
	enum audit_refusal why;
	uint64_t out = 0;

	(void)state;
	assert_code(audit_read_receipt(span_of(index, 8), &out), ERR_OK);
	assert_int_equal(out, 0x0102);
	assert_code(audit_read_receipt(span_of(index, 9), &out), ERR_MALFORMED);
	assert_code(audit_read_refused(span_of(index, 1), &why), ERR_MALFORMED);
	assert_code(audit_read_refused(span_of(index + 6, 1), &why), ERR_OK);
	assert_int_equal(why, AUDIT_FULL);
}

static void
control_receive__collects_items_until_go(void **state)
{
	struct control_items items;
	struct span value;
	uint64_t number;
	int pair[2], fd, other;

	(void)state;
	assert_code(frame_pair(pair), ERR_OK);
	assert_code(
	    control_send_item(pair[0], "name", 0, span_str("42"), -1), ERR_OK);
	assert_code(
	    control_send_item(pair[0], "name", 1, span_of(NULL, 0), pair[1]),
	    ERR_OK);
	assert_code(control_send_go(pair[0]), ERR_OK);
	assert_code(control_receive(&items, pair[1]), ERR_OK);
	assert_code(control_value(&items, "name", 0, &value), ERR_OK);
	assert_true(span_equal_str(value, "42"));
	assert_code(control_number(&items, "name", 0, &number, 42), ERR_OK);
	assert_int_equal(number, 42);
	assert_code(
	    control_number(&items, "name", 0, &number, 41), ERR_TOO_BIG);
	assert_code(control_fd(&items, "name", 0, &fd), ERR_NOT_FOUND);
	assert_code(control_fd(&items, "name", 1, &fd), ERR_OK);
	assert_code(control_fd(&items, "name", 1, &other), ERR_NOT_FOUND);
	assert_code(control_value(&items, "nam", 0, &value), ERR_NOT_FOUND);
	close(fd);
	control_items_done(&items);
	assert_code(control_send_ready(pair[0], "not an item"), ERR_OK);
	assert_code(control_receive(&items, pair[1]), ERR_MALFORMED);
	close(pair[0]);
	assert_code(control_receive(&items, pair[1]), ERR_CLOSED);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ask_request__comes_back_as_it_was),
	    cmocka_unit_test(ask_request__is_refused_at_every_truncation),
	    cmocka_unit_test(ask_request__takes_no_other_trace),
	    cmocka_unit_test(ask_refusals__come_back_as_they_were),
	    cmocka_unit_test(ask_refusals__are_of_prefixes_and_of_something),
	    cmocka_unit_test(ask_answer__comes_back_as_it_was),
	    cmocka_unit_test(ask_answer__refusal_and_kind_belong_together),
	    cmocka_unit_test(ask_done__comes_back_as_it_was),
	    cmocka_unit_test(ask_part__items_come_back_in_order),
	    cmocka_unit_test(ask_progress__comes_back_as_it_was),
	    cmocka_unit_test(audit_receipt__comes_back_as_it_was),
	    cmocka_unit_test(control_receive__collects_items_until_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
