#ifndef GATEHOUSE_S3_TARGET_H
#define GATEHOUSE_S3_TARGET_H

#include "crypto/memory/buf.h"
#include "gateway/s3/s3_error.h"

/*
 * s3_target: the two halves of a request target, from what a client sent to
 * the one spelling that stands in a canonical request.
 *
 * Errors of both   INVALID_URI; INTERNAL: no memory, or over the ceiling of
 *                  `out`, which then holds a part
 */

/* s3_target_append_path: each segment decoded and encoded once; "//" and
 * "/./" stay. INVALID_URI: no '/' in front, or a '%' that encodes nothing. */
MUST_USE enum s3_error s3_target_append_path(struct buf *out, struct span path);

/*
 * s3_target_append_query: name=value, each decoded and encoded, sorted by
 * name, '&' between. INVALID_URI: also a parameter without name, one that
 * stands twice, or more than S3_MAX_PARAMS.
 */
MUST_USE enum s3_error s3_target_append_query(
    struct buf *out, struct span query);

#endif
