/*
 * Targets: the small readers of what a client sends: s3_uri_decode,
 * s3_uri_is_text, s3_target_append_path and _query, s3_range_resolve,
 * s3_range_check, s3_range_applies, s3_date_parse_http and _basic,
 * s3_list_open_token. Each keeps its promise to the others: what was decoded
 * is encoded to one spelling, a part lies in its object, a moment is written
 * as it was read, and no token opens that we did not seal.
 */
#include <assert.h>
#include <stdlib.h>

#include "crypto/init.h"
#include "gateway/base/limits.h"
#include "gateway/s3/s3_date.h"
#include "gateway/s3/s3_list.h"
#include "gateway/s3/s3_range.h"
#include "gateway/s3/s3_target.h"
#include "gateway/s3/s3_uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	MAX = 3 * 65536,
};

static void
check_uri(struct span in)
{
	struct buf plain = {.max = MAX}, encoded = {.max = MAX};
	struct buf again = {.max = MAX};

	if (s3_uri_decode(&plain, in).code == ERR_OK) {
		struct span text = buf_span(&plain);
		uint32_t rune;

		assert(s3_uri_encode(&encoded, text, true).code == ERR_OK);
		assert(s3_uri_is_canonical(buf_span(&encoded), true));
		assert(
		    s3_uri_decode(&again, buf_span(&encoded)).code == ERR_OK);
		assert(span_equal(buf_span(&again), text));
		if (s3_uri_is_text(text))
			while (text.len > 0)
				assert(s3_uri_take_rune(&text, &rune).code ==
				    ERR_OK);
	}
	buf_done(&plain);
	buf_done(&encoded);
	buf_done(&again);
}

/* The one spelling is spelled so again. */
static void
check_target(struct span in, enum s3_error (*append)(struct buf *, struct span))
{
	struct buf once = {.max = MAX}, twice = {.max = MAX};

	if (append(&once, in) == S3_ERR_NONE) {
		assert(append(&twice, buf_span(&once)) == S3_ERR_NONE);
		assert(span_equal(buf_span(&once), buf_span(&twice)));
	}
	buf_done(&once);
	buf_done(&twice);
}

static void
check_range(struct span in)
{
	static const uint64_t sizes[] = {0, 1, 10, INT64_MAX};
	const struct span etag = span_str("\"e-1\"");
	const struct s3_conditions conditions = {in, in, in, in, in};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct s3_range range = s3_range_resolve(in, sizes[i]);

		if (range.kind != S3_RANGE_PART)
			continue;
		assert(range.len > 0 && range.first < sizes[i]);
		assert(range.len <= sizes[i] - range.first);
	}
	(void)s3_range_check(&conditions, etag, 784111777);
	(void)s3_range_applies(&conditions, etag, 784111777);
}

static void
check_date(struct span in)
{
	char http[S3_DATE_HTTP_LEN + 1], basic[S3_DATE_BASIC_LEN + 1];
	int64_t time_s;

	if (s3_date_parse_http(in, &time_s).code == ERR_OK) {
		s3_date_format_http(http, time_s);
		assert(span_equal_str(in, http));
	}
	if (s3_date_parse_basic(in, &time_s).code == ERR_OK) {
		s3_date_format_basic(basic, time_s);
		assert(span_equal_str(in, basic));
	}
}

static void
check_token(struct span in)
{
	static const uint8_t key[32] = {1, 2, 3};
	struct buf after = {.max = MAX};
	const struct s3_route route = {.op = S3_OP_LIST_OBJECTS_V2,
	    .bucket = span_str("bucket"),
	    .list = {.token = in}};

	assert(s3_list_open_token(&after, key, &route) != S3_ERR_NONE);
	buf_done(&after);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct span in = span_of(data, len);

	if (crypto_init().code != ERR_OK)
		abort();
	if (len > HTTP_MAX_HEAD)
		return 0;
	check_uri(in);
	check_target(in, s3_target_append_path);
	check_target(in, s3_target_append_query);
	check_range(in);
	check_date(in);
	check_token(in);
	return 0;
}
