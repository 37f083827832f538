#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/http/http_response.h"

static void
expect(const struct buf *out, const char *expected)
{
	if (!span_equal_str(buf_span(out), expected))
		fail_msg("got %.*s", (int)out->len, out->data);
}

static void
http_response_head__writes_the_framing(void **state)
{
	const struct pair headers[] = {{span_str("ETag"), span_str("\"e\"")}};
	struct http_response r = {.status = 206,
	    .now_s = 784111777,
	    .request_id = span_str("R1"),
	    .headers = headers,
	    .num_headers = 1,
	    .content_length = 12};
	struct buf out CLEANUP(buf_done) = {.max = 4096};

	(void)state;
	assert_int_equal(http_response_head(&out, &r).code, ERR_OK);
	expect(&out,
	    "HTTP/1.1 206 Partial Content\r\n"
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nx-amz-request-id: R1\r\n"
	    "x-amz-id-2: R1\r\nETag: \"e\"\r\nContent-Length: 12\r\n\r\n");
	buf_reset(&out);
	r.status = 200;
	r.chunked = r.close = true;
	r.num_headers = 0;
	assert_int_equal(http_response_head(&out, &r).code, ERR_OK);
	expect(&out,
	    "HTTP/1.1 200 OK\r\n"
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nx-amz-request-id: R1\r\n"
	    "x-amz-id-2: R1\r\nTransfer-Encoding: chunked\r\n"
	    "Connection: close\r\n\r\n");
	buf_reset(&out);
	r.status = 304;
	r.chunked = r.close = false;
	assert_int_equal(http_response_head(&out, &r).code, ERR_OK);
	expect(&out,
	    "HTTP/1.1 304 Not Modified\r\n"
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nx-amz-request-id: R1\r\n"
	    "x-amz-id-2: R1\r\n\r\n");
	/* Who has no requests of S3 names none. */
	buf_reset(&out);
	r.status = 404;
	r.request_id = (struct span){0};
	assert_int_equal(http_response_head(&out, &r).code, ERR_OK);
	expect(&out,
	    "HTTP/1.1 404 Not Found\r\n"
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: "
	    "12\r\n\r\n");
}

static void
http_response_head__lets_nothing_begin_a_line(void **state)
{
	static const char *const bad[][2] = {{"a", "x\r\nSet-Cookie: y"},
	    {"a", "x\ny"}, {"a", "\xc3\xbc"}, {"a b", "x"}, {"", "x"},
	    {"a:", "x"}, {"a\r\n", "x"}, {"a{", "x"}, {"a[", "x"}, {"a/", "x"}};
	struct buf out CLEANUP(buf_done) = {.max = 4096};

	(void)state;
	assert_int_equal(buf_append_str(&out, "before").code, ERR_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pair header = {span_str(bad[i][0]), span_str(bad[i][1])};
		struct http_response r = {
		    .status = 200, .headers = &header, .num_headers = 1};

		assert_int_equal(
		    http_response_head(&out, &r).code, ERR_MALFORMED);
		expect(&out, "before");
	}
	struct http_response odd = {.status = 299};
	assert_int_equal(http_response_head(&out, &odd).code, ERR_USAGE);
	struct http_response split = {
	    .status = 200, .request_id = span_str("a\nb")};
	assert_int_equal(http_response_head(&out, &split).code, ERR_MALFORMED);
}

static void
http_response_text__makes_any_text_a_value(void **state)
{
	struct buf out CLEANUP(buf_done) = {.max = 4096};

	(void)state;
	assert_int_equal(
	    http_response_text(&out, span_str("50% \xc3\xbc\r\nok")).code, 0);
	expect(&out, "50%25 %C3%BC%0D%0Aok");
	buf_reset(&out);
	assert_int_equal(http_response_chunk(&out, 131072).code, ERR_OK);
	expect(&out, "20000\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(http_response_head__writes_the_framing),
	    cmocka_unit_test(http_response_head__lets_nothing_begin_a_line),
	    cmocka_unit_test(http_response_text__makes_any_text_a_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
