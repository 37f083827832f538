#ifndef GATEHOUSE_S3_XML_H
#define GATEHOUSE_S3_XML_H

#include "gateway/s3/s3_list.h"

/*
 * s3_xml: the XML answers of S3. Elements have no namespace prefix and quotes
 * in ETags are written &quot;, because some clients read tags as text. All
 * append one whole document.
 *
 * Errors of all   TOO_BIG, NO_MEMORY of `out`
 */

/* A page of ListObjects, of either version, or of ListObjectVersions. */
struct s3_xml_list {
	const struct s3_route *route; /* its op is one of the three listings */
	const struct s3_page *page;
	struct span next_token; /* V2, when the page is truncated */
	struct span owner;	/* V2 with fetch_owner, and the others */
};

/*
 * s3_xml_list_objects: with encoding-type=url, Key, Prefix, Delimiter,
 * StartAfter, Marker and NextMarker are percent-encoded, '/' kept, and only
 * then. IsTruncated is true exactly when NextContinuationToken is there. Of a
 * key there is one version, that of now (s3_xml_version).
 */
MUST_USE struct err s3_xml_list_objects(
    struct buf *out, const struct s3_xml_list *list);

/* s3_xml_version: the version's name, out of an ETag of ours with its quotes:
 * the digits that stand for its generation. */
struct span s3_xml_version(struct span etag);

/*
 * s3_xml_list_buckets: ListAllMyBuckets; an entry's key is a bucket, its time
 * the creation date.
 *
 * prefix       data == NULL where none was asked for
 * next_token   empty where the page is the last
 */
MUST_USE struct err s3_xml_list_buckets(struct buf *out,
    const struct s3_page *page, struct span owner, struct span prefix,
    struct span next_token);

/* s3_xml_location: of GetBucketLocation; us-east-1 is the empty element. */
MUST_USE struct err s3_xml_location(struct buf *out, struct span region);

/* What GetObjectAttributes tells; what was not asked for is left out. */
struct s3_xml_attributes {
	struct span etag;   /* without quotes, as S3 has it here; or empty */
	struct span sha256; /* of the whole object, base64; or empty */
	bool storage_class; /* always STANDARD */
	bool has_size;
	uint64_t size;
};

MUST_USE struct err s3_xml_object_attributes(
    struct buf *out, const struct s3_xml_attributes *attributes);

/* What an error document says beside the catalogue. */
struct s3_xml_error {
	enum s3_error error;
	struct span message;	/* empty: the catalogue's */
	struct span resource;	/* the path, decoded; empty: left out */
	struct span request_id; /* the same as x-amz-request-id */
	struct span region;   /* with AuthorizationHeaderMalformed; or empty */
	struct span range;    /* with InvalidRange: what was asked for */
	uint64_t object_size; /* with InvalidRange */
};

MUST_USE struct err s3_xml_error(
    struct buf *out, const struct s3_xml_error *error);

/*
 * s3_xml_escape: append text as character data. What XML 1.0 cannot hold
 * (controls, invalid UTF-8) becomes U+FFFD.
 */
MUST_USE struct err s3_xml_escape(struct buf *out, struct span text);

#endif
