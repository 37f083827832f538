#include <assert.h>

#include "gateway/s3/s3_presigned.h"

/*
 * fuzz_s3_presigned: what the worker does with a client's target:
 * s3_presigned_split, then s3_canonical_build. What it takes for presigned
 * the keeper must take for it too, and no signature may stay in the text that
 * it covers.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_text(struct span text, bool presigned)
{
	struct s3_canonical canonical;
	struct err err = s3_canonical_parse(text, &canonical);

	/* The reader has a cap that the builder leaves to its buffer. */
	assert(err.code == ERR_OK || err.code == ERR_TOO_BIG);
	if (err.code != ERR_OK)
		return;
	for (size_t i = 0; i < canonical.num_params; i++)
		assert(!presigned ||
		    !span_equal_str(
			canonical.params[i].name, "X-Amz-Signature"));
	assert(presigned || !s3_presigned_is(&canonical));
	assert(!presigned || s3_presigned_is(&canonical));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf text CLEANUP(buf_done) = {.max = S3_MAX_CANONICAL};
	const struct pair headers[] = {{span_str("host"), span_str("h")}};
	struct s3_request request = {.method = span_str("GET"),
	    .target = span_of(data, len),
	    .headers = headers,
	    .num_headers = 1};
	struct s3_presigned presigned;
	struct span names = span_str("host");
	struct arena arena;

	if (len > HTTP_MAX_TARGET)
		return 0;
	arena_init(&arena, 1 << 20);
	if (s3_presigned_split(&arena, request.target, &presigned) ==
	    S3_ERR_NONE) {
		bool is = presigned.target.data != NULL;

		assert(!is || presigned.target.len < len);
		if (is)
			request.target = presigned.target;
		if (s3_canonical_build(&text, &request, names,
			span_str("UNSIGNED-PAYLOAD")) == S3_ERR_NONE)
			check_text(buf_span(&text), is);
	}
	arena_done(&arena);
	return 0;
}
