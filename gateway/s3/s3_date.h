#ifndef GATEHOUSE_S3_DATE_H
#define GATEHOUSE_S3_DATE_H

#include "crypto/memory/span.h"

/*
 * s3_date: the three ways in which S3 writes a moment, all in UTC. Moments
 * are seconds since 1970; years 1970 to 9999 are accepted. Every parser
 * refuses impossible days (30 February) and second 60.
 */
enum {
	S3_DATE_HTTP_LEN = 29,	/* Sun, 06 Nov 1994 08:49:37 GMT */
	S3_DATE_BASIC_LEN = 16, /* 19941106T084937Z */
	S3_DATE_ISO_LEN = 24,	/* 1994-11-06T08:49:37.000Z */
};

/*
 * s3_date_parse_http: IMF-fixdate only, weekday checked; the two obsolete
 * forms are refused.
 *
 * Errors   MALFORMED
 * Source   RFC 9110 s.5.6.7
 */
MUST_USE struct err s3_date_parse_http(struct span in, int64_t *out_s);

/* s3_date_parse_basic: ISO 8601 basic format, as in x-amz-date.
 * Errors: MALFORMED */
MUST_USE struct err s3_date_parse_basic(struct span in, int64_t *out_s);

/* The formats; `out` gets a NUL. Moments outside of the years above are
 * written as the nearest one inside. */
void s3_date_format_http(char out[S3_DATE_HTTP_LEN + 1], int64_t time_s);
void s3_date_format_basic(char out[S3_DATE_BASIC_LEN + 1], int64_t time_s);
void s3_date_format_iso(char out[S3_DATE_ISO_LEN + 1], int64_t time_s);

#endif
