#include "gateway/keeper/refusal.h"

enum ask_refusal
refusal_of_s3(enum s3_error error)
{
	switch (error) {
	case S3_ERR_INVALID_ACCESS_KEY_ID:
		return ASK_INVALID_KEY_ID;
	case S3_ERR_SIGNATURE_DOES_NOT_MATCH:
	case S3_ERR_CONTENT_SHA256_MISMATCH:
		return ASK_BAD_SIGNATURE;
	case S3_ERR_REQUEST_TIME_TOO_SKEWED:
		return ASK_TIME_SKEWED;
	case S3_ERR_AUTHORIZATION_HEADER_MALFORMED:
	case S3_ERR_MISSING_SECURITY_HEADER:
	case S3_ERR_INVALID_REQUEST:
		return ASK_BAD_AUTHORIZATION;
	case S3_ERR_AUTHORIZATION_QUERY_PARAMETERS:
		return ASK_BAD_QUERY;
	case S3_ERR_REQUEST_EXPIRED:
		return ASK_EXPIRED;
	case S3_ERR_INVALID_TOKEN:
		return ASK_INVALID_TOKEN;
	case S3_ERR_NOT_IMPLEMENTED:
		return ASK_NOT_IMPLEMENTED;
	case S3_ERR_METHOD_NOT_ALLOWED:
		return ASK_WRITE;
	case S3_ERR_INTERNAL:
		return ASK_INTERNAL;
	case S3_ERR_BAD_REQUEST:
	case S3_ERR_INVALID_ARGUMENT:
	case S3_ERR_INVALID_BUCKET_NAME:
	case S3_ERR_INVALID_PART_NUMBER:
	case S3_ERR_INVALID_URI:
	case S3_ERR_KEY_TOO_LONG:
		return ASK_BAD_REQUEST;
	case S3_ERR_NONE:
	case S3_ERR_ACCESS_DENIED:
	case S3_ERR_EXPIRED_TOKEN:
	case S3_ERR_INVALID_RANGE:
	case S3_ERR_NO_SUCH_BUCKET:
	case S3_ERR_NO_SUCH_KEY:
	case S3_ERR_NO_SUCH_VERSION:
	case S3_ERR_PRECONDITION_FAILED:
	case S3_ERR_SERVICE_UNAVAILABLE:
	case S3_ERR_SLOW_DOWN:
	case S3_ERR_SOURCE_MALFORMED:
	case S3_ERR_COUNT:
		break;
	}
	return ASK_ACCESS_DENIED;
}

enum ask_refusal
refusal_of_slot(const struct slot *slot)
{
	if (slot->state == SLOT_BAD)
		return ASK_BAD_SOURCE;
	return slot->failure.code == ERR_CHANGED ? ASK_SLOW_DOWN
						 : ASK_ORIGIN_AWAY;
}

const char *
refusal_sentence(const struct slot *slot)
{
	if (slot->state == SLOT_BAD)
		return "the raw file breaks its format or its declaration, and "
		       "nothing of it is delivered; its controller has to mend "
		       "it";
	if (slot->failure.code == ERR_NO_SPACE)
		return "there is no room on the gateway's disk";
	if (slot->failure.code == ERR_CHANGED)
		return "the raw file is being changed";
	return "the raw file cannot be reached now";
}

const char *
refusal_sealed(void)
{
	return "the gateway is sealed: somebody who runs it has to unseal it";
}
