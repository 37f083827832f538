#include "gateway/s3/s3_canonical.h"

#include "gateway/s3/s3_target.h"
#include "gateway/s3/s3_uri.h"

/* The header whose value is the payload line, where it is sent. */
static const char payload_header[] = "x-amz-content-sha256";

static bool
is_token_byte(uint8_t b)
{
	return (b >= 'a' && b <= 'z') || (b >= '0' && b <= '9') ||
	    (b != '\0' && strchr("!#$%&'*+-.^_`|~", b) != NULL);
}

/* A header name as it stands in a canonical request: lower case. */
static bool
is_name(struct span in)
{
	for (size_t i = 0; i < in.len; i++)
		if (!is_token_byte(in.data[i]))
			return false;
	return in.len > 0;
}

static bool
must_cover(struct span name)
{
	return span_equal_fold(name, span_str("host")) ||
	    span_equal_fold(span_sub(name, 0, 6), span_str("x-amz-"));
}

/* Every memory failure while writing ends as InternalError. */
static enum s3_error
as_s3(struct err err)
{
	return err.code == ERR_OK ? S3_ERR_NONE : S3_ERR_INTERNAL;
}

/* --- writing: headers -------------------------------------------------- */

/* Trimmed, and each inner run of blanks as one space. */
static enum s3_error
append_value(struct buf *out, struct span value)
{
	bool blank = false;

	value = span_trim(value);
	for (size_t i = 0; i < value.len; i++) {
		uint8_t b = value.data[i];
		bool was_blank = blank;

		blank = b == ' ' || b == '\t';
		if (!blank && (b < 0x20 || b == 0x7f))
			return S3_ERR_BAD_REQUEST;
		if (blank && was_blank)
			continue;
		struct err err = buf_put_u8(out, blank ? ' ' : b);
		if (err.code != ERR_OK)
			return S3_ERR_INTERNAL;
	}
	return S3_ERR_NONE;
}

/* The one header of this name. */
static enum s3_error
find_header(
    const struct s3_request *request, struct span name, struct span *out)
{
	const struct pair *found = NULL;

	for (size_t i = 0; i < request->num_headers; i++) {
		if (!span_equal_fold(request->headers[i].name, name))
			continue;
		if (found != NULL)
			return S3_ERR_BAD_REQUEST;
		found = &request->headers[i];
	}
	if (found == NULL)
		return S3_ERR_SIGNATURE_DOES_NOT_MATCH;
	*out = found->value;
	return S3_ERR_NONE;
}

static enum s3_error
append_header(
    struct buf *out, const struct s3_request *request, struct span name)
{
	struct span value;
	enum s3_error error = find_header(request, name, &value);

	if (error != S3_ERR_NONE)
		return error;
	error = as_s3(buf_append(out, name));
	if (error == S3_ERR_NONE)
		error = as_s3(buf_put_u8(out, ':'));
	if (error == S3_ERR_NONE)
		error = append_value(out, value);
	if (error == S3_ERR_NONE)
		error = as_s3(buf_put_u8(out, '\n'));
	return error;
}

static enum s3_error
append_headers(
    struct buf *out, const struct s3_request *request, struct span names)
{
	struct span name, last = {0};

	while (span_take_until(&names, &name, ';')) {
		enum s3_error error;

		if (!is_name(name) || span_compare(last, name) >= 0)
			return S3_ERR_AUTHORIZATION_HEADER_MALFORMED;
		error = append_header(out, request, name);
		if (error != S3_ERR_NONE)
			return error;
		last = name;
	}
	return S3_ERR_NONE;
}

static bool
is_listed(struct span names, struct span name)
{
	struct span one;

	while (span_take_until(&names, &one, ';'))
		if (span_equal_fold(one, name))
			return true;
	return false;
}

static enum s3_error
check_coverage(const struct s3_request *request, struct span names)
{
	if (names.len == 0)
		return S3_ERR_AUTHORIZATION_HEADER_MALFORMED;
	if (!is_listed(names, span_str("host")))
		return S3_ERR_ACCESS_DENIED;
	for (size_t i = 0; i < request->num_headers; i++) {
		struct span name = request->headers[i].name;

		if (must_cover(name) && !is_listed(names, name))
			return S3_ERR_ACCESS_DENIED;
	}
	return S3_ERR_NONE;
}

/* --- writing: the whole ------------------------------------------------ */

static enum s3_error
append_line(struct buf *out, struct span line)
{
	enum s3_error error = as_s3(buf_append(out, line));

	return error != S3_ERR_NONE ? error : as_s3(buf_put_u8(out, '\n'));
}

static enum s3_error
append_all(struct buf *out, const struct s3_request *request, struct span names,
    struct span payload)
{
	struct span target = request->target;
	size_t mark = span_find(target, '?');
	enum s3_error error = append_line(out, request->method);

	if (error == S3_ERR_NONE)
		error = s3_target_append_path(out, span_sub(target, 0, mark));
	if (error == S3_ERR_NONE)
		error = append_line(out, (struct span){0});
	if (error == S3_ERR_NONE)
		error = s3_target_append_query(
		    out, span_sub(target, mark + 1, target.len));
	if (error == S3_ERR_NONE)
		error = append_line(out, (struct span){0});
	if (error == S3_ERR_NONE)
		error = append_headers(out, request, names);
	if (error == S3_ERR_NONE)
		error = append_line(out, (struct span){0});
	if (error == S3_ERR_NONE)
		error = append_line(out, names);
	if (error == S3_ERR_NONE)
		error = as_s3(buf_append(out, payload));
	return error;
}

enum s3_error
s3_canonical_build(struct buf *out, const struct s3_request *request,
    struct span names, struct span payload)
{
	size_t before = out->len;
	enum s3_error error = check_coverage(request, names);

	if (error == S3_ERR_NONE)
		error = append_all(out, request, names, payload);
	if (error != S3_ERR_NONE)
		out->len = before;
	return error;
}

/* Insert a header's index in the order of the lower-case names. */
static enum s3_error
insert_name(
    const struct s3_request *request, size_t *order, size_t num, size_t added)
{
	struct span name = request->headers[added].name;
	size_t i = num;

	for (; i > 0; i--) {
		struct span other = request->headers[order[i - 1]].name;
		size_t len = name.len < other.len ? name.len : other.len;
		int cmp = strncasecmp(
		    (const char *)other.data, (const char *)name.data, len);

		if (cmp == 0 && other.len == name.len)
			return S3_ERR_BAD_REQUEST;
		if (cmp < 0 || (cmp == 0 && other.len < name.len))
			break;
		order[i] = order[i - 1];
	}
	order[i] = added;
	return S3_ERR_NONE;
}

static struct err
append_lower(struct buf *out, struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		uint8_t b = name.data[i];

		if (b >= 'A' && b <= 'Z')
			b = (uint8_t)(b + ('a' - 'A'));
		TRY(buf_put_u8(out, b));
	}
	return OK;
}

enum s3_error
s3_canonical_names(struct buf *out, const struct s3_request *request, bool all)
{
	size_t order[HTTP_MAX_HEADERS], num = 0;
	enum s3_error error = S3_ERR_NONE;

	if (request->num_headers > HTTP_MAX_HEADERS)
		return S3_ERR_BAD_REQUEST;
	for (size_t i = 0; i < request->num_headers; i++) {
		if (!all && !must_cover(request->headers[i].name))
			continue;
		error = insert_name(request, order, num, i);
		if (error != S3_ERR_NONE)
			return error;
		num++;
	}
	for (size_t i = 0; i < num && error == S3_ERR_NONE; i++) {
		if (i > 0)
			error = as_s3(buf_put_u8(out, ';'));
		if (error == S3_ERR_NONE)
			error = as_s3(
			    append_lower(out, request->headers[order[i]].name));
	}
	return error;
}

enum s3_error
s3_canonical_unsigned(struct buf *out, const struct s3_request *request)
{
	struct buf names CLEANUP(buf_done) = {.max = HTTP_MAX_HEAD};
	struct span payload = span_str("UNSIGNED-PAYLOAD");
	enum s3_error error = s3_canonical_names(&names, request, false);

	if (error != S3_ERR_NONE)
		return error;
	if (is_listed(buf_span(&names), span_str(payload_header))) {
		error =
		    find_header(request, span_str(payload_header), &payload);
		if (error != S3_ERR_NONE)
			return error;
		payload = span_trim(payload);
	}
	return s3_canonical_build(out, request, buf_span(&names), payload);
}

/* --- reading ----------------------------------------------------------- */

static struct err
check_method(struct span method)
{
	if (method.len == 0 || method.len > 16)
		return ERR(MALFORMED, "canonical: no method");
	for (size_t i = 0; i < method.len; i++)
		if (method.data[i] < 'A' || method.data[i] > 'Z')
			return ERR(MALFORMED, "canonical: method not A-Z");
	return OK;
}

/* Three hex digits for one byte at most: the caps follow from the target. */
static struct err
check_path(struct span path)
{
	if (path.len > 3 * HTTP_MAX_TARGET)
		return ERR(TOO_BIG, "canonical: path over its cap");
	if (path.len == 0 || path.data[0] != '/' ||
	    !s3_uri_is_canonical(path, true))
		return ERR(MALFORMED, "canonical: path not encoded once");
	return OK;
}

static struct err
parse_param(struct span piece, struct pair *out)
{
	size_t equals = span_find(piece, '=');
	struct span name = span_sub(piece, 0, equals);
	struct span value = span_sub(piece, equals + 1, piece.len);

	if (equals == piece.len || name.len == 0)
		return ERR(MALFORMED, "canonical: parameter without name or =");
	if (!s3_uri_is_canonical(name, false) ||
	    !s3_uri_is_canonical(value, false))
		return ERR(MALFORMED, "canonical: parameter not encoded once");
	*out = (struct pair){.name = name, .value = value};
	return OK;
}

static struct err
parse_params(struct span query, struct s3_canonical *out)
{
	struct span piece;

	if (query.len == 0)
		return OK;
	while (span_take_until(&query, &piece, '&')) {
		struct pair *param = &out->params[out->num_params];

		if (out->num_params == S3_MAX_PARAMS)
			return ERR(TOO_BIG, "canonical: too many parameters");
		TRY(parse_param(piece, param));
		if (out->num_params > 0 &&
		    span_compare(param[-1].name, param->name) >= 0)
			return ERR(MALFORMED,
			    "canonical: parameters not sorted, or twice");
		out->num_params++;
	}
	return OK;
}

static struct err
check_value(struct span value)
{
	for (size_t i = 0; i < value.len; i++) {
		uint8_t b = value.data[i];
		bool edge = i == 0 || i + 1 == value.len;

		if (b < 0x20 || b == 0x7f)
			return ERR(MALFORMED, "canonical: control in a value");
		if (b == ' ' && (edge || value.data[i + 1] == ' '))
			return ERR(MALFORMED, "canonical: value not trimmed");
	}
	return OK;
}

static struct err
parse_header(struct span line, struct pair *out)
{
	size_t colon = span_find(line, ':');
	struct pair pair = {.name = span_sub(line, 0, colon),
	    .value = span_sub(line, colon + 1, line.len)};

	if (colon == line.len || !is_name(pair.name))
		return ERR(MALFORMED, "canonical: not a header line");
	TRY(check_value(pair.value));
	*out = pair;
	return OK;
}

/* Header lines up to the empty one. */
static struct err
parse_headers(struct span *text, struct s3_canonical *out)
{
	for (;;) {
		struct pair *pair = &out->headers[out->num_headers];
		struct span line;

		TRY(span_take_line(text, &line));
		if (line.len == 0)
			return OK;
		if (out->num_headers == HTTP_MAX_HEADERS)
			return ERR(TOO_BIG, "canonical: too many headers");
		TRY(parse_header(line, pair));
		if (out->num_headers > 0 &&
		    span_compare(pair[-1].name, pair->name) >= 0)
			return ERR(MALFORMED,
			    "canonical: headers not sorted, or twice");
		out->num_headers++;
	}
}

/* The list of names must be that of the lines above it. */
static struct err
check_names(const struct s3_canonical *in)
{
	struct span names = in->names, name;

	for (size_t i = 0; i < in->num_headers; i++)
		if (!span_take_until(&names, &name, ';') ||
		    !span_equal(name, in->headers[i].name))
			return ERR(MALFORMED,
			    "canonical: names are not those of the headers");
	if (names.data != NULL)
		return ERR(MALFORMED, "canonical: a name without its header");
	return OK;
}

static struct err
check_payload(const struct s3_canonical *in)
{
	struct span sent = s3_canonical_header(in, payload_header);

	if (in->payload.len == 0)
		return ERR(MALFORMED, "canonical: no payload line");
	for (size_t i = 0; i < in->payload.len; i++) {
		uint8_t b = in->payload.data[i];

		if (!is_token_byte(b) && !(b >= 'A' && b <= 'Z'))
			return ERR(MALFORMED, "canonical: payload line");
	}
	if (sent.data != NULL && !span_equal(sent, in->payload))
		return ERR(MALFORMED, "canonical: payload is not the header's");
	return OK;
}

struct err
s3_canonical_parse(struct span text, struct s3_canonical *out)
{
	struct s3_canonical c = {0};

	if (text.len > S3_MAX_CANONICAL)
		return ERR(TOO_BIG, "canonical: over its cap");
	TRY(span_take_line(&text, &c.method));
	TRY(check_method(c.method));
	TRY(span_take_line(&text, &c.path));
	TRY(check_path(c.path));
	TRY(span_take_line(&text, &c.query));
	TRY(parse_params(c.query, &c));
	TRY(parse_headers(&text, &c));
	TRY(span_take_line(&text, &c.names));
	TRY(check_names(&c));
	c.payload = text;
	TRY(check_payload(&c));
	if (s3_canonical_header(&c, "host").data == NULL)
		return ERR(MALFORMED, "canonical: host is not covered");
	*out = c;
	return OK;
}

struct span
s3_canonical_header(const struct s3_canonical *canonical, const char *name)
{
	for (size_t i = 0; i < canonical->num_headers; i++)
		if (span_equal_str(canonical->headers[i].name, name))
			return canonical->headers[i].value;
	return (struct span){0};
}
