#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/s3/s3_xml.h"

#define NS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
#define DECL "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static void
expect(const struct buf *out, const char *expected)
{
	if (!span_equal_str(buf_span(out), expected))
		fail_msg("got      %.*s\nexpected %s", (int)out->len, out->data,
		    expected);
}

static void
s3_xml_escape__leaves_no_markup(void **state)
{
	struct buf out CLEANUP(buf_done) = {.max = 4096};

	(void)state;
	assert_int_equal(
	    s3_xml_escape(
		&out, span_str("a<b>&\"'\t\n\r]]>\x01\x7f\xc3\xbc\xff\xc3"))
		.code,
	    0);
	expect(&out,
	    "a&lt;b&gt;&amp;&quot;&apos;&#9;&#10;&#13;]]&gt;\xef\xbf\xbd\x7f"
	    "\xc3\xbc\xef\xbf\xbd\xef\xbf\xbd");
}

static const struct s3_entry entries[] = {
    {.key = {(const uint8_t *)"a b<", 4},
	.etag = {(const uint8_t *)"\"e-1\"", 5},
	.size = 7,
	.time_s = 784111777},
};

static void
s3_xml_list_objects__v2(void **state)
{
	struct s3_list_item items[] = {
	    {.name = entries[0].key, .entry = &entries[0]},
	    {.name = span_str("p+/")}};
	struct s3_page page = {.items = items,
	    .num_items = 2,
	    .truncated = true,
	    .last = span_str("p+/")};
	struct s3_route route = {.op = S3_OP_LIST_OBJECTS_V2,
	    .bucket = span_str("bkt"),
	    .list = {.prefix = span_str("p&"),
		.delimiter = span_str("/"),
		.after = span_str("s t"),
		.token = span_str("tok"),
		.max_keys = 2}};
	struct s3_xml_list list = {
	    .route = &route, .page = &page, .next_token = span_str("next")};
	struct buf out CLEANUP(buf_done) = {.max = 4096};

	(void)state;
	assert_int_equal(s3_xml_list_objects(&out, &list).code, ERR_OK);
	expect(&out,
	    DECL "<ListBucketResult" NS "><Name>bkt</Name>"
		 "<Prefix>p&amp;</Prefix><Delimiter>/</Delimiter>"
		 "<MaxKeys>2</MaxKeys><KeyCount>2</KeyCount>"
		 "<ContinuationToken>tok</ContinuationToken>"
		 "<StartAfter>s t</StartAfter>"
		 "<NextContinuationToken>next</NextContinuationToken>"
		 "<IsTruncated>true</IsTruncated><Contents><Key>a b&lt;</Key>"
		 "<LastModified>1994-11-06T08:49:37.000Z</LastModified>"
		 "<ETag>&quot;e-1&quot;</ETag><Size>7</Size>"
		 "<StorageClass>STANDARD</StorageClass></Contents>"
		 "<CommonPrefixes><Prefix>p+/</Prefix></CommonPrefixes>"
		 "</ListBucketResult>");
	/* With encoding-type=url, and as a last page. */
	route.list.url_encoding = true;
	route.list.fetch_owner = true;
	route.list.token = (struct span){0};
	page.truncated = false;
	list.owner = span_str("o");
	buf_reset(&out);
	assert_int_equal(s3_xml_list_objects(&out, &list).code, ERR_OK);
	expect(&out,
	    DECL "<ListBucketResult" NS "><Name>bkt</Name>"
		 "<Prefix>p%26</Prefix><Delimiter>/</Delimiter>"
		 "<MaxKeys>2</MaxKeys><EncodingType>url</EncodingType>"
		 "<KeyCount>2</KeyCount><StartAfter>s%20t</StartAfter>"
		 "<IsTruncated>false</IsTruncated><Contents><Key>a%20b%3C</Key>"
		 "<LastModified>1994-11-06T08:49:37.000Z</LastModified>"
		 "<ETag>&quot;e-1&quot;</ETag><Size>7</Size>"
		 "<Owner><ID>o</ID><DisplayName>o</DisplayName></Owner>"
		 "<StorageClass>STANDARD</StorageClass></Contents>"
		 "<CommonPrefixes><Prefix>p%2B/</Prefix></CommonPrefixes>"
		 "</ListBucketResult>");
}

static void
s3_xml_list_objects__v1(void **state)
{
	struct s3_list_item items[] = {
	    {.name = entries[0].key, .entry = &entries[0]}};
	struct s3_page page = {.items = items,
	    .num_items = 1,
	    .truncated = true,
	    .last = entries[0].key};
	struct s3_route route = {.op = S3_OP_LIST_OBJECTS_V1,
	    .bucket = span_str("bkt"),
	    .list = {.after = span_str("m"), .max_keys = 1}};
	struct s3_xml_list list = {
	    .route = &route, .page = &page, .owner = span_str("o")};
	struct buf out CLEANUP(buf_done) = {.max = 4096};

	(void)state;
	assert_int_equal(s3_xml_list_objects(&out, &list).code, ERR_OK);
	expect(&out,
	    DECL "<ListBucketResult" NS "><Name>bkt</Name><Prefix></Prefix>"
		 "<MaxKeys>1</MaxKeys><Marker>m</Marker>"
		 "<NextMarker>a b&lt;</NextMarker>"
		 "<IsTruncated>true</IsTruncated><Contents><Key>a b&lt;</Key>"
		 "<LastModified>1994-11-06T08:49:37.000Z</LastModified>"
		 "<ETag>&quot;e-1&quot;</ETag><Size>7</Size>"
		 "<Owner><ID>o</ID><DisplayName>o</DisplayName></Owner>"
		 "<StorageClass>STANDARD</StorageClass></Contents>"
		 "</ListBucketResult>");
}

static void
s3_xml_list_objects__versions(void **state)
{
	struct s3_list_item items[] = {
	    {.name = entries[0].key, .entry = &entries[0]},
	    {.name = span_str("p/")}};
	struct s3_page page = {.items = items,
	    .num_items = 1,
	    .truncated = true,
	    .last = entries[0].key};
	struct s3_route route = {.op = S3_OP_LIST_OBJECT_VERSIONS,
	    .bucket = span_str("bkt"),
	    .list = {.after = span_str("m"), .max_keys = 1}};
	struct s3_xml_list list = {
	    .route = &route, .page = &page, .owner = span_str("o")};
	struct buf out CLEANUP(buf_done) = {.max = 4096};

	(void)state;
	assert_int_equal(s3_xml_list_objects(&out, &list).code, ERR_OK);
	expect(&out,
	    DECL "<ListVersionsResult" NS "><Name>bkt</Name><Prefix></Prefix>"
		 "<MaxKeys>1</MaxKeys><KeyMarker>m</KeyMarker>"
		 "<VersionIdMarker></VersionIdMarker>"
		 "<NextKeyMarker>a b&lt;</NextKeyMarker>"
		 "<NextVersionIdMarker>e</NextVersionIdMarker>"
		 "<IsTruncated>true</IsTruncated><Version><Key>a b&lt;</Key>"
		 "<VersionId>e</VersionId><IsLatest>true</IsLatest>"
		 "<LastModified>1994-11-06T08:49:37.000Z</LastModified>"
		 "<ETag>&quot;e-1&quot;</ETag><Size>7</Size>"
		 "<Owner><ID>o</ID><DisplayName>o</DisplayName></Owner>"
		 "<StorageClass>STANDARD</StorageClass></Version>"
		 "</ListVersionsResult>");
	/* The page ends with a common prefix. */
	page.num_items = 2;
	page.last = items[1].name;
	buf_reset(&out);
	assert_int_equal(s3_xml_list_objects(&out, &list).code, ERR_OK);
	assert_null(memmem(out.data, out.len, "NextVersion", 11));
	assert_non_null(
	    memmem(out.data, out.len, "<NextKeyMarker>p/</NextKeyMarker>", 33));
}

static void
s3_xml__the_small_documents(void **state)
{
	struct s3_list_item items[] = {
	    {.name = entries[0].key, .entry = &entries[0]}};
	struct s3_page page = {.items = items, .num_items = 1};
	struct buf out CLEANUP(buf_done) = {.max = 4096};

	(void)state;
	assert_int_equal(s3_xml_list_buckets(&out, &page, span_str("o"),
			     (struct span){0}, (struct span){0})
			     .code,
	    ERR_OK);
	expect(&out,
	    DECL "<ListAllMyBucketsResult" NS "><Owner><ID>o</ID>"
		 "<DisplayName>o</DisplayName></Owner><Buckets><Bucket>"
		 "<Name>a b&lt;</Name>"
		 "<CreationDate>1994-11-06T08:49:37.000Z</CreationDate>"
		 "</Bucket></Buckets></ListAllMyBucketsResult>");
	buf_reset(&out);
	assert_int_equal(
	    s3_xml_location(&out, span_str("eu-central-1")).code, 0);
	expect(&out,
	    DECL "<LocationConstraint" NS ">eu-central-1"
		 "</LocationConstraint>");
	buf_reset(&out);
	assert_int_equal(s3_xml_location(&out, span_str("us-east-1")).code, 0);
	expect(&out, DECL "<LocationConstraint" NS "></LocationConstraint>");
}

static void
s3_xml_error__says_the_catalogue_and_no_more(void **state)
{
	struct s3_xml_error error = {.error = S3_ERR_ACCESS_DENIED,
	    .resource = span_str("/b/<k>"),
	    .request_id = span_str("R1"),
	    .region = span_str("eu"),
	    .range = span_str("bytes=9-")};
	struct buf out CLEANUP(buf_done) = {.max = 4096};

	(void)state;
	assert_int_equal(s3_xml_error(&out, &error).code, ERR_OK);
	expect(&out,
	    DECL "<Error><Code>AccessDenied</Code>"
		 "<Message>Access Denied</Message>"
		 "<Resource>/b/&lt;k&gt;</Resource><RequestId>R1</RequestId>"
		 "</Error>");
	error.error = S3_ERR_INVALID_RANGE;
	error.message = span_str("why & how");
	error.resource = (struct span){0};
	buf_reset(&out);
	assert_int_equal(s3_xml_error(&out, &error).code, ERR_OK);
	expect(&out,
	    DECL "<Error><Code>InvalidRange</Code>"
		 "<Message>why &amp; how</Message>"
		 "<RangeRequested>bytes=9-</RangeRequested>"
		 "<ActualObjectSize>0</ActualObjectSize>"
		 "<RequestId>R1</RequestId></Error>");
}

static void
s3_xml_object_attributes__tells_what_was_asked_for(void **state)
{
	struct buf out CLEANUP(buf_done) = {.max = 4096};
	struct s3_xml_attributes all = {.etag = span_str("ab-1"),
	    .sha256 = span_str("47DEQ="),
	    .storage_class = true,
	    .has_size = true,
	    .size = 7};
	struct s3_xml_attributes none = {.size = 7};

	(void)state;
	assert_int_equal(s3_xml_object_attributes(&out, &all).code, ERR_OK);
	expect(&out,
	    DECL "<GetObjectAttributesResponse" NS "><ETag>ab-1</ETag>"
		 "<Checksum><ChecksumSHA256>47DEQ=</ChecksumSHA256>"
		 "<ChecksumType>FULL_OBJECT</ChecksumType></Checksum>"
		 "<StorageClass>STANDARD</StorageClass>"
		 "<ObjectSize>7</ObjectSize></GetObjectAttributesResponse>");
	buf_reset(&out);
	assert_int_equal(s3_xml_object_attributes(&out, &none).code, ERR_OK);
	expect(&out,
	    DECL "<GetObjectAttributesResponse" NS
		 "></GetObjectAttributesResponse>");
}

static void
s3_error__every_row_is_there(void **state)
{
	(void)state;
	for (int i = 1; i < S3_ERR_COUNT; i++) {
		enum s3_error error = (enum s3_error)i;

		assert_non_null(s3_error_code(error));
		assert_true(strlen(s3_error_message(error)) > 5);
		assert_true(s3_error_status(error) >= 400 &&
		    s3_error_status(error) < 600);
		/* S3 has one code for two reasons: the message tells. */
		for (int k = 1; k < i; k++)
			assert_true(strcmp(s3_error_code(error),
					s3_error_code((enum s3_error)k)) != 0 ||
			    error == S3_ERR_REQUEST_EXPIRED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(s3_xml_escape__leaves_no_markup),
	    cmocka_unit_test(s3_xml_list_objects__v2),
	    cmocka_unit_test(s3_xml_list_objects__v1),
	    cmocka_unit_test(s3_xml_list_objects__versions),
	    cmocka_unit_test(s3_xml__the_small_documents),
	    cmocka_unit_test(s3_xml_error__says_the_catalogue_and_no_more),
	    cmocka_unit_test(
		s3_xml_object_attributes__tells_what_was_asked_for),
	    cmocka_unit_test(s3_error__every_row_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
