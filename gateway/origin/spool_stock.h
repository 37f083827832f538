#ifndef GATEHOUSE_SPOOL_STOCK_H
#define GATEHOUSE_SPOOL_STOCK_H

#include <sys/queue.h>

#include "crypto/memory/span.h"

/*
 * spool_stock: which slots lie in the spool, how large each is, and in which
 * order they were used: what has to go first when room is needed.
 */
enum {
	SPOOL_STOCK_NAME = 32,
	SPOOL_STOCK_BUCKETS = 4096,
};

struct spool_item {
	LIST_ENTRY(spool_item) bucket;
	TAILQ_ENTRY(spool_item) used;
	uint8_t name[SPOOL_STOCK_NAME];
	uint64_t len; /* bytes of the payload and of what lies beside it */
};

struct spool_stock {
	LIST_HEAD(, spool_item) buckets[SPOOL_STOCK_BUCKETS];
	TAILQ_HEAD(spool_items, spool_item) used; /* the oldest use first */
	uint64_t len;				  /* bytes of all */
	uint64_t num;
};

void spool_stock_init(struct spool_stock *out);
void spool_stock_done(struct spool_stock *stock);

/*
 * spool_stock_add: one more, used just now.
 *
 * Errors   EXISTS; NO_MEMORY
 */
MUST_USE struct err spool_stock_add(struct spool_stock *stock,
    const uint8_t name[SPOOL_STOCK_NAME], uint64_t len);

/* spool_stock_use: it was used just now. A name that is not there is fine. */
void spool_stock_use(
    struct spool_stock *stock, const uint8_t name[SPOOL_STOCK_NAME]);

/* spool_stock_resize: it has another length now. */
void spool_stock_resize(struct spool_stock *stock,
    const uint8_t name[SPOOL_STOCK_NAME], uint64_t len);

/* spool_stock_remove: whether it was there. */
bool spool_stock_remove(
    struct spool_stock *stock, const uint8_t name[SPOOL_STOCK_NAME]);

/* spool_stock_oldest: the one whose last use is longest ago, or NULL. */
const struct spool_item *spool_stock_oldest(const struct spool_stock *stock);

#endif
