#ifndef GATEHOUSE_HTTP_RESPONSE_H
#define GATEHOUSE_HTTP_RESPONSE_H

#include "crypto/memory/buf.h"
#include "gateway/base/pair.h"

/*
 * http_response: the head of an answer and the framing of a body whose
 * length is not known yet (RFC 9112 s.7.1). There is no Server header.
 */
struct http_response {
	unsigned status;
	int64_t now_s;		/* for Date */
	struct span request_id; /* x-amz-request-id, x-amz-id-2; or empty */
	const struct pair *headers;
	size_t num_headers;
	uint64_t content_length; /* when not chunked */
	bool chunked;
	bool close;
};

/*
 * http_response_head: append the head. A 304 gets no Content-Length, for
 * there it would have to be that of the 200.
 *
 * Errors   MALFORMED: a name that is no token, or a control or a non-ASCII
 *            byte in a value: nothing that came from outside can begin a
 *            line of its own
 *          USAGE: a status that we do not send
 *          TOO_BIG, NO_MEMORY of `out`; it is as before then
 */
MUST_USE struct err http_response_head(
    struct buf *out, const struct http_response *response);

/* http_response_chunk: append the line in front of `len` > 0 bytes; CRLF
 * follows the bytes. */
MUST_USE struct err http_response_chunk(struct buf *out, size_t len);

/* The end of a chunked body. Sent only when all of it was: without it the
 * client knows that the rest is missing. */
#define HTTP_RESPONSE_LAST_CHUNK "0\r\n\r\n"

/*
 * http_response_text: append `text` as it may stand in a header: printable
 * ASCII stands for itself, '%' and every other byte become %XX.
 */
MUST_USE struct err http_response_text(struct buf *out, struct span text);

#endif
