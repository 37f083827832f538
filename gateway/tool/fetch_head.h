#ifndef GATEHOUSE_FETCH_HEAD_H
#define GATEHOUSE_FETCH_HEAD_H

#include "crypto/memory/span.h"
#include "gateway/base/limits.h"

/*
 * fetch_head: what an answer's head says that fetch.h goes by, from one line
 * after the other as libcurl passes them: of a server that nobody has to trust.
 * The zero state is a head that has not begun. Texts end with NUL and are
 * printable ASCII, whatever came.
 */
struct fetch_head {
	bool partial;		       /* 206 */
	bool has_place;		       /* it has a valid Content-Range: */
	uint64_t first;		       /* where it begins, */
	uint64_t total;		       /* and the length of the whole object */
	char etag[FETCH_MAX_ETAG + 1]; /* with its quotes; empty: none */
	char reason[FETCH_MAX_REASON + 1]; /* of a gateway; empty: none */
};

enum fetch_line {
	FETCH_LINE_STATUS, /* a head begins; one of 1xx may stand before it */
	FETCH_LINE_HEADER,
	FETCH_LINE_END,
};

/* fetch_head_take: one line, with or without its end. Headers that are not
 * needed, or not valid, leave the head as it is. */
enum fetch_line fetch_head_take(struct fetch_head *head, struct span line);

#endif
