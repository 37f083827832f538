#include "tests/harness/expect.h"

#include "gateway/s3/s3_get.h"
#include "gateway/s3/sigv4.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define ETAG "\"0123456789abcdef0123456789abcdef-1\""
#define KEY                                                                    \
	"year=2026/gr\xc3\xb6\xc3\x9f"                                         \
	"e & more+%~.csv.age"
#define SCOPE "GPU01/20261123/eu-central-1/s3/aws4_request"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static struct s3_get
make_get(void)
{
	return (struct s3_get){.authority = span_str("gate.example:8443"),
	    .bucket = span_str("sealed"),
	    .key = span_str(KEY),
	    .region = span_str("eu-central-1"),
	    .key_id = span_str("GPU01"),
	    .secret = span_str(SECRET),
	    .now_s = 1795445333}; /* 2026-11-23T14:48:53Z */
}

static void
expect_signed(const struct s3_get *get, const char *text)
{
	struct buf out = {.max = 8192};

	expect_ok(s3_get_sign(&out, get));
	expect_ok(buf_put_u8(&out, '\0'));
	assert_string_equal((const char *)out.data, text);
	buf_done(&out);
}

/* The signatures are those of botocore's S3SigV4Auth for the same request. */
static void
s3_get_sign__agrees_with_botocore(void **state)
{
	struct s3_get get = make_get();

	(void)state;
	expect_signed(&get,
	    "Host: gate.example:8443\n"
	    "X-Amz-Date: 20261123T144853Z\n"
	    "X-Amz-Content-SHA256: " EMPTY "\n"
	    "Authorization: AWS4-HMAC-SHA256 Credential=" SCOPE ", "
	    "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
	    "Signature=e6334d5fc382776800e87a6dfd6f7c91f069bd57edda2ffab5a09fd7"
	    "8c8af73f\n");
	get.token = span_str("SESSION/token+==");
	get.etag = span_str(ETAG);
	get.ranged = true;
	get.first = 5;
	get.last = 65540;
	expect_signed(&get,
	    "Host: gate.example:8443\n"
	    "X-Amz-Date: 20261123T144853Z\n"
	    "X-Amz-Content-SHA256: " EMPTY "\n"
	    "X-Amz-Security-Token: SESSION/token+==\n"
	    "Range: bytes=5-65540\n"
	    "If-Match: " ETAG "\n"
	    "Authorization: AWS4-HMAC-SHA256 Credential=" SCOPE ", "
	    "SignedHeaders=host;if-match;range;x-amz-content-sha256;x-amz-date;"
	    "x-amz-security-token, "
	    "Signature=fb2142ee779bcb51afbb5b642ef95632e111ee7903b16c3565cad941"
	    "1c3f614f\n");
}

static void
s3_get_path__is_encoded(void **state)
{
	const struct s3_get get = make_get();
	struct buf out = {.max = 8192};

	(void)state;
	expect_ok(s3_get_path(&out, &get));
	expect_span(buf_span(&out),
	    "/sealed/year%3D2026/gr%C3%B6%C3%9Fe%20%26%20more%2B%25~.csv.age");
	buf_done(&out);
}

static void
s3_get_conditions__are_what_there_is(void **state)
{
	struct s3_get get = {.ranged = false};
	struct buf out = {.max = 8192};

	(void)state;
	expect_ok(s3_get_conditions(&out, &get));
	assert_int_equal(out.len, 0);
	get.ranged = true;
	get.last = UINT64_MAX;
	expect_ok(s3_get_conditions(&out, &get));
	expect_span(buf_span(&out), "Range: bytes=0-18446744073709551615\n");
	buf_reset(&out);
	get.ranged = false;
	get.etag = span_str(ETAG);
	expect_ok(s3_get_conditions(&out, &get));
	expect_span(buf_span(&out), "If-Match: " ETAG "\n");
	buf_done(&out);
}

static void
s3_get_sign__refuses_what_would_be_two_lines(void **state)
{
	struct s3_get get = make_get();
	struct buf out = {.max = 8192};

	(void)state;
	get.token = span_str("a\nX-Amz-Date: b");
	expect_err(USAGE, s3_get_sign(&out, &get));
	get = make_get();
	get.authority = span_str("gate.example\r\n");
	expect_err(USAGE, s3_get_sign(&out, &get));
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(s3_get_sign__agrees_with_botocore),
	    cmocka_unit_test(s3_get_path__is_encoded),
	    cmocka_unit_test(s3_get_conditions__are_what_there_is),
	    cmocka_unit_test(s3_get_sign__refuses_what_would_be_two_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
