#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/init.h"
#include "gateway/s3/s3_date.h"
#include "gateway/s3/s3_presigned.h"
#include "gateway/s3/s3_route.h"
#include "gateway/s3/sigv4.h"
#include "tests/harness/vectors.h"

/* One presigned request, as it stands in sigv4_query.txt. */
struct vector {
	char expect[16];
	struct span secret, region, service, method, payload;
	struct buf target, canonical, header[8];
	struct pair headers[9];
	size_t num_headers;
};

static void
vector_done(struct vector *v)
{
	buf_done(&v->target);
	buf_done(&v->canonical);
	for (size_t i = 0; i < 8; i++)
		buf_done(&v->header[i]);
}

static void
vector_read(struct vectors *file, struct vector *v)
{
	*v = (struct vector){0};
	buf_init(&v->target, HTTP_MAX_HEAD);
	buf_init(&v->canonical, HTTP_MAX_HEAD);
	(void)vectors_text(file, "Name");
	struct span expect = vectors_text(file, "Expect");
	assert_true(expect.len < sizeof(v->expect));
	memcpy(v->expect, expect.data, expect.len);
	v->secret = vectors_text(file, "Secret");
	v->region = vectors_text(file, "Region");
	v->service = vectors_text(file, "Service");
	v->method = vectors_text(file, "Method");
	vectors_hex(file, "Target", &v->target);
	for (size_t i = 0; vectors_has(file, "Header"); i++) {
		assert_true(i < 8);
		buf_init(&v->header[i], HTTP_MAX_HEAD);
		vectors_hex(file, "Header", &v->header[i]);
		struct span line = buf_span(&v->header[i]);
		size_t colon = span_find(line, ':');
		v->headers[i].name = span_sub(line, 0, colon);
		v->headers[i].value = span_sub(line, colon + 1, line.len);
		v->num_headers = i + 1;
	}
	v->payload = vectors_text(file, "Payload");
	vectors_hex(file, "Canonical", &v->canonical);
}

/* What the worker sends to the keeper. */
struct sent {
	struct arena arena;
	struct buf text;
	struct span signature;
	bool presigned;
};

static void
sent_init(struct sent *sent)
{
	*sent = (struct sent){.text.max = S3_MAX_CANONICAL};
	arena_init(&sent->arena, 1 << 20);
}

static void
sent_done(struct sent *sent)
{
	arena_done(&sent->arena);
	buf_done(&sent->text);
}

/* The worker's half: split, and build the text. */
static enum s3_error
worker_send(struct sent *sent, const struct vector *v, struct span target)
{
	struct s3_request request = {.method = v->method,
	    .headers = v->headers,
	    .num_headers = v->num_headers};
	struct s3_presigned presigned;
	enum s3_error error =
	    s3_presigned_split(&sent->arena, target, &presigned);

	if (error != S3_ERR_NONE)
		return error;
	sent->presigned = presigned.target.data != NULL;
	if (!sent->presigned)
		return S3_ERR_ACCESS_DENIED;
	request.target = presigned.target;
	sent->signature = presigned.signature;
	return s3_canonical_build(
	    &sent->text, &request, presigned.names, v->payload);
}

/* The keeper's half, from the text and the signature alone. */
static enum s3_error
keeper_verify(const struct vector *v, struct span text, struct span signature,
    int64_t now_s)
{
	static struct s3_canonical parsed;
	struct arena arena;
	struct sigv4_auth auth;
	struct s3_route route;

	if (s3_canonical_parse(text, &parsed).code != ERR_OK)
		return S3_ERR_BAD_REQUEST;
	if (!s3_presigned_is(&parsed))
		return S3_ERR_ACCESS_DENIED;
	arena_init(&arena, 1 << 20);
	enum s3_error error =
	    sigv4_parse_query(&arena, &parsed, signature, &auth);
	if (error == S3_ERR_NONE) {
		struct sigv4_check check = {.text = text,
		    .canonical = &parsed,
		    .auth = &auth,
		    .secret = v->secret,
		    .region = v->region,
		    .now_s = now_s};
		struct sigv4_day day = {0};
		error = sigv4_verify(&check);
		check.day = &day;
		assert_int_equal(sigv4_verify(&check), error);
		assert_int_equal(sigv4_verify(&check), error);
	}
	if (error == S3_ERR_NONE)
		error = s3_route_parse(&arena, &parsed, NULL, &route);
	arena_done(&arena);
	return error;
}

static int64_t
time_of(const struct vector *v)
{
	static const char name[] = "X-Amz-Date=";
	struct span target = buf_span(&v->target);
	int64_t time_s;

	for (size_t at = 0; at < target.len; at++) {
		struct span rest = span_sub(target, at, target.len);

		if (!span_starts_with(rest, span_str(name)))
			continue;
		assert_int_equal(
		    s3_date_parse_basic(
			span_sub(rest, sizeof(name) - 1, 16), &time_s)
			.code,
		    ERR_OK);
		return time_s;
	}
	fail_msg("a vector without its date");
	return 0;
}

/* --- the published suite and botocore ---------------------------------- */

static void
check_signature(const struct vector *v, const struct sent *sent)
{
	static struct s3_canonical parsed;
	struct arena arena;
	struct sigv4_auth auth;
	char signature[SIGV4_SIGNATURE_LEN];

	assert_true(span_equal(buf_span(&sent->text), buf_span(&v->canonical)));
	assert_int_equal(
	    s3_canonical_parse(buf_span(&sent->text), &parsed).code, ERR_OK);
	arena_init(&arena, 1 << 20);
	assert_int_equal(
	    sigv4_parse_query(&arena, &parsed, sent->signature, &auth),
	    S3_ERR_NONE);
	struct sigv4_scope scope = {
	    .time = auth.time, .region = v->region, .service = v->service};
	assert_int_equal(
	    sigv4_signature(signature, buf_span(&sent->text), &scope, v->secret)
		.code,
	    ERR_OK);
	assert_memory_equal(signature, sent->signature.data, 64);
	assert_true(auth.expires_s >= 1 && auth.expires_s <= 604800);
	arena_done(&arena);
}

static void
s3_presigned__agrees_with_the_published_suite_and_botocore(void **state)
{
	struct vectors *file = vectors_open("tests/vectors/sigv4_query.txt");
	size_t num_published = 0, num_s3 = 0, num_refused = 0, num_token = 0;

	(void)state;
	while (vectors_next(file)) {
		struct vector v;
		struct sent sent;

		vector_read(file, &v);
		sent_init(&sent);
		enum s3_error error =
		    worker_send(&sent, &v, buf_span(&v.target));
		if (strcmp(v.expect, "refused") == 0) {
			assert_int_equal(error, S3_ERR_BAD_REQUEST);
			num_refused++;
		} else if (strcmp(v.expect, "token") == 0) {
			assert_int_equal(error, S3_ERR_NONE);
			assert_int_equal(keeper_verify(&v, buf_span(&sent.text),
					     sent.signature, time_of(&v)),
			    S3_ERR_INVALID_TOKEN);
			num_token++;
		} else {
			assert_int_equal(error, S3_ERR_NONE);
			check_signature(&v, &sent);
			num_published += strcmp(v.expect, "published") == 0;
			num_s3 += strcmp(v.expect, "published") != 0;
		}
		sent_done(&sent);
		vector_done(&v);
	}
	vectors_close(file);
	assert_int_equal(num_published, 26);
	assert_int_equal(num_s3, 6 + 29);
	assert_int_equal(num_refused, 3);
	assert_int_equal(num_token, 3);
}

/* --- forgeries --------------------------------------------------------- */

/* Nothing but another spelling of the same request may pass. */
static size_t
expect_same_or_refused(const struct vector *v, struct span target)
{
	struct sent sent;
	size_t accepted = 0;

	sent_init(&sent);
	if (worker_send(&sent, v, target) == S3_ERR_NONE &&
	    keeper_verify(v, buf_span(&sent.text), sent.signature,
		time_of(v)) == S3_ERR_NONE) {
		assert_true(
		    span_equal(buf_span(&sent.text), buf_span(&v->canonical)));
		accepted = 1;
	}
	sent_done(&sent);
	return accepted;
}

static void
mutate_target(const struct vector *v)
{
	static const char *const inserts[] = {"/", "%2F", "..", "%", "&", "?",
	    "&prefix=", "%00", "+", "#", ";", "/./", "\n", "&x=1", "=", "0",
	    "&X-Amz-Expires=604800", "&X-Amz-Signature=", "&x-amz-signature=0",
	    "&X-Amz-SignedHeaders=host", "&X-Amz-Algorithm=none",
	    "&response-content-type=text%2Fhtml"};
	struct span target = buf_span(&v->target);
	size_t accepted = 0;

	for (size_t at = 0; at <= target.len; at++) {
		for (size_t i = 0; i < sizeof(inserts) / sizeof(*inserts);
		     i++) {
			struct buf b CLEANUP(buf_done) = {.max = 8192};

			assert_int_equal(
			    buf_append(&b, span_sub(target, 0, at)).code, 0);
			assert_int_equal(
			    buf_append_str(&b, inserts[i]).code, 0);
			assert_int_equal(
			    buf_append(&b, span_sub(target, at, target.len))
				.code,
			    0);
			accepted += expect_same_or_refused(v, buf_span(&b));
		}
	}
	assert_int_equal(accepted, 0);
}

/* Each bit of the target, and each parameter left out or doubled. What still
 * passes has the same canonical text: the hex digits of an encoding in the
 * other case. */
static void
mutate_bits(const struct vector *v)
{
	struct buf b CLEANUP(buf_done) = {.max = 8192};
	size_t accepted = 0, encoded = 0;

	assert_int_equal(buf_append(&b, buf_span(&v->target)).code, 0);
	for (size_t i = 0; i < b.len; i++)
		encoded += b.data[i] == '%';
	for (size_t bit = 0; bit < b.len * 8; bit++) {
		b.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		accepted += expect_same_or_refused(v, buf_span(&b));
		b.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
	}
	assert_true(accepted <= 2 * encoded);
	assert_int_equal(expect_same_or_refused(v, buf_span(&b)), 1);
}

static void
mutate_params(const struct vector *v)
{
	struct span target = buf_span(&v->target);
	size_t mark = span_find(target, '?');
	struct span rest = span_sub(target, mark + 1, target.len), piece;

	while (span_take_until(&rest, &piece, '&')) {
		struct buf b CLEANUP(buf_done) = {.max = 8192};
		size_t from = (size_t)(piece.data - target.data);
		size_t first = from == mark + 1;

		/* Twice. */
		assert_int_equal(buf_append(&b, target).code, 0);
		assert_int_equal(buf_put_u8(&b, '&').code, 0);
		assert_int_equal(buf_append(&b, piece).code, 0);
		assert_int_equal(expect_same_or_refused(v, buf_span(&b)), 0);
		/* Not at all, and the '&' before or after it neither. */
		buf_reset(&b);
		assert_int_equal(
		    buf_append(&b, span_sub(target, 0, from - 1 + first)).code,
		    0);
		assert_int_equal(
		    buf_append(&b,
			span_sub(target, from + piece.len + first, target.len))
			.code,
		    0);
		assert_int_equal(expect_same_or_refused(v, buf_span(&b)), 0);
	}
}

/* Another method, another host, a header that nobody signed. */
static void
mutate_request(struct vector *v)
{
	struct span method = v->method, host = v->headers[0].value;
	struct span target = buf_span(&v->target);

	v->method = span_str("DELETE");
	assert_int_equal(expect_same_or_refused(v, target), 0);
	v->method = method;
	v->headers[0].value = span_str("gate.example");
	assert_int_equal(expect_same_or_refused(v, target), 0);
	v->headers[0].value = host;
	v->headers[v->num_headers++] =
	    (struct pair){span_str("x-amz-extra"), span_str("1")};
	assert_int_equal(expect_same_or_refused(v, target), 0);
	/* What is not of Amazon's needs no signature: Range, for one. */
	v->headers[v->num_headers - 1].name = span_str("range");
	assert_int_equal(expect_same_or_refused(v, target), 1);
	v->num_headers--;
}

static void
s3_presigned__accepts_no_forgery(void **state)
{
	struct vectors *file = vectors_open("tests/vectors/sigv4_query.txt");
	size_t num = 0, num_mutated = 0;

	(void)state;
	while (vectors_next(file)) {
		struct vector v;

		vector_read(file, &v);
		/* The long keys would cost minutes and say nothing new; a few
		 * have names that no object of ours can have. */
		if (strcmp(v.expect, "s3") == 0 && v.target.len < 500 &&
		    expect_same_or_refused(&v, buf_span(&v.target)) == 1) {
			mutate_params(&v);
			mutate_request(&v);
			if (num++ % 8 == 0) {
				mutate_bits(&v);
				mutate_target(&v);
				num_mutated++;
			}
		}
		vector_done(&v);
	}
	vectors_close(file);
	assert_true(num >= 25 && num_mutated >= 4);
}

/* --- one rule after the other ------------------------------------------ */

#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define SIGNED_AT 1795428000 /* 20261123T100000Z */
#define HEX64 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* A query whose parts a test replaces; the signature is then made anew. */
struct parts {
	const char *algorithm, *credential, *date, *expires, *names, *more;
};

static const struct parts good = {"AWS4-HMAC-SHA256",
    "AKID%2F20261123%2Feu-central-1%2Fs3%2Faws4_request", "20261123T100000Z",
    "60", "host", ""};

/* The verdict on a correctly signed query of these parts. */
static enum s3_error
verify_parts(struct parts p, int64_t now_s)
{
	struct buf text CLEANUP(buf_done) = {.max = S3_MAX_CANONICAL};
	struct vector v = {
	    .secret = span_str(SECRET), .region = span_str("eu-central-1")};
	struct sigv4_scope scope = {.time = span_str(p.date),
	    .region = span_str("eu-central-1"),
	    .service = span_str("s3")};
	char signature[SIGV4_SIGNATURE_LEN];

	assert_int_equal(
	    buf_append_format(&text,
		"GET\n/bkt/k\nX-Amz-Algorithm=%s&X-Amz-Credential=%s&"
		"X-Amz-Date=%s&X-Amz-Expires=%s%s&X-Amz-SignedHeaders=%s\n"
		"host:h\n\nhost\nUNSIGNED-PAYLOAD",
		p.algorithm, p.credential, p.date, p.expires, p.more, p.names)
		.code,
	    ERR_OK);
	assert_int_equal(
	    sigv4_signature(signature, buf_span(&text), &scope, v.secret).code,
	    ERR_OK);
	return keeper_verify(
	    &v, buf_span(&text), span_of(signature, 64), now_s);
}

static void
sigv4_verify__presigned_holds_for_its_time(void **state)
{
	struct parts week = good, day = good;

	(void)state;
	assert_int_equal(verify_parts(good, SIGNED_AT), S3_ERR_NONE);
	assert_int_equal(verify_parts(good, SIGNED_AT + 60), S3_ERR_NONE);
	assert_int_equal(
	    verify_parts(good, SIGNED_AT + 61), S3_ERR_REQUEST_EXPIRED);
	assert_int_equal(verify_parts(good, SIGNED_AT - 900), S3_ERR_NONE);
	assert_int_equal(verify_parts(good, SIGNED_AT - 901),
	    S3_ERR_REQUEST_TIME_TOO_SKEWED);
	week.expires = "604800";
	assert_int_equal(verify_parts(week, SIGNED_AT + 604800), S3_ERR_NONE);
	assert_int_equal(
	    verify_parts(week, SIGNED_AT + 604801), S3_ERR_REQUEST_EXPIRED);
	day.date = "20261124T100000Z";
	assert_int_equal(verify_parts(day, SIGNED_AT + 86400),
	    S3_ERR_AUTHORIZATION_QUERY_PARAMETERS);
	day.date = "20261123T100000";
	assert_int_equal(verify_parts(day, SIGNED_AT), S3_ERR_ACCESS_DENIED);
}

static void
sigv4_parse_query__refuses_what_is_not_one(void **state)
{
	static const char *const expires[] = {"0", "604801", "", "-1", "1.5",
	    "060", "60%20", "%2B60", "18446744073709551617", "0x3c"};
	static const char *const credentials[] = {"AKID",
	    "AKID%2F20261123%2Feu-central-1%2Fs3%2Faws4_reques",
	    "AKID%2F2026112%2Feu-central-1%2Fs3%2Faws4_request",
	    "%2F20261123%2Feu-central-1%2Fs3%2Faws4_request",
	    "AKID%2F20261123%2Feu-central-1%2Fs3%2Faws4_request%2F",
	    "AKID%2F20261123%2Fus-east-1%2Fs3%2Faws4_request",
	    "AKID%2F20261123%2Feu-central-1%2Fsts%2Faws4_request"};
	static const char *const names[] = {
	    "", "HOST", "host%3Bhost", "host%3Bx-amz-date", "Host"};
	struct parts p;

	(void)state;
	for (size_t i = 0; i < sizeof(expires) / sizeof(*expires); i++) {
		p = good;
		p.expires = expires[i];
		assert_int_equal(verify_parts(p, SIGNED_AT),
		    S3_ERR_AUTHORIZATION_QUERY_PARAMETERS);
	}
	for (size_t i = 0; i < sizeof(credentials) / sizeof(char *); i++) {
		p = good;
		p.credential = credentials[i];
		assert_int_equal(verify_parts(p, SIGNED_AT),
		    S3_ERR_AUTHORIZATION_QUERY_PARAMETERS);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		p = good;
		p.names = names[i];
		assert_int_equal(verify_parts(p, SIGNED_AT),
		    S3_ERR_AUTHORIZATION_QUERY_PARAMETERS);
	}
	p = good;
	p.algorithm = "AWS4-ECDSA-P256-SHA256";
	assert_int_equal(
	    verify_parts(p, SIGNED_AT), S3_ERR_AUTHORIZATION_QUERY_PARAMETERS);
	p = good;
	p.more = "&X-Amz-Security-Token=abc";
	assert_int_equal(verify_parts(p, SIGNED_AT), S3_ERR_INVALID_TOKEN);
	/* Signed, but nothing that we know. */
	p.more = "&X-Amz-Region-Set=eu";
	assert_int_equal(
	    verify_parts(p, SIGNED_AT), S3_ERR_AUTHORIZATION_QUERY_PARAMETERS);
	p.more = "&X-Amz-Signature=" HEX64;
	assert_int_equal(
	    verify_parts(p, SIGNED_AT), S3_ERR_AUTHORIZATION_QUERY_PARAMETERS);
}

static void
s3_presigned_split__takes_the_signature_out(void **state)
{
	static const struct {
		const char *target, *left, *names, *signature;
	} rows[] = {
	    {"/b/k?X-Amz-SignedHeaders=host&X-Amz-Signature=ab",
		"/b/k?X-Amz-SignedHeaders=host", "host", "ab"},
	    {"/b/k?X-Amz-Signature=ab&X-Amz-SignedHeaders=a%3bb&prefix=%20",
		"/b/k?X-Amz-SignedHeaders=a%3bb&prefix=%20", "a;b", "ab"},
	    {"/?%58-Amz-Signature=%61&a=b&&X-Amz-SignedHeaders=h",
		"/?a=b&&X-Amz-SignedHeaders=h", "h", "a"},
	};
	static const char *const plain[] = {"/", "/b/k", "/b/k?",
	    "/b/k?prefix=X-Amz-Signature", "/X-Amz-Signature=a?x=y",
	    "/b/k?x-amz-checksum-mode=ENABLED&x-amz-signature=a",
	    "/b/k?X-Amz-Checksum-Mode=ENABLED"};
	static const char *const bad[] = {"/b/k?X-Amz-Signature=ab",
	    "/b/k?X-Amz-SignedHeaders=host", "/b/k?X-Amz-Date=1",
	    "/b/k?X-Amz-SignedHeaders=h&X-Amz-Signature",
	    "/b/k?X-Amz-SignedHeaders=&X-Amz-Signature=a",
	    "/b/k?X-Amz-SignedHeaders=h&X-Amz-Signature=&X-Amz-Signature=a",
	    "/b/k?X-Amz-SignedHeaders=h&X-Amz-Signature=a&X-Amz-Signature=a",
	    ("/b/k?X-Amz-SignedHeaders=h&X-Amz-SignedHeaders=h&"
	     "X-Amz-Signature=a")};
	struct s3_presigned out;
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    s3_presigned_split(&arena, span_str(rows[i].target), &out),
		    S3_ERR_NONE);
		assert_true(span_equal_str(out.target, rows[i].left));
		assert_true(span_equal_str(out.names, rows[i].names));
		assert_true(span_equal_str(out.signature, rows[i].signature));
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		assert_int_equal(
		    s3_presigned_split(&arena, span_str(plain[i]), &out),
		    S3_ERR_NONE);
		assert_null(out.target.data);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    s3_presigned_split(&arena, span_str(bad[i]), &out),
		    S3_ERR_AUTHORIZATION_QUERY_PARAMETERS);
	arena_done(&arena);
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		s3_presigned__agrees_with_the_published_suite_and_botocore),
	    cmocka_unit_test(s3_presigned__accepts_no_forgery),
	    cmocka_unit_test(sigv4_verify__presigned_holds_for_its_time),
	    cmocka_unit_test(sigv4_parse_query__refuses_what_is_not_one),
	    cmocka_unit_test(s3_presigned_split__takes_the_signature_out),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
