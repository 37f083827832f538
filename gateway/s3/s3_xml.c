#include "gateway/s3/s3_xml.h"

#include "gateway/s3/s3_date.h"
#include "gateway/s3/s3_uri.h"

#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define NAMESPACE " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

/* The entity of a character that markup or line-end handling would eat. */
static const char *
entity_of(uint32_t rune)
{
	switch (rune) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&apos;";
	case '\t':
		return "&#9;";
	case '\n':
		return "&#10;";
	case '\r':
		return "&#13;";
	default:
		return NULL;
	}
}

struct err
s3_xml_escape(struct buf *out, struct span text)
{
	while (text.len > 0) {
		struct span before = text;
		uint32_t rune = 0xfffe;
		struct err err = s3_uri_take_rune(&text, &rune);
		const char *entity = entity_of(rune);

		if (err.code != ERR_OK) /* one bad byte, one replacement */
			text = span_sub(text, 1, text.len - 1);
		if (entity == NULL &&
		    (rune < 0x20 || rune == 0xfffe || rune == 0xffff))
			entity = "\xef\xbf\xbd"; /* U+FFFD */
		if (entity != NULL)
			TRY(buf_append_str(out, entity));
		else
			TRY(buf_append(
			    out, span_sub(before, 0, before.len - text.len)));
	}
	return OK;
}

/* --- elements ---------------------------------------------------------- */

static struct err
open_tag(struct buf *out, const char *name)
{
	TRY(buf_put_u8(out, '<'));
	TRY(buf_append_str(out, name));
	return buf_put_u8(out, '>');
}

static struct err
close_tag(struct buf *out, const char *name)
{
	TRY(buf_append_str(out, "</"));
	TRY(buf_append_str(out, name));
	return buf_put_u8(out, '>');
}

static struct err
element(struct buf *out, const char *name, struct span text)
{
	TRY(open_tag(out, name));
	TRY(s3_xml_escape(out, text));
	return close_tag(out, name);
}

static struct err
element_u64(struct buf *out, const char *name, uint64_t value)
{
	TRY(open_tag(out, name));
	TRY(buf_append_u64(out, value));
	return close_tag(out, name);
}

static struct err
element_bool(struct buf *out, const char *name, bool value)
{
	return element(out, name, span_str(value ? "true" : "false"));
}

static struct err
element_time(struct buf *out, const char *name, int64_t time_s)
{
	char text[S3_DATE_ISO_LEN + 1];

	s3_date_format_iso(text, time_s);
	return element(out, name, span_str(text));
}

/* A key or a piece of one, in the encoding that the client asked for. */
static struct err
element_key(
    struct buf *out, const char *name, struct span key, bool url_encoding)
{
	if (!url_encoding)
		return element(out, name, key);
	TRY(open_tag(out, name));
	TRY(s3_uri_encode(out, key, true));
	return close_tag(out, name);
}

static struct err
element_owner(struct buf *out, struct span owner)
{
	TRY(open_tag(out, "Owner"));
	TRY(element(out, "ID", owner));
	TRY(element(out, "DisplayName", owner));
	return close_tag(out, "Owner");
}

/* --- listings ---------------------------------------------------------- */

struct span
s3_xml_version(struct span etag)
{
	struct span digits = span_sub(etag, 1, etag.len);

	return span_sub(digits, 0, span_find(digits, '-'));
}

static struct err
put_contents(
    struct buf *out, const struct s3_xml_list *list, const struct s3_entry *e)
{
	bool v2 = list->route->op == S3_OP_LIST_OBJECTS_V2;
	bool version = list->route->op == S3_OP_LIST_OBJECT_VERSIONS;
	const char *name = version ? "Version" : "Contents";

	TRY(open_tag(out, name));
	TRY(element_key(out, "Key", e->key, list->route->list.url_encoding));
	if (version) {
		TRY(element(out, "VersionId", s3_xml_version(e->etag)));
		TRY(element_bool(out, "IsLatest", true));
	}
	TRY(element_time(out, "LastModified", e->time_s));
	TRY(element(out, "ETag", e->etag));
	TRY(element_u64(out, "Size", e->size));
	if (!v2 || list->route->list.fetch_owner)
		TRY(element_owner(out, list->owner));
	TRY(element(out, "StorageClass", span_str("STANDARD")));
	return close_tag(out, name);
}

static struct err
put_items(struct buf *out, const struct s3_xml_list *list)
{
	bool url = list->route->list.url_encoding;

	for (size_t i = 0; i < list->page->num_items; i++)
		if (list->page->items[i].entry != NULL)
			TRY(put_contents(
			    out, list, list->page->items[i].entry));
	for (size_t i = 0; i < list->page->num_items; i++) {
		const struct s3_list_item *item = &list->page->items[i];

		if (item->entry != NULL)
			continue;
		TRY(open_tag(out, "CommonPrefixes"));
		TRY(element_key(out, "Prefix", item->name, url));
		TRY(close_tag(out, "CommonPrefixes"));
	}
	return OK;
}

static struct err
put_v1(struct buf *out, const struct s3_xml_list *list)
{
	const struct s3_list_query *query = &list->route->list;

	TRY(element_key(out, "Marker", query->after, query->url_encoding));
	/* Always, not only with a delimiter: it costs clients nothing. */
	if (list->page->truncated)
		TRY(element_key(
		    out, "NextMarker", list->page->last, query->url_encoding));
	return OK;
}

static struct err
put_versions(struct buf *out, const struct s3_xml_list *list)
{
	const struct s3_list_query *query = &list->route->list;
	const struct s3_page *page = list->page;

	TRY(element_key(out, "KeyMarker", query->after, query->url_encoding));
	TRY(element(out, "VersionIdMarker", (struct span){0}));
	if (!page->truncated)
		return OK;
	TRY(element_key(out, "NextKeyMarker", page->last, query->url_encoding));
	if (page->num_items == 0 ||
	    page->items[page->num_items - 1].entry == NULL)
		return OK; /* a common prefix has no version */
	return element(out, "NextVersionIdMarker",
	    s3_xml_version(page->items[page->num_items - 1].entry->etag));
}

static struct err
put_v2(struct buf *out, const struct s3_xml_list *list)
{
	const struct s3_list_query *query = &list->route->list;

	TRY(element_u64(out, "KeyCount", list->page->num_items));
	if (query->token.data != NULL)
		TRY(element(out, "ContinuationToken", query->token));
	if (query->after.data != NULL)
		TRY(element_key(
		    out, "StartAfter", query->after, query->url_encoding));
	if (list->page->truncated)
		TRY(element(out, "NextContinuationToken", list->next_token));
	return OK;
}

struct err
s3_xml_list_objects(struct buf *out, const struct s3_xml_list *list)
{
	const struct s3_list_query *query = &list->route->list;
	bool versions = list->route->op == S3_OP_LIST_OBJECT_VERSIONS;
	const char *root = versions ? "ListVersionsResult" : "ListBucketResult";

	TRY(buf_append_str(out, DECLARATION "<"));
	TRY(buf_append_str(out, root));
	TRY(buf_append_str(out, NAMESPACE ">"));
	TRY(element(out, "Name", list->route->bucket));
	TRY(element_key(out, "Prefix", query->prefix, query->url_encoding));
	if (query->delimiter.len > 0)
		TRY(element_key(
		    out, "Delimiter", query->delimiter, query->url_encoding));
	TRY(element_u64(out, "MaxKeys", query->max_keys));
	if (query->url_encoding)
		TRY(element(out, "EncodingType", span_str("url")));
	if (list->route->op == S3_OP_LIST_OBJECTS_V2)
		TRY(put_v2(out, list));
	else if (versions)
		TRY(put_versions(out, list));
	else
		TRY(put_v1(out, list));
	TRY(element_bool(out, "IsTruncated", list->page->truncated));
	TRY(put_items(out, list));
	return close_tag(out, root);
}

struct err
s3_xml_list_buckets(struct buf *out, const struct s3_page *page,
    struct span owner, struct span prefix, struct span next_token)
{
	TRY(buf_append_str(
	    out, DECLARATION "<ListAllMyBucketsResult" NAMESPACE ">"));
	TRY(element_owner(out, owner));
	TRY(open_tag(out, "Buckets"));
	for (size_t i = 0; i < page->num_items; i++) {
		TRY(open_tag(out, "Bucket"));
		TRY(element(out, "Name", page->items[i].name));
		if (page->items[i].entry != NULL)
			TRY(element_time(
			    out, "CreationDate", page->items[i].entry->time_s));
		TRY(close_tag(out, "Bucket"));
	}
	TRY(close_tag(out, "Buckets"));
	if (prefix.data != NULL)
		TRY(element(out, "Prefix", prefix));
	if (next_token.len > 0)
		TRY(element(out, "ContinuationToken", next_token));
	return close_tag(out, "ListAllMyBucketsResult");
}

/* --- the small ones ---------------------------------------------------- */

struct err
s3_xml_location(struct buf *out, struct span region)
{
	TRY(buf_append_str(
	    out, DECLARATION "<LocationConstraint" NAMESPACE ">"));
	if (!span_equal_str(region, "us-east-1"))
		TRY(s3_xml_escape(out, region));
	return close_tag(out, "LocationConstraint");
}

struct err
s3_xml_object_attributes(
    struct buf *out, const struct s3_xml_attributes *attributes)
{
	TRY(buf_append_str(
	    out, DECLARATION "<GetObjectAttributesResponse" NAMESPACE ">"));
	if (attributes->etag.len > 0)
		TRY(element(out, "ETag", attributes->etag));
	if (attributes->sha256.len > 0) {
		TRY(open_tag(out, "Checksum"));
		TRY(element(out, "ChecksumSHA256", attributes->sha256));
		TRY(element(out, "ChecksumType", span_str("FULL_OBJECT")));
		TRY(close_tag(out, "Checksum"));
	}
	if (attributes->storage_class)
		TRY(element(out, "StorageClass", span_str("STANDARD")));
	if (attributes->has_size)
		TRY(element_u64(out, "ObjectSize", attributes->size));
	return close_tag(out, "GetObjectAttributesResponse");
}

struct err
s3_xml_error(struct buf *out, const struct s3_xml_error *error)
{
	struct span message = error->message.len > 0
	    ? error->message
	    : span_str(s3_error_message(error->error));

	TRY(buf_append_str(out, DECLARATION "<Error>"));
	TRY(element(out, "Code", span_str(s3_error_code(error->error))));
	TRY(element(out, "Message", message));
	if (error->error == S3_ERR_AUTHORIZATION_HEADER_MALFORMED &&
	    error->region.len > 0)
		TRY(element(out, "Region", error->region));
	if (error->error == S3_ERR_INVALID_RANGE) {
		TRY(element(out, "RangeRequested", error->range));
		TRY(element_u64(out, "ActualObjectSize", error->object_size));
	}
	if (error->resource.len > 0)
		TRY(element(out, "Resource", error->resource));
	TRY(element(out, "RequestId", error->request_id));
	return close_tag(out, "Error");
}
