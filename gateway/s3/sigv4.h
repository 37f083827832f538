#ifndef GATEHOUSE_SIGV4_H
#define GATEHOUSE_SIGV4_H

#include "crypto/memory/arena.h"
#include "gateway/s3/s3_canonical.h"

/*
 * sigv4: AWS Signature Version 4, in the Authorization header or in the query
 * of a presigned URL. One canonicaliser (s3_canonical) serves verifier and
 * signer. No clock: the time is an argument.
 */
enum {
	SIGV4_SKEW_S = 15 * 60, /* how far a client's clock may be off */
	SIGV4_MAX_EXPIRES_S = 7 * 24 * 3600, /* of a presigned URL */
	SIGV4_SIGNATURE_LEN = 64,
	SIGV4_MAX_KEY_ID = 128,
	SIGV4_MAX_SECRET = 128,
};

/* The parts of an Authorization header, or of what stands for it in a query;
 * they point into it, or into an arena. */
struct sigv4_auth {
	struct span key_id;    /* [A-Za-z0-9._~-], 1 to SIGV4_MAX_KEY_ID */
	struct span date;      /* yyyymmdd */
	struct span region;    /* [a-z0-9-] */
	struct span service;   /* [a-z0-9-] */
	struct span names;     /* of the covered headers, as they stand */
	struct span signature; /* 64 hex digits, lower case */
	struct span time;      /* presigned: X-Amz-Date */
	uint32_t expires_s;    /* presigned: 1 to SIGV4_MAX_EXPIRES_S; else 0 */
};

/*
 * sigv4_parse: read the header's value. Credential, SignedHeaders and
 * Signature must each stand once, in any order; blanks after a comma may
 * miss; nothing else may be there.
 *
 * Returns   INVALID_REQUEST: another scheme than AWS4-HMAC-SHA256
 *           AUTHORIZATION_HEADER_MALFORMED
 */
MUST_USE enum s3_error sigv4_parse(struct span value, struct sigv4_auth *out);

/*
 * sigv4_parse_query: the same out of the query of a presigned request.
 *
 * arena      keeps what had to be decoded
 * signature  X-Amz-Signature, which the canonical request does not hold
 * Returns    AUTHORIZATION_QUERY_PARAMETERS: one of X-Amz-Algorithm,
 *              -Credential, -Date, -Expires, -SignedHeaders or the signature
 *              is missing or is not what it must be
 *            INVALID_TOKEN: there is an X-Amz-Security-Token
 *            INTERNAL: no memory
 */
MUST_USE enum s3_error sigv4_parse_query(struct arena *arena,
    const struct s3_canonical *canonical, struct span signature,
    struct sigv4_auth *out);

/* What a signature is made of. All borrowed. */
struct sigv4_scope {
	struct span time; /* x-amz-date, its first eight bytes are the date */
	struct span region;
	struct span service;
};

/*
 * sigv4_signature: the 64 hex digits for a canonical request.
 *
 * Errors   USAGE: secret over SIGV4_MAX_SECRET, or no time; CRYPTO
 */
MUST_USE struct err sigv4_signature(char out[SIGV4_SIGNATURE_LEN],
    struct span canonical, const struct sigv4_scope *scope, struct span secret);

/*
 * What a secret signs with on one day, in one region: whoever verifies keeps
 * it where the secret is, since four of the six hashes of a verdict make it.
 * Zero: not known yet.
 */
struct sigv4_day {
	uint8_t date[8];
	uint8_t key[32];
};

/* Everything that a verdict depends on. */
struct sigv4_check {
	struct span text;		      /* the canonical request */
	const struct s3_canonical *canonical; /* the same, read */
	const struct sigv4_auth *auth;
	struct span secret;    /* of auth->key_id */
	struct sigv4_day *day; /* NULL, or of this secret and this region */
	struct span region;    /* ours */
	int64_t now_s;
};

/*
 * sigv4_verify: whether the holder of the secret signed this request, for us,
 * now. The comparison takes constant time. For a key id that nobody has, the
 * caller verifies with some other secret and then says InvalidAccessKeyId, so
 * that both take as long.
 *
 * A presigned request holds from SIGV4_SKEW_S before its date until its
 * expiry, to the second.
 *
 * Returns   NONE: yes
 *           AUTHORIZATION_HEADER_MALFORMED, presigned
 *             AUTHORIZATION_QUERY_PARAMETERS: another region, service or list
 *             of headers, or a scope of another day than the date
 *           MISSING_SECURITY_HEADER: x-amz-date or x-amz-content-sha256 is
 *             not covered; never when presigned
 *           ACCESS_DENIED: the date is none
 *           REQUEST_TIME_TOO_SKEWED; REQUEST_EXPIRED: presigned, too late
 *           SIGNATURE_DOES_NOT_MATCH
 *           CONTENT_SHA256_MISMATCH: signed, but a GET or HEAD with the hash
 *             of some body
 *           INTERNAL: a primitive failed
 */
MUST_USE enum s3_error sigv4_verify(const struct sigv4_check *check);

/* Whose signature to make, and for which endpoint. Borrowed. */
struct sigv4_key {
	struct span key_id;
	struct span secret;
	struct span region;
	struct span service;
};

/*
 * sigv4_sign: append the value of an Authorization header that covers every
 * header of the request: host and x-amz-date must be among them, for S3
 * x-amz-content-sha256 too, with the value `payload`.
 *
 * Errors   USAGE: the request cannot be put in canonical form; CRYPTO;
 *          TOO_BIG, NO_MEMORY of `out`
 */
MUST_USE struct err sigv4_sign(struct buf *out, const struct sigv4_key *key,
    const struct s3_request *request, struct span payload);

#endif
