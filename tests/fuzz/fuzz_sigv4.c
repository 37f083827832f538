#include <assert.h>

#include "crypto/init.h"
#include "gateway/s3/s3_presigned.h"
#include "gateway/s3/s3_route.h"
#include "gateway/s3/sigv4.h"

/*
 * fuzz_sigv4: what the keeper does with a worker's bytes: sigv4_parse,
 * sigv4_parse_query, s3_canonical_parse, sigv4_verify, s3_route_parse. The
 * first line is the Authorization header, or the signature of a presigned
 * request, the rest the canonical request. Nothing may verify, and what was
 * read is rebuilt to the same bytes by s3_canonical_build.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_round_trip(struct span text, const struct s3_canonical *canonical)
{
	struct buf target CLEANUP(buf_done) = {.max = S3_MAX_CANONICAL};
	struct buf again CLEANUP(buf_done) = {.max = S3_MAX_CANONICAL};
	struct s3_request request = {.method = canonical->method,
	    .headers = canonical->headers,
	    .num_headers = canonical->num_headers};
	struct err err = buf_append(&target, canonical->path);

	if (err.code == ERR_OK && canonical->query.len > 0)
		err = buf_put_u8(&target, '?');
	if (err.code == ERR_OK)
		err = buf_append(&target, canonical->query);
	request.target = buf_span(&target);
	/* The reader's caps are wider than a request can be. */
	if (err.code != ERR_OK || target.len > HTTP_MAX_TARGET)
		return;
	enum s3_error error = s3_canonical_build(
	    &again, &request, canonical->names, canonical->payload);
	assert(error == S3_ERR_NONE);
	assert(span_equal(buf_span(&again), text));
}

static void
check_route(const struct s3_canonical *canonical)
{
	struct arena arena;
	struct s3_route route;

	arena_init(&arena, 65536);
	if (s3_route_parse(&arena, canonical, NULL, &route) == S3_ERR_NONE) {
		assert(route.key.len <= S3_MAX_KEY);
		assert(span_find(route.key, '\0') == route.key.len);
		assert(route.list.max_keys <= S3_MAX_LIST);
	}
	arena_done(&arena);
}

static void
check_signature(
    struct span text, const struct s3_canonical *canonical, struct span header)
{
	struct sigv4_auth auth;
	struct arena arena;
	enum s3_error error;

	arena_init(&arena, 65536);
	error = s3_presigned_is(canonical)
	    ? sigv4_parse_query(&arena, canonical, header, &auth)
	    : sigv4_parse(header, &auth);
	if (error == S3_ERR_NONE) {
		struct sigv4_check check = {.text = text,
		    .canonical = canonical,
		    .auth = &auth,
		    .secret = span_str("a secret that no input knows"),
		    .region = auth.region,
		    .now_s = 1795428000};

		static struct sigv4_day day;
		check.day = &day;
		assert(auth.expires_s <= SIGV4_MAX_EXPIRES_S);
		assert(sigv4_verify(&check) != S3_ERR_NONE);
	}
	arena_done(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool ready;
	struct span text = span_of(data, len), header;
	struct s3_canonical canonical;

	if (!ready && crypto_init().code != ERR_OK)
		return 0;
	ready = true;
	if (span_take_line(&text, &header).code != ERR_OK)
		return 0;
	if (s3_canonical_parse(text, &canonical).code != ERR_OK)
		return 0;
	check_round_trip(text, &canonical);
	check_route(&canonical);
	check_signature(text, &canonical, header);
	return 0;
}
