#ifndef GATEHOUSE_S3_LIST_H
#define GATEHOUSE_S3_LIST_H

#include "gateway/s3/s3_route.h"

/*
 * s3_list: one page of a listing out of a sorted array, and the token that
 * leads to the next page.
 */

/* What there is. The array is sorted by key in byte order, no key twice. */
struct s3_entry {
	struct span key;
	struct span etag; /* with its quotes */
	uint64_t size;	  /* bytes */
	int64_t time_s;	  /* last modified, since 1970 */
};

/* A key, or a common prefix (entry == NULL) that stands for several. */
struct s3_list_item {
	struct span name;
	const struct s3_entry *entry;
};

struct s3_page {
	struct s3_list_item *items;
	size_t num_items; /* at most max_keys */
	bool truncated;	  /* there is more; then last is not empty */
	struct span last; /* the name of the last item */
};

/*
 * s3_list_page: the page of `entries` that the query asks for.
 *
 * arena     keeps out->items
 * after     only names after this one: of the opened token, or the query's
 *           `after`. When it is itself a common prefix, all that it stands
 *           for is behind us.
 * Errors    TOO_BIG, NO_MEMORY of the arena
 */
MUST_USE struct err s3_list_page(struct arena *arena,
    const struct s3_entry *entries, size_t num_entries,
    const struct s3_list_query *query, struct span after, struct s3_page *out);

/*
 * s3_list_seal_token: append the token that continues after `last`, in
 * base64url. It is sealed, so that a client learns nothing from it and can
 * make none, and it holds for this bucket, prefix and delimiter only.
 *
 * key       32 bytes
 * Errors    as aead_seal and buf_append
 */
MUST_USE struct err s3_list_seal_token(struct buf *out, const uint8_t key[32],
    const struct s3_route *route, struct span last);

/*
 * s3_list_open_token: where route->list.token continues, appended to `out`.
 *
 * Returns   INVALID_ARGUMENT: it is not a token of ours for this listing;
 *           INTERNAL. `out` is untouched then.
 */
MUST_USE enum s3_error s3_list_open_token(
    struct buf *out, const uint8_t key[32], const struct s3_route *route);

#endif
