/*
 * A request from its first byte to what it asks for, and the answers to it,
 * with less and less memory and room: what the worker does (head, canonical
 * form, presigned query) and what the keeper does with that (canonical form,
 * signature, route, listing). It ends with INTERNAL or the error of the
 * buffer; never with another request, or another answer.
 */
#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "gateway/http/http_head.h"
#include "gateway/http/http_response.h"
#include "gateway/s3/s3_get.h"
#include "gateway/s3/s3_presigned.h"
#include "gateway/s3/s3_xml.h"
#include "gateway/s3/sigv4.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/sweep.h"

#define HASH "UNSIGNED-PAYLOAD"
#define CREDENTIAL "GHKEY%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
#define SIGNATURE                                                              \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* What S3 calls internal is, in a sweep, what the sweep took away. */
struct given {
	const char *head;
	enum err_code lack;
};

static struct err
of_s3(enum s3_error error, enum err_code lack)
{
	if (error == S3_ERR_NONE)
		return OK;
	if (error == S3_ERR_INTERNAL)
		return (struct err){.code = lack, .why = "test: internal"};
	return ERR(USAGE, "test: another error than internal");
}

/* --- the way in ---------------------------------------------------------- */

static const char *const heads[] = {
    "GET /bucket/a%20b/c.csv?versionId=x HTTP/1.1\r\nHost: h\r\n"
    "Range: bytes=0-9\r\nx-amz-date: 20260101T000000Z\r\n\r\n",
    "GET https://h/bucket/?list-type=2&prefix=a%2Fb&delimiter=%2F&max-keys=7"
    "&start-after=a HTTP/1.1\r\nhost: h\r\nConnection: close, x\r\n\r\n",
    "HEAD /k%C3%A9y HTTP/1.0\r\nHost: bucket.gate.example\r\n\r\n",
    "GET "
    "/bucket/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" CREDENTIAL
    "&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60"
    "&X-Amz-SignedHeaders=host&X-Amz-Signature=" SIGNATURE
    "&response-content-type=text%2Fcsv HTTP/1.1\r\nHost: h\r\n\r\n",
    "PUT /bucket/k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
    "Expect: 100-continue\r\n\r\n",
};

/* The worker: a head becomes a canonical request, appended to `out`. */
static struct err
build(const struct given *given, struct http_head *head, struct arena *arena,
    struct buf *out, struct s3_presigned *presigned)
{
	struct span in = span_str(given->head);

	TRY(http_head_feed(head, &in));
	TRY(of_s3(
	    s3_presigned_split(arena, head->target, presigned), given->lack));
	struct s3_request request = {.method = head->method,
	    .target = head->target,
	    .headers = head->headers,
	    .num_headers = head->num_headers};
	if (presigned->target.data == NULL)
		return of_s3(s3_canonical_unsigned(out, &request), given->lack);
	request.target = presigned->target;
	return of_s3(
	    s3_canonical_build(out, &request, presigned->names, span_str(HASH)),
	    given->lack);
}

/* The keeper: what it asks for, appended. */
static struct err
route(const struct given *given, const struct s3_presigned *presigned,
    struct arena *arena, struct buf *out)
{
	static const struct span name = {(const uint8_t *)"gate.example", 12};
	const struct s3_hosts hosts = {&name, 1};
	struct s3_canonical canonical;
	struct s3_route route;
	struct sigv4_auth auth;

	/* The text may move when `out` grows. */
	struct span text;
	TRY(arena_copy(arena, &text, buf_span(out)));
	TRY(s3_canonical_parse(text, &canonical));
	if (presigned->target.data != NULL) {
		TRY(of_s3(sigv4_parse_query(
			      arena, &canonical, presigned->signature, &auth),
		    given->lack));
		TRY(buf_append(out, auth.key_id));
	}
	TRY(of_s3(
	    s3_route_parse(arena, &canonical, &hosts, &route), given->lack));
	TRY(buf_append_str(out, s3_route_op_name(route.op)));
	TRY(buf_append(out, route.bucket));
	TRY(buf_append(out, route.key));
	TRY(buf_append(out, route.list.prefix));
	return buf_append(out, route.overrides[S3_OVERRIDE_CONTENT_TYPE]);
}

static struct err
request_once(void *context, struct buf *out, struct arena *arena)
{
	const struct given *given = context;
	struct s3_presigned presigned;
	struct http_head head;

	http_head_init(&head);
	struct err err = build(given, &head, arena, out, &presigned);
	if (err.code == ERR_OK)
		err = route(given, &presigned, arena, out);
	http_head_done(&head);
	return err;
}

static void
request__ends_where_memory_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct given given = {heads[i], ERR_NO_MEMORY};

		assert_true(sweep_allocations(request_once, &given) > 2 ||
		    !failalloc_works());
		given.lack = ERR_TOO_BIG;
		assert_true(sweep_ceilings(request_once, &given) > 40);
		assert_true(sweep_arenas(request_once, &given) > 16);
	}
}

/* In two pieces, between which nothing is kept but in the head. */
static struct err
pieces_once(void *context, struct buf *out, struct arena *arena)
{
	const struct given *given = context;
	struct span in = span_str(given->head);
	struct span first = span_sub(in, 0, in.len / 2);
	struct span rest = span_sub(in, in.len / 2, in.len);
	struct http_head head;

	(void)arena;
	http_head_init(&head);
	struct err err = http_head_feed(&head, &first);
	if (err.code == ERR_AGAIN)
		err = http_head_feed(&head, &rest);
	if (err.code == ERR_OK)
		err = buf_append(out, head.target);
	http_head_done(&head);
	return err;
}

static void
http_head_feed__ends_where_memory_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct given given = {heads[i], ERR_NO_MEMORY};

		assert_true(sweep_allocations(pieces_once, &given) > 1 ||
		    !failalloc_works());
	}
}

/* --- the client's half --------------------------------------------------- */

static struct err
get_once(void *context, struct buf *out, struct arena *arena)
{
	const struct s3_get get = {.authority = span_str("h:8443"),
	    .bucket = span_str("bucket"),
	    .key = span_str("a b/c"),
	    .etag = span_str("\"e\""),
	    .ranged = true,
	    .last = 9,
	    .region = span_str("us-east-1"),
	    .key_id = span_str("GHKEY"),
	    .secret = span_str("secret"),
	    .token = span_str("tok"),
	    .now_s = 1795428000};

	(void)context, (void)arena;
	TRY(s3_get_path(out, &get));
	TRY(s3_get_conditions(out, &get));
	return s3_get_sign(out, &get);
}

static void
s3_get__ends_at_any_ceiling(void **state)
{
	(void)state;
	assert_true(sweep_ceilings(get_once, NULL) > 100);
}

/* --- the way back -------------------------------------------------------- */

static const struct s3_entry entries[] = {
    {.key = {(const uint8_t *)"a<", 2},
	.etag = {(const uint8_t *)"\"e-1\"", 5},
	.size = 7,
	.time_s = 784111777},
    {.key = {(const uint8_t *)"p/1", 3},
	.etag = {(const uint8_t *)"\"e-2\"", 5}},
    {.key = {(const uint8_t *)"p/2", 3},
	.etag = {(const uint8_t *)"\"e-3\"", 5}},
    {.key = {(const uint8_t *)"q", 1}, .etag = {(const uint8_t *)"\"e\"", 3}},
};

static struct err
list_once(void *context, struct buf *out, struct arena *arena)
{
	const struct s3_route *route = context;
	struct s3_page page;

	TRY(s3_list_page(
	    arena, entries, 4, &route->list, route->list.after, &page));
	struct s3_xml_list list = {.route = route,
	    .page = &page,
	    .next_token = page.truncated ? span_str("next") : span_of(NULL, 0),
	    .owner = span_str("gatehouse")};
	return s3_xml_list_objects(out, &list);
}

static void
s3_xml_list_objects__ends_at_any_ceiling(void **state)
{
	static const enum s3_op ops[] = {S3_OP_LIST_OBJECTS_V1,
	    S3_OP_LIST_OBJECTS_V2, S3_OP_LIST_OBJECT_VERSIONS};

	(void)state;
	for (size_t i = 0; i < 3 * 8; i++) {
		bool url = (i / 3 & 1) != 0;
		struct s3_route route = {.op = ops[i % 3],
		    .bucket = span_str("bucket"),
		    .list = {.max_keys = i / 3 & 2 ? 2 : 1000,
			.delimiter = span_str("/"),
			.url_encoding = url,
			.fetch_owner = url}};

		if ((i / 3 & 4) != 0) {
			route.list.prefix = span_str("");
			route.list.after = span_str("a");
			route.list.token = span_str("t<");
		}
		(void)sweep_allocations(list_once, &route);
		assert_true(sweep_ceilings(list_once, &route) > 200);
		assert_true(sweep_arenas(list_once, &route) > 16);
	}
}

static struct err
documents_once(void *context, struct buf *out, struct arena *arena)
{
	struct s3_list_item items[] = {
	    {.name = entries[0].key, .entry = &entries[0]}};
	const struct s3_page page = {.items = items, .num_items = 1};
	const struct s3_xml_attributes attributes = {.etag = span_str("e-1"),
	    .sha256 = span_str("AA=="),
	    .storage_class = true,
	    .has_size = true,
	    .size = 7};
	const struct s3_xml_error wrong = {
	    .error = S3_ERR_AUTHORIZATION_HEADER_MALFORMED,
	    .resource = span_str("/b/\x01"),
	    .request_id = span_str("r"),
	    .region = span_str("eu-central-1")};
	const struct s3_xml_error range = {.error = S3_ERR_INVALID_RANGE,
	    .message = span_str("no"),
	    .request_id = span_str("r"),
	    .range = span_str("bytes=9-"),
	    .object_size = 7};

	(void)context, (void)arena;
	TRY(s3_xml_list_buckets(out, &page, span_str("gatehouse"),
	    span_str("p"), span_str("next")));
	TRY(s3_xml_location(out, span_str("us-east-1")));
	TRY(s3_xml_location(out, span_str("eu-central-1")));
	TRY(s3_xml_object_attributes(out, &attributes));
	TRY(s3_xml_error(out, &wrong));
	return s3_xml_error(out, &range);
}

static struct err
response_once(void *context, struct buf *out, struct arena *arena)
{
	const struct pair headers[] = {{span_str("ETag"), span_str("\"e\"")},
	    {span_str("Content-Type"), span_str("text/csv")}};
	struct http_response response = {.status = 206,
	    .now_s = 784111777,
	    .request_id = span_str("R1"),
	    .headers = headers,
	    .num_headers = 2,
	    .content_length = 12,
	    .close = true};

	(void)context, (void)arena;
	TRY(http_response_head(out, &response));
	response.chunked = true;
	TRY(http_response_head(out, &response));
	TRY(http_response_chunk(out, 4711));
	return http_response_text(out, span_str("a%\n\xc3\xa9"));
}

static void
answers__end_at_any_ceiling(void **state)
{
	(void)state;
	(void)sweep_allocations(documents_once, NULL);
	(void)sweep_allocations(response_once, NULL);
	assert_true(sweep_ceilings(documents_once, NULL) > 800);
	assert_true(sweep_ceilings(response_once, NULL) > 200);
}

/* A token, sealed and opened again. */
static struct err
token_once(void *context, struct buf *out, struct arena *arena)
{
	static const uint8_t key[32] = {1};
	struct s3_route route = {.op = S3_OP_LIST_OBJECTS_V2,
	    .bucket = span_str("bucket"),
	    .list = {.prefix = span_str("p"), .delimiter = span_str("/")}};
	struct buf token CLEANUP(buf_done) = {.max = 4096};

	(void)context, (void)arena;
	TRY(s3_list_seal_token(&token, key, &route, span_str("last")));
	route.list.token = buf_span(&token);
	return of_s3(s3_list_open_token(out, key, &route), ERR_NO_MEMORY);
}

static void
s3_list_token__ends_where_memory_does(void **state)
{
	(void)state;
	assert_true(
	    sweep_allocations(token_once, NULL) > 1 || !failalloc_works());
}

static int
prepare(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(request__ends_where_memory_does),
	    cmocka_unit_test(http_head_feed__ends_where_memory_does),
	    cmocka_unit_test(s3_get__ends_at_any_ceiling),
	    cmocka_unit_test(s3_xml_list_objects__ends_at_any_ceiling),
	    cmocka_unit_test(answers__end_at_any_ceiling),
	    cmocka_unit_test(s3_list_token__ends_where_memory_does),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
