#ifndef GATEHOUSE_S3_URI_H
#define GATEHOUSE_S3_URI_H

#include "crypto/memory/buf.h"

/*
 * s3_uri: percent-encoding as SigV4 wants it, and what text a key may be.
 * "Canonical" means: unreserved characters (RFC 3986 s.2.3) stand for
 * themselves, every other byte is %XX in upper case.
 */

/* s3_uri_encode: append `in` in canonical form; '/' is kept if keep_slash.
 * Errors: as buf_append. */
MUST_USE struct err s3_uri_encode(
    struct buf *out, struct span in, bool keep_slash);

/*
 * s3_uri_decode: append `in` with each %XX, of either case, as its byte. One
 * pass; '+' is a plus.
 *
 * Errors   MALFORMED: a '%' without two hex digits; as buf_append. What was
 *          decoded before stays in `out`.
 */
MUST_USE struct err s3_uri_decode(struct buf *out, struct span in);

/* s3_uri_is_canonical: `in` is what s3_uri_encode writes for some bytes; a
 * '/' may stand for itself if keep_slash. */
bool s3_uri_is_canonical(struct span in, bool keep_slash);

/*
 * s3_uri_is_text: strict UTF-8 (RFC 3629: no overlong form, no surrogate,
 * nothing above U+10FFFF) without control characters (C0, DEL, C1) and
 * noncharacters U+FFFE and U+FFFF, so that it can stand in XML and in a log.
 */
bool s3_uri_is_text(struct span in);

/*
 * s3_uri_take_rune: remove one code point of strict UTF-8 from the front.
 *
 * Errors   MALFORMED, TRUNCATED; `in` is then untouched
 */
MUST_USE struct err s3_uri_take_rune(struct span *in, uint32_t *out_rune);

#endif
