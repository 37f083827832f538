#ifndef GATEHOUSE_BOOK_FILL_H
#define GATEHOUSE_BOOK_FILL_H

#include "gateway/ipc/book.h"
#include "gateway/store/store.h"

/*
 * book_fill: the server half of a draw seam (ipc/draw.h): what one mill may ask
 * while one fill runs. It gets as many codes as its keeper's budget allows, and
 * may make entries only for indexes of which it was told that they have none.
 */
struct book_store {
	struct store *store;
	uint64_t before;   /* sequence numbers that elders gave out */
	uint64_t last;	   /* the highest that was given out */
	struct err failed; /* of the store: no fault of a peer's */
};

struct book_fill {
	struct channel channel; /* fd -1: this place is free */
	struct book_store *book;
	uint32_t keeper;   /* its place */
	uint64_t id;	   /* of the keeper's question */
	uint64_t budget;   /* indexes that may still be asked for */
	uint64_t unmade;   /* of those asked for, without a code */
	uint64_t answered; /* the highest sequence number that it knows */
	bool waits;	   /* for its answer to DRAW_SETTLE: */
	uint64_t wait_id, wait_seq;
};

/* book_fill_init: a fill over `fd`, which is taken over. */
void book_fill_init(struct book_fill *out, struct book_store *book, int fd);

/* book_fill_settle: answer it if what it waits for is durable by now. Errors:
 * those of channel_send. */
MUST_USE struct err book_fill_settle(struct book_fill *fill);

/* book_fill_settled: up to which number nothing can be lost any more. */
uint64_t book_fill_settled(const struct book_store *book);

#endif
