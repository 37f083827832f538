#include "gateway/s3/s3_route.h"

const char *
s3_route_op_name(enum s3_op op)
{
	switch (op) {
	case S3_OP_LIST_BUCKETS:
		return "ListBuckets";
	case S3_OP_HEAD_BUCKET:
		return "HeadBucket";
	case S3_OP_GET_BUCKET_LOCATION:
		return "GetBucketLocation";
	case S3_OP_LIST_OBJECTS_V1:
		return "ListObjects";
	case S3_OP_LIST_OBJECTS_V2:
		return "ListObjectsV2";
	case S3_OP_LIST_OBJECT_VERSIONS:
		return "ListObjectVersions";
	case S3_OP_HEAD_OBJECT:
		return "HeadObject";
	case S3_OP_GET_OBJECT:
		return "GetObject";
	case S3_OP_GET_OBJECT_ATTRIBUTES:
		return "GetObjectAttributes";
	case S3_OP_WRITE:
		return "Write";
	}
	return "Unknown";
}
