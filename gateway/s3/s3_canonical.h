#ifndef GATEHOUSE_S3_CANONICAL_H
#define GATEHOUSE_S3_CANONICAL_H

#include "crypto/memory/buf.h"
#include "gateway/base/limits.h"
#include "gateway/base/pair.h"
#include "gateway/s3/s3_error.h"

/*
 * s3_canonical: the canonical request of Signature Version 4 under S3's path
 * rule, written and read by one file. The worker writes it from the head that
 * a client sent; the keeper, which knows no HTTP, reads method, bucket, key,
 * query and host from this text alone. What was verified is what is routed.
 *
 *     METHOD LF path LF query LF (name ":" value LF)+ LF names LF payload
 *
 * Stricter than Amazon, where a difference would leave room for two readings:
 * a query parameter or a covered header that stands twice is refused, so are
 * an empty parameter name and a '%' that encodes nothing.
 *
 * Source  AWS "Signature Version 4 request signing elements"
 */

/* What the head of a request says. All borrowed. */
struct s3_request {
	struct span method;
	struct span target; /* as sent: a path, then perhaps '?' and a query */
	const struct pair *headers;
	size_t num_headers;
};

/*
 * s3_canonical_build: append the canonical request.
 *
 * names     the covered headers, as in SignedHeaders: lower case, ';' between,
 *           sorted, host among them, and every x-amz- header that was sent
 * payload   the last line, e.g. the value of x-amz-content-sha256
 * Returns   AUTHORIZATION_HEADER_MALFORMED: `names` is not such a list
 *           ACCESS_DENIED: host or an x-amz- header is not covered
 *           SIGNATURE_DOES_NOT_MATCH: a covered header was not sent
 *           INVALID_URI: the target cannot be decoded, or names twice
 *           BAD_REQUEST: a covered header stands twice or holds controls
 *           INTERNAL: no memory, or over the ceiling of `out`
 *           `out` is untouched then
 */
MUST_USE enum s3_error s3_canonical_build(struct buf *out,
    const struct s3_request *request, struct span names, struct span payload);

/*
 * s3_canonical_names: append the `names` that cover a request: all of its
 * headers, or only host and x-amz-*.
 *
 * Returns   BAD_REQUEST: one of them stands twice; INTERNAL
 */
MUST_USE enum s3_error s3_canonical_names(
    struct buf *out, const struct s3_request *request, bool all);

/*
 * s3_canonical_unsigned: the same form for a request without a signature
 * (anonymous, or known by client certificate only): it covers host and
 * x-amz-*, and the payload is x-amz-content-sha256 or UNSIGNED-PAYLOAD.
 */
MUST_USE enum s3_error s3_canonical_unsigned(
    struct buf *out, const struct s3_request *request);

/* A canonical request, read. All spans point into its text. */
struct s3_canonical {
	struct span method;  /* A-Z only */
	struct span path;    /* encoded */
	struct span query;   /* encoded */
	struct span names;   /* of the covered headers, as in the text */
	struct span payload; /* 64 hex digits, or one of Amazon's words */
	struct pair params[S3_MAX_PARAMS]; /* encoded, sorted, no name twice */
	size_t num_params;
	struct pair headers[HTTP_MAX_HEADERS]; /* sorted, no name twice */
	size_t num_headers;
};

/*
 * s3_canonical_parse: read a canonical request strictly: whatever
 * s3_canonical_build would not write is refused, every byte is accounted for.
 *
 * Errors   MALFORMED; TRUNCATED: fewer lines than there must be; TOO_BIG:
 *          over S3_MAX_CANONICAL, S3_MAX_PARAMS or HTTP_MAX_HEADERS
 */
MUST_USE struct err s3_canonical_parse(
    struct span text, struct s3_canonical *out);

/* s3_canonical_header: the value of a covered header, by its lower-case name;
 * data == NULL where it is not covered. */
struct span s3_canonical_header(
    const struct s3_canonical *canonical, const char *name);

#endif
