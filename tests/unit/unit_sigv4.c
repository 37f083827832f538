#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/init.h"
#include "gateway/s3/s3_date.h"
#include "gateway/s3/sigv4.h"
#include "tests/harness/vectors.h"

/* One request with its signature, as it stands in sigv4.txt. */
struct vector {
	char name[64], expect[16];
	struct span secret, region, service, method, payload, authorization;
	struct buf target, canonical, header[16];
	struct pair headers[16];
	size_t num_headers;
};

static void
vector_done(struct vector *v)
{
	buf_done(&v->target);
	buf_done(&v->canonical);
	for (size_t i = 0; i < 16; i++)
		buf_done(&v->header[i]);
}

static void
copy_text(char *out, size_t out_len, struct span text)
{
	assert_true(text.len < out_len);
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
}

static void
vector_read(struct vectors *file, struct vector *v)
{
	*v = (struct vector){0};
	buf_init(&v->target, HTTP_MAX_HEAD);
	buf_init(&v->canonical, HTTP_MAX_HEAD);
	copy_text(v->name, sizeof(v->name), vectors_text(file, "Name"));
	copy_text(v->expect, sizeof(v->expect), vectors_text(file, "Expect"));
	v->secret = vectors_text(file, "Secret");
	v->region = vectors_text(file, "Region");
	v->service = vectors_text(file, "Service");
	v->method = vectors_text(file, "Method");
	vectors_hex(file, "Target", &v->target);
	for (size_t i = 0; vectors_has(file, "Header"); i++) {
		assert_true(i < 16);
		buf_init(&v->header[i], HTTP_MAX_HEAD);
		vectors_hex(file, "Header", &v->header[i]);
		struct span line = buf_span(&v->header[i]);
		size_t colon = span_find(line, ':');
		v->headers[i].name = span_sub(line, 0, colon);
		v->headers[i].value = span_sub(line, colon + 1, line.len);
		v->num_headers = i + 1;
	}
	v->payload = vectors_text(file, "Payload");
	v->authorization = vectors_text(file, "Authorization");
	vectors_hex(file, "Canonical", &v->canonical);
}

static struct s3_request
vector_request(const struct vector *v)
{
	return (struct s3_request){.method = v->method,
	    .target = buf_span(&v->target),
	    .headers = v->headers,
	    .num_headers = v->num_headers};
}

static struct span
header_value(const struct vector *v, const char *name)
{
	for (size_t i = 0; i < v->num_headers; i++)
		if (span_equal_fold(v->headers[i].name, span_str(name)))
			return span_trim(v->headers[i].value);
	return (struct span){0};
}

/* --- the published suite and botocore ---------------------------------- */

static void
check_accepted(const struct vector *v, struct span text)
{
	struct s3_canonical parsed;
	struct sigv4_auth auth;
	char signature[SIGV4_SIGNATURE_LEN];
	struct sigv4_scope scope = {.time = header_value(v, "x-amz-date"),
	    .region = v->region,
	    .service = v->service};
	struct sigv4_key key = {
	    .secret = v->secret, .region = v->region, .service = v->service};
	struct s3_request request = vector_request(v);
	struct buf header CLEANUP(buf_done) = {.max = 4096};

	assert_true(span_equal(text, buf_span(&v->canonical)));
	assert_int_equal(s3_canonical_parse(text, &parsed).code, ERR_OK);
	assert_int_equal(sigv4_parse(v->authorization, &auth), S3_ERR_NONE);
	assert_int_equal(
	    sigv4_signature(signature, text, &scope, v->secret).code, ERR_OK);
	assert_memory_equal(signature, auth.signature.data, 64);
	/* The signer writes the very header that the oracle wrote. */
	key.key_id = auth.key_id;
	assert_int_equal(
	    sigv4_sign(&header, &key, &request, v->payload).code, ERR_OK);
	assert_true(span_equal(buf_span(&header), v->authorization));
}

static void
sigv4__agrees_with_the_published_suite_and_botocore(void **state)
{
	struct vectors *file = vectors_open("tests/vectors/sigv4.txt");
	size_t num_published = 0, num_s3 = 0, num_refused = 0;

	(void)state;
	while (vectors_next(file)) {
		struct vector v;
		struct buf text CLEANUP(buf_done) = {.max = S3_MAX_CANONICAL};
		struct sigv4_auth auth;

		vector_read(file, &v);
		struct s3_request request = vector_request(&v);
		assert_int_equal(
		    sigv4_parse(v.authorization, &auth), S3_ERR_NONE);
		enum s3_error error =
		    s3_canonical_build(&text, &request, auth.names, v.payload);
		if (strcmp(v.expect, "refused") == 0) {
			assert_int_equal(error, S3_ERR_BAD_REQUEST);
			assert_int_equal(text.len, 0);
			num_refused++;
		} else {
			if (error != S3_ERR_NONE)
				fail_msg(
				    "%s: %s", v.name, s3_error_code(error));
			check_accepted(&v, buf_span(&text));
			num_published += strcmp(v.expect, "published") == 0;
			num_s3 += strcmp(v.expect, "published") != 0;
		}
		vector_done(&v);
	}
	vectors_close(file);
	assert_int_equal(num_published, 29);
	assert_int_equal(num_s3, 6 + 54);
	assert_int_equal(num_refused, 3);
}

/* --- forgeries --------------------------------------------------------- */

static int64_t
time_of(const struct vector *v)
{
	int64_t time_s;

	assert_int_equal(
	    s3_date_parse_basic(header_value(v, "x-amz-date"), &time_s).code,
	    ERR_OK);
	return time_s;
}

/*
 * With nothing kept of the day before, with what another secret and date left
 * there, and with what this one keeps: it makes no difference.
 */
static enum s3_error
verify_on_any_day(const struct sigv4_check *check)
{
	struct sigv4_day day = {.date = "19991231", .key = {1}};
	struct sigv4_check kept = *check;
	enum s3_error error = sigv4_verify(check);

	kept.day = &day;
	for (int i = 0; i < 3; i++)
		assert_int_equal(sigv4_verify(&kept), error);
	return error;
}

/* As the keeper does: read the text, verify, all from the text. */
static enum s3_error
keeper_verify(const struct vector *v, struct span text,
    struct span authorization, int64_t now_s)
{
	struct s3_canonical parsed;
	struct sigv4_auth auth;
	enum s3_error error = sigv4_parse(authorization, &auth);

	if (error != S3_ERR_NONE)
		return error;
	if (s3_canonical_parse(text, &parsed).code != ERR_OK)
		return S3_ERR_BAD_REQUEST;
	struct sigv4_check check = {.text = text,
	    .canonical = &parsed,
	    .auth = &auth,
	    .secret = v->secret,
	    .region = v->region,
	    .now_s = now_s};
	return verify_on_any_day(&check);
}

/* The worker's half and then the keeper's, on a mutated request. */
static enum s3_error
worker_then_keeper(
    const struct vector *v, const struct s3_request *request, struct buf *text)
{
	struct sigv4_auth auth;

	assert_int_equal(sigv4_parse(v->authorization, &auth), S3_ERR_NONE);
	enum s3_error error =
	    s3_canonical_build(text, request, auth.names, v->payload);
	if (error != S3_ERR_NONE)
		return error;
	return keeper_verify(v, buf_span(text), v->authorization, time_of(v));
}

/* What an accepted mutant may be: the same request, spelled otherwise. */
static void
expect_same_or_refused(const struct vector *v, struct span target)
{
	struct buf text CLEANUP(buf_done) = {.max = S3_MAX_CANONICAL};
	struct s3_request request = vector_request(v);

	request.target = target;
	if (worker_then_keeper(v, &request, &text) == S3_ERR_NONE)
		assert_true(
		    span_equal(buf_span(&text), buf_span(&v->canonical)));
}

static void
mutate_target(const struct vector *v)
{
	static const char *const inserts[] = {"/", "%2F", "%2f", "..", "%", "&",
	    "&prefix=", "?", "%00", "+", "#", ";", "%25", "/./", "\n", "&x=1"};
	struct span target = buf_span(&v->target);

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
			expect_same_or_refused(v, buf_span(&b));
		}
	}
}

/* Flip each bit of text and header: none may verify. */
static void
mutate_bits(const struct vector *v)
{
	struct buf b CLEANUP(buf_done) = {.max = 8192};
	int64_t now_s = time_of(v);

	assert_int_equal(buf_append(&b, buf_span(&v->canonical)).code, 0);
	for (size_t bit = 0; bit < b.len * 8; bit++) {
		b.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		assert_int_not_equal(
		    keeper_verify(v, buf_span(&b), v->authorization, now_s),
		    S3_ERR_NONE);
		b.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
	}
	assert_int_equal(
	    keeper_verify(v, buf_span(&b), v->authorization, now_s), 0);
	/* The key id is not under the signature: it picks the secret. */
	buf_reset(&b);
	assert_int_equal(buf_append(&b, v->authorization).code, 0);
	size_t after_id = span_find(buf_span(&b), '/');
	for (size_t bit = after_id * 8; bit < b.len * 8; bit++) {
		b.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		enum s3_error error = keeper_verify(
		    v, buf_span(&v->canonical), buf_span(&b), now_s);
		bool blank_turned = bit / 8 > 0 &&
		    (b.data[bit / 8] == '\t' || b.data[bit / 8] == ' ');
		if (error == S3_ERR_NONE && !blank_turned)
			fail_msg("bit %zu accepted", bit);
		b.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
	}
}

/* Each header once more, and an x-amz- header that nobody signed. */
static void
mutate_headers(const struct vector *v)
{
	struct pair headers[17];
	struct s3_request request = vector_request(v);
	struct buf text CLEANUP(buf_done) = {.max = S3_MAX_CANONICAL};

	memcpy(headers, v->headers, sizeof(v->headers));
	request.headers = headers;
	request.num_headers++;
	for (size_t i = 0; i < v->num_headers; i++) {
		headers[v->num_headers] = v->headers[i];
		assert_int_equal(
		    worker_then_keeper(v, &request, &text), S3_ERR_BAD_REQUEST);
	}
	headers[v->num_headers] = (struct pair){
	    .name = span_str("X-Amz-Extra"), .value = span_str("1")};
	assert_int_equal(
	    worker_then_keeper(v, &request, &text), S3_ERR_ACCESS_DENIED);
	/* Another header that is not signed changes nothing. */
	headers[v->num_headers].name = span_str("Range");
	assert_int_equal(worker_then_keeper(v, &request, &text), S3_ERR_NONE);
}

static void
sigv4_verify__accepts_no_forgery(void **state)
{
	struct vectors *file = vectors_open("tests/vectors/sigv4.txt");
	size_t num = 0;

	(void)state;
	while (vectors_next(file)) {
		struct vector v;

		vector_read(file, &v);
		/* The long keys would cost minutes and say nothing new. */
		if (strcmp(v.expect, "s3") == 0 && v.target.len < 160 &&
		    (num++ % 8) == 0) {
			mutate_bits(&v);
			mutate_headers(&v);
			mutate_target(&v);
		}
		vector_done(&v);
	}
	vectors_close(file);
	assert_true(num > 40);
}

/* --- verify, one rule after the other ---------------------------------- */

#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct signed_request {
	struct pair headers[3];
	struct s3_request request;
	struct buf text, authorization;
};

static void
make_signed(struct signed_request *s, const char *time, const char *payload,
    const char *region, const char *service)
{
	struct sigv4_key key = {.key_id = span_str("AKID"),
	    .secret = span_str(SECRET),
	    .region = span_str(region),
	    .service = span_str(service)};
	struct sigv4_auth auth;

	s->headers[0] = (struct pair){span_str("Host"), span_str("gate:8443")};
	s->headers[1] = (struct pair){span_str("x-amz-date"), span_str(time)};
	s->headers[2] =
	    (struct pair){span_str("x-amz-content-sha256"), span_str(payload)};
	s->request = (struct s3_request){.method = span_str("GET"),
	    .target = span_str("/bucket/key"),
	    .headers = s->headers,
	    .num_headers = 3};
	buf_init(&s->text, S3_MAX_CANONICAL);
	buf_init(&s->authorization, 4096);
	assert_int_equal(
	    sigv4_sign(&s->authorization, &key, &s->request, span_str(payload))
		.code,
	    ERR_OK);
	assert_int_equal(sigv4_parse(buf_span(&s->authorization), &auth), 0);
	assert_int_equal(s3_canonical_build(&s->text, &s->request, auth.names,
			     span_str(payload)),
	    S3_ERR_NONE);
}

static enum s3_error
verify_signed(
    const char *time, const char *payload, const char *region, int64_t now_s)
{
	struct signed_request s;
	struct vector v = {
	    .secret = span_str(SECRET), .region = span_str("eu-central-1")};

	make_signed(&s, time, payload, region, "s3");
	enum s3_error error = keeper_verify(
	    &v, buf_span(&s.text), buf_span(&s.authorization), now_s);
	buf_done(&s.text);
	buf_done(&s.authorization);
	return error;
}

static void
sigv4_verify__names_the_broken_rule(void **state)
{
	const char *time = "20261123T100000Z", *region = "eu-central-1";
	const int64_t now_s = 1795428000;

	(void)state;
	assert_int_equal(
	    verify_signed(time, EMPTY, region, now_s), S3_ERR_NONE);
	assert_int_equal(verify_signed(time, "UNSIGNED-PAYLOAD", region, now_s),
	    S3_ERR_NONE);
	assert_int_equal(
	    verify_signed(time, EMPTY, region, now_s + 900), S3_ERR_NONE);
	assert_int_equal(
	    verify_signed(time, EMPTY, region, now_s - 900), S3_ERR_NONE);
	assert_int_equal(verify_signed(time, EMPTY, region, now_s + 901),
	    S3_ERR_REQUEST_TIME_TOO_SKEWED);
	assert_int_equal(verify_signed(time, EMPTY, region, now_s - 901),
	    S3_ERR_REQUEST_TIME_TOO_SKEWED);
	assert_int_equal(verify_signed(time, EMPTY, "us-east-1", now_s),
	    S3_ERR_AUTHORIZATION_HEADER_MALFORMED);
	assert_int_equal(verify_signed("20261123 100000", EMPTY, region, now_s),
	    S3_ERR_ACCESS_DENIED);
	assert_int_equal(verify_signed(time,
			     "0000000000000000000000000000000000000000000000000"
			     "000000000000000",
			     region, now_s),
	    S3_ERR_CONTENT_SHA256_MISMATCH);
}

static void
sigv4_verify__wants_service_s3_and_the_same_day(void **state)
{
	struct signed_request s;
	struct vector v = {
	    .secret = span_str(SECRET), .region = span_str("eu-central-1")};
	struct buf other CLEANUP(buf_done) = {.max = 4096};

	(void)state;
	make_signed(&s, "20261123T100000Z", EMPTY, "eu-central-1", "sts");
	assert_int_equal(keeper_verify(&v, buf_span(&s.text),
			     buf_span(&s.authorization), 1795428000),
	    S3_ERR_AUTHORIZATION_HEADER_MALFORMED);
	buf_done(&s.text);
	buf_done(&s.authorization);
	make_signed(&s, "20261123T100000Z", EMPTY, "eu-central-1", "s3");
	assert_int_equal(
	    buf_append(&other, buf_span(&s.authorization)).code, ERR_OK);
	size_t slash = span_find(buf_span(&other), '/');
	other.data[slash + 8] = '4'; /* the 24th */
	assert_int_equal(
	    keeper_verify(&v, buf_span(&s.text), buf_span(&other), 1795428000),
	    S3_ERR_AUTHORIZATION_HEADER_MALFORMED);
	v.secret = span_str("another");
	assert_int_equal(keeper_verify(&v, buf_span(&s.text),
			     buf_span(&s.authorization), 1795428000),
	    S3_ERR_SIGNATURE_DOES_NOT_MATCH);
	buf_done(&s.text);
	buf_done(&s.authorization);
}

static void
sigv4_verify__requires_the_two_headers(void **state)
{
	static const char *const texts[] = {
	    "GET\n/b/k\n\nhost:h\nx-amz-date:20261123T100000Z\n\n"
	    "host;x-amz-date\n" EMPTY,
	    "GET\n/b/k\n\nhost:h\nx-amz-content-sha256:" EMPTY
	    "\n\nhost;x-amz-content-sha256\n" EMPTY};
	struct vector v = {
	    .secret = span_str(SECRET), .region = span_str("eu-central-1")};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buf header CLEANUP(buf_done) = {.max = 4096};

		assert_int_equal(
		    buf_append_format(&header,
			"AWS4-HMAC-SHA256 "
			"Credential=AKID/20261123/eu-central-1/s3/"
			"aws4_request,SignedHeaders=%s,Signature=" EMPTY,
			i == 0 ? "host;x-amz-date"
			       : "host;x-amz-content-sha256")
			.code,
		    ERR_OK);
		assert_int_equal(keeper_verify(&v, span_str(texts[i]),
				     buf_span(&header), 1795428000),
		    S3_ERR_MISSING_SECURITY_HEADER);
	}
}

/* --- the Authorization header ------------------------------------------ */

#define CRED "Credential=AKID/20261123/eu-central-1/s3/aws4_request"
#define SIG "Signature=" EMPTY

static void
sigv4_parse__takes_the_forms_that_clients_send(void **state)
{
	static const char *const good[] = {
	    "AWS4-HMAC-SHA256 " CRED ", SignedHeaders=host;a, " SIG,
	    "AWS4-HMAC-SHA256 " CRED ",SignedHeaders=host;a," SIG,
	    "AWS4-HMAC-SHA256   " SIG " , SignedHeaders=host;a,\t" CRED,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct sigv4_auth auth;

		assert_int_equal(sigv4_parse(span_str(good[i]), &auth), 0);
		assert_true(span_equal_str(auth.key_id, "AKID"));
		assert_true(span_equal_str(auth.date, "20261123"));
		assert_true(span_equal_str(auth.region, "eu-central-1"));
		assert_true(span_equal_str(auth.service, "s3"));
		assert_true(span_equal_str(auth.names, "host;a"));
		assert_true(span_equal_str(auth.signature, EMPTY));
	}
}

static void
sigv4_parse__refuses_everything_else(void **state)
{
	static const char *const bad[] = {
	    "AWS4-HMAC-SHA256 ",
	    "AWS4-HMAC-SHA256 " CRED ", SignedHeaders=host",
	    "AWS4-HMAC-SHA256 " CRED ", " SIG,
	    "AWS4-HMAC-SHA256 SignedHeaders=host, " SIG,
	    "AWS4-HMAC-SHA256 " CRED ", " CRED ", SignedHeaders=host, " SIG,
	    "AWS4-HMAC-SHA256 " CRED ", SignedHeaders=host, " SIG ", " SIG,
	    "AWS4-HMAC-SHA256 " CRED
	    ", SignedHeaders=host, SignedHeaders=host, " SIG,
	    "AWS4-HMAC-SHA256 " CRED ", SignedHeaders=host, " SIG ", X=1",
	    "AWS4-HMAC-SHA256 " CRED ", SignedHeaders=host, " SIG ",",
	    "AWS4-HMAC-SHA256 " CRED "/x, SignedHeaders=host, " SIG,
	    "AWS4-HMAC-SHA256 " CRED ", SignedHeaders=, " SIG,
	    "AWS4-HMAC-SHA256 " CRED ", SignedHeaders=host, " SIG "0",
	    "AWS4-HMAC-SHA256 " CRED ", SignedHeaders=host, Signature=E3b0",
	    "AWS4-HMAC-SHA256 Credential=A B/20261123/r/s3/aws4_request, "
	    "SignedHeaders=host, " SIG,
	    "AWS4-HMAC-SHA256 Credential=/20261123/r/s3/aws4_request, "
	    "SignedHeaders=host, " SIG,
	    "AWS4-HMAC-SHA256 Credential=A/2026112/r/s3/aws4_request, "
	    "SignedHeaders=host, " SIG,
	    "AWS4-HMAC-SHA256 Credential=../x/20261123/r/s3/aws4_request, "
	    "SignedHeaders=host, " SIG,
	};
	static const char *const other[] = {"", "AWS AKID:sig", "Bearer x",
	    "aws4-hmac-sha256 " CRED ", SignedHeaders=host, " SIG,
	    "AWS4-HMAC-SHA256," CRED ", SignedHeaders=host, " SIG};
	struct sigv4_auth auth;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (sigv4_parse(span_str(bad[i]), &auth) !=
		    S3_ERR_AUTHORIZATION_HEADER_MALFORMED)
			fail_msg("accepted: %s", bad[i]);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		assert_int_equal(sigv4_parse(span_str(other[i]), &auth),
		    S3_ERR_INVALID_REQUEST);
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
		sigv4__agrees_with_the_published_suite_and_botocore),
	    cmocka_unit_test(sigv4_verify__accepts_no_forgery),
	    cmocka_unit_test(sigv4_verify__names_the_broken_rule),
	    cmocka_unit_test(sigv4_verify__wants_service_s3_and_the_same_day),
	    cmocka_unit_test(sigv4_verify__requires_the_two_headers),
	    cmocka_unit_test(sigv4_parse__takes_the_forms_that_clients_send),
	    cmocka_unit_test(sigv4_parse__refuses_everything_else),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
