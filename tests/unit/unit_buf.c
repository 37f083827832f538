#include "tests/harness/expect.h"

#include "crypto/memory/buf.h"
#include "tests/harness/failalloc.h"

static void
buf_append__stops_at_its_ceiling_with_nothing_half_done(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 5);
	expect_ok(buf_append_str(&buf, "abcd"));
	expect_err(TOO_BIG, buf_append_str(&buf, "ef"));
	expect_span(buf_span(&buf), "abcd");
	expect_err(TOO_BIG, buf_put_field(&buf, span_str("x")));
	expect_span(buf_span(&buf), "abcd");
	expect_err(TOO_BIG, buf_append_format(&buf, "%d", 10));
	expect_ok(buf_append_u64(&buf, 7));
	expect_span(buf_span(&buf), "abcd7");
	expect_err(TOO_BIG, buf_reserve(&buf, SIZE_MAX));
	buf_done(&buf);
	assert_int_equal(buf.max, 5);
	buf_done(&buf);
	buf_done(NULL);
}

static void
buf_append__grows_and_keeps_what_it_holds(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 1 << 20);
	for (unsigned i = 0; i < 100000; i++)
		expect_ok(buf_put_u8(&buf, (uint8_t)(i * 7)));
	assert_int_equal(buf.len, 100000);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(buf.data[i], (uint8_t)(i * 7));
	assert_true(buf.cap <= buf.max);
	buf_wipe(&buf);
	assert_null(buf.data);
}

static void
buf_put__is_what_span_takes(void **state)
{
	struct buf buf;
	struct span in, field;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	int64_t i64;
	bool flag;

	(void)state;
	buf_init(&buf, 100);
	expect_ok(buf_put_u16be(&buf, 0x1234));
	expect_ok(buf_put_u32be(&buf, 0xdeadbeef));
	expect_ok(buf_put_u64be(&buf, UINT64_MAX - 1));
	expect_ok(buf_put_i64be(&buf, INT64_MIN));
	expect_ok(buf_put_bool(&buf, true));
	expect_ok(buf_put_field(&buf, span_str("field")));
	in = buf_span(&buf);
	expect_ok(span_take_u16be(&in, &u16));
	expect_ok(span_take_u32be(&in, &u32));
	expect_ok(span_take_u64be(&in, &u64));
	expect_ok(span_take_i64be(&in, &i64));
	expect_ok(span_take_bool(&in, &flag));
	expect_ok(span_take_field(&in, &field, 5));
	expect_ok(span_end(in));
	assert_int_equal(u16, 0x1234);
	assert_int_equal(u32, 0xdeadbeef);
	assert_true(u64 == UINT64_MAX - 1 && i64 == INT64_MIN && flag);
	expect_span(field, "field");
	buf_done(&buf);
}

static void
buf_consume__removes_from_the_front(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	expect_ok(buf_append_str(&buf, "abcdef"));
	buf_consume(&buf, 2);
	expect_span(buf_span(&buf), "cdef");
	buf_consume(&buf, 4);
	expect_span(buf_span(&buf), "");
	expect_ok(buf_append_str(&buf, "g"));
	buf_reset(&buf);
	assert_int_equal(buf.len, 0);
	buf_done(&buf);
}

static struct err
fill(struct buf *buf)
{
	TRY(buf_append_str(buf, "abc"));
	TRY(buf_append_format(buf, "%s-%d", "def", 12));
	TRY(buf_reserve(buf, 10000));
	return OK;
}

static void
buf_append__survives_each_failed_allocation(void **state)
{
	struct buf buf;
	bool failed = true;

	(void)state;
	for (size_t n = 0; failed; n++) {
		buf_init(&buf, 100000);
		failalloc_arm(n);
		struct err err = fill(&buf);
		failed = failalloc_disarm();
		/* vasprintf survives one of its own: then all is there. */
		if (err.code == ERR_OK)
			assert_int_equal(buf.len, 9);
		else
			assert_true(failed && err.code == ERR_NO_MEMORY);
		buf_done(&buf);
		assert_true(!failalloc_works() || failed || n >= 3);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		buf_append__stops_at_its_ceiling_with_nothing_half_done),
	    cmocka_unit_test(buf_append__grows_and_keeps_what_it_holds),
	    cmocka_unit_test(buf_put__is_what_span_takes),
	    cmocka_unit_test(buf_consume__removes_from_the_front),
	    cmocka_unit_test(buf_append__survives_each_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
