#ifndef GATEHOUSE_BOOK_SERVE_H
#define GATEHOUSE_BOOK_SERVE_H

#include "gateway/codebook/book_fill.h"
#include "gateway/ipc/keepers.h"

/*
 * book_serve: the server half of ipc/book.h, and of the draw seams that keepers
 * open through it. The codebook is one for all generations, since its store has
 * one writer: it has their keepers, and tells each which codebook it is.
 *
 * What was inserted is committed when a fill waits for that: as many as wait
 * share one commit. What nobody waits for is committed a little later, so that
 * it holds no transaction open.
 */
enum {
	BOOK_SERVE_FILLS = 256, /* at once, a count */
	BOOK_SERVE_IDLE_MS =
	    1000, /* until what nobody waits for is committed */
};

/* A backup that is being made. */
struct book_copy {
	bool runs;
	uint32_t keeper;
	uint64_t id;
};

struct book_serve {
	struct keepers keepers;
	struct book_fill fills[BOOK_SERVE_FILLS];
	struct book_store book;
	struct book_copy copy;
};

/* book_serve_init: over a store, which is started before the first keeper is
 * served, and stays the caller's. */
void book_serve_init(struct book_serve *out, struct store *store);

/*
 * book_serve_run: answer until the last keeper is gone, or an heir has all.
 *
 * control  by which more keepers come, and an heir; taken over
 * Errors   CLOSED: none is left; MALFORMED, TRUNCATED, TOO_BIG: a keeper broke
 *          the protocol; those of the store: IO, NO_SPACE and others, with
 *          book.failed set; NO_MEMORY
 */
MUST_USE struct err book_serve_run(struct book_serve *serve, int control);

#endif
