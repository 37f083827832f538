#include "gateway/s3/s3_route.h"

#include <assert.h>

#include "gateway/s3/s3_uri.h"

/* --- text that the client encoded -------------------------------------- */

/* Decode once, into the arena. */
static enum s3_error
decode(struct arena *arena, struct span encoded, struct span *out)
{
	struct buf plain CLEANUP(buf_done) = {.max = 3 * HTTP_MAX_TARGET};
	struct err err = s3_uri_decode(&plain, encoded);

	if (err.code == ERR_OK)
		err = arena_copy(arena, out, buf_span(&plain));
	return err.code == ERR_OK ? S3_ERR_NONE : S3_ERR_INTERNAL;
}

static enum s3_error
decode_text(struct arena *arena, struct span encoded, struct span *out)
{
	struct span text;
	enum s3_error error = decode(arena, encoded, &text);

	if (error != S3_ERR_NONE)
		return error;
	if (text.len > S3_MAX_TOKEN || !s3_uri_is_text(text))
		return S3_ERR_INVALID_ARGUMENT;
	/* Given, though empty: the data pointer must say so. */
	*out = text.data != NULL ? text : span_of("", 0);
	return S3_ERR_NONE;
}

/* --- parameters -------------------------------------------------------- */

/* Which operations take a parameter. */
enum {
	FOR_BUCKETS = 1,
	FOR_BUCKET = 2, /* HeadBucket, GetBucketLocation */
	FOR_V1 = 4,
	FOR_V2 = 8,
	FOR_OBJECT = 16,
	FOR_ATTRIBUTES = 32,
	FOR_VERSIONS = 64,
	FOR_PAGE = FOR_V1 | FOR_V2 | FOR_VERSIONS,
	FOR_LIST = FOR_BUCKETS | FOR_PAGE,
	FOR_ALL = FOR_LIST | FOR_BUCKET | FOR_OBJECT | FOR_ATTRIBUTES,
};

typedef enum s3_error param_fn(
    struct arena *arena, struct span value, struct s3_route *route);

static enum s3_error
take_prefix(struct arena *arena, struct span value, struct s3_route *route)
{
	return decode_text(arena, value, &route->list.prefix);
}

static enum s3_error
take_delimiter(struct arena *arena, struct span value, struct s3_route *route)
{
	return decode_text(arena, value, &route->list.delimiter);
}

static enum s3_error
take_after(struct arena *arena, struct span value, struct s3_route *route)
{
	return decode_text(arena, value, &route->list.after);
}

static enum s3_error
take_token(struct arena *arena, struct span value, struct s3_route *route)
{
	return decode_text(arena, value, &route->list.token);
}

static enum s3_error
take_max(struct arena *arena, struct span value, struct s3_route *route)
{
	uint64_t max;
	struct err err = span_u64(value, &max, INT32_MAX);

	(void)arena;
	if (err.code != ERR_OK)
		return S3_ERR_INVALID_ARGUMENT;
	route->list.max_keys = max < S3_MAX_LIST ? (uint32_t)max : S3_MAX_LIST;
	return S3_ERR_NONE;
}

static enum s3_error
take_encoding(struct arena *arena, struct span value, struct s3_route *route)
{
	(void)arena;
	if (!span_equal_str(value, "url"))
		return S3_ERR_INVALID_ARGUMENT;
	route->list.url_encoding = true;
	return S3_ERR_NONE;
}

static enum s3_error
take_owner(struct arena *arena, struct span value, struct s3_route *route)
{
	(void)arena;
	if (!span_equal_str(value, "true") && !span_equal_str(value, "false"))
		return S3_ERR_INVALID_ARGUMENT;
	route->list.fetch_owner = span_equal_str(value, "true");
	return S3_ERR_NONE;
}

static enum s3_error
take_list_type(struct arena *arena, struct span value, struct s3_route *route)
{
	(void)arena, (void)route;
	return span_equal_str(value, "2") ? S3_ERR_NONE
					  : S3_ERR_INVALID_ARGUMENT;
}

/* An object of ours has one part. */
static enum s3_error
take_part(struct arena *arena, struct span value, struct s3_route *route)
{
	(void)arena;
	if (!span_equal_str(value, "1"))
		return S3_ERR_INVALID_PART_NUMBER;
	route->first_part = true;
	return S3_ERR_NONE;
}

static enum s3_error
take_version(struct arena *arena, struct span value, struct s3_route *route)
{
	return decode_text(arena, value, &route->version);
}

static enum s3_error
take_checksum_mode(
    struct arena *arena, struct span value, struct s3_route *route)
{
	(void)arena;
	if (!span_equal_fold(value, span_str("ENABLED")))
		return S3_ERR_INVALID_ARGUMENT;
	route->wants_checksum = true;
	return S3_ERR_NONE;
}

static enum s3_error
take_nothing(struct arena *arena, struct span value, struct s3_route *route)
{
	(void)arena, (void)value, (void)route;
	return S3_ERR_NONE;
}

/* The body of a presigned request is never covered. */
static enum s3_error
take_payload(struct arena *arena, struct span value, struct s3_route *route)
{
	(void)arena, (void)route;
	return span_equal_str(value, "UNSIGNED-PAYLOAD")
	    ? S3_ERR_NONE
	    : S3_ERR_AUTHORIZATION_QUERY_PARAMETERS;
}

/* Temporary credentials: none are issued, so this token is none of ours. */
static enum s3_error
take_session(struct arena *arena, struct span value, struct s3_route *route)
{
	(void)arena, (void)value, (void)route;
	return S3_ERR_INVALID_TOKEN;
}

/*
 * Everything that may stand in a query. x-id is how some SDKs name the
 * operation for the logs of proxies; the parameters of a presigned request
 * are the verifier's, and nothing is routed by them. A key has one version, so
 * that version-id-marker says no more than the key-marker beside it.
 */
static const struct param {
	const char *name; /* encoded */
	unsigned where;
	param_fn *take;
} known[] = {
    {"X-Amz-Algorithm", FOR_ALL, take_nothing},
    {"X-Amz-Checksum-Mode", FOR_OBJECT, take_checksum_mode},
    {"X-Amz-Content-Sha256", FOR_ALL, take_payload},
    {"X-Amz-Credential", FOR_ALL, take_nothing},
    {"X-Amz-Date", FOR_ALL, take_nothing},
    {"X-Amz-Expires", FOR_ALL, take_nothing},
    {"X-Amz-Security-Token", FOR_ALL, take_session},
    {"X-Amz-SignedHeaders", FOR_ALL, take_nothing},
    {"attributes", FOR_ATTRIBUTES, take_nothing},
    {"continuation-token", FOR_BUCKETS | FOR_V2, take_token},
    {"delimiter", FOR_PAGE, take_delimiter},
    {"encoding-type", FOR_PAGE, take_encoding},
    {"fetch-owner", FOR_V2, take_owner},
    {"key-marker", FOR_VERSIONS, take_after},
    {"list-type", FOR_V2, take_list_type},
    {"location", FOR_BUCKET, take_nothing},
    {"marker", FOR_V1, take_after},
    {"max-buckets", FOR_BUCKETS, take_max},
    {"max-keys", FOR_PAGE, take_max},
    {"partNumber", FOR_OBJECT, take_part},
    {"prefix", FOR_LIST, take_prefix},
    {"start-after", FOR_V2, take_after},
    {"version-id-marker", FOR_VERSIONS, take_nothing},
    {"versionId", FOR_OBJECT | FOR_ATTRIBUTES, take_version},
    {"versions", FOR_VERSIONS, take_nothing},
    {"x-amz-checksum-mode", FOR_OBJECT, take_checksum_mode},
    {"x-id", FOR_ALL, take_nothing},
};

/* In the order of enum s3_override. */
static const struct override {
	const char *param, *header;
} overrides[NUM_S3_OVERRIDES] = {
    {"response-cache-control", "Cache-Control"},
    {"response-content-disposition", "Content-Disposition"},
    {"response-content-encoding", "Content-Encoding"},
    {"response-content-language", "Content-Language"},
    {"response-content-type", "Content-Type"},
    {"response-expires", "Expires"},
};

const char *
s3_route_override_header(enum s3_override override)
{
	assert(override < NUM_S3_OVERRIDES);
	return overrides[override].header;
}

/* A header's value and nothing else: decode_text lets no control through, so
 * no second header; HTTP has no way to say more than ASCII. */
static enum s3_error
take_override(struct arena *arena, struct span value, struct span *out)
{
	struct span text;
	enum s3_error error = decode_text(arena, value, &text);

	if (error != S3_ERR_NONE)
		return error;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] > 0x7e)
			return S3_ERR_INVALID_ARGUMENT;
	if (text.len == 0 || text.len > S3_MAX_OVERRIDE ||
	    span_trim(text).len != text.len)
		return S3_ERR_INVALID_ARGUMENT;
	*out = text;
	return S3_ERR_NONE;
}

static unsigned
place_of(enum s3_op op)
{
	switch (op) {
	case S3_OP_LIST_BUCKETS:
		return FOR_BUCKETS;
	case S3_OP_HEAD_BUCKET:
	case S3_OP_GET_BUCKET_LOCATION:
		return FOR_BUCKET;
	case S3_OP_LIST_OBJECTS_V1:
		return FOR_V1;
	case S3_OP_LIST_OBJECTS_V2:
		return FOR_V2;
	case S3_OP_LIST_OBJECT_VERSIONS:
		return FOR_VERSIONS;
	case S3_OP_HEAD_OBJECT:
	case S3_OP_GET_OBJECT:
		return FOR_OBJECT;
	case S3_OP_GET_OBJECT_ATTRIBUTES:
		return FOR_ATTRIBUTES;
	case S3_OP_WRITE:
		break;
	}
	return 0;
}

static enum s3_error
take_param(
    struct arena *arena, const struct pair *param, struct s3_route *route)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_equal_str(param->name, known[i].name) &&
		    (known[i].where & place_of(route->op)) != 0)
			return known[i].take(arena, param->value, route);
	for (size_t i = 0;
	     i < NUM_S3_OVERRIDES && place_of(route->op) == FOR_OBJECT; i++)
		if (span_equal_str(param->name, overrides[i].param))
			return take_override(
			    arena, param->value, &route->overrides[i]);
	if (span_equal_fold(span_sub(param->name, 0, 6), span_str("x-amz-")))
		return S3_ERR_AUTHORIZATION_QUERY_PARAMETERS;
	return S3_ERR_NOT_IMPLEMENTED;
}

static bool
has_param(const struct s3_canonical *canonical, const char *name)
{
	for (size_t i = 0; i < canonical->num_params; i++)
		if (span_equal_str(canonical->params[i].name, name))
			return true;
	return false;
}

/* --- bucket and key ---------------------------------------------------- */

static bool
is_bucket(struct span in)
{
	for (size_t i = 0; i < in.len; i++) {
		uint8_t b = in.data[i];
		bool edge = i == 0 || i + 1 == in.len;

		if (!(b >= 'a' && b <= 'z') && !(b >= '0' && b <= '9') &&
		    (edge || (b != '-' && b != '.')))
			return false;
	}
	return in.len >= 3 && in.len <= 63;
}

/* "<bucket>.<one of ours>", with or without port: the part in front. */
static bool
bucket_of_host(struct span host, const struct s3_hosts *hosts, struct span *out)
{
	host = span_sub(host, 0, span_find(host, ':'));
	for (size_t i = 0; hosts != NULL && i < hosts->num_names; i++) {
		struct span name = hosts->names[i];

		if (host.len <= name.len + 1)
			continue;
		size_t front = host.len - name.len - 1;
		if (host.data[front] == '.' &&
		    span_equal_fold(
			span_sub(host, front + 1, name.len), name)) {
			*out = span_sub(host, 0, front);
			return true;
		}
	}
	return false;
}

/* A key of ours is a path: no segment is empty, "." or "..". */
static enum s3_error
check_key(struct span key)
{
	struct span segment, rest = key;

	if (key.len > S3_MAX_KEY)
		return S3_ERR_KEY_TOO_LONG;
	if (!s3_uri_is_text(key))
		return S3_ERR_INVALID_URI;
	while (span_take_until(&rest, &segment, '/')) {
		/* The last may be empty: a folder, which we never have, but
		 * clients ask for it, and get "no such key". */
		bool last = rest.data == NULL;

		if ((segment.len == 0 && !last) ||
		    span_equal_str(segment, ".") ||
		    span_equal_str(segment, ".."))
			return S3_ERR_INVALID_URI;
	}
	return S3_ERR_NONE;
}

static enum s3_error
split_path(struct arena *arena, const struct s3_canonical *canonical,
    const struct s3_hosts *hosts, struct s3_route *out)
{
	struct span path = span_sub(canonical->path, 1, canonical->path.len);
	struct span host = s3_canonical_header(canonical, "host");
	enum s3_error error;

	if (!bucket_of_host(host, hosts, &out->bucket)) {
		size_t slash = span_find(path, '/');

		out->bucket = span_sub(path, 0, slash);
		path = span_sub(path, slash + 1, path.len);
	} else if (out->bucket.len == 0) {
		return S3_ERR_INVALID_BUCKET_NAME;
	}
	error = decode(arena, path, &out->key);
	if (error != S3_ERR_NONE)
		return error;
	if (out->bucket.len == 0)
		return out->key.len == 0 ? S3_ERR_NONE : S3_ERR_INVALID_URI;
	if (!is_bucket(out->bucket))
		return S3_ERR_INVALID_BUCKET_NAME;
	return out->key.len == 0 ? S3_ERR_NONE : check_key(out->key);
}

/* --- the operation ----------------------------------------------------- */

static enum s3_error
find_op(const struct s3_canonical *canonical, struct s3_route *route)
{
	struct span method = canonical->method;
	bool get = span_equal_str(method, "GET");
	bool head = span_equal_str(method, "HEAD");

	if (span_equal_str(method, "PUT") || span_equal_str(method, "POST") ||
	    span_equal_str(method, "DELETE")) {
		route->op = S3_OP_WRITE;
		return S3_ERR_NONE;
	}
	if (!get && !head)
		return S3_ERR_METHOD_NOT_ALLOWED;
	if (route->bucket.len == 0) {
		route->op = S3_OP_LIST_BUCKETS;
		return get ? S3_ERR_NONE : S3_ERR_METHOD_NOT_ALLOWED;
	}
	if (route->key.len > 0 && get && has_param(canonical, "attributes"))
		route->op = S3_OP_GET_OBJECT_ATTRIBUTES;
	else if (route->key.len > 0)
		route->op = get ? S3_OP_GET_OBJECT : S3_OP_HEAD_OBJECT;
	else if (head)
		route->op = S3_OP_HEAD_BUCKET;
	else if (has_param(canonical, "location"))
		route->op = S3_OP_GET_BUCKET_LOCATION;
	else if (has_param(canonical, "versions"))
		route->op = S3_OP_LIST_OBJECT_VERSIONS;
	else if (has_param(canonical, "list-type"))
		route->op = S3_OP_LIST_OBJECTS_V2;
	else
		route->op = S3_OP_LIST_OBJECTS_V1;
	return S3_ERR_NONE;
}

enum s3_error
s3_route_parse(struct arena *arena, const struct s3_canonical *canonical,
    const struct s3_hosts *hosts, struct s3_route *out)
{
	struct s3_route route = {.list.max_keys = S3_MAX_LIST};
	enum s3_error error = split_path(arena, canonical, hosts, &route);

	if (error == S3_ERR_NONE)
		error = find_op(canonical, &route);
	if (error != S3_ERR_NONE)
		return error;
	/* A write is denied whatever it says. */
	for (size_t i = 0; route.op != S3_OP_WRITE && i < canonical->num_params;
	     i++) {
		error = take_param(arena, &canonical->params[i], &route);
		if (error != S3_ERR_NONE)
			return error;
	}
	*out = route;
	return S3_ERR_NONE;
}
