#include "gateway/s3/s3_error.h"

#include <assert.h>

struct row {
	unsigned status;
	const char *code;
	const char *message;
};

static const struct row rows[S3_ERR_COUNT] = {
    [S3_ERR_NONE] = {200, "OK", "OK"},
    [S3_ERR_ACCESS_DENIED] = {403, "AccessDenied", "Access Denied"},
    [S3_ERR_AUTHORIZATION_HEADER_MALFORMED] = {400,
	"AuthorizationHeaderMalformed",
	"The authorization header is malformed, or names another region."},
    [S3_ERR_AUTHORIZATION_QUERY_PARAMETERS] = {400,
	"AuthorizationQueryParametersError",
	"A signature in the query needs X-Amz-Algorithm, X-Amz-Credential, "
	"X-Amz-Date, X-Amz-SignedHeaders, X-Amz-Signature, and X-Amz-Expires "
	"from 1 to 604800, each once, and no other X-Amz- parameter."},
    [S3_ERR_BAD_REQUEST] = {400, "BadRequest", "Bad Request"},
    [S3_ERR_EXPIRED_TOKEN] = {400, "ExpiredToken",
	"The provided token has expired."},
    [S3_ERR_INTERNAL] = {500, "InternalError",
	"We encountered an internal error. Please try again."},
    [S3_ERR_INVALID_ACCESS_KEY_ID] = {403, "InvalidAccessKeyId",
	"The access key id you provided does not exist in our records."},
    [S3_ERR_INVALID_ARGUMENT] = {400, "InvalidArgument", "Invalid Argument"},
    [S3_ERR_INVALID_BUCKET_NAME] = {400, "InvalidBucketName",
	"The specified bucket is not valid."},
    [S3_ERR_INVALID_PART_NUMBER] = {416, "InvalidPartNumber",
	"The requested partnumber is not satisfiable."},
    [S3_ERR_INVALID_RANGE] = {416, "InvalidRange",
	"The requested range is not satisfiable."},
    [S3_ERR_INVALID_REQUEST] = {400, "InvalidRequest", "Invalid Request"},
    [S3_ERR_INVALID_TOKEN] = {400, "InvalidToken",
	"The provided token is malformed or otherwise invalid."},
    [S3_ERR_INVALID_URI] = {400, "InvalidURI",
	"Could not parse the specified URI."},
    [S3_ERR_KEY_TOO_LONG] = {400, "KeyTooLongError", "Your key is too long."},
    [S3_ERR_METHOD_NOT_ALLOWED] = {405, "MethodNotAllowed",
	"The specified method is not allowed against this resource."},
    [S3_ERR_MISSING_SECURITY_HEADER] = {400, "MissingSecurityHeader",
	"Your request was missing a required header: x-amz-date and "
	"x-amz-content-sha256 must be there."},
    [S3_ERR_NO_SUCH_BUCKET] = {404, "NoSuchBucket",
	"The specified bucket does not exist."},
    [S3_ERR_NO_SUCH_KEY] = {404, "NoSuchKey",
	"The specified key does not exist."},
    [S3_ERR_NO_SUCH_VERSION] = {404, "NoSuchVersion",
	"The specified version is not there now."},
    [S3_ERR_NOT_IMPLEMENTED] = {501, "NotImplemented",
	"The request implies functionality that is not implemented."},
    [S3_ERR_PRECONDITION_FAILED] = {412, "PreconditionFailed",
	"At least one of the pre-conditions you specified did not hold."},
    [S3_ERR_REQUEST_EXPIRED] = {403, "AccessDenied", "Request has expired"},
    [S3_ERR_REQUEST_TIME_TOO_SKEWED] = {403, "RequestTimeTooSkewed",
	"The difference between the request time and the server's time is "
	"too large."},
    [S3_ERR_SERVICE_UNAVAILABLE] = {503, "ServiceUnavailable",
	"The gateway cannot decide or record this request now. Please try "
	"again."},
    [S3_ERR_SIGNATURE_DOES_NOT_MATCH] = {403, "SignatureDoesNotMatch",
	"The request signature we calculated does not match the signature "
	"you provided. Check your key and signing method."},
    [S3_ERR_SLOW_DOWN] = {503, "SlowDown", "Please reduce your request rate."},
    [S3_ERR_SOURCE_MALFORMED] = {502, "SourceMalformed",
	"The source object breaks its declared format and is withheld."},
    [S3_ERR_CONTENT_SHA256_MISMATCH] = {400, "XAmzContentSHA256Mismatch",
	"The provided x-amz-content-sha256 header does not match what was "
	"computed."},
};

static const struct row *
row_of(enum s3_error error)
{
	assert(error < S3_ERR_COUNT);
	return &rows[error];
}

const char *
s3_error_code(enum s3_error error)
{
	return row_of(error)->code;
}

const char *
s3_error_message(enum s3_error error)
{
	return row_of(error)->message;
}

unsigned
s3_error_status(enum s3_error error)
{
	return row_of(error)->status;
}
