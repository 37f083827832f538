#ifndef GATEHOUSE_S3_RANGE_H
#define GATEHOUSE_S3_RANGE_H

#include "crypto/memory/span.h"

/*
 * s3_range: which part of an object a GET wants, and whether it wants it at
 * all. Source: RFC 9110 s.13 and s.14, with S3's reading of it.
 */
enum s3_range_kind {
	S3_RANGE_WHOLE,		/* 200 */
	S3_RANGE_PART,		/* 206 */
	S3_RANGE_UNSATISFIABLE, /* 416 */
};

struct s3_range {
	enum s3_range_kind kind;
	uint64_t first; /* offset of the first byte */
	uint64_t len;	/* bytes; for a part at least 1 */
};

/*
 * s3_range_resolve: what a Range header means for an object of `size` bytes.
 * Only "bytes=a-b", "bytes=a-" and "bytes=-n" select a part. Several ranges,
 * another unit, or a value that breaks the grammar select the whole, as if
 * the header were not there. Any valid range of an empty object is
 * unsatisfiable, so are a first byte beyond the end and a suffix of none.
 *
 * value   the header's value; data == NULL where it was not sent
 */
struct s3_range s3_range_resolve(struct span value, uint64_t size);

/* The conditional headers; data == NULL where one was not sent. */
struct s3_conditions {
	struct span if_match;
	struct span if_none_match;
	struct span if_modified_since;
	struct span if_unmodified_since;
	struct span if_range;
};

enum s3_verdict {
	S3_VERDICT_SERVE,	 /* go on */
	S3_VERDICT_NOT_MODIFIED, /* 304 */
	S3_VERDICT_FAILED,	 /* 412 */
};

/*
 * s3_range_check: the conditions against an object's state. If-Match beats
 * If-Unmodified-Since, If-None-Match beats If-Modified-Since. A date that is
 * no IMF-fixdate is ignored. Entity tags may stand without quotes, as S3
 * clients send them; a weak one matches in If-None-Match only.
 *
 * etag     ours, strong, with its quotes
 * time_s   last modified
 */
enum s3_verdict s3_range_check(
    const struct s3_conditions *conditions, struct span etag, int64_t time_s);

/* s3_range_applies: If-Range is not there, or names this state exactly. */
bool s3_range_applies(
    const struct s3_conditions *conditions, struct span etag, int64_t time_s);

/*
 * s3_range_select: the part that a GET wants of an object in this state, whose
 * conditions hold: what s3_range_resolve says, if If-Range lets it.
 */
struct s3_range s3_range_select(const struct s3_conditions *conditions,
    struct span value, struct span etag, int64_t time_s, uint64_t size);

#endif
