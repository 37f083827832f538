#ifndef GATEHOUSE_S3_ERROR_H
#define GATEHOUSE_S3_ERROR_H

/*
 * s3_error: the fixed catalogue of what an S3 client is told. Nothing outside
 * of it reaches a client but the sentence of a policy, and that only a party
 * to the agreement. Functions that judge a client's request return this enum
 * instead of a struct err: the answer is the error.
 */
enum s3_error {
	S3_ERR_NONE = 0,
	S3_ERR_ACCESS_DENIED,
	S3_ERR_AUTHORIZATION_HEADER_MALFORMED,
	S3_ERR_AUTHORIZATION_QUERY_PARAMETERS,
	S3_ERR_BAD_REQUEST,
	S3_ERR_EXPIRED_TOKEN,
	S3_ERR_INTERNAL,
	S3_ERR_INVALID_ACCESS_KEY_ID,
	S3_ERR_INVALID_ARGUMENT,
	S3_ERR_INVALID_BUCKET_NAME,
	S3_ERR_INVALID_PART_NUMBER,
	S3_ERR_INVALID_RANGE,
	S3_ERR_INVALID_REQUEST,
	S3_ERR_INVALID_TOKEN,
	S3_ERR_INVALID_URI,
	S3_ERR_KEY_TOO_LONG,
	S3_ERR_METHOD_NOT_ALLOWED,
	S3_ERR_MISSING_SECURITY_HEADER,
	S3_ERR_NO_SUCH_BUCKET,
	S3_ERR_NO_SUCH_KEY,
	S3_ERR_NO_SUCH_VERSION,
	S3_ERR_NOT_IMPLEMENTED,
	S3_ERR_PRECONDITION_FAILED,
	S3_ERR_REQUEST_EXPIRED, /* of a presigned URL */
	S3_ERR_REQUEST_TIME_TOO_SKEWED,
	S3_ERR_SERVICE_UNAVAILABLE,
	S3_ERR_SIGNATURE_DOES_NOT_MATCH,
	S3_ERR_SLOW_DOWN,
	S3_ERR_SOURCE_MALFORMED,
	S3_ERR_CONTENT_SHA256_MISMATCH,
	S3_ERR_COUNT /* how many there are; not an error */
};

/* The three columns of the catalogue. Strings are static, ASCII. */
const char *s3_error_code(enum s3_error error);
const char *s3_error_message(enum s3_error error);
unsigned s3_error_status(enum s3_error error); /* HTTP */

#endif
