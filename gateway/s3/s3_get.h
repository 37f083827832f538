#ifndef GATEHOUSE_S3_GET_H
#define GATEHOUSE_S3_GET_H

#include "crypto/memory/buf.h"

/*
 * s3_get: GetObject as a client asks for it: path style, signed by SigV4 in
 * the header. Pure: the time is an argument, nothing is sent.
 */

/* What to read, and as whom. All borrowed. */
struct s3_get {
	struct span authority; /* as in the Host header: host[:port] */
	struct span bucket, key;
	struct span etag; /* with its quotes, for If-Match; or empty */
	bool ranged;
	uint64_t first, last; /* bytes, both included */
	struct span region;
	struct span key_id, secret;
	struct span token; /* of a session; or empty */
	int64_t now_s;	   /* Unix time */
};

/* s3_get_path: append the request target: "/bucket/key", encoded.
 * Errors: as buf_append. */
MUST_USE struct err s3_get_path(struct buf *out, const struct s3_get *get);

/*
 * s3_get_conditions: append "Range: …" and "If-Match: …", where there are
 * such, each line with LF behind. Errors: as buf_append.
 */
MUST_USE struct err s3_get_conditions(
    struct buf *out, const struct s3_get *get);

/*
 * s3_get_sign: append every header line of the signed request, Host and
 * conditions included, each with LF behind. `out` holds a credential: wipe
 * it.
 *
 * Errors   USAGE: the request cannot be signed; CRYPTO; as buf_append
 */
MUST_USE struct err s3_get_sign(struct buf *out, const struct s3_get *get);

#endif
