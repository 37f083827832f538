#ifndef GATEHOUSE_OPEN_PLACE_H
#define GATEHOUSE_OPEN_PLACE_H

#include "crypto/memory/buf.h"
#include "gateway/s3/s3_get.h"

/*
 * open_place: an object on a server, as a person names it:
 *
 *     s3://BUCKET/KEY   signed, with the access key of the environment
 *                       (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
 *                       AWS_SESSION_TOKEN) or of the profile AWS_PROFILE in
 *                       AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials; at
 *                       the endpoint that is given, or AWS_ENDPOINT_URL_S3,
 *                       AWS_ENDPOINT_URL or Amazon's; in AWS_REGION or
 *                       AWS_DEFAULT_REGION, else us-east-1
 *     https://…         as it stands: a presigned URL, which is a secret while
 *                       it is valid; hence
 *     @FILE             one of the two, in the first line of a file
 */
struct open_place {
	struct buf url;	 /* NUL-terminated */
	struct buf text; /* owns what `get` borrows: the profiles' file, */
	struct buf name; /* and what was typed, or stood in a file */
	bool is_signed;	 /* s3:// */
	struct s3_get get;
};

/* open_place_names: whether this is such a name, and not a local file's. */
bool open_place_names(const char *in);

/*
 * open_place_init
 *
 * endpoint  "https://host[:port]", or NULL
 * Errors    USAGE: not such a name or endpoint, no credentials; IO; NO_MEMORY
 */
MUST_USE struct err open_place_init(
    struct open_place *out, const char *in, const char *endpoint);
void open_place_done(struct open_place *place); /* wipes */

/*
 * open_place_lines: append the header lines of a request for this place, each
 * with LF behind; wipe them.
 *
 * Errors   as s3_get_sign
 */
MUST_USE struct err open_place_lines(
    struct buf *out, const struct open_place *place, const struct s3_get *part);

#endif
