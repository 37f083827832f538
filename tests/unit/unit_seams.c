#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "gateway/ipc/fill.h"
#include "gateway/ipc/open.h"

static void
assert_code(struct err err, enum err_code code)
{
	assert_string_equal(err_name(err.code), err_name(code));
}

static void
fill_order__comes_back_as_it_was(void **state)
{
	struct fill_order out,
	    in = {.header = span_str("header"),
		.file_key = {1, 2},
		.nonce = {8, 9},
		.keys = {{3, {4}}, {5, {6}}},
		.num_keys = 2};
	struct buf body CLEANUP(buf_wipe);

	(void)state;
	buf_init(&body, FRAME_MAX_BODY);
	assert_code(fill_put_order(&body, &in), ERR_OK);
	assert_code(fill_take_order(&out, buf_span(&body)), ERR_OK);
	assert_true(span_equal_str(out.header, "header"));
	assert_memory_equal(out.file_key, in.file_key, 16);
	assert_memory_equal(out.nonce, in.nonce, 16);
	assert_int_equal(out.num_keys, 2);
	assert_int_equal(out.keys[1].column, 5);
	assert_int_equal(out.keys[1].key[0], 6);
	for (size_t len = 0; len < body.len; len++)
		assert_int_not_equal(
		    fill_take_order(&out, span_of(body.data, len)).code,
		    ERR_OK);
	assert_code(buf_put_u8(&body, 0), ERR_OK);
	assert_code(fill_take_order(&out, buf_span(&body)), ERR_MALFORMED);
	fill_wipe_order(&out);
	assert_int_equal(out.keys[0].key[0], 0);
}

static void
fill_piece__comes_back_as_it_was(void **state)
{
	static uint8_t bytes[FILL_MAX_PIECE + 1];
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct fill_piece out,
	    in = {.last = true, .bytes = span_of(bytes, FILL_MAX_PIECE)};

	(void)state;
	assert_code(fill_put_piece(&body, &in), ERR_OK);
	assert_code(fill_take_piece(&out, buf_span(&body)), ERR_OK);
	assert_true(out.last);
	assert_true(span_equal(out.bytes, in.bytes));
	assert_int_not_equal(
	    fill_take_piece(&out, span_of(body.data, body.len - 1)).code,
	    ERR_OK);
	assert_code(buf_put_u8(&body, 0), ERR_OK);
	assert_code(fill_take_piece(&out, buf_span(&body)), ERR_MALFORMED);
	/* Too much, and nothing at all. */
	for (size_t len = 0; len <= sizeof(bytes); len += sizeof(bytes)) {
		in.bytes = span_of(bytes, len);
		buf_reset(&body);
		assert_code(fill_put_piece(&body, &in), ERR_OK);
		assert_code(fill_take_piece(&out, buf_span(&body)),
		    len == 0 ? ERR_MALFORMED : ERR_TOO_BIG);
	}
}

static void
fill_done__rows_add_up(void **state)
{
	struct fill_done out,
	    in = {.slot_len = 9,
		.plain_len = 8,
		.sha256 = {7},
		.rows_read = 10,
		.rows_released = 6,
		.withheld = {{span_str("a"), 3}, {span_str("b"), 1}},
		.num_withheld = 2};
	struct buf body CLEANUP(buf_done);

	(void)state;
	buf_init(&body, FRAME_MAX_BODY);
	assert_code(fill_put_done(&body, &in), ERR_OK);
	assert_code(fill_take_done(&out, buf_span(&body)), ERR_OK);
	assert_int_equal(out.slot_len, 9);
	assert_int_equal(out.plain_len, 8);
	assert_int_equal(out.sha256[0], 7);
	assert_true(span_equal_str(out.withheld[1].reason, "b"));
	for (size_t len = 0; len < body.len; len++)
		assert_int_not_equal(
		    fill_take_done(&out, span_of(body.data, len)).code, ERR_OK);
	in.rows_read = 11;
	buf_reset(&body);
	assert_code(fill_put_done(&body, &in), ERR_OK);
	assert_code(fill_take_done(&out, buf_span(&body)), ERR_MALFORMED);
	in.withheld[0].rows = UINT64_MAX;
	buf_reset(&body);
	assert_code(fill_put_done(&body, &in), ERR_OK);
	assert_code(fill_take_done(&out, buf_span(&body)), ERR_MALFORMED);
}

static void
fill_failed__has_a_reason(void **state)
{
	struct fill_failed out,
	    in = {.code = ERR_MALFORMED, .why = span_str("csv"), .record = 4};
	struct buf body CLEANUP(buf_done);

	(void)state;
	buf_init(&body, FRAME_MAX_BODY);
	assert_code(fill_put_failed(&body, &in), ERR_OK);
	assert_code(fill_take_failed(&out, buf_span(&body)), ERR_OK);
	assert_int_equal(out.code, ERR_MALFORMED);
	assert_int_equal(out.record, 4);
	body.data[0] = ERR_OK;
	assert_code(fill_take_failed(&out, buf_span(&body)), ERR_MALFORMED);
	body.data[0] = ERR_USAGE + 1;
	assert_code(fill_take_failed(&out, buf_span(&body)), ERR_MALFORMED);
}

static void
open_slot__comes_back_as_it_was(void **state)
{
	struct open_slot out,
	    in = {.sha256 = {1}, .len = 2, .meta = span_str("meta")};
	struct open_file file = {.version = {3}, .len = 4, .modified = -5};
	struct open_file came;
	struct buf body CLEANUP(buf_done);
	struct span rest;

	(void)state;
	buf_init(&body, FRAME_MAX_BODY);
	assert_code(open_put_slot(&body, &in), ERR_OK);
	assert_code(open_take_slot(&out, buf_span(&body)), ERR_OK);
	assert_int_equal(out.sha256[0], 1);
	assert_int_equal(out.len, 2);
	assert_true(span_equal_str(out.meta, "meta"));
	buf_reset(&body);
	assert_code(open_put_file(&body, &file), ERR_OK);
	rest = buf_span(&body);
	assert_code(open_take_file(&rest, &came), ERR_OK);
	assert_int_equal(came.version[0], 3);
	assert_int_equal(came.len, 4);
	assert_int_equal(came.modified, -5);
	assert_int_equal(rest.len, 0);
	assert_code(open_take_file(&rest, &came), ERR_TRUNCATED);
}

static void
open_take_name__takes_hex_digits_only(void **state)
{
	static const char *const bad[] = {"", "../x", "ABC", "g", "a/b",
	    ("0123456789012345678901234567890123456789012345678901234567890123"
	     "4")};
	struct span in, name;
	struct buf body CLEANUP(buf_done);

	(void)state;
	buf_init(&body, FRAME_MAX_BODY);
	assert_code(buf_put_field(&body, span_str("09af")), ERR_OK);
	in = buf_span(&body);
	assert_code(open_take_name(&in, &name), ERR_OK);
	assert_true(span_equal_str(name, "09af"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_reset(&body);
		assert_code(buf_put_field(&body, span_str(bad[i])), ERR_OK);
		in = buf_span(&body);
		assert_int_not_equal(open_take_name(&in, &name).code, ERR_OK);
	}
}

static void
open_failed__is_never_ok(void **state)
{
	const uint8_t codes[] = {ERR_NOT_FOUND, ERR_OK, ERR_USAGE + 1};

	(void)state;
	assert_code(open_failed(span_of(codes, 1)), ERR_NOT_FOUND);
	assert_code(open_failed(span_of(codes + 1, 1)), ERR_MALFORMED);
	assert_code(open_failed(span_of(codes + 2, 1)), ERR_MALFORMED);
	assert_code(open_failed(span_of(codes, 2)), ERR_MALFORMED);
	assert_code(open_failed(span_of(codes, 0)), ERR_TRUNCATED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fill_order__comes_back_as_it_was),
	    cmocka_unit_test(fill_piece__comes_back_as_it_was),
	    cmocka_unit_test(fill_done__rows_add_up),
	    cmocka_unit_test(fill_failed__has_a_reason),
	    cmocka_unit_test(open_slot__comes_back_as_it_was),
	    cmocka_unit_test(open_take_name__takes_hex_digits_only),
	    cmocka_unit_test(open_failed__is_never_ok),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
