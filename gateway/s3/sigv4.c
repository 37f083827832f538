#include "gateway/s3/sigv4.h"

#include "crypto/encode.h"
#include "crypto/hash.h"
#include "crypto/memory/secret.h"
#include "gateway/s3/s3_date.h"
#include "gateway/s3/s3_uri.h"

static const char algorithm[] = "AWS4-HMAC-SHA256";
static const char terminator[] = "aws4_request";

/* SHA-256 of no bytes, in hex: the payload of a GET. */
static const char empty_hash[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/* --- the Authorization header ------------------------------------------ */

static bool
consists_of(struct span in, size_t max_len, const char *marks, bool upper)
{
	for (size_t i = 0; i < in.len; i++) {
		uint8_t b = in.data[i];
		bool plain = (b >= 'a' && b <= 'z') || (b >= '0' && b <= '9') ||
		    (upper && b >= 'A' && b <= 'Z') ||
		    (b != '\0' && strchr(marks, b) != NULL);

		if (!plain)
			return false;
	}
	return in.len > 0 && in.len <= max_len;
}

static bool
is_digits(struct span in, size_t len, const char *digits)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] == '\0' || strchr(digits, in.data[i]) == NULL)
			return false;
	return in.len == len;
}

/* key-id/yyyymmdd/region/service/aws4_request */
static bool
parse_credential(struct span in, struct sigv4_auth *out)
{
	struct span end;

	if (!span_take_until(&in, &out->key_id, '/') ||
	    !span_take_until(&in, &out->date, '/') ||
	    !span_take_until(&in, &out->region, '/') ||
	    !span_take_until(&in, &out->service, '/') ||
	    !span_take_until(&in, &end, '/') || in.data != NULL)
		return false;
	return consists_of(out->key_id, SIGV4_MAX_KEY_ID, "._~-", true) &&
	    is_digits(out->date, 8, "0123456789") &&
	    consists_of(out->region, 64, "-", false) &&
	    consists_of(out->service, 64, "-", false) &&
	    span_equal_str(end, terminator);
}

/* One "Name=value"; a part that stands twice is refused. */
static bool
parse_part(struct span part, struct sigv4_auth *out)
{
	size_t equals = span_find(part, '=');
	struct span name = span_sub(part, 0, equals);
	struct span value = span_sub(part, equals + 1, part.len);

	if (span_equal_str(name, "Credential"))
		return out->key_id.data == NULL && parse_credential(value, out);
	if (span_equal_str(name, "SignedHeaders")) {
		if (out->names.data != NULL || value.len == 0)
			return false;
		out->names = value;
		return true;
	}
	if (span_equal_str(name, "Signature")) {
		if (out->signature.data != NULL ||
		    !is_digits(value, SIGV4_SIGNATURE_LEN, "0123456789abcdef"))
			return false;
		out->signature = value;
		return true;
	}
	return false;
}

enum s3_error
sigv4_parse(struct span value, struct sigv4_auth *out)
{
	struct sigv4_auth auth = {0};
	struct span scheme, part;

	if (!span_take_until(&value, &scheme, ' ') ||
	    !span_equal_str(scheme, algorithm))
		return S3_ERR_INVALID_REQUEST;
	while (span_take_until(&value, &part, ','))
		if (!parse_part(span_trim(part), &auth))
			return S3_ERR_AUTHORIZATION_HEADER_MALFORMED;
	if (auth.key_id.data == NULL || auth.names.data == NULL ||
	    auth.signature.data == NULL)
		return S3_ERR_AUTHORIZATION_HEADER_MALFORMED;
	*out = auth;
	return S3_ERR_NONE;
}

/* --- the query of a presigned URL --------------------------------------- */

/* A parameter that has to be there, decoded. */
static enum s3_error
take_param(struct arena *arena, const struct s3_canonical *canonical,
    const char *name, struct span *out)
{
	struct buf plain CLEANUP(buf_done) = {.max = HTTP_MAX_TARGET};

	for (size_t i = 0; i < canonical->num_params; i++) {
		const struct pair *param = &canonical->params[i];

		if (!span_equal_str(param->name, name))
			continue;
		struct err err = s3_uri_decode(&plain, param->value);
		if (err.code == ERR_OK)
			err = arena_copy(arena, out, buf_span(&plain));
		return err.code == ERR_OK ? S3_ERR_NONE : S3_ERR_INTERNAL;
	}
	return S3_ERR_AUTHORIZATION_QUERY_PARAMETERS;
}

struct query {
	struct span algorithm, credential, date, expires, names;
};

static enum s3_error
take_query(struct arena *arena, const struct s3_canonical *canonical,
    struct query *out)
{
	const struct {
		const char *name;
		struct span *out;
	} rows[] = {
	    {"X-Amz-Algorithm", &out->algorithm},
	    {"X-Amz-Credential", &out->credential},
	    {"X-Amz-Date", &out->date},
	    {"X-Amz-Expires", &out->expires},
	    {"X-Amz-SignedHeaders", &out->names},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum s3_error error =
		    take_param(arena, canonical, rows[i].name, rows[i].out);

		if (error != S3_ERR_NONE)
			return error;
	}
	return S3_ERR_NONE;
}

enum s3_error
sigv4_parse_query(struct arena *arena, const struct s3_canonical *canonical,
    struct span signature, struct sigv4_auth *out)
{
	struct sigv4_auth auth = {.signature = signature};
	struct query query;
	struct span token;
	uint64_t expires_s = 0;

	/* Temporary credentials are of no use here: none are issued. */
	if (take_param(arena, canonical, "X-Amz-Security-Token", &token) ==
	    S3_ERR_NONE)
		return S3_ERR_INVALID_TOKEN;
	enum s3_error error = take_query(arena, canonical, &query);
	if (error != S3_ERR_NONE)
		return error;
	struct err err =
	    span_u64(query.expires, &expires_s, SIGV4_MAX_EXPIRES_S);
	if (err.code != ERR_OK || expires_s == 0 ||
	    !span_equal_str(query.algorithm, algorithm) ||
	    !parse_credential(query.credential, &auth) ||
	    !is_digits(signature, SIGV4_SIGNATURE_LEN, "0123456789abcdef"))
		return S3_ERR_AUTHORIZATION_QUERY_PARAMETERS;
	auth.names = query.names;
	auth.time = query.date;
	auth.expires_s = (uint32_t)expires_s;
	*out = auth;
	return S3_ERR_NONE;
}

/* --- the signature ----------------------------------------------------- */

/* key = HMAC(HMAC(HMAC(HMAC("AWS4" secret, date), region), service), end) */
static struct err
derive_key(uint8_t out[32], const struct sigv4_scope *scope, struct span secret)
{
	struct buf seed CLEANUP(buf_wipe) = {.max = SIGV4_MAX_SECRET + 4};
	uint8_t date[32] CLEANUP(secret_wipe32);
	uint8_t region[32] CLEANUP(secret_wipe32);
	uint8_t service[32] CLEANUP(secret_wipe32);

	TRY(buf_append_str(&seed, "AWS4"));
	TRY(buf_append(&seed, secret));
	TRY(hash_hmac_sha256(
	    date, buf_span(&seed), span_sub(scope->time, 0, 8)));
	TRY(hash_hmac_sha256(region, span_of(date, 32), scope->region));
	TRY(hash_hmac_sha256(service, span_of(region, 32), scope->service));
	return hash_hmac_sha256(
	    out, span_of(service, 32), span_str(terminator));
}

static struct err
append_scope(struct buf *out, const struct sigv4_scope *scope)
{
	TRY(buf_append(out, span_sub(scope->time, 0, 8)));
	TRY(buf_put_u8(out, '/'));
	TRY(buf_append(out, scope->region));
	TRY(buf_put_u8(out, '/'));
	TRY(buf_append(out, scope->service));
	TRY(buf_put_u8(out, '/'));
	return buf_append_str(out, terminator);
}

static struct err
string_to_sign(
    struct buf *out, struct span canonical, const struct sigv4_scope *scope)
{
	uint8_t hash[32];

	TRY(buf_append_str(out, algorithm));
	TRY(buf_put_u8(out, '\n'));
	TRY(buf_append(out, scope->time));
	TRY(buf_put_u8(out, '\n'));
	TRY(append_scope(out, scope));
	TRY(buf_put_u8(out, '\n'));
	TRY(hash_sha256(hash, canonical));
	return encode_hex(out, span_of(hash, sizeof(hash)));
}

/* By what derive_key made. */
static struct err
sign(char out[SIGV4_SIGNATURE_LEN], struct span canonical,
    const struct sigv4_scope *scope, const uint8_t key[32])
{
	struct buf text CLEANUP(buf_done) = {.max = 512};
	struct buf hex CLEANUP(buf_wipe) = {.max = SIGV4_SIGNATURE_LEN};
	uint8_t mac[32] CLEANUP(secret_wipe32);

	TRY(string_to_sign(&text, canonical, scope));
	TRY(hash_hmac_sha256(mac, span_of(key, 32), buf_span(&text)));
	TRY(encode_hex(&hex, span_of(mac, sizeof(mac))));
	memcpy(out, hex.data, SIGV4_SIGNATURE_LEN);
	return OK;
}

struct err
sigv4_signature(char out[SIGV4_SIGNATURE_LEN], struct span canonical,
    const struct sigv4_scope *scope, struct span secret)
{
	uint8_t key[32] CLEANUP(secret_wipe32);

	if (secret.len > SIGV4_MAX_SECRET || scope->time.len < 8)
		return ERR(USAGE, "sigv4: secret too long, or no time");
	TRY(derive_key(key, scope, secret));
	return sign(out, canonical, scope, key);
}

/* --- verifying --------------------------------------------------------- */

static bool
is_presigned(const struct sigv4_auth *auth)
{
	return auth->expires_s > 0;
}

static enum s3_error
malformed(const struct sigv4_auth *auth)
{
	return is_presigned(auth) ? S3_ERR_AUTHORIZATION_QUERY_PARAMETERS
				  : S3_ERR_AUTHORIZATION_HEADER_MALFORMED;
}

/* The second for which the request was signed, as text. */
static struct span
signed_time(const struct sigv4_check *check)
{
	if (is_presigned(check->auth))
		return check->auth->time;
	return s3_canonical_header(check->canonical, "x-amz-date");
}

static enum s3_error
check_time(const struct sigv4_check *check, struct span time)
{
	const struct sigv4_auth *auth = check->auth;
	int64_t signed_s;
	struct err err = s3_date_parse_basic(time, &signed_s);

	if (err.code != ERR_OK)
		return S3_ERR_ACCESS_DENIED;
	if (!span_equal(auth->date, span_sub(time, 0, 8)))
		return malformed(auth);
	/* Both lie in years 1970 to 9999, or now_s is near to them. */
	if (signed_s > check->now_s + SIGV4_SKEW_S)
		return S3_ERR_REQUEST_TIME_TOO_SKEWED;
	if (is_presigned(auth))
		return check->now_s > signed_s + auth->expires_s
		    ? S3_ERR_REQUEST_EXPIRED
		    : S3_ERR_NONE;
	return signed_s < check->now_s - SIGV4_SKEW_S
	    ? S3_ERR_REQUEST_TIME_TOO_SKEWED
	    : S3_ERR_NONE;
}

/* What can be said before the secret is needed. */
static enum s3_error
check_form(const struct sigv4_check *check)
{
	const struct sigv4_auth *auth = check->auth;
	struct span time = signed_time(check);
	struct span payload =
	    s3_canonical_header(check->canonical, "x-amz-content-sha256");

	if (!span_equal(auth->region, check->region) ||
	    !span_equal_str(auth->service, "s3") ||
	    !span_equal(auth->names, check->canonical->names))
		return malformed(auth);
	if (!is_presigned(auth) && (time.data == NULL || payload.data == NULL))
		return S3_ERR_MISSING_SECURITY_HEADER;
	return check_time(check, time);
}

/* A GET has no body, so it cannot be signed with the hash of one. */
static enum s3_error
check_payload(const struct s3_canonical *canonical)
{
	bool reads = span_equal_str(canonical->method, "GET") ||
	    span_equal_str(canonical->method, "HEAD");

	if (reads && !span_equal_str(canonical->payload, empty_hash) &&
	    !span_equal_str(canonical->payload, "UNSIGNED-PAYLOAD"))
		return S3_ERR_CONTENT_SHA256_MISMATCH;
	return S3_ERR_NONE;
}

/* What the signature should be. A day that is not the one which is kept is
 * kept from now on. */
static struct err
expect(char out[SIGV4_SIGNATURE_LEN], const struct sigv4_check *check,
    const struct sigv4_scope *scope)
{
	struct sigv4_day *day = check->day;

	if (day == NULL)
		return sigv4_signature(out, check->text, scope, check->secret);
	if (!span_equal(span_of(day->date, 8), span_sub(scope->time, 0, 8))) {
		memset(day->date, 0, sizeof(day->date));
		TRY(derive_key(day->key, scope, check->secret));
		memcpy(day->date, scope->time.data, sizeof(day->date));
	}
	return sign(out, check->text, scope, day->key);
}

enum s3_error
sigv4_verify(const struct sigv4_check *check)
{
	const struct sigv4_auth *auth = check->auth;
	uint8_t expected[SIGV4_SIGNATURE_LEN] CLEANUP(secret_wipe64);
	enum s3_error error = check_form(check);

	if (error != S3_ERR_NONE)
		return error;
	struct sigv4_scope scope = {
	    .time = signed_time(check),
	    .region = auth->region,
	    .service = auth->service,
	};
	struct err err = expect((char *)expected, check, &scope);
	if (err.code != ERR_OK)
		return S3_ERR_INTERNAL;
	if (auth->signature.len != SIGV4_SIGNATURE_LEN ||
	    !secret_equal(expected, auth->signature.data, SIGV4_SIGNATURE_LEN))
		return S3_ERR_SIGNATURE_DOES_NOT_MATCH;
	return check_payload(check->canonical);
}

/* --- signing ----------------------------------------------------------- */

static struct span
header_of(const struct s3_request *request, const char *name)
{
	for (size_t i = 0; i < request->num_headers; i++)
		if (span_equal_fold(request->headers[i].name, span_str(name)))
			return span_trim(request->headers[i].value);
	return (struct span){0};
}

static struct err
append_header(struct buf *out, const struct sigv4_key *key,
    const struct sigv4_scope *scope, struct span names)
{
	TRY(buf_append_str(out, algorithm));
	TRY(buf_append_str(out, " Credential="));
	TRY(buf_append(out, key->key_id));
	TRY(buf_put_u8(out, '/'));
	TRY(append_scope(out, scope));
	TRY(buf_append_str(out, ", SignedHeaders="));
	TRY(buf_append(out, names));
	return buf_append_str(out, ", Signature=");
}

struct err
sigv4_sign(struct buf *out, const struct sigv4_key *key,
    const struct s3_request *request, struct span payload)
{
	struct buf names CLEANUP(buf_done) = {.max = HTTP_MAX_HEAD};
	struct buf text CLEANUP(buf_done) = {.max = S3_MAX_CANONICAL};
	struct buf value CLEANUP(buf_done) = {.max = HTTP_MAX_HEAD};
	struct sigv4_scope scope = {.time = header_of(request, "x-amz-date"),
	    .region = key->region,
	    .service = key->service};
	char signature[SIGV4_SIGNATURE_LEN];

	if (s3_canonical_names(&names, request, true) != S3_ERR_NONE ||
	    s3_canonical_build(&text, request, buf_span(&names), payload) !=
		S3_ERR_NONE)
		return ERR(USAGE, "sigv4: the request has no canonical form");
	TRY(sigv4_signature(signature, buf_span(&text), &scope, key->secret));
	TRY(append_header(&value, key, &scope, buf_span(&names)));
	TRY(buf_append(&value, span_of(signature, sizeof(signature))));
	return buf_append(out, buf_span(&value));
}
