#ifndef GATEHOUSE_OPEN_SOURCE_H
#define GATEHOUSE_OPEN_SOURCE_H

#include "gateway/base/limits.h"
#include "gateway/tool/fetch.h"
#include "gateway/tool/open_place.h"

/*
 * open_source: where sealed bytes come from: a file, a pipe, or a server. A
 * server is asked for no more than what is read, and all parts are of one
 * version of the object (If-Match).
 */
struct open_source {
	int fd;		/* owned, but for stdin; -1: a server */
	bool anywhere;	/* open_source_part works */
	bool len_known; /* of a server: since the first part */
	uint64_t len;	/* bytes of the object */
	uint64_t at;	/* of a file: the next byte to be read */
	uint64_t left;	/* of a part */
	struct open_place place;
	struct fetch *fetch;
	char etag[FETCH_MAX_ETAG + 1];
};

struct open_source_options {
	const char *endpoint; /* as open_place_init */
	struct fetch_options fetch;
};

/*
 * open_source_init
 *
 * in       a name; NULL: stdin
 * options  borrowed until open_source_done
 * Errors   IO; as open_place_init, fetch_new
 */
MUST_USE struct err open_source_init(struct open_source *out, const char *in,
    const struct open_source_options *options);
void open_source_done(struct open_source *source); /* wipes */

/* open_source_whole: the reads that follow give all of it. Before any other.
 * Errors: as fetch_begin. */
MUST_USE struct err open_source_whole(struct open_source *source);

/*
 * open_source_part: the reads that follow give `len` bytes from `from` on, or
 * fewer at its end. Afterwards `len` of the source is known.
 *
 * Errors   UNSUPPORTED: it cannot be read so; CHANGED; as fetch_begin
 */
MUST_USE struct err open_source_part(
    struct open_source *source, uint64_t from, uint64_t len);

/* open_source_read: some bytes; *out_len 0: the end. Errors: IO; as
 * fetch_read. */
MUST_USE struct err open_source_read(
    struct open_source *source, uint8_t *out, size_t max_len, size_t *out_len);

/* open_source_fill: `len` bytes, or as many as there are. Errors: same. */
MUST_USE struct err open_source_fill(
    struct open_source *source, uint8_t *out, size_t len, size_t *out_len);

#endif
