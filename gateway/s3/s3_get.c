#include "gateway/s3/s3_get.h"

#include <inttypes.h>
#include <stdio.h>

#include "crypto/encode.h"
#include "crypto/hash.h"
#include "gateway/s3/s3_date.h"
#include "gateway/s3/s3_uri.h"
#include "gateway/s3/sigv4.h"

enum {
	MAX_LINES = 6,
	RANGE_TEXT = 64
};

struct err
s3_get_path(struct buf *out, const struct s3_get *get)
{
	TRY(buf_put_u8(out, '/'));
	TRY(buf_append(out, get->bucket));
	TRY(buf_put_u8(out, '/'));
	return s3_uri_encode(out, get->key, true);
}

/* The header lines; their texts are borrowed but for those in here. */
struct lines {
	struct pair items[MAX_LINES];
	size_t num;
	char range[RANGE_TEXT];
	char date[S3_DATE_BASIC_LEN + 1];
};

static void
add(struct lines *lines, const char *name, struct span value)
{
	lines->items[lines->num++] =
	    (struct pair){.name = span_str(name), .value = value};
}

static void
add_conditions(struct lines *lines, const struct s3_get *get)
{
	if (get->ranged) {
		(void)snprintf(lines->range, sizeof(lines->range),
		    "bytes=%" PRIu64 "-%" PRIu64, get->first, get->last);
		add(lines, "Range", span_str(lines->range));
	}
	if (get->etag.len > 0)
		add(lines, "If-Match", get->etag);
}

static struct err
put_lines(struct buf *out, const struct lines *lines)
{
	for (size_t i = 0; i < lines->num; i++) {
		TRY(buf_append(out, lines->items[i].name));
		TRY(buf_append_str(out, ": "));
		TRY(buf_append(out, lines->items[i].value));
		TRY(buf_put_u8(out, '\n'));
	}
	return OK;
}

struct err
s3_get_conditions(struct buf *out, const struct s3_get *get)
{
	struct lines lines = {.num = 0};

	add_conditions(&lines, get);
	return put_lines(out, &lines);
}

/* A GET has no body; its hash is part of what S3 has signed. */
static struct err
hash_nothing(struct buf *out)
{
	uint8_t hash[32];

	TRY(hash_sha256(hash, span_of(NULL, 0)));
	return encode_hex(out, span_of(hash, sizeof(hash)));
}

struct err
s3_get_sign(struct buf *out, const struct s3_get *get)
{
	struct buf target CLEANUP(buf_done) = {.max = HTTP_MAX_TARGET};
	struct buf payload CLEANUP(buf_done) = {.max = 64};
	struct lines lines = {.num = 0};

	TRY(s3_get_path(&target, get));
	TRY(hash_nothing(&payload));
	s3_date_format_basic(lines.date, get->now_s);
	add(&lines, "Host", get->authority);
	add(&lines, "X-Amz-Date", span_str(lines.date));
	add(&lines, "X-Amz-Content-SHA256", buf_span(&payload));
	if (get->token.len > 0)
		add(&lines, "X-Amz-Security-Token", get->token);
	add_conditions(&lines, get);
	const struct s3_request request = {.method = span_str("GET"),
	    .target = buf_span(&target),
	    .headers = lines.items,
	    .num_headers = lines.num};
	const struct sigv4_key key = {.key_id = get->key_id,
	    .secret = get->secret,
	    .region = get->region,
	    .service = span_str("s3")};
	TRY(put_lines(out, &lines));
	TRY(buf_append_str(out, "Authorization: "));
	TRY(sigv4_sign(out, &key, &request, buf_span(&payload)));
	return buf_put_u8(out, '\n');
}
