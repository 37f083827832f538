#include "gateway/origin/spool_stock.h"

#include <assert.h>

/* Names are keyed hashes: any part of them is spread well enough. */
static size_t
bucket_of(const uint8_t name[SPOOL_STOCK_NAME])
{
	return ((size_t)name[0] << 8 | name[1]) % SPOOL_STOCK_BUCKETS;
}

static struct spool_item *
find(const struct spool_stock *stock, const uint8_t name[SPOOL_STOCK_NAME])
{
	struct spool_item *item;

	LIST_FOREACH(item, &stock->buckets[bucket_of(name)], bucket)
	{
		if (memcmp(item->name, name, SPOOL_STOCK_NAME) == 0)
			return item;
	}
	return NULL;
}

void
spool_stock_init(struct spool_stock *out)
{
	memset(out, 0, sizeof(*out));
	TAILQ_INIT(&out->used);
}

static void
drop(struct spool_stock *stock, struct spool_item *item)
{
	assert(stock->len >= item->len && stock->num > 0);
	stock->len -= item->len;
	stock->num--;
	LIST_REMOVE(item, bucket);
	TAILQ_REMOVE(&stock->used, item, used);
	free(item);
}

void
spool_stock_done(struct spool_stock *stock)
{
	struct spool_item *item = TAILQ_FIRST(&stock->used);

	while (item != NULL) {
		struct spool_item *after = TAILQ_NEXT(item, used);
		drop(stock, item);
		item = after;
	}
}

struct err
spool_stock_add(struct spool_stock *stock, const uint8_t name[SPOOL_STOCK_NAME],
    uint64_t len)
{
	if (find(stock, name) != NULL)
		return ERR(EXISTS, "spool: the slot is there already");
	struct spool_item *item = calloc(1, sizeof(*item));
	if (item == NULL)
		return ERR(NO_MEMORY, "spool: no memory for a slot");
	memcpy(item->name, name, SPOOL_STOCK_NAME);
	item->len = len;
	LIST_INSERT_HEAD(&stock->buckets[bucket_of(name)], item, bucket);
	TAILQ_INSERT_TAIL(&stock->used, item, used);
	stock->len += len;
	stock->num++;
	return OK;
}

void
spool_stock_use(struct spool_stock *stock, const uint8_t name[SPOOL_STOCK_NAME])
{
	struct spool_item *item = find(stock, name);

	if (item == NULL)
		return;
	TAILQ_REMOVE(&stock->used, item, used);
	TAILQ_INSERT_TAIL(&stock->used, item, used);
}

void
spool_stock_resize(struct spool_stock *stock,
    const uint8_t name[SPOOL_STOCK_NAME], uint64_t len)
{
	struct spool_item *item = find(stock, name);

	if (item == NULL)
		return;
	stock->len = stock->len - item->len + len;
	item->len = len;
}

bool
spool_stock_remove(
    struct spool_stock *stock, const uint8_t name[SPOOL_STOCK_NAME])
{
	struct spool_item *item = find(stock, name);

	if (item == NULL)
		return false;
	drop(stock, item);
	return true;
}

const struct spool_item *
spool_stock_oldest(const struct spool_stock *stock)
{
	return TAILQ_FIRST(&stock->used);
}
