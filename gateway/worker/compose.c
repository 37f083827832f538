#include "gateway/worker/compose.h"

#include "crypto/encode.h"
#include "gateway/s3/s3_date.h"
#include "gateway/s3/s3_range.h"

/* The headers of one answer; texts lie in the request's arena. */
struct headers {
	struct pair items[REPLY_MAX_HEADERS];
	size_t num;
};

static struct err
add(struct headers *headers, const char *name, struct span value)
{
	if (headers->num == REPLY_MAX_HEADERS)
		return ERR(TOO_BIG, "compose: too many headers");
	headers->items[headers->num++] =
	    (struct pair){.name = span_str(name), .value = value};
	return OK;
}

static struct err
add_number(struct request *r, struct headers *headers, const char *name,
    uint64_t value)
{
	char text[24];
	struct span copy;

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	TRY(arena_copy(&r->arena, &copy, span_str(text)));
	return add(headers, name, copy);
}

/* The keeper's number of the record that shows this request. */
static struct err
add_record(struct request *r, struct headers *headers)
{
	if (!r->call.answered || r->call.answer.record == UINT64_MAX)
		return OK;
	return add_number(
	    r, headers, "x-gatehouse-record", r->call.answer.record);
}

static struct reply_frame
frame_of(
    const struct request *r, unsigned status, const struct headers *headers)
{
	return (struct reply_frame){.status = status,
	    .now_s = r->service->now_s,
	    .request_id = span_str(r->request_id),
	    .headers = headers->items,
	    .num_headers = headers->num};
}

static struct err
reply_xml(struct request *r, unsigned status, struct headers *headers,
    const struct buf *body)
{
	TRY(add(headers, "Content-Type", span_str("application/xml")));
	TRY(add_record(r, headers));
	struct reply_frame frame = frame_of(r, status, headers);
	return reply_memory(&r->reply, &frame, buf_span(body));
}

struct err
compose_health(struct request *r, bool healthy)
{
	struct headers headers = {0};

	TRY(add(&headers, "Content-Type", span_str("text/plain")));
	struct reply_frame frame = frame_of(r, healthy ? 200 : 503, &headers);
	return reply_memory(&r->reply, &frame,
	    span_str(healthy		 ? "ok\n"
		    : r->service->sealed ? "sealed\n"
					 : "not ready\n"));
}

/* --- refusals ---------------------------------------------------------- */

enum s3_error
compose_refusal(enum ask_refusal refusal)
{
	switch (refusal) {
	case ASK_ACCESS_DENIED:
	case ASK_WRITE:
		return S3_ERR_ACCESS_DENIED;
	case ASK_INVALID_KEY_ID:
		return S3_ERR_INVALID_ACCESS_KEY_ID;
	case ASK_BAD_SIGNATURE:
		return S3_ERR_SIGNATURE_DOES_NOT_MATCH;
	case ASK_TIME_SKEWED:
		return S3_ERR_REQUEST_TIME_TOO_SKEWED;
	case ASK_BAD_AUTHORIZATION:
		return S3_ERR_AUTHORIZATION_HEADER_MALFORMED;
	case ASK_BAD_QUERY:
		return S3_ERR_AUTHORIZATION_QUERY_PARAMETERS;
	case ASK_EXPIRED:
		return S3_ERR_REQUEST_EXPIRED;
	case ASK_INVALID_TOKEN:
		return S3_ERR_INVALID_TOKEN;
	case ASK_BAD_REQUEST:
		return S3_ERR_INVALID_ARGUMENT;
	case ASK_NO_SUCH_KEY:
		return S3_ERR_NO_SUCH_KEY;
	case ASK_NOT_IMPLEMENTED:
		return S3_ERR_NOT_IMPLEMENTED;
	case ASK_LEDGER_AWAY:
	case ASK_LEDGER_FULL:
	case ASK_ORIGIN_AWAY:
	case ASK_SEALED:
		return S3_ERR_SERVICE_UNAVAILABLE;
	case ASK_SLOW_DOWN:
		return S3_ERR_SLOW_DOWN;
	case ASK_BAD_SOURCE:
		return S3_ERR_SOURCE_MALFORMED;
	case ASK_INTERNAL:
	case NUM_ASK_REFUSALS:
		break;
	}
	return S3_ERR_INTERNAL;
}

/* When to come back, and how much is still being filled. */
static struct err
add_retry(struct request *r, struct headers *headers)
{
	const struct ask_answer *answer = &r->call.answer;
	uint32_t wait_s = 1;

	if (s3_error_status(r->error) != 503)
		return OK;
	if (r->call.answered && answer->retry_after_s > 0)
		wait_s = answer->retry_after_s;
	TRY(add_number(r, headers, "Retry-After", wait_s));
	if (!r->call.answered || answer->num_total <= answer->num_ready)
		return OK;
	return add_number(r, headers, "x-gatehouse-pending",
	    answer->num_total - answer->num_ready);
}

/* The sentence of the policy, which the keeper gives to parties only. */
static struct err
add_reason(struct request *r, struct headers *headers)
{
	struct buf text CLEANUP(buf_done) = {.max = 3 * ASK_MAX_TEXT};
	struct span copy;

	if (!r->call.answered || r->call.answer.sentence.len == 0)
		return OK;
	TRY(http_response_text(&text, r->call.answer.sentence));
	TRY(arena_copy(&r->arena, &copy, buf_span(&text)));
	return add(headers, "x-gatehouse-reason", copy);
}

struct err
compose_error(struct request *r)
{
	struct buf xml CLEANUP(buf_done) = {.max = 64 * 1024};
	unsigned refused = r->source.head->refused;
	struct headers headers = {0};
	struct s3_xml_error error = {.error = r->error,
	    .request_id = span_str(r->request_id),
	    .region = r->service->region,
	    .range = r->asked_range,
	    .object_size = r->object_size};

	if (r->call.answered)
		error.message = r->call.answer.sentence;
	/*
	 * The target as it was sent, when there is one that was accepted; but
	 * all denials are the same bytes, whatever was asked for.
	 */
	if (refused == 0 && s3_error_status(r->error) != 403)
		error.resource = span_sub(r->source.head->target, 0,
		    span_find(r->source.head->target, '?'));
	TRY(s3_xml_error(&xml, &error));
	TRY(add_retry(r, &headers));
	TRY(add_reason(r, &headers));
	return reply_xml(r, refused != 0 ? refused : s3_error_status(r->error),
	    &headers, &xml);
}

/* --- listings ---------------------------------------------------------- */

/* The keeper's page, as s3_xml wants it. */
static struct err
take_page(struct request *r, struct s3_page *out)
{
	struct s3_page page = {.truncated = r->call.truncated};
	struct s3_entry *entries;
	struct span rest = buf_span(&r->call.items);

	TRY(arena_alloc(
	    &r->arena, &entries, r->call.num_items, sizeof(*entries)));
	TRY(arena_alloc(
	    &r->arena, &page.items, r->call.num_items, sizeof(*page.items)));
	for (; page.num_items < r->call.num_items; page.num_items++) {
		struct s3_list_item *to = &page.items[page.num_items];
		struct s3_entry *entry = &entries[page.num_items];
		struct ask_item item;

		TRY(ask_take_item(&rest, &item));
		*entry = (struct s3_entry){.key = item.name,
		    .etag = item.etag,
		    .size = item.size,
		    .time_s = item.modified};
		to->name = item.name;
		to->entry = item.prefix ? NULL : entry;
		page.last = item.name;
	}
	TRY(span_end(rest));
	*out = page;
	return OK;
}

static struct err
compose_listing(struct request *r)
{
	struct buf xml CLEANUP(buf_done) = {.max = S3_MAX_XML};
	struct headers headers = {0};
	struct s3_page page;
	struct s3_xml_list list = {.route = &r->route,
	    .page = &page,
	    .next_token = buf_span(&r->call.token),
	    .owner = span_str("gatehouse")};

	TRY(take_page(r, &page));
	TRY(s3_xml_list_objects(&xml, &list));
	return reply_xml(r, 200, &headers, &xml);
}

static struct err
compose_buckets(struct request *r)
{
	struct buf xml CLEANUP(buf_done) = {.max = S3_MAX_XML};
	struct headers headers = {0};
	struct s3_page page;

	TRY(take_page(r, &page));
	TRY(s3_xml_list_buckets(&xml, &page, span_str("gatehouse"),
	    r->route.list.prefix, buf_span(&r->call.token)));
	return reply_xml(r, 200, &headers, &xml);
}

static struct err
compose_bucket(struct request *r)
{
	struct buf xml CLEANUP(buf_done) = {.max = 64 * 1024};
	struct headers headers = {0};

	TRY(add(&headers, "x-amz-bucket-region", r->service->region));
	if (r->route.op == S3_OP_GET_BUCKET_LOCATION)
		TRY(s3_xml_location(&xml, r->service->region));
	return reply_xml(r, 200, &headers, &xml);
}

/* --- objects ----------------------------------------------------------- */

static struct err
add_modified(struct request *r, struct headers *headers)
{
	char date[S3_DATE_HTTP_LEN + 1];
	struct span copy;

	s3_date_format_http(date, r->call.answer.modified);
	TRY(arena_copy(&r->arena, &copy, span_str(date)));
	return add(headers, "Last-Modified", copy);
}

/* The headers that the client chose, or else ours. */
static struct err
add_overrides(const struct request *r, struct headers *headers)
{
	const struct span *chosen = r->route.overrides;

	for (enum s3_override i = 0; i < NUM_S3_OVERRIDES; i++)
		if (chosen[i].data != NULL)
			TRY(add(
			    headers, s3_route_override_header(i), chosen[i]));
	if (chosen[S3_OVERRIDE_CONTENT_TYPE].data != NULL)
		return OK;
	return add(
	    headers, "Content-Type", span_str("application/octet-stream"));
}

/* A version that was asked for by name; "null" is what S3 calls the one of
 * a bucket that keeps none. */
static struct err
check_version(struct request *r)
{
	struct span name = r->route.version;
	struct span now = s3_xml_version(span_str(r->call.answer.etag));

	if (name.data == NULL || span_equal_str(name, "null") ||
	    span_equal(name, now))
		return OK;
	r->no_data = true;
	r->error = S3_ERR_NO_SUCH_VERSION;
	return ERR(DENIED, "compose: another version");
}

static struct err
add_version(const struct request *r, struct headers *headers)
{
	if (r->route.version.data == NULL)
		return OK;
	return add(headers, "x-amz-version-id", r->route.version);
}

static struct err
add_object(struct request *r, struct headers *headers)
{
	TRY(add_version(r, headers));
	TRY(add_modified(r, headers));
	TRY(add(headers, "ETag", span_str(r->call.answer.etag)));
	TRY(add(headers, "Accept-Ranges", span_str("bytes")));
	TRY(add_overrides(r, headers));
	return add_record(r, headers);
}

/* The digest of all delivered bytes in base64; empty where it is not known.
 */
static struct err
checksum_text(struct request *r, struct span *out)
{
	struct buf text CLEANUP(buf_done) = {.max = 64};

	*out = (struct span){0};
	if (r->call.answer.sha256.len == 0)
		return OK;
	TRY(encode_base64(&text, r->call.answer.sha256));
	return arena_copy(&r->arena, out, buf_span(&text));
}

/* For a client that wants to check the whole: only the whole has one. */
static struct err
add_checksum(struct request *r, struct headers *headers)
{
	struct span mode =
	    http_head_find(r->source.head, "x-amz-checksum-mode");
	struct span sum;

	if (!r->route.wants_checksum &&
	    !span_equal_fold(mode, span_str("ENABLED")))
		return OK;
	TRY(checksum_text(r, &sum));
	if (sum.len == 0)
		return OK;
	TRY(add(headers, "x-amz-checksum-sha256", sum));
	return add(headers, "x-amz-checksum-type", span_str("FULL_OBJECT"));
}

static struct err
add_content_range(struct request *r, struct headers *headers,
    const struct s3_range *range, uint64_t size)
{
	char text[80];
	struct span copy;

	snprintf(text, sizeof(text), "bytes %llu-%llu/%llu",
	    (unsigned long long)range->first,
	    (unsigned long long)(range->first + range->len - 1),
	    (unsigned long long)size);
	TRY(arena_copy(&r->arena, &copy, span_str(text)));
	return add(headers, "Content-Range", copy);
}

/* A growing slot is answered once some of it is there: until then a bad
 * first row can still be an error. */
static bool
has_begun(const struct request *r)
{
	uint64_t needed = AGE_NONCE;

	if (!r->slot.age)
		needed += AGE_CHUNK + AGE_TAG;
	return r->slot.complete || r->slot.payload_len > needed;
}

/* The bytes that Range or partNumber choose; the first part is all of them,
 * and an empty object has no range to say so. */
static struct s3_range
wanted_range(const struct request *r, const struct s3_conditions *conditions,
    struct span wanted, uint64_t size)
{
	const struct ask_answer *answer = &r->call.answer;
	struct s3_range range = s3_range_select(
	    conditions, wanted, span_str(answer->etag), answer->modified, size);

	if (r->route.first_part && range.kind == S3_RANGE_WHOLE && size > 0)
		range.kind = S3_RANGE_PART;
	return range;
}

static struct err
compose_whole_or_part(struct request *r, struct headers *headers,
    const struct s3_conditions *conditions)
{
	const struct ask_answer *answer = &r->call.answer;
	struct span wanted = http_head_find(r->source.head, "range");
	struct s3_range range;
	uint64_t size;

	TRY(slot_len(&r->slot, &size));
	range = wanted_range(r, conditions, wanted, size);
	if (range.kind == S3_RANGE_UNSATISFIABLE) {
		r->no_data = true;
		r->asked_range = wanted;
		r->object_size = size;
		r->error = S3_ERR_INVALID_RANGE;
		return ERR(DENIED, "compose: no such range");
	}
	/* What the record says is what was charged. */
	if (!r->reply.no_body && range.len > answer->bytes_most)
		return ERR(CHANGED, "compose: more than is recorded");
	bool part = range.kind == S3_RANGE_PART;
	if (part)
		TRY(add_content_range(r, headers, &range, size));
	else
		TRY(add_checksum(r, headers));
	if (r->route.first_part)
		TRY(add_number(r, headers, "x-amz-mp-parts-count", 1));
	struct reply_frame frame = frame_of(r, part ? 206 : 200, headers);
	return reply_slot(
	    &r->reply, &frame, &r->slot, range.first, range.first + range.len);
}

static struct err
compose_object(struct request *r)
{
	const struct http_head *head = r->source.head;
	const struct ask_answer *answer = &r->call.answer;
	struct s3_conditions conditions = {
	    .if_match = http_head_find(head, "if-match"),
	    .if_none_match = http_head_find(head, "if-none-match"),
	    .if_modified_since = http_head_find(head, "if-modified-since"),
	    .if_unmodified_since = http_head_find(head, "if-unmodified-since"),
	    .if_range = http_head_find(head, "if-range")};
	struct headers headers = {0};
	struct reply_frame frame;

	if (!has_begun(r))
		return ERR(AGAIN, "compose: nothing of the slot yet");
	TRY(check_version(r));
	TRY(add_object(r, &headers));
	switch (s3_range_check(
	    &conditions, span_str(answer->etag), answer->modified)) {
	case S3_VERDICT_SERVE:
		break;
	case S3_VERDICT_NOT_MODIFIED:
		r->no_data = true;
		frame = frame_of(r, 304, &headers);
		return reply_memory(&r->reply, &frame, (struct span){0});
	case S3_VERDICT_FAILED:
		r->no_data = true;
		r->error = S3_ERR_PRECONDITION_FAILED;
		return ERR(DENIED, "compose: a condition does not hold");
	}
	if (answer->kind == ASK_GROWING) {
		frame = frame_of(r, 200, &headers);
		return reply_slot(&r->reply, &frame, &r->slot, 0, UINT64_MAX);
	}
	return compose_whole_or_part(r, &headers, &conditions);
}

/* --- attributes --------------------------------------------------------- */

/* Which of them a client wants: a list, each by its exact name. */
static struct err
wanted_attributes(struct request *r, struct s3_xml_attributes *out)
{
	struct span list =
	    http_head_find(r->source.head, "x-amz-object-attributes");
	struct span name, etag = span_str(r->call.answer.etag);
	bool none = list.len == 0, bad = false;

	while (span_take_until(&list, &name, ',')) {
		name = span_trim(name);
		if (span_equal_str(name, "ETag"))
			out->etag = span_sub(etag, 1, etag.len - 2);
		else if (span_equal_str(name, "Checksum"))
			TRY(checksum_text(r, &out->sha256));
		else if (span_equal_str(name, "StorageClass"))
			out->storage_class = true;
		else if (span_equal_str(name, "ObjectSize"))
			out->has_size = true;
		else if (!span_equal_str(name, "ObjectParts"))
			bad = true; /* parts: of an upload, which was none */
	}
	if (none || bad) {
		r->no_data = true;
		r->error = S3_ERR_INVALID_ARGUMENT;
		return ERR(DENIED, "compose: not a list of attributes");
	}
	return OK;
}

static struct err
compose_attributes(struct request *r)
{
	struct buf xml CLEANUP(buf_done) = {.max = 64 * 1024};
	struct headers headers = {0};
	struct s3_xml_attributes attributes = {0};

	TRY(check_version(r));
	TRY(wanted_attributes(r, &attributes));
	TRY(slot_len(&r->slot, &attributes.size));
	TRY(s3_xml_object_attributes(&xml, &attributes));
	TRY(add_modified(r, &headers));
	TRY(add_version(r, &headers));
	return reply_xml(r, 200, &headers, &xml);
}

/* --- the whole ----------------------------------------------------------- */

/* Does the answer fit the question? A listing for a GET of an object would
 * be a keeper that lost its mind. */
static bool
fits(const struct request *r)
{
	switch (r->route.op) {
	case S3_OP_LIST_BUCKETS:
		return r->call.answer.kind == ASK_BUCKETS;
	case S3_OP_HEAD_BUCKET:
	case S3_OP_GET_BUCKET_LOCATION:
		return r->call.answer.kind == ASK_BUCKET;
	case S3_OP_LIST_OBJECTS_V1:
	case S3_OP_LIST_OBJECTS_V2:
	case S3_OP_LIST_OBJECT_VERSIONS:
		return r->call.answer.kind == ASK_LISTING;
	case S3_OP_HEAD_OBJECT:
	case S3_OP_GET_OBJECT_ATTRIBUTES:
		return r->call.answer.kind == ASK_OBJECT;
	case S3_OP_GET_OBJECT:
		return r->call.answer.kind == ASK_OBJECT ||
		    r->call.answer.kind == ASK_GROWING;
	case S3_OP_WRITE:
		break;
	}
	return false;
}

struct err
compose_granted(struct request *r)
{
	if (!fits(r))
		return ERR(MALFORMED, "compose: answer to another question");
	switch (r->call.answer.kind) {
	case ASK_BUCKETS:
		return compose_buckets(r);
	case ASK_BUCKET:
		return compose_bucket(r);
	case ASK_LISTING:
		return compose_listing(r);
	case ASK_OBJECT:
	case ASK_GROWING:
		if (r->route.op == S3_OP_GET_OBJECT_ATTRIBUTES)
			return compose_attributes(r);
		return compose_object(r);
	case ASK_REFUSED:
	case NUM_ASK_KINDS:
		break;
	}
	return ERR(MALFORMED, "compose: not a grant");
}
