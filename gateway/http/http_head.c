#include "gateway/http/http_head.h"

#include <ctype.h>
#include <llhttp.h>

/* Where the strict layer is. LINE is the request line; CR states wait for
 * the LF that alone may follow. */
enum {
	STATE_START,
	STATE_LINE,
	STATE_LINE_CR,
	STATE_FIELD, /* at the first byte of a line */
	STATE_NAME,
	STATE_VALUE,
	STATE_VALUE_CR,
	STATE_END_CR,
	STATE_COMPLETE,
};

void
http_head_init(struct http_head *head)
{
	*head = (struct http_head){0};
	buf_init(&head->bytes, HTTP_MAX_HEAD);
}

void
http_head_done(struct http_head *head)
{
	/* Wiped, for it held an Authorization header. */
	buf_wipe(&head->bytes);
	*head = (struct http_head){0};
}

void
http_head_reset(struct http_head *head)
{
	http_head_done(head);
	http_head_init(head);
}

bool
http_head_begun(const struct http_head *head)
{
	return head->state != STATE_START;
}

struct span
http_head_find(const struct http_head *head, const char *name)
{
	for (size_t i = 0; i < head->num_headers; i++)
		if (span_equal_fold(head->headers[i].name, span_str(name)))
			return head->headers[i].value;
	return (struct span){0};
}

/* Remember the status to answer with, and pass the error on. */
static struct err
refuse(struct http_head *head, unsigned status, struct err err)
{
	head->refused = status;
	return err;
}

/* --- the strict layer: one byte after the other ------------------------ */

static bool
is_token(uint8_t b)
{
	return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') ||
	    (b >= '0' && b <= '9') ||
	    (b != '\0' && strchr("!#$%&'*+-.^_`|~", b) != NULL);
}

static bool
is_value(uint8_t b)
{
	return (b >= 0x20 && b != 0x7f) || b == '\t';
}

/* `b` must be the LF that follows a CR. */
static struct err
after_cr(struct http_head *head, uint8_t b, unsigned next)
{
	if (b != '\n')
		return refuse(head, 400, ERR(MALFORMED, "http: CR without LF"));
	head->state = next;
	return OK;
}

static struct err
in_line(struct http_head *head, uint8_t b)
{
	if (b == '\r' && head->state == STATE_LINE) {
		head->state = STATE_LINE_CR;
		return OK;
	}
	if (b < 0x20 || b >= 0x7f)
		return refuse(head, 400,
		    ERR(MALFORMED, "http: control or bare LF in first line"));
	head->state = STATE_LINE;
	/* The target, and room for the method, blanks and version. */
	if (++head->line_len > HTTP_MAX_TARGET + 32)
		return refuse(
		    head, 414, ERR(TOO_BIG, "http: target over its cap"));
	return OK;
}

static struct err
at_field(struct http_head *head, uint8_t b)
{
	if (b == '\r') {
		head->state = STATE_END_CR;
		return OK;
	}
	if (!is_token(b))
		return refuse(head, 400,
		    ERR(MALFORMED, "http: folded line or no header name"));
	if (++head->num_lines > HTTP_MAX_HEADERS)
		return refuse(
		    head, 431, ERR(TOO_BIG, "http: too many headers"));
	head->state = STATE_NAME;
	return OK;
}

static struct err
in_name(struct http_head *head, uint8_t b)
{
	if (b == ':')
		head->state = STATE_VALUE;
	else if (!is_token(b))
		return refuse(head, 400,
		    ERR(MALFORMED, "http: not a character of a name"));
	return OK;
}

static struct err
in_value(struct http_head *head, uint8_t b)
{
	if (b == '\r')
		head->state = STATE_VALUE_CR;
	else if (!is_value(b))
		return refuse(head, 400,
		    ERR(MALFORMED, "http: control or bare LF in a value"));
	return OK;
}

static struct err
step(struct http_head *head, uint8_t b)
{
	switch (head->state) {
	case STATE_START:
	case STATE_LINE:
		return in_line(head, b);
	case STATE_LINE_CR:
		return after_cr(head, b, STATE_FIELD);
	case STATE_FIELD:
		return at_field(head, b);
	case STATE_NAME:
		return in_name(head, b);
	case STATE_VALUE:
		return in_value(head, b);
	case STATE_VALUE_CR:
		return after_cr(head, b, STATE_FIELD);
	case STATE_END_CR:
		return after_cr(head, b, STATE_COMPLETE);
	default:
		return ERR(USAGE, "http: fed after the end");
	}
}

/* --- llhttp: the finished head ----------------------------------------- */

static struct http_head *
head_of(llhttp_t *parser)
{
	return parser->data;
}

static int
on_url(llhttp_t *parser, const char *at, size_t len)
{
	struct http_head *head = head_of(parser);

	/* The head is fed at once, so that each piece comes at once. */
	if (head->target.data != NULL)
		return HPE_USER;
	head->target = span_of(at, len);
	return HPE_OK;
}

static int
on_header_field(llhttp_t *parser, const char *at, size_t len)
{
	struct http_head *head = head_of(parser);

	if (head->num_headers == HTTP_MAX_HEADERS)
		return HPE_USER;
	head->headers[head->num_headers++] =
	    (struct pair){.name = span_of(at, len)};
	return HPE_OK;
}

static int
on_header_value(llhttp_t *parser, const char *at, size_t len)
{
	struct http_head *head = head_of(parser);
	struct pair *last;

	if (head->num_headers == 0)
		return HPE_USER;
	last = &head->headers[head->num_headers - 1];
	if (last->value.data != NULL)
		return HPE_USER;
	last->value = span_trim(span_of(at, len));
	return HPE_OK;
}

/* Bodies are not llhttp's business: stop behind the head. */
static int
on_headers_complete(llhttp_t *parser)
{
	(void)parser;
	return HPE_PAUSED;
}

static struct err
run_llhttp(struct http_head *head)
{
	llhttp_settings_t settings;
	llhttp_t parser;

	llhttp_settings_init(&settings);
	settings.on_url = on_url;
	settings.on_header_field = on_header_field;
	settings.on_header_value = on_header_value;
	settings.on_headers_complete = on_headers_complete;
	llhttp_init(&parser, HTTP_REQUEST, &settings);
	parser.data = head;
	llhttp_errno_t error = llhttp_execute(
	    &parser, (const char *)head->bytes.data, head->bytes.len);
	if (error != HPE_PAUSED)
		return ERR(MALFORMED, "http: llhttp refuses the head");
	/* Both readers must have seen the same lines. */
	if (head->num_headers != head->num_lines)
		return ERR(MALFORMED, "http: two readings of the headers");
	return OK;
}

/* --- the strict layer: the whole --------------------------------------- */

static struct err
check_version(struct http_head *head, struct span version)
{
	head->version_1_0 = span_equal_str(version, "HTTP/1.0");
	if (head->version_1_0 || span_equal_str(version, "HTTP/1.1"))
		return OK;
	/* Another version, or only garbage? */
	if (version.len == 8 && span_starts_with(version, span_str("HTTP/")) &&
	    isdigit(version.data[5]) && version.data[6] == '.' &&
	    isdigit(version.data[7]))
		head->refused = 505;
	return ERR(UNSUPPORTED, "http: version is not 1.0 or 1.1");
}

/* METHOD SP target SP HTTP/1.x, with one blank each. */
static struct err
check_line(struct http_head *head)
{
	struct span line = span_sub(buf_span(&head->bytes), 0, head->line_len);
	struct span method, target;

	if (!span_take_until(&line, &method, ' ') ||
	    !span_take_until(&line, &target, ' ') || line.data == NULL ||
	    method.len == 0 || target.len == 0)
		return ERR(MALFORMED, "http: first line has not three parts");
	TRY(check_version(head, line));
	if (target.len > HTTP_MAX_TARGET) {
		head->refused = 414;
		return ERR(TOO_BIG, "http: target over its cap");
	}
	head->method = method;
	return OK;
}

static struct err
check_method(struct http_head *head)
{
	static const char *const methods[] = {
	    "GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (span_equal_str(head->method, methods[i]))
			return OK;
	head->refused = 501;
	return ERR(UNSUPPORTED, "http: method is not served");
}

/* host [ ":" port ], of characters that names and addresses have. */
static struct err
check_host(struct http_head *head)
{
	head->host = http_head_find(head, "host");
	if (head->host.len == 0 || head->host.len > 255)
		return ERR(MALFORMED, "http: Host missing, empty or too long");
	for (size_t i = 0; i < head->host.len; i++) {
		uint8_t b = head->host.data[i];

		if (!(b >= 'a' && b <= 'z') && !(b >= 'A' && b <= 'Z') &&
		    !(b >= '0' && b <= '9') &&
		    (b == '\0' || strchr(".-_:[]", b) == NULL))
			return ERR(MALFORMED, "http: Host is not a host");
	}
	return OK;
}

/* The absolute-form becomes origin-form when it says what Host says. */
static struct err
strip_absolute(struct http_head *head)
{
	struct span scheme = span_str("https://");
	struct span rest = span_sub(head->target, scheme.len, head->target.len);
	size_t slash = span_find(rest, '/');

	if (!span_equal_fold(span_sub(head->target, 0, scheme.len), scheme) ||
	    slash == rest.len)
		return ERR(MALFORMED, "http: target is not origin-form");
	if (!span_equal_fold(span_sub(rest, 0, slash), head->host))
		return ERR(MALFORMED, "http: target and Host differ");
	head->target = span_sub(rest, slash, rest.len);
	return OK;
}

/* Only what RFC 3986 allows in a path and query. */
static struct err
check_target(struct http_head *head)
{
	if (head->target.len == 0)
		return ERR(MALFORMED, "http: no target");
	if (head->target.data[0] != '/')
		TRY(strip_absolute(head));
	for (size_t i = 0; i < head->target.len; i++) {
		uint8_t b = head->target.data[i];

		if (!(b >= 'a' && b <= 'z') && !(b >= 'A' && b <= 'Z') &&
		    !(b >= '0' && b <= '9') &&
		    (b == '\0' || strchr("/?%-._~!$&'()*+,;=:@", b) == NULL))
			return ERR(MALFORMED, "http: not a URI character");
	}
	return OK;
}

/* Headers that have one value, on which servers must not differ. */
static struct err
check_single(const struct http_head *head)
{
	static const char *const single[] = {"host", "content-length",
	    "transfer-encoding", "authorization", "expect", "range", "if-match",
	    "if-none-match", "if-modified-since", "if-unmodified-since",
	    "if-range", "content-type", "te"};

	for (size_t k = 0; k < sizeof(single) / sizeof(single[0]); k++) {
		size_t num = 0;

		for (size_t i = 0; i < head->num_headers; i++)
			num += span_equal_fold(
			    head->headers[i].name, span_str(single[k]));
		if (num > 1)
			return ERR(MALFORMED, "http: a header stands twice");
	}
	return OK;
}

static struct err
check_framing(struct http_head *head)
{
	struct span length = http_head_find(head, "content-length");
	struct span coding = http_head_find(head, "transfer-encoding");

	if (coding.data != NULL) {
		if (head->version_1_0 || length.data != NULL ||
		    !span_equal_fold(coding, span_str("chunked")))
			return ERR(MALFORMED, "http: Transfer-Encoding");
		head->has_body = true;
	}
	if (length.data != NULL) {
		struct err err =
		    span_u64(length, &head->content_length, UINT64_MAX / 2);
		if (err.code != ERR_OK)
			return ERR(MALFORMED, "http: Content-Length");
		head->has_body = head->content_length > 0;
	}
	if (head->has_body &&
	    (span_equal_str(head->method, "GET") ||
		span_equal_str(head->method, "HEAD")))
		return ERR(MALFORMED, "http: GET or HEAD with a body");
	return OK;
}

static struct err
check_upgrade(const struct http_head *head)
{
	if (http_head_find(head, "upgrade").data != NULL ||
	    http_head_find(head, "http2-settings").data != NULL)
		return ERR(MALFORMED, "http: no other protocol is served");
	return OK;
}

static struct err
check_expect(struct http_head *head)
{
	struct span expect = http_head_find(head, "expect");

	if (expect.data == NULL)
		return OK;
	if (!span_equal_fold(expect, span_str("100-continue"))) {
		head->refused = 417;
		return ERR(UNSUPPORTED, "http: Expect");
	}
	head->expect_continue = true;
	return OK;
}

/* A body is never read, so behind one there is no next request. */
static void
set_keep_alive(struct http_head *head)
{
	head->keep_alive = !head->version_1_0 && !head->has_body;
	for (size_t i = 0; i < head->num_headers; i++) {
		struct span list = head->headers[i].value, one;

		if (!span_equal_fold(
			head->headers[i].name, span_str("connection")))
			continue;
		while (span_take_until(&list, &one, ','))
			if (span_equal_fold(span_trim(one), span_str("close")))
				head->keep_alive = false;
	}
}

static struct err
check_whole(struct http_head *head)
{
	TRY(check_line(head));
	TRY(check_method(head));
	TRY(run_llhttp(head));
	TRY(check_single(head));
	TRY(check_host(head));
	TRY(check_target(head));
	TRY(check_framing(head));
	TRY(check_upgrade(head));
	TRY(check_expect(head));
	set_keep_alive(head);
	return OK;
}

struct err
http_head_feed(struct http_head *head, struct span *in)
{
	struct span rest = *in;
	struct err err = OK;

	if (head->refused != 0)
		return ERR(MALFORMED, "http: fed after a refusal");
	while (err.code == ERR_OK && head->state != STATE_COMPLETE) {
		uint8_t b;

		if (rest.len == 0)
			break;
		TRY(span_take_u8(&rest, &b));
		err = step(head, b);
		if (err.code == ERR_OK &&
		    head->bytes.len + (in->len - rest.len) > HTTP_MAX_HEAD)
			err = refuse(
			    head, 431, ERR(TOO_BIG, "http: head over its cap"));
	}
	if (err.code != ERR_OK)
		return err;
	TRY(buf_append(&head->bytes, span_sub(*in, 0, in->len - rest.len)));
	*in = rest;
	if (head->state != STATE_COMPLETE)
		return ERR(AGAIN, "http: the head is not complete");
	err = check_whole(head);
	if (err.code != ERR_OK && head->refused == 0)
		head->refused = 400;
	return err;
}
