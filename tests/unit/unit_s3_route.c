#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/s3/s3_route.h"

#define HASH "UNSIGNED-PAYLOAD"
#define TAIL "\nhost:h\n\nhost\n" HASH

/* --- s3_canonical_parse: only what the builder writes ------------------ */

static void
s3_canonical_parse__reads_every_part(void **state)
{
	struct s3_canonical c;
	const char *text =
	    "GET\n/b/a%20b\na=1&b=%2F\nhost:h:1\nx-amz-date:d e\n"
	    "\nhost;x-amz-date\nUNSIGNED-PAYLOAD";

	(void)state;
	assert_int_equal(s3_canonical_parse(span_str(text), &c).code, ERR_OK);
	assert_true(span_equal_str(c.method, "GET"));
	assert_true(span_equal_str(c.path, "/b/a%20b"));
	assert_int_equal(c.num_params, 2);
	assert_true(span_equal_str(c.params[1].name, "b"));
	assert_true(span_equal_str(c.params[1].value, "%2F"));
	assert_int_equal(c.num_headers, 2);
	assert_true(span_equal_str(s3_canonical_header(&c, "host"), "h:1"));
	assert_true(
	    span_equal_str(s3_canonical_header(&c, "x-amz-date"), "d e"));
	assert_null(s3_canonical_header(&c, "range").data);
	assert_true(span_equal_str(c.payload, HASH));
}

static void
s3_canonical_parse__refuses_what_is_not_canonical(void **state)
{
	static const char *const bad[] = {
	    "", "GET", "GET\n/\n\nhost:h\n\nhost", /* no payload line */
	    "get\n/\n" TAIL,			   /* method */
	    "\n/\n" TAIL,			   /* no method */
	    "GET \n/\n" TAIL,			   /* blank in it */
	    "GET\nb\n" TAIL,			   /* no slash */
	    "GET\n/a b\n" TAIL,			   /* not encoded */
	    "GET\n/%7E\n" TAIL,			   /* needlessly encoded */
	    "GET\n/%c3%a9\n" TAIL,		   /* lower-case hex */
	    "GET\n/%4\n" TAIL,			   /* half a byte */
	    "GET\n/\xc3\xa9\n" TAIL,		   /* raw UTF-8 */
	    "GET\n/\nb=1&a=2" TAIL,		   /* not sorted */
	    "GET\n/\na=1&a=2" TAIL,		   /* twice */
	    "GET\n/\na=1&" TAIL,		   /* empty piece */
	    "GET\n/\na" TAIL,			   /* no '=' */
	    "GET\n/\n=1" TAIL,			   /* no name */
	    "GET\n/\na=b=c" TAIL,		   /* '=' not encoded */
	    "GET\n/\na=/" TAIL,			   /* '/' not encoded */
	    "GET\n/\n\nx:h\n\nx\n" HASH,	   /* no host */
	    "GET\n/\n\nHost:h\n\nHost\n" HASH,	   /* upper case */
	    "GET\n/\n\nhost: h\n\nhost\n" HASH,	   /* not trimmed */
	    "GET\n/\n\nhost:h \n\nhost\n" HASH,	   /* not trimmed */
	    "GET\n/\n\nhost:h  i\n\nhost\n" HASH,  /* not collapsed */
	    "GET\n/\n\nhost:h\ti\n\nhost\n" HASH,  /* a tab */
	    "GET\n/\n\nhost:h\r\n\nhost\n" HASH,   /* a CR */
	    "GET\n/\n\nhost:h\nhost:i\n\nhost\n" HASH,
	    "GET\n/\n\nhost:h\na:i\n\nhost;a\n" HASH,
	    "GET\n/\n\nhost:h\n\nhost;x\n" HASH,    /* a name too many */
	    "GET\n/\n\nhost:h\nx:1\n\nhost\n" HASH, /* one too few */
	    "GET\n/\n\nhost:h\n\nhost;\n" HASH,
	    "GET\n/\n\nhost:h\n\nhost\n" HASH "\n", /* a line too many */
	    "GET\n/\n\nhost:h\n\nhost\n",	    /* empty payload */
	    "GET\n/\n\nhost:h\nx-amz-content-sha256:A\n\n"
	    "host;x-amz-content-sha256\nB", /* two payloads */
	};
	struct s3_canonical c;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (s3_canonical_parse(span_str(bad[i]), &c).code == ERR_OK)
			fail_msg("accepted: %s", bad[i]);
	struct span nul = span_of("GET\n/\n\nhost:\0\n\nhost\nA", 22);
	assert_int_not_equal(s3_canonical_parse(nul, &c).code, ERR_OK);
}

static void
s3_canonical_unsigned__covers_host_and_amz_headers(void **state)
{
	const struct pair headers[] = {
	    {span_str("X-Amz-B"), span_str(" 1\t 2 ")},
	    {span_str("Accept"), span_str("*/*")},
	    {span_str("HOST"), span_str("h")},
	    {span_str("x-amz-a"), span_str("")},
	};
	struct s3_request request = {.method = span_str("GET"),
	    .target = span_str("/b/%7ek%2fl?z&a=%2b+"),
	    .headers = headers,
	    .num_headers = 4};
	struct buf out CLEANUP(buf_done) = {.max = S3_MAX_CANONICAL};
	struct s3_canonical c;

	(void)state;
	assert_int_equal(s3_canonical_unsigned(&out, &request), S3_ERR_NONE);
	assert_true(span_equal_str(buf_span(&out),
	    "GET\n/b/~k%2Fl\na=%2B%2B&z=\nhost:h\nx-amz-a:\nx-amz-b:1 2\n\n"
	    "host;x-amz-a;x-amz-b\nUNSIGNED-PAYLOAD"));
	assert_int_equal(s3_canonical_parse(buf_span(&out), &c).code, ERR_OK);
	request.target = span_str("/b/%zz");
	assert_int_equal(
	    s3_canonical_unsigned(&out, &request), S3_ERR_INVALID_URI);
}

/* --- s3_route_parse ---------------------------------------------------- */

struct routed {
	struct arena arena;
	struct buf text;
	struct s3_canonical canonical;
	struct s3_route route;
};

/* From the head of a request to its route, as worker and keeper do. */
static enum s3_error
route(
    struct routed *r, const char *method, const char *host, const char *target)
{
	const struct pair headers[] = {{span_str("host"), span_str(host)}};
	struct s3_request request = {.method = span_str(method),
	    .target = span_str(target),
	    .headers = headers,
	    .num_headers = 1};
	const struct span names[] = {span_str("gate.example")};
	struct s3_hosts hosts = {.names = names, .num_names = 1};
	enum s3_error error;

	*r = (struct routed){0};
	arena_init(&r->arena, 65536);
	buf_init(&r->text, S3_MAX_CANONICAL);
	error = s3_canonical_unsigned(&r->text, &request);
	if (error != S3_ERR_NONE)
		return error;
	assert_int_equal(
	    s3_canonical_parse(buf_span(&r->text), &r->canonical).code, ERR_OK);
	return s3_route_parse(&r->arena, &r->canonical, &hosts, &r->route);
}

static void
routed_done(struct routed *r)
{
	arena_done(&r->arena);
	buf_done(&r->text);
}

static void
expect_route(const char *method, const char *target, enum s3_op op,
    const char *bucket, const char *key)
{
	struct routed r;
	enum s3_error error = route(&r, method, "127.0.0.1:8443", target);

	if (error != S3_ERR_NONE)
		fail_msg("%s: %s", target, s3_error_code(error));
	assert_int_equal(r.route.op, op);
	assert_true(span_equal_str(r.route.bucket, bucket));
	assert_true(span_equal_str(r.route.key, key));
	routed_done(&r);
}

static void
expect_refused(const char *method, const char *target, enum s3_error expected)
{
	struct routed r;
	enum s3_error error = route(&r, method, "h", target);

	if (error != expected)
		fail_msg("%s: %s", target, s3_error_code(error));
	routed_done(&r);
}

static void
s3_route_parse__knows_the_operations(void **state)
{
	(void)state;
	expect_route("GET", "/", S3_OP_LIST_BUCKETS, "", "");
	expect_route("GET", "/?x-id=ListBuckets", S3_OP_LIST_BUCKETS, "", "");
	expect_route("HEAD", "/bkt", S3_OP_HEAD_BUCKET, "bkt", "");
	expect_route("HEAD", "/bkt/", S3_OP_HEAD_BUCKET, "bkt", "");
	expect_route(
	    "GET", "/bkt?location", S3_OP_GET_BUCKET_LOCATION, "bkt", "");
	expect_route("GET", "/bkt", S3_OP_LIST_OBJECTS_V1, "bkt", "");
	expect_route(
	    "GET", "/bkt/?list-type=2", S3_OP_LIST_OBJECTS_V2, "bkt", "");
	expect_route("GET", "/bkt/a/b.csv", S3_OP_GET_OBJECT, "bkt", "a/b.csv");
	expect_route("GET", "/bkt/a%2Fb", S3_OP_GET_OBJECT, "bkt", "a/b");
	expect_route(
	    "GET", "/bkt/%252e%252e", S3_OP_GET_OBJECT, "bkt", "%2e%2e");
	expect_route("GET", "/bkt.r7/%C3%BC+?partNumber=1", S3_OP_GET_OBJECT,
	    "bkt.r7", "\xc3\xbc+");
	expect_route(
	    "HEAD", "/bkt/k?x-id=HeadObject", S3_OP_HEAD_OBJECT, "bkt", "k");
	expect_route("GET", "/bkt?versions&key-marker=a&version-id-marker=b",
	    S3_OP_LIST_OBJECT_VERSIONS, "bkt", "");
	expect_route(
	    "GET", "/bkt/k?versionId=ab", S3_OP_GET_OBJECT, "bkt", "k");
	expect_route("GET", "/bkt/k?attributes", S3_OP_GET_OBJECT_ATTRIBUTES,
	    "bkt", "k");
	expect_route("GET", "/bkt/folder/", S3_OP_GET_OBJECT, "bkt", "folder/");
	expect_route("PUT", "/bkt/k?acl", S3_OP_WRITE, "bkt", "k");
	expect_route("POST", "/bkt?delete", S3_OP_WRITE, "bkt", "");
	expect_route("DELETE", "/bkt", S3_OP_WRITE, "bkt", "");
}

static void
s3_route_parse__closes_every_other_door(void **state)
{
	(void)state;
	expect_refused("HEAD", "/", S3_ERR_METHOD_NOT_ALLOWED);
	expect_refused("OPTIONS", "/bkt/k", S3_ERR_METHOD_NOT_ALLOWED);
	expect_refused("GET", "/bkt?acl", S3_ERR_NOT_IMPLEMENTED);
	expect_refused("GET", "/bkt?versioning", S3_ERR_NOT_IMPLEMENTED);
	expect_refused("GET", "/bkt?uploads", S3_ERR_NOT_IMPLEMENTED);
	expect_refused(
	    "GET", "/bkt?marker=a&list-type=2", S3_ERR_NOT_IMPLEMENTED);
	expect_refused("GET", "/bkt?versionId=1", S3_ERR_NOT_IMPLEMENTED);
	expect_refused("GET", "/bkt/k?versions", S3_ERR_NOT_IMPLEMENTED);
	expect_refused("GET", "/bkt/k?versionId=%0A", S3_ERR_INVALID_ARGUMENT);
	expect_refused(
	    "GET", "/bkt?versions&list-type=2", S3_ERR_NOT_IMPLEMENTED);
	expect_refused("GET", "/bkt/k?prefix=1", S3_ERR_NOT_IMPLEMENTED);
	expect_refused("HEAD", "/bkt/k?attributes", S3_ERR_NOT_IMPLEMENTED);
	expect_refused("GET", "/bkt?attributes", S3_ERR_NOT_IMPLEMENTED);
	expect_refused(
	    "GET", "/bkt?response-content-type=a", S3_ERR_NOT_IMPLEMENTED);
	expect_refused("GET", "/bkt/k?attributes&response-expires=a",
	    S3_ERR_NOT_IMPLEMENTED);
	expect_refused(
	    "GET", "/bkt/k?response-content-length=1", S3_ERR_NOT_IMPLEMENTED);
	expect_refused("GET", "/bkt/k?X-Amz-Content-Sha256=a",
	    S3_ERR_AUTHORIZATION_QUERY_PARAMETERS);
	expect_refused(
	    "GET", "/bkt/k?X-Amz-Security-Token=a", S3_ERR_INVALID_TOKEN);
	expect_refused("GET", "/bkt/k?x-amz-date=20261123T100000Z",
	    S3_ERR_AUTHORIZATION_QUERY_PARAMETERS);
	expect_refused(
	    "GET", "/bkt/k?x-amz-checksum-mode=OFF", S3_ERR_INVALID_ARGUMENT);
	expect_refused(
	    "GET", "/bkt/k?partNumber=2", S3_ERR_INVALID_PART_NUMBER);
	expect_refused("GET", "/bkt/k?X-Amz-Signature=a",
	    S3_ERR_AUTHORIZATION_QUERY_PARAMETERS);
	expect_refused("GET", "/bkt?list-type=3", S3_ERR_INVALID_ARGUMENT);
	expect_refused("GET", "/bkt?max-keys=-1", S3_ERR_INVALID_ARGUMENT);
	expect_refused("GET", "/bkt?max-keys=a", S3_ERR_INVALID_ARGUMENT);
	expect_refused("GET", "/bkt?max-keys=", S3_ERR_INVALID_ARGUMENT);
	expect_refused(
	    "GET", "/bkt?max-keys=99999999999", S3_ERR_INVALID_ARGUMENT);
	expect_refused("GET", "/bkt?encoding-type=x", S3_ERR_INVALID_ARGUMENT);
	expect_refused("GET", "/bkt?prefix=%00", S3_ERR_INVALID_ARGUMENT);
	expect_refused("GET", "/bkt?prefix=a&prefix=b", S3_ERR_INVALID_URI);
	expect_refused("GET", "/bkt?%70refix=a&prefix=b", S3_ERR_INVALID_URI);
	expect_refused("GET", "/UP", S3_ERR_INVALID_BUCKET_NAME);
	expect_refused("GET", "/ab", S3_ERR_INVALID_BUCKET_NAME);
	expect_refused("GET", "/-abc", S3_ERR_INVALID_BUCKET_NAME);
	expect_refused("GET", "/b%2Fkt/k", S3_ERR_INVALID_BUCKET_NAME);
	expect_refused("GET", "/../etc/passwd", S3_ERR_INVALID_BUCKET_NAME);
	expect_refused("GET", "//bkt/k", S3_ERR_INVALID_URI);
}

static void
s3_route_parse__refuses_keys_that_are_no_path(void **state)
{
	static const char *const bad[] = {"/bkt/..", "/bkt/../x", "/bkt/a/../b",
	    "/bkt/%2e%2e/x", "/bkt/a%2F..%2Fb", "/bkt/./a", "/bkt/a/.",
	    "/bkt//a", "/bkt/a//b", "/bkt/a%2F%2Fb", "/bkt/%00", "/bkt/a%0Ab",
	    "/bkt/%7F", "/bkt/%C2%85", "/bkt/%FF", "/bkt/%C0%AE",
	    "/bkt/%E0%80%AF", "/bkt/%ED%A0%80", "/bkt/%F4%90%80%80", "/bkt/%C3",
	    "/bkt/%EF%BF%BE"};
	char longer[1100] = "/bkt/";
	struct routed r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_refused("GET", bad[i], S3_ERR_INVALID_URI);
	memset(longer + 5, 'k', 1024);
	assert_int_equal(route(&r, "GET", "h", longer), S3_ERR_NONE);
	routed_done(&r);
	longer[5 + 1024] = 'k';
	expect_refused("GET", longer, S3_ERR_KEY_TOO_LONG);
}

static void
s3_route_parse__reads_a_listing(void **state)
{
	struct routed r;

	(void)state;
	assert_int_equal(
	    route(&r, "GET", "h",
		"/bkt?list-type=2&prefix=a%20b%2F&delimiter=%2F&max-keys=5000&"
		"start-after=z&continuation-token=t-_&encoding-type=url&"
		"fetch-owner=true"),
	    S3_ERR_NONE);
	assert_true(span_equal_str(r.route.list.prefix, "a b/"));
	assert_true(span_equal_str(r.route.list.delimiter, "/"));
	assert_true(span_equal_str(r.route.list.after, "z"));
	assert_true(span_equal_str(r.route.list.token, "t-_"));
	assert_int_equal(r.route.list.max_keys, 1000);
	assert_true(r.route.list.url_encoding);
	assert_true(r.route.list.fetch_owner);
	routed_done(&r);
	assert_int_equal(
	    route(&r, "GET", "h", "/bkt?max-keys=0&marker=m&prefix="),
	    S3_ERR_NONE);
	assert_int_equal(r.route.list.max_keys, 0);
	assert_true(span_equal_str(r.route.list.after, "m"));
	assert_non_null(r.route.list.prefix.data);
	assert_null(r.route.list.token.data);
	assert_false(r.route.list.url_encoding);
	routed_done(&r);
}

static void
s3_route_parse__reads_the_headers_of_an_answer(void **state)
{
	static const char *const bad[] = {"", "a%0D%0AX-Evil%3A%201", "a%0Ab",
	    "a%00", "%20a", "a%20", "a%09b", "%C3%BC", "%7F"};
	static const char *const names[] = {"cache-control",
	    "content-disposition", "content-encoding", "content-language",
	    "content-type", "expires"};
	struct routed r;

	(void)state;
	assert_int_equal(
	    route(&r, "HEAD", "h",
		"/bkt/k?response-content-disposition=a%3B%20b%3D%22c%22&"
		"response-expires=x&partNumber=1&x-amz-checksum-mode=enabled"),
	    S3_ERR_NONE);
	assert_true(span_equal_str(
	    r.route.overrides[S3_OVERRIDE_CONTENT_DISPOSITION], "a; b=\"c\""));
	assert_true(
	    span_equal_str(r.route.overrides[S3_OVERRIDE_EXPIRES], "x"));
	assert_null(r.route.overrides[S3_OVERRIDE_CONTENT_TYPE].data);
	assert_true(r.route.first_part && r.route.wants_checksum);
	routed_done(&r);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
			char target[128];

			snprintf(target, sizeof(target),
			    "/bkt/k?response-%s=%s", names[i], bad[k]);
			expect_refused("GET", target, S3_ERR_INVALID_ARGUMENT);
		}
}

static void
s3_route_parse__takes_the_bucket_from_our_virtual_hosts_only(void **state)
{
	static const struct {
		const char *host, *target, *bucket, *key;
	} cases[] = {
	    {"bkt.gate.example:8443", "/one/two", "bkt", "one/two"},
	    {"bkt.r2.GATE.example", "/one", "bkt.r2", "one"},
	    {"gate.example:8443", "/one/two", "one", "two"},
	    {"bktgate.example", "/one/two", "one", "two"},
	    {"bkt.gate.example.evil", "/one/two", "one", "two"},
	    {".gate.example", "/one/two", "one", "two"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct routed r;

		assert_int_equal(
		    route(&r, "GET", cases[i].host, cases[i].target), 0);
		assert_true(span_equal_str(r.route.bucket, cases[i].bucket));
		assert_true(span_equal_str(r.route.key, cases[i].key));
		routed_done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(s3_canonical_parse__reads_every_part),
	    cmocka_unit_test(s3_canonical_parse__refuses_what_is_not_canonical),
	    cmocka_unit_test(
		s3_canonical_unsigned__covers_host_and_amz_headers),
	    cmocka_unit_test(s3_route_parse__knows_the_operations),
	    cmocka_unit_test(s3_route_parse__closes_every_other_door),
	    cmocka_unit_test(s3_route_parse__refuses_keys_that_are_no_path),
	    cmocka_unit_test(s3_route_parse__reads_a_listing),
	    cmocka_unit_test(s3_route_parse__reads_the_headers_of_an_answer),
	    cmocka_unit_test(
		s3_route_parse__takes_the_bucket_from_our_virtual_hosts_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
