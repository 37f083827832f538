#ifndef GATEHOUSE_HTTP_HEAD_H
#define GATEHOUSE_HTTP_HEAD_H

#include "crypto/memory/buf.h"
#include "gateway/base/limits.h"
#include "gateway/base/pair.h"

/*
 * http_head: the head of an HTTP/1.1 request, strictly (RFC 9112). Two
 * readers must agree on every byte: a strict layer of ours looks at each as
 * it comes, and llhttp in strict mode parses the finished head. What one of
 * them refuses is refused, so that no other server can understand our
 * accepted requests otherwise.
 *
 * Beyond llhttp the strict layer refuses: folded lines, bare CR and LF, NUL
 * and other controls, blanks before a colon, an empty line in front, versions
 * other than 1.0 and 1.1, Transfer-Encoding in 1.0 or beside Content-Length,
 * a missing, empty, repeated or odd Host, repeated headers that have one
 * value, Upgrade and HTTP/2 settings, every target but origin-form and an
 * https absolute-form that agrees with Host, and a body on GET or HEAD.
 *
 * After any refusal the connection is closed: nobody knows where the next
 * request would begin.
 */
struct http_head {
	/* What was read. All spans point into `bytes`; valid until reset. */
	struct span method;
	struct span target; /* origin-form: begins with '/' */
	struct span host;
	struct pair headers[HTTP_MAX_HEADERS]; /* in order, values trimmed */
	size_t num_headers;
	uint64_t content_length;
	bool has_body;	      /* chunked, or a length over 0 */
	bool expect_continue; /* Expect: 100-continue */
	bool version_1_0;
	bool keep_alive; /* the client wants it, and framing allows it */

	/* How far the strict layer is. */
	struct buf bytes;
	unsigned state;	  /* private */
	size_t line_len;  /* of the request line so far */
	size_t num_lines; /* header lines begun */
	unsigned refused; /* HTTP status to refuse with, or 0 */
};

/* http_head_init: nothing read. */
void http_head_init(struct http_head *head);
void http_head_done(struct http_head *head);

/* http_head_reset: ready for the next request; the memory is given back, so
 * that an idle connection holds none. */
void http_head_reset(struct http_head *head);

/*
 * http_head_feed: take bytes of the connection.
 *
 * in        shortened by what belongs to the head; what remains after OK is
 *           the body, or the next request
 * Errors    AGAIN: all was taken, the head is not complete
 *           MALFORMED, TOO_BIG, UNSUPPORTED: refused; answer with
 *             head->refused (400, 414, 417, 431, 501, 505) and close
 *           NO_MEMORY: answer 503 and close
 */
MUST_USE struct err http_head_feed(struct http_head *head, struct span *in);

/* http_head_begun: at least one byte of a head has come. */
bool http_head_begun(const struct http_head *head);

/* http_head_find: a header's value, by name in any case; data == NULL where
 * it was not sent. */
struct span http_head_find(const struct http_head *head, const char *name);

#endif
