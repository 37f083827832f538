#ifndef GATEHOUSE_S3_PRESIGNED_H
#define GATEHOUSE_S3_PRESIGNED_H

#include "crypto/memory/arena.h"
#include "gateway/s3/s3_canonical.h"

/*
 * s3_presigned: a request whose signature stands in its query. The signature
 * covers the whole query but itself, so it is taken out first; what is left
 * is a request like any other, whose canonical form the keeper verifies
 * (sigv4_parse_query).
 *
 * Source  AWS "Authenticating Requests: Using Query Parameters"
 */
struct s3_presigned {
	struct span target;    /* the request's, without the signature */
	struct span names;     /* X-Amz-SignedHeaders, decoded */
	struct span signature; /* X-Amz-Signature, decoded, not yet judged */
};

/*
 * s3_presigned_split: take a presigned target apart.
 *
 * arena     keeps what `out` points to
 * out       target.data == NULL: nothing in the query belongs to a signature
 * Returns   AUTHORIZATION_QUERY_PARAMETERS: no signature or no list of
 *             headers, or one of them twice
 *           INVALID_URI: a '%' that encodes nothing; INTERNAL: no memory
 */
MUST_USE enum s3_error s3_presigned_split(
    struct arena *arena, struct span target, struct s3_presigned *out);

/* s3_presigned_is: a parameter of this canonical request belongs to a
 * signature in the query, which has to be there then. */
bool s3_presigned_is(const struct s3_canonical *canonical);

#endif
