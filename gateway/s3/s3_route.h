#ifndef GATEHOUSE_S3_ROUTE_H
#define GATEHOUSE_S3_ROUTE_H

#include "crypto/memory/arena.h"
#include "gateway/s3/s3_canonical.h"

/*
 * s3_route: what a request asks for, read from its canonical form alone.
 * Every parameter has to be known to the operation; unknown ones are
 * NotImplemented, never ignored.
 */
enum s3_op {
	S3_OP_LIST_BUCKETS,
	S3_OP_HEAD_BUCKET,
	S3_OP_GET_BUCKET_LOCATION,
	S3_OP_LIST_OBJECTS_V1,
	S3_OP_LIST_OBJECTS_V2,
	S3_OP_LIST_OBJECT_VERSIONS,
	S3_OP_HEAD_OBJECT,
	S3_OP_GET_OBJECT,
	S3_OP_GET_OBJECT_ATTRIBUTES,
	S3_OP_WRITE, /* PUT, POST, DELETE of anything: always denied */
};

/* s3_route_op_name: for records, e.g. "GetObject". Static. */
const char *s3_route_op_name(enum s3_op op);

/* The parameters of a listing. A span that was not given has data == NULL. */
struct s3_list_query {
	struct span prefix;
	struct span delimiter;
	struct span after; /* start-after, marker of V1, key-marker */
	struct span token; /* continuation-token, as sent */
	uint32_t max_keys; /* 0 to S3_MAX_LIST */
	bool url_encoding; /* encoding-type=url */
	bool fetch_owner;
};

/* The headers of an object's answer that a signed request may choose. */
enum s3_override {
	S3_OVERRIDE_CACHE_CONTROL,
	S3_OVERRIDE_CONTENT_DISPOSITION,
	S3_OVERRIDE_CONTENT_ENCODING,
	S3_OVERRIDE_CONTENT_LANGUAGE,
	S3_OVERRIDE_CONTENT_TYPE,
	S3_OVERRIDE_EXPIRES,
	NUM_S3_OVERRIDES,
};

/* s3_route_override_header: its name in an answer. Static. */
const char *s3_route_override_header(enum s3_override override);

struct s3_route {
	enum s3_op op;
	struct span bucket; /* [a-z0-9.-]{3,63}; empty for ListBuckets */
	struct span key;    /* decoded; empty but for objects */
	struct s3_list_query list;
	/* of an object */
	bool first_part;     /* partNumber=1: the whole, as a part */
	bool wants_checksum; /* x-amz-checksum-mode in the query */
	struct span version; /* data == NULL: any */
	struct span overrides[NUM_S3_OVERRIDES]; /* visible ASCII and blanks,
						    never at an end; data ==
						    NULL: not given */
};

/* Names under which we are reached: those may have a bucket in front. */
struct s3_hosts {
	const struct span *names; /* lower case, without port */
	size_t num_names;
};

/*
 * s3_route_parse: route a canonical request.
 *
 * arena     keeps what was decoded; `out` lives as long
 * hosts     for virtual-host style: "<bucket>.<host>"; any other host means
 *           path style
 * Returns   INVALID_URI: a key that is not s3_uri_is_text, or with an empty,
 *             "." or ".." segment: no object of ours has such a name
 *           INVALID_BUCKET_NAME, KEY_TOO_LONG, INVALID_ARGUMENT
 *           INVALID_PART_NUMBER: partNumber other than 1
 *           METHOD_NOT_ALLOWED; NOT_IMPLEMENTED: a sub-resource or an
 *             unknown parameter
 *           AUTHORIZATION_QUERY_PARAMETERS: an X-Amz- parameter that is not
 *             one of a presigned request
 *           INVALID_TOKEN: an X-Amz-Security-Token
 *           INTERNAL: no memory
 */
MUST_USE enum s3_error s3_route_parse(struct arena *arena,
    const struct s3_canonical *canonical, const struct s3_hosts *hosts,
    struct s3_route *out);

#endif
