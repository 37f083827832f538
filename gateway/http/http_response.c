#include "gateway/http/http_response.h"

#include "gateway/s3/s3_date.h"

static const char *
reason_of(unsigned status)
{
	static const struct {
		unsigned status;
		const char *reason;
	} rows[] = {
	    {200, "OK"},
	    {206, "Partial Content"},
	    {304, "Not Modified"},
	    {400, "Bad Request"},
	    {403, "Forbidden"},
	    {404, "Not Found"},
	    {405, "Method Not Allowed"},
	    {412, "Precondition Failed"},
	    {414, "URI Too Long"},
	    {416, "Range Not Satisfiable"},
	    {417, "Expectation Failed"},
	    {431, "Request Header Fields Too Large"},
	    {500, "Internal Server Error"},
	    {501, "Not Implemented"},
	    {502, "Bad Gateway"},
	    {503, "Service Unavailable"},
	    {505, "HTTP Version Not Supported"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return rows[i].reason;
	return NULL;
}

static bool
is_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		uint8_t b = name.data[i];

		if (!(b >= 'a' && b <= 'z') && !(b >= 'A' && b <= 'Z') &&
		    !(b >= '0' && b <= '9') && b != '-')
			return false;
	}
	return name.len > 0;
}

static bool
is_value(struct span value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] < 0x20 || value.data[i] > 0x7e)
			return false;
	return true;
}

static struct err
put_header(struct buf *out, struct span name, struct span value)
{
	if (!is_name(name) || !is_value(value))
		return ERR(MALFORMED, "http: header of an answer");
	TRY(buf_append(out, name));
	TRY(buf_append_str(out, ": "));
	TRY(buf_append(out, value));
	return buf_append_str(out, "\r\n");
}

static struct err
put_framing(struct buf *out, const struct http_response *response)
{
	if (response->chunked)
		TRY(buf_append_str(out, "Transfer-Encoding: chunked\r\n"));
	else if (response->status != 304)
		TRY(buf_append_format(out, "Content-Length: %llu\r\n",
		    (unsigned long long)response->content_length));
	if (response->close)
		TRY(buf_append_str(out, "Connection: close\r\n"));
	return OK;
}

static struct err
put_head(struct buf *out, const struct http_response *response)
{
	const char *reason = reason_of(response->status);
	char date[S3_DATE_HTTP_LEN + 1];

	if (reason == NULL)
		return ERR(USAGE, "http: unknown status");
	TRY(buf_append_format(
	    out, "HTTP/1.1 %u %s\r\n", response->status, reason));
	s3_date_format_http(date, response->now_s);
	TRY(put_header(out, span_str("Date"), span_str(date)));
	if (response->request_id.len > 0) {
		TRY(put_header(
		    out, span_str("x-amz-request-id"), response->request_id));
		TRY(put_header(
		    out, span_str("x-amz-id-2"), response->request_id));
	}
	for (size_t i = 0; i < response->num_headers; i++)
		TRY(put_header(out, response->headers[i].name,
		    response->headers[i].value));
	TRY(put_framing(out, response));
	return buf_append_str(out, "\r\n");
}

struct err
http_response_head(struct buf *out, const struct http_response *response)
{
	size_t before = out->len;
	struct err err = put_head(out, response);

	if (err.code != ERR_OK)
		out->len = before;
	return err;
}

struct err
http_response_chunk(struct buf *out, size_t len)
{
	return buf_append_format(out, "%zx\r\n", len);
}

struct err
http_response_text(struct buf *out, struct span text)
{
	size_t before = out->len;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t b = text.data[i];
		bool plain = b >= 0x20 && b < 0x7f && b != '%';
		struct err err = plain
		    ? buf_put_u8(out, b)
		    : buf_append_format(out, "%%%02X", (unsigned)b);

		if (err.code != ERR_OK) {
			out->len = before;
			return err;
		}
	}
	return OK;
}
